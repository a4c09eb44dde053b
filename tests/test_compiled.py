"""What compiled kernels share: full vectors unless the user says otherwise, and arrays that start at cache lines."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numba.core.codegen import get_host_cpu_features

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
