"""Configuration files as text: encodings, depth, keys that stand twice, numbers that YAML 1.1 reads in another base."""

from pathlib import Path

import pytest
import yaml
from pipeline import ROOT, TEST, command, run

from homeostat.config_files import _named, check_files, check_text
from homeostat.errors import ConfigError


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_other_encodings(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("device: cpu\n# Größe\n", encoding=encoding)
    said = encoding.upper()[:6] if encoding.startswith("utf") else r"byte 0xf6 in line 2\), such as Latin-1"
    with pytest.raises(ConfigError, match=rf"mine.yaml: the text is in .*{said}.*; save it as UTF-8"):
        check_files([path])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_is_right(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("device: cpu\n# Größe データ\n", encoding=encoding)
    check_files([tmp_path / "mine.yaml", tmp_path / "there is none.yaml", tmp_path])


def nested(depth: int) -> str:
    return "".join(f"{' ' * level}a:\n" for level in range(depth)) + f"{' ' * depth}a: 1\n"


@pytest.mark.parametrize("text", [nested(500), f"a: {'[' * 500}{']' * 500}", "a: " + "{b: " * 5000 + "1" + "}" * 5000])
def test_nested_too_deeply(text: str) -> None:
    with pytest.raises(ConfigError, match=r"mine.yaml, line \d+: more than 50 sections or lists inside each other"):
        check_text("mine.yaml", text)
    check_text("mine.yaml", nested(40))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a:\n  seeds: 010", "mine.yaml, line 2: 010 is octal in YAML, 8 in decimal; write 10 without"),
        ("a: [1, 0_7]", "0_7 is octal in YAML, 7 in decimal; write 7 without"),
        ("a: -017", "-017 is octal in YAML, -15 in decimal"),
        ("a:\n- 1:30", "line 2: 1:30 is a number in base 60 in YAML, 90 in decimal; .*as \\[1, 30\\]"),
        ("a: 1:30.5", "1:30.5 is a number in base 60 in YAML, 90.5 in decimal"),
        ("a: 1\nb: 2\na: 3", "line 3: the key 'a' stands in line 1 already"),
        ("a: {b: 1, b: 1}", "line 1: the key 'b' stands in line 1 already"),
        ('{"a": 1, "a": 2}', "the key 'a' stands in line 1 already"),
    ],
)
def test_what_yaml_reads_as_something_else(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        check_text("mine.yaml", text)


@pytest.mark.parametrize(
    "text",
    [
        "a: 0",
        "a: 10",
        "a: 0x10",
        "a: 1e-3",
        "a: 0.5",
        "a: 00.5",
        "a: '010'",
        'a: "1:30"',
        "a: 08",
        "a: b:c",
        "",
        "- a: 1\n- a: 2",
    ],
)
def test_what_is_plain_is_left_alone(text: str) -> None:
    check_text("mine.yaml", text)


def test_aliases_and_merged_sections_are_no_second_keys() -> None:
    check_text("mine.yaml", "a: &x {b: 1}\nc: {<<: *x, b: 2}\nd: {<<: *x}\ne: [*x, *x]\n")


def test_all_configurations_of_the_repository_pass() -> None:
    check_files([*ROOT.glob("config/*.yaml"), *ROOT.glob("workflow/schemas/*.yaml")])


def test_what_is_no_yaml_is_left_to_snakemake() -> None:
    check_text("mine.yaml", "a: [1, 2")
    check_text("mine.yaml", "device: !!python/object/apply:os.mkdir ['x']")


def test_files_among_snakemakes_arguments() -> None:
    words = ["--configfile", "a.yaml", "b.yaml", "--cores", "2", "--configfiles=c.yaml", "d.yaml", "--", "target"]
    assert list(_named(words)) == ["a.yaml", "b.yaml", "c.yaml", "d.yaml"]
    assert not list(_named(["results/figures/x.pdf", "-n"]))


def test_the_workflow_reads_its_files_strictly(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("mayzel2024: {seeds: 010}\n")
    assert yaml.safe_load(mine.read_text()) == {"mayzel2024": {"seeds": 8}}
    status, printed = run(command(tmp_path, "all", configs=(TEST, mine), flags=("--dry-run",)))
    assert status != 0 and "Traceback" not in printed
    assert "mine.yaml, line 1: 010 is octal in YAML, 8 in decimal; write 10" in printed, printed
