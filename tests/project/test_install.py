"""The package installs in layers: what needs no extra works without, and what does says which."""

import os
import shutil
import subprocess
import sys
import tarfile
import textwrap
import tomllib
import zipfile
from pathlib import Path

import pytest
from pipeline import ROOT

# Every doctest of these, in an environment with nothing but the wheel and what it requires.
BASE = (
    "rp",
    "ising",
    "recordings",
    "mixture",
    "normalization",
    "seeds",
    "files",
    "device",
    "extras",
    "parameters",
    "conditions",
    "command",
    "memory",
)
LIMIT_MB = 500

RUN_DOCTESTS = """
import doctest, importlib, pkgutil, sys
import homeostat
names = []
for part in sys.argv[1:]:
    module = importlib.import_module(f"homeostat.{part}")
    inside = pkgutil.walk_packages(getattr(module, "__path__", ()), module.__name__ + ".")
    names += [module.__name__, *(found.name for found in inside)]
run = failed = 0
for name in names:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        assert error.name in ("torch", "triton"), (name, error)
        continue
    result = doctest.testmod(module)
    run, failed = run + result.attempted, failed + result.failed
print(run, failed, homeostat.__file__)
sys.exit(failed > 0 or run < 40)
"""


def python(
    *arguments: str, executable: str | Path = sys.executable, **settings: str
) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run([executable, *arguments], capture_output=True, text=True, env=clean | settings)


def interpreter_of(minor: int) -> str | None:
    """Return a Python of this version, of the system or of pyenv, whose commands are there for all its versions."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    found = [shutil.which(f"python3.{minor}"), *versions.glob(f"3.{minor}.*/bin/python")]
    return next((str(each) for each in found if each and not python("-c", "", executable=each).returncode), None)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, and from it the wheel."""
    folder, tree = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("tree") / "homeostat"
    # From a copy: a build writes into the tree.
    local = shutil.ignore_patterns(".*", "results", "data", "build", "dist", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, tree, symlinks=True, ignore=local)
    done = python("-m", "build", "--no-isolation", "--outdir", str(folder), str(tree))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.slow
def test_sdist_and_wheel_hold_the_package_and_no_more(built: Path) -> None:
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    sources = {
        str(path.relative_to(ROOT / "src"))
        for package in ("homeostat", "snakemake_logger_plugin_homeostat")
        for path in (ROOT / "src" / package).rglob("*")
        if path.suffix in (".py", ".yaml", ".typed")
    }
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in names if ".dist-info/" not in name} == sources
    assert any(name.endswith("licenses/LICENSE") for name in names)
    table = zipfile.ZipFile(wheel).read("homeostat/datasets/datasets.yaml")
    assert table == (ROOT / "config/datasets.yaml").read_bytes()
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
        assert all(member.isfile() or member.isdir() for member in archive)
    assert {f"src/{name}" for name in sources} <= inside
    assert {"LICENSE", "README.md", "CHANGELOG.md", "CITATION.cff", "pyproject.toml"} <= inside
    assert not [name for name in inside if name.startswith(("tests/", "results/", ".venv/"))]


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.skipif(
    os.environ.get("HOMEOSTAT_NETWORK_TESTS") != "1", reason="needs the network: set HOMEOSTAT_NETWORK_TESTS=1"
)
@pytest.mark.parametrize("minor", range(11, 15))
def test_wheel_works_alone_and_is_small(built: Path, tmp_path: Path, minor: int) -> None:
    interpreter = sys.executable if sys.version_info[1] == minor else interpreter_of(minor)
    if interpreter is None:
        pytest.skip(f"needs Python 3.{minor}")
    (wheel,) = built.glob("*.whl")
    assert python("-m", "venv", str(tmp_path / "venv"), executable=interpreter).returncode == 0
    alone = tmp_path / "venv/bin/python"
    done = python("-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel), executable=alone)
    assert done.returncode == 0, done.stderr
    size = sum(path.lstat().st_size for path in (tmp_path / "venv").rglob("*") if path.is_file()) / 1e6
    assert size < LIMIT_MB, f"{size:.0f} MB"
    listed = python("-m", "pip", "list", "--format=freeze", executable=alone).stdout.lower()
    for package in ("torch", "pandas", "snakemake", "matplotlib", "scikit-learn"):
        assert f"\n{package}==" not in f"\n{listed}"
    (tmp_path / "run.py").write_text(RUN_DOCTESTS)
    done = python("-P", str(tmp_path / "run.py"), *BASE, executable=alone)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert str(tmp_path) in done.stdout.splitlines()[-1]


def blocked(code: str, *modules: str) -> subprocess.CompletedProcess[str]:
    """Run code where some modules are not there."""
    hide = f"""
    import sys, importlib.machinery
    find = importlib.machinery.PathFinder.find_spec
    def without(name, *rest):
        return None if name.partition(".")[0] in {modules!r} else find(name, *rest)
    importlib.machinery.PathFinder.find_spec = without
    """
    return python("-c", textwrap.dedent(hide) + code, PYTHONPATH=str(ROOT / "src"))


@pytest.mark.parametrize(
    ("code", "hidden", "sentence"),
    [
        ("import homeostat.reactivation.trainer", "torch", "homeostat.reactivation needs torch: .*[torch]'"),
        ("import homeostat.inhibition", "torch", "homeostat.inhibition needs torch: .*[torch]'"),
        ("import homeostat.figures.style", "pandas", "homeostat.figures needs pandas: .*[figures]'"),
        ("import homeostat.plots", "seaborn", "homeostat.plots needs seaborn: .*[figures]'"),
        ("import homeostat.datasets", "requests", "homeostat.datasets needs requests: .*[pipeline]'"),
        ("import homeostat.claims", "yaml", "homeostat.claims needs yaml: .*[pipeline]'"),
        (
            "from homeostat.device import resolve_device; resolve_device('cuda')",
            "torch",
            "device: cuda needs torch: .*[torch]'",
        ),
        (
            "open('/dev/null'); from homeostat.recordings.table import read_csv; read_csv('a.csv')",
            "pandas",
            "reading a CSV file needs pandas: .*[figures]'",
        ),
    ],
)
def test_a_missing_extra_is_a_sentence(code: str, hidden: str, sentence: str) -> None:
    done = blocked(code, hidden)
    expected = sentence.replace(".*[", "pip install 'homeostat[")
    assert done.stderr.splitlines()[-1].partition("Error: ")[2] == expected, done.stderr


def test_auto_is_the_cpu_without_torch() -> None:
    code = "from homeostat import device; device.may_have_cuda = lambda: True; print(device.resolve_device('auto'))"
    assert blocked(code, "torch").stdout == "cpu\n"


def test_models_do_without_scikit_learn() -> None:
    code = """
from homeostat.rp import Independent
import numpy as np
model = Independent()
try:
    model.sample()
except AttributeError as error:
    print(type(error).__name__, error)
print(model.fit(np.eye(4)).get_params(), model, "sklearn" in sys.modules)
"""
    done = blocked(code, "sklearn")
    assert done.stdout.splitlines() == [
        "NotFittedError this Independent is not fitted yet; call fit with patterns first",
        "{} Independent() False",
    ], done.stderr


def test_extras_hold_what_their_parts_import() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert {"torch", "figures", "pipeline", "slurm", "all", "dev"} <= set(extras)
    assert not {"torch", "pandas", "snakemake", "matplotlib"} & {
        entry.split(">")[0] for entry in project["dependencies"]
    }
