"""A rule's hash follows the code behind its program, and nothing else."""

import os
import time
from pathlib import Path

import code_hashes
import pytest

ROOT = Path(__file__).resolve().parents[1]

FILES = {
    "src/homeostat/__init__.py": "",
    "src/homeostat/errors.py": "class E(Exception): ...\n",
    "src/homeostat/seeds.py": "import math\n",
    "src/homeostat/late.py": "",
    "src/homeostat/lazy.py": "",
    "src/homeostat/unused.py": "",
    "src/homeostat/rp/__init__.py": "from .engine import fit\n",
    "src/homeostat/rp/engine.py": "from ..errors import E\nfrom . import kernels\ndef fit(): ...\n",
    "src/homeostat/rp/kernels.py": "",
    "src/homeostat/rp/other.py": "",
    "scripts/study/fit.py": (
        "import numpy as np\n"
        "from homeostat import seeds\n"
        "from homeostat.rp import fit\n"
        "from study.shared import x\n"
        "def main():\n"
        "    import homeostat.late\n"
        "LAZY = {'x': 'homeostat.lazy'}\n"
    ),
    "scripts/study/shared.py": "x = 1\n",
    "scripts/study/table.py": "from homeostat.errors import E\n",
}
USED = [
    "src/homeostat/__init__.py",
    "src/homeostat/errors.py",
    "src/homeostat/seeds.py",
    "src/homeostat/late.py",
    "src/homeostat/lazy.py",
    "src/homeostat/rp/__init__.py",
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
    for cached in (code_hashes._hash, code_hashes._content, code_hashes._imports):
        cached.cache_clear()  # as in a new run of Snakemake
    return code_hashes.code_hash(root / name, root / "src", root / "scripts")


@pytest.mark.parametrize("name", USED)
def test_editing_a_used_file_changes_the_hash(tree: Path, name: str) -> None:
    before = hash_of(tree)
    with open(tree / name, "a") as stream:
        stream.write("y = 2\n")
    assert hash_of(tree) != before


@pytest.mark.parametrize("name", sorted(set(FILES) - set(USED)))
def test_editing_an_unused_file_does_not(tree: Path, name: str) -> None:
    before = hash_of(tree)
    with open(tree / name, "a") as stream:
        stream.write("y = 2\n")
    assert hash_of(tree) == before


def test_another_program_depends_only_on_what_it_imports(tree: Path) -> None:
    before = hash_of(tree, "scripts/study/table.py")
    (tree / "src/homeostat/rp/kernels.py").write_text("y = 2\n")
    assert hash_of(tree, "scripts/study/table.py") == before
    (tree / "src/homeostat/errors.py").write_text("y = 2\n")
    assert hash_of(tree, "scripts/study/table.py") != before


def test_touching_moving_and_line_ends_do_not_matter(tree: Path, tmp_path: Path) -> None:
    before = hash_of(tree)
    for name in FILES:
        os.utime(tree / name, (1, 1))
    assert hash_of(tree) == before
    other = lay_out(tmp_path / "another place")
    for name, text in FILES.items():
        (other / name).write_bytes(text.replace("\n", "\r\n").encode())
    assert hash_of(other) == before


def test_a_new_module_that_takes_the_place_of_a_name_counts(tree: Path) -> None:
    before = hash_of(tree)
    (tree / "src/homeostat/rp/fit.py").write_text("")
    assert hash_of(tree) != before


def test_import_cycles_end(tree: Path) -> None:
    (tree / "src/homeostat/errors.py").write_text("import homeostat.rp.engine\n")
    assert len(hash_of(tree)) == 16


def test_all_programs_of_the_workflow_take_little_time() -> None:
    scripts = ROOT / "workflow" / "scripts"
    start = time.process_time()
    for program in scripts.rglob("*.py"):
        code_hashes.code_hash(program, ROOT / "src", scripts)
    assert time.process_time() - start < 1.0  # measured: well below 0.1 s
