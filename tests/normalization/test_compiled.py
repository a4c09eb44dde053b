"""What compiled kernels share: full vectors unless the user says otherwise, and arrays that start at cache lines."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba.core.codegen import get_host_cpu_features
from pipeline import PROGRAMS, environment, read_only

from homeostat.compiled import LINE, copied, empty, zeros

SHOW = "import numba; print(numba.config.CPU_FEATURES); import homeostat.compiled; print(numba.config.CPU_FEATURES)"


def features(**environment: str) -> list[str]:
    """Return numba's setting before and after the import, in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_CPU")}
    command = [sys.executable, "-c", SHOW]
    done = subprocess.run(command, env=clean | environment, capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:2]


def test_kernels_use_the_full_vectors_of_the_processor() -> None:
    host = get_host_cpu_features()
    before, after = features()
    assert before == "None"
    assert after == (f"{host},-prefer-256-bit" if "+avx512f" in host.split(",") else "None")


@pytest.mark.parametrize(("name", "value"), [("NUMBA_CPU_FEATURES", "+sse2"), ("NUMBA_CPU_NAME", "generic")])
def test_what_the_user_asks_of_numba_stands(name: str, value: str) -> None:
    before, after = features(**{name: value})
    assert before == after != f"{get_host_cpu_features()},-prefer-256-bit"


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float32, np.float64])
def test_arrays_start_at_cache_lines(dtype: type) -> None:
    values = np.arange(3 * 7).reshape(3, 7)
    for array in (empty((3, 7), dtype), zeros((3, 7), dtype), copied(values, dtype), copied(values.T.astype(dtype))):
        assert array.ctypes.data % LINE == 0 and array.dtype == dtype and array.flags.c_contiguous
    assert np.array_equal(copied(values, dtype), values) and not zeros((3, 7), dtype).any()
    assert np.array_equal(copied(values.T), values.T)


KERNEL = """
import numba, numpy as np
from homeostat.compiled import OPTIONS

@numba.njit(**OPTIONS)
def double(x):
    return 2 * x

print(double(21), OPTIONS["cache"], numba.config.CACHE_DIR)
"""


def kernel(folder: Path, **more: str) -> tuple[str, str]:
    """Compile a kernel where numba's own cache cannot be made; return what it printed, and said on stderr."""
    (folder / "kernel.py").write_text(KERNEL)
    around = environment(**PROGRAMS, **{"NUMBA_CACHE_DIR": "/proc/none", "TMPDIR": str(folder)} | more)
    command = [sys.executable, "kernel.py"]
    done = subprocess.run(command, cwd=folder, env=around, capture_output=True, text=True, check=True)
    return done.stdout.strip(), done.stderr.strip()


def test_the_cache_falls_back_to_a_private_temporary_folder(tmp_path: Path) -> None:
    printed, said = kernel(tmp_path)
    folder = tmp_path / f"homeostat-numba-{os.getuid()}"
    assert printed == f"42 True {folder}" and list(folder.rglob("*.nbi"))
    assert said == f"Compiled code is kept in {folder}: /proc/none cannot be written."
    assert folder.stat().st_mode & 0o077 == 0
    # Where it is named, nothing is said.
    assert kernel(tmp_path, NUMBA_CACHE_DIR=str(folder)) == (printed, "")


def test_without_any_folder_nothing_is_kept(tmp_path: Path) -> None:
    """A folder of this name that others may have made is not trusted: numba runs what it finds there."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"homeostat-numba-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    printed, said = kernel(tmp_path)
    assert printed == "42 False /proc/none" and not list((tmp_path / "elsewhere").iterdir())
    assert said.startswith("Compiled code is not kept, and each program compiles its own: /proc/none cannot be written")
    assert len(said.splitlines()) == 1


def test_a_package_and_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    """As in a container: the cache of both kinds is out of reach, and the kernels of the package run all the same."""
    code = "import homeostat.compiled, homeostat.mixture.kernels as k, numba; print(numba.config.CACHE_DIR)"
    around = environment(**PROGRAMS, HOME="/proc/none", TMPDIR=str(tmp_path))
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        around.pop(name, None)
    command = read_only([sys.executable, "-c", code])
    done = subprocess.run(command, env=around, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(tmp_path / f"homeostat-numba-{os.getuid()}")
    assert "neither" in done.stderr and "/proc/none/.cache/numba can be written" in done.stderr
