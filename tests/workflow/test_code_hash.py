"""A rule's hash follows the code behind its program, and nothing else: no text, no layout, no lazy face."""

import os
import re
import shutil
import time
from pathlib import Path

import code_hashes
import pytest
from pipeline import ROOT

FILES = {
    "src/homeostat/__init__.py": "",
    "src/homeostat/errors.py": "class E(Exception): ...\n",
    "src/homeostat/seeds.py": "import math\n",
    "src/homeostat/late.py": "",
    "src/homeostat/lazy.py": "",
    "src/homeostat/unused.py": "",
    "src/homeostat/files.py": "",
    "src/homeostat/rp/__init__.py": (
        "from .engine import fit\n"
        "from .other import plot\n"
        "def __getattr__(name):\n"
        "    return importlib.import_module('homeostat.rp.estimator')\n"
    ),
    "src/homeostat/rp/engine.py": (
        "from ..errors import E\nfrom . import kernels\nfrom ..files import x\ndef fit(): ...\n"
    ),
    "src/homeostat/rp/estimator.py": "",
    "src/homeostat/rp/kernels.py": "",
    "src/homeostat/rp/other.py": "",
    "src/homeostat/eager/__init__.py": "from homeostat.eager.a import a\nTABLE = [a()]\n",
    "src/homeostat/eager/a.py": "",
    "scripts/study/fit.py": (
        "import numpy as np\n"
        "from homeostat import seeds\n"
        "from homeostat.rp import fit\n"
        "from homeostat.eager import a\n"
        "from study.shared import x\n"
        "def main():\n"
        "    import homeostat.late\n"
        "LAZY = {'x': 'homeostat.lazy'}\n"
    ),
    "scripts/study/shared.py": "x = 1\n",
    "scripts/study/table.py": "from homeostat.files import x\n",
    "scripts/study/estimate.py": "from homeostat.rp import RP\n",
}
USED = [
    "src/homeostat/files.py",
    "src/homeostat/seeds.py",
    "src/homeostat/late.py",
    "src/homeostat/lazy.py",
    "src/homeostat/eager/__init__.py",
    "src/homeostat/eager/a.py",
    "src/homeostat/rp/engine.py",
    "src/homeostat/rp/kernels.py",
    "scripts/study/fit.py",
    "scripts/study/shared.py",
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "a")


def lay_out(root: Path) -> Path:
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def hash_of(root: Path, name: str = "scripts/study/fit.py") -> str:
    code_hashes.clear()  # as in a new run of Snakemake
    return code_hashes.code_hash(root / name, root / "src", root / "scripts")


@pytest.mark.parametrize("name", USED)
def test_editing_a_used_file_changes_the_hash(tree: Path, name: str) -> None:
    before = hash_of(tree)
    with open(tree / name, "a") as stream:
        stream.write("_y = 2\n")
    assert hash_of(tree) != before


@pytest.mark.parametrize("name", sorted(set(FILES) - set(USED)))
def test_editing_an_unused_file_does_not(tree: Path, name: str) -> None:
    before = hash_of(tree)
    with open(tree / name, "a") as stream:
        stream.write("_y = 2\n")
    assert hash_of(tree) == before


def test_another_program_depends_only_on_what_it_imports(tree: Path) -> None:
    before = hash_of(tree, "scripts/study/table.py")
    (tree / "src/homeostat/rp/kernels.py").write_text("y = 2\n")
    assert hash_of(tree, "scripts/study/table.py") == before
    (tree / "src/homeostat/files.py").write_text("y = 2\n")
    assert hash_of(tree, "scripts/study/table.py") != before


def test_a_lazy_face_leads_to_what_it_imports_on_demand(tree: Path) -> None:
    before = hash_of(tree, "scripts/study/estimate.py")
    (tree / "src/homeostat/rp/other.py").write_text("y = 2\n")
    (tree / "src/homeostat/rp/engine.py").write_text("y = 2\n")
    assert hash_of(tree, "scripts/study/estimate.py") == before
    (tree / "src/homeostat/rp/estimator.py").write_text("y = 2\n")
    assert hash_of(tree, "scripts/study/estimate.py") != before


def test_touching_moving_and_line_ends_do_not_matter(tree: Path, tmp_path: Path) -> None:
    before = hash_of(tree)
    for name in FILES:
        os.utime(tree / name, (1, 1))
    assert hash_of(tree) == before
    other = lay_out(tmp_path / "another place")
    for name, text in FILES.items():
        (other / name).write_bytes(text.replace("\n", "\r\n").encode())
    assert hash_of(other) == before


def test_a_package_that_does_something_counts(tree: Path) -> None:
    before = hash_of(tree)
    (tree / "src/homeostat/eager/__init__.py").write_text("from homeostat.eager.a import a\nTABLE = [a(), a()]\n")
    assert hash_of(tree) != before


def test_import_cycles_end(tree: Path) -> None:
    (tree / "src/homeostat/files.py").write_text("import homeostat.rp.engine\n")
    assert len(hash_of(tree)) == 16


TREE = (
    '"""About."""\n\n\ndef f(x: int = 1) -> float:\n    """Return x."""\n    return x + 0.5\n',
    "def f(x: int = 1) -> float: return x + 0.5\n",
    '# Another comment.\n"""Something else."""\n\ndef f(\n    x: int = 1,\n) -> float:\n    return (x) + .5  # half\n',
)


def test_text_and_layout_do_not_matter_and_everything_else_does(tree: Path) -> None:
    found = set()
    for text in TREE:
        (tree / "src/homeostat/seeds.py").write_text(text)
        found.add(hash_of(tree))
    assert len(found) == 1
    for old, new in (("0.5", "0.25"), ("x + ", "x - "), ("= 1", "= 2"), ("def f", "def g"), ("return x", "yield x")):
        (tree / "src/homeostat/seeds.py").write_text(TREE[0].replace(old, new))
        found.add(hash_of(tree))
    # A text that is not a docstring is code.
    (tree / "src/homeostat/seeds.py").write_text(TREE[0].replace("return x + 0.5", "return 'x'"))
    found.add(hash_of(tree))
    assert len(found) == 7


def test_docstrings_of_attributes_are_text(tree: Path) -> None:
    documented = 'class A:\n    x = 1\n    """One."""\n\nif True:\n    y = 2\n    \'homeostat.unused\'\n'
    found = set()
    for text in (documented, documented.replace("One", "Another"), "class A:\n    x = 1\nif True:\n    y = 2\n"):
        (tree / "src/homeostat/seeds.py").write_text(text)
        found.add(hash_of(tree))
    assert len(found) == 1


# ------------------------------------------------------------------------------------------- the real code

# One module of every kind; what an edit of its code runs again, among the programs named below, and nothing else.
KINDS = {
    "src/homeostat/rp/trainer.py": "fit",
    "src/homeostat/rp/kernels.py": "surrogate fit",
    "src/homeostat/rp/constraints.py": "fit",
    "src/homeostat/rp/estimator.py": "",
    "src/homeostat/rp/__init__.py": "",
    "src/homeostat/recordings/split.py": "fit table",
    "src/homeostat/recordings/nwb.py": "recording",
    "src/homeostat/mixture/em.py": "bars",
    "src/homeostat/normalization/cpu.py": "train",
    "src/homeostat/files.py": "surrogate recording fit table fig2 bars train claims",
    "src/homeostat/conditions.py": "fit table fig2 bars train",
    "src/homeostat/errors.py": "",
    "src/homeostat/cli.py": "",
    "src/homeostat/planned.py": "",
    "src/homeostat/figures/style.py": "fig2",
    "src/homeostat/claims/judge.py": "claims",
    "workflow/scripts/mayzel2024/study.py": "fit table",
    "workflow/scripts/mayzel2024/conditions.py": "fit table fig2",
    "workflow/scripts/mayzel2024/design.py": "",
    "workflow/scripts/mayzel2024/table.py": "table",
    "workflow/scripts/mayzel2024/panels.py": "fig2",
    "workflow/scripts/mayzel2024/fig2.py": "fig2",
}
PROGRAMS = {
    "surrogate": "data/surrogate.py",
    "recording": "data/recording.py",
    "fit": "mayzel2024/fit.py",
    "table": "mayzel2024/table.py",
    "fig2": "mayzel2024/fig2.py",
    "bars": "keck2012/fit.py",
    "train": "shen2021/train.py",
    "claims": "report/claims.py",
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("src", "workflow/scripts"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def hashes(root: Path) -> dict[str, str]:
    code_hashes.clear()
    scripts = root / "workflow/scripts"
    return {name: code_hashes.code_hash(scripts / path, root / "src", scripts) for name, path in PROGRAMS.items()}


@pytest.mark.parametrize("name", KINDS)
def test_an_edit_runs_again_what_uses_the_code_and_text_runs_nothing(name: str, checkout: Path) -> None:
    path, before = checkout / name, hashes(checkout)
    text = path.read_text()
    try:
        # Every text that stands alone: of modules, classes, functions and attributes.
        path.write_text(re.sub(r'^( *""")(?=\w)', r"\1Anew: ", text, flags=re.MULTILINE) + "\n\n# The end.\n")
        assert hashes(checkout) == before
        path.write_text(text.rstrip() + "\n\n\n_ANSWER = 42\n")
        after = hashes(checkout)
        assert {program for program in PROGRAMS if after[program] != before[program]} == set(KINDS[name].split())
    finally:
        path.write_text(text)


def test_fits_do_not_depend_on_figures_or_verdicts() -> None:
    scripts = ROOT / "workflow/scripts"
    for program in ["mayzel2024/fit", "keck2012/fit", "shen2021/train", "eyono2026/train", "krishna2024/train"]:
        names = code_hashes.modules_behind(scripts / f"{program}.py", ROOT / "src", scripts)
        assert not [name for name in names if re.search(r"\b(figures|claims|panels|table|estimator)\b", name)], program


def test_modules_without_numbers_compute_none() -> None:
    for name in code_hashes.WITHOUT_NUMBERS:
        text = (ROOT / "src" / f"{name.replace('.', '/')}.py").read_text()
        assert not re.search(r"import (numpy|torch|scipy|numba)|from (numpy|torch|scipy|numba)", text), name


def test_all_programs_of_the_workflow_take_little_time() -> None:
    code_hashes.clear()
    scripts = ROOT / "workflow" / "scripts"
    start = time.process_time()
    for program in scripts.rglob("*.py"):
        code_hashes.code_hash(program, ROOT / "src", scripts)
    assert time.process_time() - start < 3.0  # measured: 0.7 s, most of it to parse
