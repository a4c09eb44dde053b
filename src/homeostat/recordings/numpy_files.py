"""Recordings in NPZ and NPY files: a matrix of binned spikes, or what pynapple and scipy.sparse wrote."""

import math
import os

import numpy as np

from homeostat.errors import DataError
from homeostat.memory import IN_FILE, check_fits
from homeostat.recordings import npz, pynapple
from homeostat.recordings.choose import Entry, array_kind, choose, is_small
from homeostat.recordings.compact import read_rows
from homeostat.recordings.damaged import parse
from homeostat.recordings.matrices import Matrix
from homeostat.recordings.times import SpikeTimes

Found = Matrix | SpikeTimes


def read_npz(path: str, key: str | None) -> tuple[Found, str]:
    """Return a matrix or pynapple's spike times of an NPZ archive, and where. Pickled objects are refused."""
    return parse(path, "NPZ", lambda: _read_npz(path, key))


def _read_npz(path: str, key: str | None) -> tuple[Found, str]:
    headers = npz.headers(path)
    if key is None and npz.is_sparse(headers):
        return Matrix(npz.read_sparse(path)), path
    if key is None and pynapple.is_group(headers):
        return pynapple.read_group(path, npz.read_arrays(path, "t", "index", "start", "end", "keys", "rate")), path
    kind = ""
    if "type" in headers and headers["type"][1].kind == "U":
        kind = str(np.ravel(npz.read_arrays(path, "type")["type"])[0])
        pynapple.refuse_other(path, kind)
    pickled = [name for name, (_, dtype) in headers.items() if dtype.hasobject]
    entries = [_entry_npz(name, *header) for name, header in headers.items()]
    if key in pickled or (pickled and not any(entry.readable for entry in entries)):
        raise DataError(
            f"{path}, key {key or pickled[0]!r}: pickled Python objects, which are never read; save plain numbers"
        )
    chosen, times, left_out = choose(path, key, entries)
    where = f"{path}, key {chosen.name!r}"
    values = npz.read_matrix(path, chosen.name)
    is_frame = kind == "TsdFrame" and chosen.name == "d"
    wanted = [*([times] if times else []), *(["columns"] if is_frame and not headers["columns"][1].hasobject else [])]
    beside = npz.read_arrays(path, *wanted)
    units = [str(unit) for unit in beside["columns"]] if "columns" in beside else None
    if is_frame:
        left_out = ()  # all that the archive holds was used
    known = beside[times].ravel() if times else None
    return Matrix(values, known, times, units, left_out), where


def _entry_npz(name: str, shape: tuple[int, ...], dtype: np.dtype) -> Entry:
    if dtype.hasobject:
        return Entry(name, shape, "pickled Python objects")
    if dtype.kind not in "biuf":
        return Entry(name, shape, f"values of type {dtype}", True)
    return Entry(name, shape, array_kind(len(shape)), is_small(shape))


def read_npy(path: str) -> Matrix:
    """Return the matrix of an NPY file. Pickled objects are refused."""
    return parse(path, "NPY", lambda: _read_npy(path))


def _read_npy(path: str) -> Matrix:
    with open(path, "rb") as stream:
        shape, fortran, dtype = npz.header(stream)
        if dtype.hasobject:
            raise DataError(f"{path}: pickled Python objects, which are never read; save plain numbers")
        if len(shape) != 2:
            trials = "; join trials one after the other" if len(shape) == 3 else ""
            raise DataError(f"{path}: an array of shape {shape}, expected a matrix of time bins and neurons{trials}")
        start = stream.tell()
        missing = start + dtype.itemsize * math.prod(shape) - os.fstat(stream.fileno()).st_size
        if missing > 0:
            raise ValueError(f"{missing:,} bytes are missing")
        if math.prod(shape) < IN_FILE:
            check_fits(path, 3 * math.prod(shape))
        stored = shape[::-1] if fortran else shape

        def rows(first: int, end: int) -> np.ndarray:
            # Not mapped: pages of the file would count as this process's memory.
            stream.seek(start + first * stored[1] * dtype.itemsize)
            return np.fromfile(stream, dtype, (end - first) * stored[1]).reshape(end - first, stored[1])

        values = read_rows(path, stored, dtype, rows)
    return Matrix(values.T if fortran else values)
