"""Matrices of binned spikes in MAT (v5, v7.3), NPZ and NPY files: which variable, and which way round."""

import math
import os
import zipfile
from collections.abc import Callable, Mapping
from typing import TypeVar

import h5py
import numpy as np

from homeostat.errors import DataError, nearest
from homeostat.recordings import hdf5
from homeostat.recordings.matfile import list_variables, read_variable
from homeostat.recordings.times import MAX_ELEMENTS

T = TypeVar("T")

ORIENTATIONS = ("time_by_neurons", "neurons_by_time")


def read_mat5(path: str, key: str | None) -> tuple[np.ndarray, str]:
    """Return a matrix of a MAT file of version 5 to 7, and its key."""
    listed = _parse(path, "MAT", lambda: list_variables(path))
    matrices = {name: v.shape for name, v in listed.items() if v.numeric and len(v.shape) == 2}
    chosen = choose_key(path, key, matrices, others=list(listed))
    return _parse(path, "MAT", lambda: read_variable(listed[chosen], MAX_ELEMENTS)), chosen


def read_mat73(file: h5py.File, path: str, key: str | None) -> tuple[np.ndarray, str]:
    """Return a matrix of an open MAT v7.3 file, turned as MATLAB shows it, and its key."""
    names = hdf5.children(file)
    if key is not None and key not in names and hdf5.item(file, key) is not None:
        names.append(key)  # a path into a group or struct
    found = {name: hdf5.item(file, name) for name in names}
    matrices = {
        name: value.shape[::-1]
        for name, value in found.items()
        if isinstance(value, h5py.Dataset) and value.ndim == 2 and value.dtype.kind in "biuf"
    }
    chosen = choose_key(path, key, matrices, others=names)
    return hdf5.read(found[chosen]).T, chosen


def read_npz(path: str, key: str | None) -> tuple[np.ndarray, str]:
    """Return a matrix of an NPZ archive, and its key. Pickled objects are refused."""
    headers = _parse(path, "NPZ", lambda: _npz_headers(path))
    pickled = [name for name, (_, dtype) in headers.items() if dtype.hasobject]
    matrices = {n: shape for n, (shape, dtype) in headers.items() if len(shape) == 2 and dtype.kind in "biuf"}
    if key in pickled or (pickled and not matrices):
        raise DataError(
            f"{path}, key {key or pickled[0]!r}: pickled Python objects, which are never read; save plain numbers"
        )
    chosen = choose_key(path, key, matrices, others=list(headers))
    if math.prod(matrices[chosen]) > MAX_ELEMENTS:
        raise DataError(f"{path}, key {chosen!r}: {matrices[chosen]} values do not fit in memory")

    def load() -> np.ndarray:
        with np.load(path, allow_pickle=False) as arrays:
            return np.asarray(arrays[chosen])

    return _parse(path, "NPZ", load), chosen


def is_recording(path: str) -> bool:
    """Tell whether an NPZ archive is one that ``Recording.save`` wrote."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {"spikes_packed.npy", "meta_json.npy"} <= set(archive.namelist())
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        return False  # the reader of foreign NPZ files says what is wrong


def read_npy(path: str) -> np.ndarray:
    """Return the matrix of an NPY file. Pickled objects are refused."""
    # Mapped first: a header that promises more than the file holds then fails before memory is asked for.
    value = _parse(path, "NPY", lambda: np.array(np.load(path, mmap_mode="r", allow_pickle=False)))
    if value.ndim != 2:
        trials = "; join trials one after the other" if value.ndim == 3 else ""
        raise DataError(f"{path}: an array of shape {value.shape}, expected a matrix of time bins and neurons{trials}")
    return value


def choose_key(path: str, key: str | None, matrices: Mapping[str, tuple[int, ...]], others: list[str]) -> str:
    """Return ``key`` if it is a matrix of numbers, or the only matrix there is when no key is given.

    Raises
    ------
    DataError
        There is no such key, it is no matrix, or several matrices could be meant.
    """
    shapes = ", ".join(f"{name} {' x '.join(map(str, shape))}" for name, shape in matrices.items()) or "none"
    if key is not None:
        if key in matrices:
            return key
        if key in others:
            raise DataError(f"{path}: key {key!r} is no 2-D array of numbers; those in the file: {shapes}")
        raise DataError(f"{path}: there is no key {key!r}{nearest(key, others)}; 2-D arrays of numbers: {shapes}")
    real = [name for name, shape in matrices.items() if min(shape) > 1 or max(shape) > 1]
    candidates = real or list(matrices)
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise DataError(
            f"{path}: no 2-D array of numbers in the file; it holds: {', '.join(others[:20]) or 'nothing'}. Save the "
            "0/1 words as one matrix (bins x neurons), or the spike times as a CSV file (columns unit and time)"
        )
    raise DataError(f"{path}: several 2-D arrays could be the spikes: {shapes}; say which with key (--key)")


def orient(source: str, values: np.ndarray, orientation: str | None) -> np.ndarray:
    """Return the matrix as (n_bins, n_neurons): as told, else with the longer axis as time.

    Raises
    ------
    DataError
        An unknown orientation, or a square matrix without one.
    """
    if orientation is None:
        if values.shape[0] == values.shape[1] and values.shape[0] > 1:
            raise DataError(
                f"{source}: a square matrix {values.shape}; say which axis is time: orientation "
                f"{' or '.join(ORIENTATIONS)} (--orientation)"
            )
        return values if values.shape[0] >= values.shape[1] else values.T
    if orientation not in ORIENTATIONS:
        raise DataError(
            f"{source}: unknown orientation {orientation!r}{nearest(orientation, ORIENTATIONS)}; allowed are "
            f"{', '.join(ORIENTATIONS)}"
        )
    return values if orientation == "time_by_neurons" else values.T


def _npz_headers(path: str) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
    """Return shape and type of every array of an NPZ archive, without reading the arrays."""
    headers = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if not member.endswith(".npy"):
                continue
            with archive.open(member) as stream:
                first = np.lib.format.read_magic(stream) == (1, 0)
                read = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
                shape, _, dtype = read(stream)
            headers[member.removesuffix(".npy")] = (shape, dtype)
    return headers


def _parse(path: str | os.PathLike[str], kind: str, parser: Callable[[], T]) -> T:
    """Call a parser; whatever a damaged file makes it raise becomes a DataError."""
    try:
        return parser()
    except (DataError, FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # zlib and numpy raise nearly anything on garbled bytes, MemoryError included
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(
            f"{path}: damaged, cut short, with pickled objects, or no {kind} file ({reason}); fetch or export it again"
        ) from error
