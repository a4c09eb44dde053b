"""The workflow as a whole: plans for each configuration, lint, and the same directives on every rule."""

import json
import re
import resource
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pipeline import snakemake
from snakemake.api import SnakemakeApi
from snakemake.settings.types import OutputSettings, ResourceSettings

ROOT = Path(__file__).resolve().parents[2]
RULE_FILES = sorted((ROOT / "workflow" / "rules").glob("*.smk"))
PROGRAM = re.compile(r"\bpython -m (\w+)\.(\w+)\b")


@pytest.fixture(scope="module")
def workflow() -> Any:
    """The parsed workflow, as `snakemake --lint` has it."""
    with SnakemakeApi(OutputSettings(quiet=None)) as api:
        handle = api.workflow(resource_settings=ResourceSettings(), snakefile=ROOT / "Snakefile")
        parsed = handle._get_workflow(check_envvars=False)
        parsed.include(ROOT / "Snakefile", overwrite_default_target=True)
        parsed.check()
        yield parsed


@pytest.fixture(scope="module")
def rules(workflow: Any) -> list[Any]:
    """Every rule that runs something."""
    found = [rule for rule in workflow.rules if not rule.norun]
    assert found
    return found


@pytest.mark.parametrize("overlay", [None, "real", "paper", "test"])
def test_plan_of_each_configuration_has_few_full_jobs(overlay: str | None, tmp_path: Path, workflow: Any) -> None:
    options = ["--configfile", str(ROOT / "config" / f"{overlay}.yaml")] if overlay else []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    status, printed = snakemake("--dry-run", "--directory", str(tmp_path), *options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert status == 0, printed
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime <= 30, "CPU seconds"
    table, _, _ = printed.partition("\ntotal ")  # a dry run prints it twice
    for study in workflow.globals["config"]["studies"]:
        jobs = re.findall(rf"^{study}_\w+ +(\d+)$", table, re.MULTILINE)
        assert 3 < sum(map(int, jobs)) <= 300, study


def test_blocks_hold_every_seed_once(workflow: Any) -> None:
    assert workflow.globals["blocks"](7, 3) == [(0, 2), (3, 5), (6, 6)]


def test_lint_congratulates() -> None:
    _, printed = snakemake("--lint")
    assert "Congratulations" in printed, printed


def test_started_elsewhere_it_plans_the_same(tmp_path: Path) -> None:
    status, printed = snakemake("--dry-run", cwd=tmp_path)
    assert status == 0, printed


def test_mistakes_in_the_configuration_are_told_without_a_traceback(tmp_path: Path) -> None:
    overlay = tmp_path / "mine.yaml"
    overlay.write_text("devise: cpu\nmayzel2024: {seeds: 0}\n")
    status, printed = snakemake("--dry-run", "--configfile", str(overlay))
    assert status != 0
    assert "devise: there is no such key; did you mean 'device'?" in printed
    assert "mayzel2024.seeds: 0 is not allowed; give an integer from 1 to 10000." in printed
    assert "Traceback" not in printed


def test_single_keys_on_the_command_line(tmp_path: Path) -> None:
    values = ["seeds_per_job=1", "studies=mayzel2024", "recording=example50", 'mayzel2024={"seeds":2}']
    status, printed = snakemake("--dry-run", "--directory", str(tmp_path), "--config", *values)
    assert status == 0, printed


def test_every_rule_says_what_it_does(rules: list[Any]) -> None:
    for rule in rules:
        assert rule.docstring, f"{rule.name}: a docstring for --list-rules"
        assert rule.message, f"{rule.name}: message"


def test_every_rule_has_the_same_directives(rules: list[Any]) -> None:
    for rule in rules:
        assert len(rule.log) > 0, f"{rule.name}: log"
        assert str(rule.log[0]).startswith("results/logs/"), f"{rule.name}: log"
        # The report page finds a job's time by its log.
        if "key" in rule.wildcard_names:
            # Both are found from the key.
            place = str(rule.output[0]).rsplit(".", 1)[0].replace("results/store/", "", 1)
            assert str(rule.log[0]) == f"results/logs/{place}.log", f"{rule.name}: log"
            assert str(rule.benchmark) == f"results/benchmarks/{place}.tsv", f"{rule.name}: benchmark"
            assert str(rule.output[0]).startswith("results/store/"), f"{rule.name}: output"
        assert rule.conda_env, f"{rule.name}: conda"
        assert rule.shellcmd, f"{rule.name}: shell (script and run cost more and hide their code)"
        assert "{log" in rule.shellcmd, f"{rule.name}: its output goes to the log"


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_every_rule_names_its_threads_and_resources(path: Path) -> None:
    for name, body in rules_in(path.read_text()):
        if "shell:" in body:
            assert "threads:" in body, f"{name}: threads"
            for resource in ("mem_mb", "runtime"):
                assert f"{resource}=" in body, f"{name}: resources {resource}"


def rules_in(text: str) -> Iterator[tuple[str, str]]:
    parts = re.split(r"^(?:rule|checkpoint) (\w+):", text, flags=re.MULTILINE)
    yield from zip(parts[1::2], parts[2::2], strict=True)


def test_every_program_is_there_and_hashed(rules: list[Any]) -> None:
    code_hash = rules[0].workflow.globals["code_hash"]
    for rule in rules:
        for study, program in PROGRAM.findall(rule.shellcmd):
            assert (ROOT / "workflow" / "scripts" / study / f"{program}.py").is_file(), rule.name
            # What is fetched is known by its content; the page of an unfinished run is always made.
            if rule.name in ("data_fetch", "page_so_far"):
                continue
            assert dict(rule.params.items()).get("code") == code_hash(f"{study}/{program}.py"), (
                f"{rule.name}: params: code=code_hash({study}/{program}.py)"
            )


def test_every_program_belongs_to_a_rule_or_to_make(rules: list[Any]) -> None:
    used = {match for rule in rules for match in PROGRAM.findall(rule.shellcmd)}
    # Two runs are compared beside the workflow, which knows one.
    used |= set(re.findall(r"-m (report)\.(\w+)", (ROOT / "Makefile").read_text()))
    folder = ROOT / "workflow" / "scripts"
    there = {(path.parent.name, path.stem) for path in folder.rglob("*.py") if "if __name__ ==" in path.read_text()}
    assert there == used


def test_no_rule_depends_on_where_the_checkout_lies(rules: list[Any]) -> None:
    for rule in rules:
        recorded = [*map(str, rule.input), rule.shellcmd, *(str(value) for _, value in rule.params.items())]
        assert not [text for text in recorded if str(ROOT) in text], f"{rule.name}: a moved checkout would run it again"


def test_every_figure_is_a_rule_of_its_own(workflow: Any) -> None:
    names = {rule.name for rule in workflow.rules}
    for study, figures in workflow.globals["STUDY_FIGURES"].items():
        assert {study, *(f"{study}_{figure}" for figure in figures)} <= names


def test_the_mirror_reaches_every_job_whatever_its_name(workflow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = "/a folder/{of}'s $(echo data)"
    monkeypatch.setitem(workflow.globals["config"], "mirror", mirror)
    prefix = workflow.globals["shell_prefix"]().format()  # as Snakemake does
    job = subprocess.run(["bash", "-c", f'{prefix} printf %s "$HOMEOSTAT_MIRROR"'], capture_output=True, text=True)
    assert job.stdout == mirror


def test_a_section_becomes_flags(workflow: Any) -> None:
    section = {"bin_ms": 20, "binarize": True, "units": ["a b", 3], "key": None, "trust": False, "split": "x"}
    assert workflow.globals["as_flags"](section, "split") == "--bin-ms=20 --binarize --units 'a b' 3"
    nested = {"where": {"quality": ["good", 3]}, "intervals": [[0, 1.5], [2, 3]]}
    found = dict(word[2:].split("=") for word in shlex.split(workflow.globals["as_flags"](nested)))
    assert {key: json.loads(value) for key, value in found.items()} == nested


def test_every_key_of_the_configuration_is_used(workflow: Any) -> None:
    text = "".join(path.read_text() for path in (ROOT / "workflow").rglob("*") if path.suffix in (".smk", ".py"))
    unused = [path for path in leaves(workflow.globals["config"]) if not is_named(path.split("."), text)]
    assert not unused


def is_named(path: list[str], text: str) -> bool:
    """Whether a key, or (below a section of a study) the section it stands in, occurs in the workflow."""
    if f'as_flags(config["{path[0]}"]' in text:  # a section whose keys are a program's flags
        return True
    names = path[-2:] if len(path) > 2 else path[-1:]
    return any(re.search(rf"\b{name}\b", text) for name in names)


def leaves(section: dict[str, Any], path: str = "") -> Iterator[str]:
    for key, value in section.items():
        where = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            yield from leaves(value, where)
        else:
            yield where


def test_jobs_on_this_machine_start_without_snakemakes_rate_limit(tmp_path: Path) -> None:
    """The pinned Snakemake has the limit that `without_rate_limit` lifts, and runs without it."""
    common = (ROOT / "workflow/rules/common.smk").read_text(encoding="utf-8")
    function = re.search(r"^def without_rate_limit\(\):\n(?:    .*\n|\n)+", common, re.M)
    assert function
    limit = "workflow.scheduler.job_rate_limiter"
    (tmp_path / "Snakefile").write_text(
        f"{function[0]}\n"
        f'onstart:\n    print("before:", {limit} is not None)\n    without_rate_limit()\n\n'
        f'onsuccess:\n    print("after:", {limit})\n\n'
        'rule all:\n    output:\n        "made"\n    shell:\n        "touch {output}"\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "snakemake", "--cores", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "before: True" in done.stdout and "after: None" in done.stdout and (tmp_path / "made").exists()
