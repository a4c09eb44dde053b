"""Recordings in MAT files (v5 to 7, v7.3): a matrix of binned spikes, or cells of spike times."""

import dataclasses

import h5py
import numpy as np

from homeostat.memory import check_claim
from homeostat.recordings import cells, hdf5, matfile
from homeostat.recordings.choose import Entry, array_kind, choose, is_small, may_be_spikes
from homeostat.recordings.compact import compact, fill
from homeostat.recordings.damaged import parse
from homeostat.recordings.left_out import LeftOut
from homeostat.recordings.matrices import Matrix
from homeostat.recordings.times import SpikeTimes

Found = Matrix | SpikeTimes


def read_mat5(path: str, key: str | None) -> tuple[Found, str]:
    """Return a matrix or cells of spike times of a MAT file of version 5 to 7, and where they were found."""
    return parse(path, "MAT", lambda: _read_mat5(path, key))


def _read_mat5(path: str, key: str | None) -> tuple[Found, str]:
    listed = matfile.list_variables(path)
    for name, variable in list(listed.items()):
        asked = key is not None and key.replace(".", "/").startswith(f"{name}/")
        if variable.kind == "struct" and (asked or may_be_spikes(name)):
            inside = matfile.fields(variable, where=f"{path}, key {name!r}")
            for field, value in inside.items():
                if asked or (field == cells.TIMES and value.kind == "cell"):
                    listed[f"{name}/{field}"] = value
    if key is not None and key not in listed:
        key = key.replace(".", "/")
    entries = [_entry5(path, name, variable) for name, variable in listed.items()]
    chosen, times, left_out = choose(path, key, entries)
    where, variable = f"{path}, key {chosen.name!r}", listed[chosen.name]
    if chosen.kind == "trains":
        ids = _beside5(path, listed, chosen.name)
        return _with_notes(cells.read5(variable, where, ids), left_out), where
    values = compact(matfile.read_variable(variable, where=where))
    known = matfile.read_variable(listed[times], where=f"{path}, key {times!r}").ravel() if times else None
    return Matrix(values, known, times, left_out=left_out), where


def _entry5(path: str, name: str, variable: matfile.Variable) -> Entry:
    where = f"{path}, key {name!r}"
    if variable.numeric:
        return Entry(name, variable.shape, array_kind(len(variable.shape)), is_small(variable.shape))
    if variable.kind == "cell":
        return Entry(name, variable.shape, cells.kind5(variable, where), is_small(variable.shape))
    return Entry(name, variable.shape, f"a {variable.kind}", variable.kind == "text")


def _beside5(path: str, listed: dict[str, matfile.Variable], name: str) -> np.ndarray | None:
    """Return the numbers of the units in the struct that a cell of spike times stands in."""
    struct = listed.get(name.rpartition("/")[0])
    if struct is None:
        return None
    ids = matfile.fields(struct, where=path).get("UID")
    return matfile.read_variable(ids, where=path) if ids is not None and ids.numeric else None


def read_mat73(file: h5py.File, path: str, key: str | None) -> tuple[Found, str]:
    """Return a matrix (turned as MATLAB shows it) or cells of spike times of an open MAT v7.3 file, and where."""
    names = [name for name in hdf5.children(file) if not name.startswith("#")]
    for name in list(names):
        times = hdf5.item(file, f"{name}/{cells.TIMES}")
        if may_be_spikes(name) and isinstance(times, h5py.Dataset) and _is_cell(times):
            names.append(f"{name}/{cells.TIMES}")
    if key is not None and key not in names:
        key = key if hdf5.item(file, key) is not None else key.replace(".", "/")
        if hdf5.item(file, key) is not None:
            names.append(key)  # a path into a group or struct
    found = {name: hdf5.item(file, name) for name in names}
    entries = [_entry73(file, name, value) for name, value in found.items()]
    chosen, times, left_out = choose(path, key, entries)
    where, value = f"{path}, key {chosen.name!r}", found[chosen.name]
    if chosen.kind == "trains":
        return _with_notes(cells.read73(file, value, where), left_out), where
    values = _read_sparse73(value, where) if isinstance(value, h5py.Group) else hdf5.read_matrix(value).T
    beside = found.get(times)
    known = np.ravel(hdf5.read(beside)) if isinstance(beside, h5py.Dataset) else None
    return Matrix(values, known, times, left_out=left_out), where


def _entry73(file: h5py.File, name: str, value: h5py.Group | h5py.Dataset | None) -> Entry:
    if isinstance(value, h5py.Group):
        if "MATLAB_sparse" in value.attrs:
            return Entry(name, _sparse_shape(value), "matrix")
        return Entry(name, (), "a struct")
    if not isinstance(value, h5py.Dataset) or value.shape is None:
        return Entry(name, (), "something else", True)
    shape = value.shape[::-1]
    if _is_cell(value):
        return Entry(name, shape, cells.kind73(file, value), is_small(shape))
    is_text = value.attrs.get("MATLAB_class", b"") == b"char"
    if is_text or value.dtype.kind not in "biuf":
        return Entry(name, shape, "text" if is_text else f"values of type {value.dtype}", is_text)
    return Entry(name, shape, array_kind(len(shape)), is_small(shape))


def _is_cell(value: h5py.Dataset) -> bool:
    return h5py.check_ref_dtype(value.dtype) is not None


def _sparse_shape(group: h5py.Group) -> tuple[int, int]:
    starts = hdf5.item(group, "jc")
    n_columns = starts.size - 1 if isinstance(starts, h5py.Dataset) and starts.size else 0
    return int(group.attrs["MATLAB_sparse"]), n_columns


def _read_sparse73(group: h5py.Group, where: str) -> np.ndarray:
    """Fill a sparse matrix; MATLAB leaves out the rows and values of one that is all zeros."""
    shape = _sparse_shape(group)
    parts = [hdf5.item(group, name) for name in ("ir", "jc", "data")]
    rows, starts, values = (
        hdf5.read(part) if isinstance(part, h5py.Dataset) else np.zeros(0, np.int64) for part in parts
    )
    check_claim(where, shape[0] * shape[1], rows.nbytes + starts.nbytes + values.nbytes, copies=3)
    return fill(shape, rows, starts, values)


def _with_notes(times: SpikeTimes, left_out: tuple[LeftOut, ...]) -> SpikeTimes:
    return dataclasses.replace(times, left_out=(*left_out, *times.left_out))
