"""What a clone must hold: pins that agree, pages that are current, nothing large or local."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import homeostat

ROOT = Path(__file__).resolve().parents[1]
PIN = re.compile(r"([a-z0-9-]+)==(\d[\w.]*)")
CONDA_NAMES = {"snakemake-minimal": "snakemake", "matplotlib-base": "matplotlib"}


def pins(name: str) -> dict[str, str]:
    found = {}
    for line in (ROOT / name).read_text().splitlines():
        if line and not line.startswith(("#", "-r ")):
            match = PIN.fullmatch(line)
            assert match, f"{name}: {line!r} is not a bare pin"
            found[match[1]] = match[2]
    return found


def tracked() -> list[Path]:
    """Return the files of the repository; none outside a git checkout."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def tracked_text() -> list[tuple[Path, str]]:
    found = []
    for path in tracked():
        try:
            found.append((path, path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_lock_holds_bare_sorted_pins_for_any_machine(name: str) -> None:
    found = pins(name)
    assert list(found) == sorted(found)
    assert not [package for package in found if re.match("nvidia|cuda|triton", package)]


def test_lock_satisfies_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime = pins("requirements.lock")
    for requirements, locked in (
        (project["dependencies"], runtime),
        (project["optional-dependencies"]["dev"], {**runtime, **pins("requirements-dev.lock")}),
    ):
        for requirement in map(Requirement, requirements):
            version = locked.get(canonicalize_name(requirement.name))
            assert version, f"{requirement.name} is not locked: run `make lock`"
            assert requirement.specifier.contains(version), f"{requirement} v {version}: run `make lock`"


def test_conda_environment_has_the_locks_pins() -> None:
    environment = yaml.safe_load((ROOT / "envs" / "homeostat.yaml").read_text())
    plain = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    (nested,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    found = dict(entry.split("=", 1) for entry in plain if "=" in entry)
    assert found.pop("python") == "3.11"
    found = {CONDA_NAMES.get(name, name): version for name, version in found.items()}
    found |= dict(entry.split("==") for entry in nested)
    locked = pins("requirements.lock")
    assert found == {name: locked[name] for name in found}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(found) == {canonicalize_name(Requirement(entry).name) for entry in project["dependencies"]}


def test_every_runtime_dependency_is_imported_somewhere() -> None:
    modules = {"pillow": "PIL", "pyyaml": "yaml", "scikit-learn": "sklearn"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    folders = [ROOT / "src", ROOT / "workflow"]
    text = "".join(
        path.read_text() for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".smk")
    )
    for requirement in map(Requirement, project["dependencies"]):
        module = modules.get(requirement.name, requirement.name.replace("-", "_"))
        assert re.search(rf"^\s*(?:import|from) {module}\b", text, re.MULTILINE), (
            f"{requirement.name}: nobody imports it"
        )


def test_nothing_large_is_tracked() -> None:
    sizes = {path.relative_to(ROOT): path.stat().st_size for path in tracked()}
    assert not {path: size for path, size in sizes.items() if size > 500_000}
    assert sum(sizes.values()) < 5_000_000


def test_no_path_of_a_machine_and_no_registry_address() -> None:
    # Written in pieces, so that this file does not find itself.
    folders, pages = "|".join(["root", "home", "work", "Users"]), "|".join(["simple", "packages"])
    hosts = "|".join(["pypi", "pythonhosted", "npmjs", "anaconda"])
    local = re.compile(rf"(?:^|[\s\"'=(])/(?:{folders})/\w", re.MULTILINE)
    registry = re.compile(rf"https?://[^ \"]+/(?:{pages})/|\b(?:{hosts})\.(?:org|com)\b")
    for path, text in tracked_text():
        assert not local.search(text), f"{path}: {local.search(text)}"
        assert not registry.search(text), f"{path}: {registry.search(text)}"


def test_no_pickles() -> None:
    for path, text in tracked_text():
        # Tests make malicious files; nothing else may read or write pickles.
        if path.suffix != ".py" or "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(text, str(path))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [getattr(node, "module", None), *(alias.name for alias in node.names)]
                assert not {"pickle", "cPickle", "dill", "joblib"} & set(names), path
            if isinstance(node, ast.Call):
                keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                assert keywords.get("allow_pickle") != "True", path
                if ast.unparse(node.func) == "torch.load":
                    assert keywords.get("weights_only") == "True", path


def test_readme_has_the_two_commands_and_whole_links() -> None:
    text = (ROOT / "README.md").read_text()
    assert "make figures" in text
    assert "make test" in text
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), f"README.md links to {target}"


def test_citation_file_is_complete() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "version", "license", "references"} <= set(citation)
    assert citation["version"] == homeostat.__version__
    assert len(citation["references"]) == 5
    for reference in citation["references"]:
        assert {"type", "title", "authors", "year"} <= set(reference), reference["title"]
        for author in reference["authors"]:
            assert set(author) == {"family-names", "given-names"}


def test_profiles_and_hooks_are_valid_yaml() -> None:
    for path in [*ROOT.glob("profiles/*/*.yaml"), ROOT / ".pre-commit-config.yaml"]:
        assert yaml.safe_load(path.read_text()), path


def make(folder: Path, *arguments: str, keep_python: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the Makefile in a folder whose Python fails, but for the check of configurations."""
    (folder / ".venv/bin").mkdir(parents=True, exist_ok=True)
    if not keep_python:
        (folder / ".venv/bin/python").write_text('#!/bin/sh\ncase "$*" in *config_files*) exit 0;; esac\nexit 3\n')
    (folder / ".venv/bin/python").chmod(0o755)
    for name in ("requirements.lock", "pyproject.toml", ".venv/.made", ".venv/.runtime"):
        (folder / name).touch()
    # As from a shell, although `make test` may have started these tests: it would add lines, and its own settings.
    alone = {name: value for name, value in os.environ.items() if name not in ("MAKELEVEL", "MAKEFLAGS", "MFLAGS")}
    words = ["make", "-f", ROOT / "Makefile", *arguments]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, env=alone)


@pytest.mark.parametrize("target", ["figures", "page", "report"])
def test_make_says_that_a_configuration_is_not_there(target: str, tmp_path: Path) -> None:
    run = make(tmp_path, target, "CONFIG=my file.yaml")
    assert run.returncode == 2 and run.stdout.startswith("CONFIG=my file.yaml: there is no such file here")
    (tmp_path / "my file.yaml").touch()
    assert "no such file" not in make(tmp_path, target, "CONFIG=my file.yaml").stdout


def test_make_says_that_a_target_is_empty(tmp_path: Path) -> None:
    """As of a variable that a script has not set; left out, it means all figures."""
    for empty in ("TARGET=", "TARGET= "):
        run = make(tmp_path, "figures", empty)
        assert run.returncode == 2 and run.stdout.startswith("TARGET= names nothing; leave it out"), run
    assert "TARGET" not in make(tmp_path, "figures").stdout
    assert "TARGET" not in make(tmp_path, "figures", "TARGET=keck2012").stdout


@pytest.mark.parametrize("given", ["CONFIG=mine.yaml", "ARGS=--configfile mine.yaml -n"])
def test_make_refuses_a_configuration_in_another_encoding(given: str, tmp_path: Path) -> None:
    make(tmp_path, "help")
    (tmp_path / ".venv/bin/python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (tmp_path / "src").symlink_to(ROOT / "src")
    (tmp_path / "mine.yaml").write_text("device: cpu\n", encoding="utf-16")
    run = make(tmp_path, "figures", given, keep_python=True)
    assert run.returncode == 2 and run.stderr.startswith("mine.yaml: the text is in UTF-16; save it as UTF-8"), run


def test_make_names_the_page_of_the_same_settings(tmp_path: Path) -> None:
    (tmp_path / "results/figures").mkdir(parents=True)
    (tmp_path / "mine.yaml").touch()
    run = make(tmp_path, "figures", "CONFIG=mine.yaml", 'ARGS=--config "recording=a b.nwb"')
    assert run.stdout.strip().endswith("make page CONFIG=mine.yaml ARGS='--config \"recording=a b.nwb\"'")
