"""What compiled CPU kernels share: numba's options, vectors of the processor's full width, aligned memory.

On processors with AVX-512, LLVM keeps to half of it, for the sake of the first of them, whose clock fell. Kernels of
this package are faster with all of it, if their arrays start at cache lines (a load over the edge of a line costs
two). Importing this module tells numba to use it, unless ``NUMBA_CPU_NAME`` or ``NUMBA_CPU_FEATURES`` is set, and to
keep what it compiles where it can.
"""

import logging
import math
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core.codegen import get_host_cpu_features
from numba.misc.appdirs import AppDirs
from numpy.typing import DTypeLike, NDArray

log = logging.getLogger(__name__)

LINE = 64  # bytes of a cache line, and of the widest vectors

# No "nnan"/"ninf": a fit or network that diverged must show up as NaN, not as undefined behaviour.
# Whoever changes these must change the files with kernels too: numba keeps what it compiled until their file is newer.
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "cache": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "arcp", "nsz"},
}


def _find_cache() -> None:
    """Have numba keep what it compiles in a temporary folder, or not at all, where its own places cannot be written.

    It would refuse to compile: in a container, neither the package nor HOME need be writable.
    """
    own = [numba.config.CACHE_DIR] if numba.config.CACHE_DIR else [Path(__file__).parent / "__pycache__", _user_cache()]
    if any(map(_is_writable, own)):
        return
    where = f"{own[0]} cannot be written" if len(own) == 1 else f"neither {own[0]} nor {own[1]} can be written"
    folder = _private_folder()
    if folder is None:
        OPTIONS["cache"] = False
        log.warning("Compiled code is not kept, and each program compiles its own: %s, nor a temporary folder.", where)
        return
    numba.config.CACHE_DIR = str(folder)
    os.environ["NUMBA_CACHE_DIR"] = str(folder)  # for the programs that this one starts, which then need not say so
    log.warning("Compiled code is kept in %s: %s.", folder, where)


def _user_cache() -> Path:
    return Path(AppDirs(appname="numba", appauthor=False).user_cache_dir)


def _is_writable(folder: str | os.PathLike[str]) -> bool:
    """Whether a file can be made in a folder, which is made if need be."""
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _private_folder() -> Path | None:
    """Return a temporary folder that nobody else can write to, since numba runs what it finds there."""
    try:
        folder = Path(tempfile.gettempdir()) / f"homeostat-numba-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        about = folder.lstat()
    except OSError:
        return None
    is_ours = stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid() and not about.st_mode & 0o022
    return folder if is_ours and _is_writable(folder) else None


def _use_full_vectors() -> None:
    if numba.config.CPU_NAME is None and numba.config.CPU_FEATURES is None:
        features = get_host_cpu_features()
        if "+avx512f" in features.split(","):
            numba.config.CPU_FEATURES = f"{features},-prefer-256-bit"


_use_full_vectors()
_find_cache()


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
