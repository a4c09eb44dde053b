"""What compiled CPU kernels share: numba's options, vectors of the processor's full width, aligned memory.

On processors with AVX-512, LLVM keeps to half of it, for the sake of the first of them, whose clock fell. Kernels of
this package are faster with all of it, if their arrays start at cache lines (a load over the edge of a line costs
two). Importing this module tells numba to use it, unless ``NUMBA_CPU_NAME`` or ``NUMBA_CPU_FEATURES`` is set.
"""

import math
from typing import Any

import numba
import numpy as np
from numba.core.codegen import get_host_cpu_features
from numpy.typing import DTypeLike, NDArray

LINE = 64  # bytes of a cache line, and of the widest vectors

# No "nnan"/"ninf": a fit or network that diverged must show up as NaN, not as undefined behaviour.
# Whoever changes these must change the files with kernels too: numba keeps what it compiled until their file is newer.
OPTIONS = {
    "nogil": True,
    "cache": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "arcp", "nsz"},
}


def _use_full_vectors() -> None:
    if numba.config.CPU_NAME is None and numba.config.CPU_FEATURES is None:
        features = get_host_cpu_features()
        if "+avx512f" in features.split(","):
            numba.config.CPU_FEATURES = f"{features},-prefer-256-bit"


_use_full_vectors()


def empty(shape: tuple[int, ...], dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """Return an uninitialized array that starts at a cache line.

    >>> empty((3, 5)).ctypes.data % LINE
    0
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    raw = np.empty(size + LINE, np.uint8)
    first = -raw.ctypes.data % LINE
    return raw[first : first + size].view(dtype).reshape(shape)


def zeros(shape: tuple[int, ...], dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """Return an array of zeros that starts at a cache line."""
    array = empty(shape, dtype)
    array.fill(0)
    return array


def copied(array: NDArray[Any], dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Return a contiguous copy that starts at a cache line, as ``dtype`` if one is given."""
    copy = empty(array.shape, array.dtype if dtype is None else dtype)
    np.copyto(copy, array, casting="unsafe")
    return copy
