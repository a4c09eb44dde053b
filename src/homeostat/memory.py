"""How much memory there is, and whether what a file says of itself can be true and fits.

A few kilobytes can claim gigabytes: chunks of HDF5 that were never written, zeros in a ZIP, one number in a sparse
matrix. Readers ask here before they ask the machine for memory.
"""

import contextlib
import math
import os
import resource
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError

# Always accepted: 15 hours of 50 neurons in bins of 20 ms, one byte each.
FLOOR = 128 << 20
# Matrices of words from this size on are kept in a file.
IN_FILE = 1 << 30
# Bytes per byte of the file. Words are packed some 50 times at a rate of .01 per bin, 120 times at .003; zeros of
# eight bytes 1,000 times.
_MOST_PACKED = 100


def available() -> int:
    """Return the bytes of memory that this process may still take: of the machine, its container and ``ulimit``."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    with contextlib.suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text().splitlines()
        found += [1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        with contextlib.suppress(OSError, ValueError):  # "max", where there is no limit
            folder = Path("/sys/fs/cgroup")
            found.append(int((folder / limit).read_text()) - int((folder / used).read_text()))
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        with contextlib.suppress(OSError, ValueError):
            soft -= os.sysconf("SC_PAGE_SIZE") * int(Path("/proc/self/statm").read_text().split()[0])
        found.append(soft)
    return max(0, min(found))


def check_claim(where: object, claimed: int, stored: int, *, floor: int = FLOOR, copies: int = 1) -> None:
    """Refuse what no honest file of this size holds, and what does not fit in memory.

    Parameters
    ----------
    where
        File and key, for messages.
    claimed
        Bytes that would be read.
    stored
        Bytes that the file has for them.
    floor
        Claims up to this are accepted, however few bytes are stored.
    copies
        How many times ``claimed`` is needed at once.

    Raises
    ------
    DataError
        With both sizes and the way out.
    """
    if claimed > max(floor, _MOST_PACKED * stored):
        raise DataError(
            f"{where}: claims {size(claimed)} in {size(stored)} of the file, more than {_MOST_PACKED} times as much; "
            "it is damaged, or made to fill memory. If it is right, save it without compression, or the "
            "spike times instead of the matrix"
        )
    check_fits(where, copies * claimed)


def check_fits(where: object, needed: int) -> None:
    """Refuse what needs more memory than there is.

    Raises
    ------
    DataError
        With both sizes and the way out.
    """
    if needed > (there := available()):
        raise DataError(
            f"{where}: does not fit in memory: it needs {size(needed)}, and {size(there)} are available; use fewer "
            "units, wider bins or a part of the recording, or a machine with more memory"
        )


def zeros(where: object, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return bytes that are zero: in memory, or from 1 GiB on in a temporary file without a name.

    Pages of the file do not count as memory that this process needs: the system writes them out when it needs it.

    Raises
    ------
    DataError
        They fit neither in memory nor on the disk.
    """
    count = math.prod(shape)
    if count < IN_FILE:
        check_fits(where, count)
        return np.zeros(shape, np.uint8)
    folder = tempfile.gettempdir()
    if count > (free := shutil.disk_usage(folder).free):
        raise DataError(
            f"{where}: needs {size(count)} in {folder}, where {size(free)} are free; set TMPDIR to a folder with more "
            "space, or use fewer units or wider bins"
        )
    with tempfile.TemporaryFile() as file:
        return np.asarray(np.memmap(file, np.uint8, "w+", shape=shape))


def holdable() -> int:
    """Return how many bytes :func:`zeros` can return, with what is done to them in memory."""
    beside = shutil.disk_usage(tempfile.gettempdir()).free
    return max(available() // 3, beside if beside >= IN_FILE else 0)


def size(count: int) -> str:
    """Return a number of bytes as it is read: ``"8.0 GiB"``."""
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB"):
        if abs(amount) < 1024:
            return f"{amount:,.0f} {unit}" if unit == "bytes" else f"{amount:,.1f} {unit}"
        amount /= 1024
    return f"{amount:,.1f} GiB"
