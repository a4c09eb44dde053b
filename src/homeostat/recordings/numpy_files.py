"""Recordings in NPZ and NPY files: a matrix of binned spikes, or what pynapple and scipy.sparse wrote."""

import numpy as np

from homeostat.errors import DataError
from homeostat.memory import check_fits
from homeostat.recordings import npz, pynapple
from homeostat.recordings.choose import Entry, array_kind, choose, is_small
from homeostat.recordings.compact import read_rows
from homeostat.recordings.damaged import parse
from homeostat.recordings.matrices import TIMES, Matrix
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
    chosen, left_out = choose(path, key, entries)
    where = f"{path}, key {chosen.name!r}"
    values = npz.read_matrix(path, chosen.name)
    is_frame = kind == "TsdFrame" and chosen.name == "d"
    usable = [n for n in TIMES if n in headers and len(headers[n][0]) == 1 and headers[n][0][0] in values.shape]
    wanted = [*usable[:1], *(["columns"] if is_frame and not headers["columns"][1].hasobject else [])]
    beside = npz.read_arrays(path, *wanted)
    units = [str(unit) for unit in beside["columns"]] if "columns" in beside else None
    if is_frame:
        left_out = ()  # all that the archive holds was used
    return Matrix(
        values, beside.get(usable[0]) if usable else None, usable[0] if usable else "", units, left_out
    ), where


def _entry_npz(name: str, shape: tuple[int, ...], dtype: np.dtype) -> Entry:
    if dtype.hasobject:
        return Entry(name, shape, "pickled Python objects")
    if dtype.kind not in "biuf":
        return Entry(name, shape, f"values of type {dtype}", True)
    return Entry(name, shape, array_kind(len(shape)), is_small(shape))


def read_npy(path: str) -> Matrix:
    """Return the matrix of an NPY file. Pickled objects are refused."""
    # Mapped: a header that promises more than the file holds then fails before memory is asked for.
    mapped = parse(path, "NPY", lambda: np.load(path, mmap_mode="r", allow_pickle=False))
    if mapped.ndim != 2:
        trials = "; join trials one after the other" if mapped.ndim == 3 else ""
        raise DataError(f"{path}: an array of shape {mapped.shape}, expected a matrix of time bins and neurons{trials}")
    check_fits(path, 3 * mapped.size)
    turned = mapped.flags.f_contiguous and not mapped.flags.c_contiguous
    stored = mapped.T if turned else mapped
    values = read_rows(path, stored.shape, stored.dtype, lambda first, end: np.asarray(stored[first:end]))
    return Matrix(values.T if turned else values)
