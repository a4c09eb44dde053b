"""Spike trains with known words, written in every format that the readers know."""

import os
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io

from homeostat.errors import DataError
from homeostat.recordings import read_spikes

BIN_S = 0.02


def mirror(name: str) -> Path:
    """Return the folder with the real file ``name``, or skip the test."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("HOMEOSTAT_MIRROR") or beside)
    if not (folder / name).is_file():
        pytest.skip(f"needs the real recording: set HOMEOSTAT_MIRROR to a folder with {name}")
    return folder


def words(n_bins: int = 1200, n_neurons: int = 4, seed: int = 0) -> np.ndarray:
    """Return uint8 (n_bins, n_neurons) words with memory in time; first and last bin are not silent."""
    generator = np.random.default_rng(seed)
    drive = np.repeat(generator.random((n_bins // 4 + 1, n_neurons)) < 0.4, 4, axis=0)[:n_bins]
    spikes = (generator.random((n_bins, n_neurons)) < np.where(drive, 0.5, 0.05)).astype(np.uint8)
    spikes[[0, -1]] = 1
    return spikes


def trains(spikes: np.ndarray, seed: int = 1) -> list[np.ndarray]:
    """Return sorted spike times (s) whose words are ``spikes``, with one to three spikes per active bin."""
    generator = np.random.default_rng(seed)
    found = []
    for column in spikes.T:
        bins = np.repeat(np.flatnonzero(column), generator.integers(1, 4, int(column.sum())))
        found.append(np.sort((bins + generator.uniform(0.01, 0.99, bins.size)) * BIN_S))
    return found


def write_nwb(
    path: Path,
    times: Sequence[np.ndarray],
    *,
    observed: Sequence[np.ndarray] | None = None,
    ids: Sequence[int] | None = None,
    columns: Mapping[str, object] | None = None,
    intervals: Mapping[str, np.ndarray] | None = None,
) -> Path:
    """Write a units table with ids from 10 on, more columns of it, and tables of intervals."""
    with h5py.File(path, "w") as file:
        units = file.create_group("units")
        units["id"] = np.arange(len(times)) + 10 if ids is None else ids
        for name, values in (columns or {}).items():
            units[name] = values
        for name, bounds in (intervals or {}).items():
            file[f"intervals/{name}/start_time"], file[f"intervals/{name}/stop_time"] = np.transpose(bounds)
        _ragged(units, "spike_times", times)
        if observed is not None:
            _ragged(units, "obs_intervals", observed)
    return path


def write_indy(path: Path, slots: Sequence[Sequence[np.ndarray]], *, named: bool = True) -> Path:
    """Write ``slots[slot][channel]`` as MATLAB does: references to columns, empty cells as two uint64."""
    with h5py.File(path, "w") as file:
        store = file.create_group("#refs#")
        table = np.empty((len(slots), len(slots[0])), dtype=h5py.ref_dtype)
        for slot, row in enumerate(slots):
            for channel, times in enumerate(row):
                name = f"c{slot}_{channel}"
                if len(times):
                    cell = store.create_dataset(name, data=np.asarray(times)[None, :])
                else:
                    cell = store.create_dataset(name, data=np.zeros(2, np.uint64))
                    cell.attrs["MATLAB_empty"] = np.uint8(1)
                table[slot, channel] = cell.ref
        file.create_dataset("spikes", data=table, dtype=h5py.ref_dtype)
        file["t"] = np.zeros((1, 5))
        if named:
            names = np.empty((1, len(slots[0])), dtype=h5py.ref_dtype)
            for channel in range(len(slots[0])):
                text = np.array([ord(letter) for letter in f"M1 {channel + 1:03d}"], np.uint16)[:, None]
                names[0, channel] = store.create_dataset(f"n{channel}", data=text).ref
            file.create_dataset("chan_names", data=names, dtype=h5py.ref_dtype)
    return path


def write_csv(path: Path, times: Sequence[np.ndarray]) -> Path:
    rows = sorted((time, f"unit{unit}") for unit, train in enumerate(times) for time in train)
    path.write_text("unit,time\n" + "".join(f"{unit},{float(time)!r}\n" for time, unit in rows))
    return path


def _ragged(group: h5py.Group, name: str, rows: Sequence[np.ndarray]) -> None:
    group[name] = np.concatenate(rows)
    group[f"{name}_index"] = np.cumsum([len(row) for row in rows]).astype(np.uint32)


def matlab_cell(file: h5py.File, name: str, values: Sequence[np.ndarray], *, axis: int = 0) -> None:
    """Write a column (``axis`` 0) or row of cells as MATLAB does with -v7.3: references to datasets of their own."""
    store = file.require_group("#refs#")
    references = np.empty(len(values), dtype=h5py.ref_dtype)
    for number, value in enumerate(values):
        empty = np.size(value) == 0
        content = np.zeros(2, np.uint64) if empty else np.atleast_2d(value).T if axis else np.atleast_2d(value)
        cell = store.create_dataset(f"{name.replace('/', '_')}{number}", data=content)
        if empty:
            cell.attrs["MATLAB_empty"] = np.uint8(1)
        cell.attrs["MATLAB_class"] = np.bytes_("double")
        references[number] = cell.ref
    # The transpose of what MATLAB shows.
    dataset = file.create_dataset(name, data=np.expand_dims(references, axis), dtype=h5py.ref_dtype)
    dataset.attrs["MATLAB_class"] = np.bytes_("cell")


def write_cells(
    path: Path, version: str, name: str, values: Sequence[np.ndarray], *, axis: int = 0, **more: object
) -> Path:
    """Write a column (``axis`` 0) or row of cells, and ``more`` variables, in version 5, 5 packed, or 7.3."""
    if version == "7.3":
        with h5py.File(path, "w") as file:
            matlab_cell(file, name, values, axis=axis)
            for key, value in more.items():
                file[key] = value
        return path
    cell = np.empty(len(values), object)
    cell[:] = values
    scipy.io.savemat(path, {name: np.expand_dims(cell, 1 - axis), **more}, do_compression=version == "packed")
    return path


def write_arrays(path: Path, kind: str, arrays: Mapping[str, np.ndarray]) -> Path:
    """Write variables as they are shown: ``mat5``, ``mat73``, which holds the transpose, or ``npz``."""
    if kind == "npz":
        np.savez(path, **arrays)
    elif kind == "mat5":
        scipy.io.savemat(path, dict(arrays))
    else:
        with h5py.File(path, "w") as file:
            for name, values in arrays.items():
                file[name] = np.atleast_2d(values).T
    return path


def refused(path: Path, *parts: str, **options: object) -> None:
    """Assert that reading fails with one sentence that holds all ``parts``."""
    with pytest.raises(DataError) as caught:
        read_spikes(path, **options)
    for part in (path.name, *parts):
        assert part in str(caught.value)


def matlab_sparse(file: h5py.File, name: str, values: np.ndarray) -> None:
    """Write a sparse logical as MATLAB does with -v7.3; rows and values are left out where there are none."""
    columns, rows = np.nonzero(values.T)
    group = file.create_group(name)
    group.attrs["MATLAB_class"], group.attrs["MATLAB_sparse"] = np.bytes_("logical"), np.uint64(len(values))
    counts = np.bincount(columns, minlength=values.shape[1])
    group["jc"] = np.concatenate([[0], np.cumsum(counts)]).astype(np.uint64)
    if len(rows):
        group["ir"], group["data"] = rows.astype(np.uint64), np.ones(len(rows), np.uint8)


def write_sparse_logical(path: Path, values: np.ndarray, *, as_double: bool = True, packed: bool = False) -> Path:
    """Write a sparse logical named ``raster`` as MATLAB does up to -v7: bytes, said to be doubles."""

    def element(kind: int, data: bytes) -> bytes:
        return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)

    columns, rows = np.nonzero(values.T)
    starts = np.concatenate([[0], np.cumsum(np.bincount(columns, minlength=values.shape[1]))])
    parts = (
        element(6, struct.pack("<II", 0x0200 | 5, len(rows))),
        element(5, struct.pack("<ii", *values.shape)),
        element(1, b"raster"),
        element(5, rows.astype("<i4").tobytes()),
        element(5, starts.astype("<i4").tobytes()),
        element(9 if as_double else 2, bytes([1]) * len(rows)),
    )
    matrix = element(14, b"".join(parts))
    if packed:
        content = zlib.compress(matrix)
        matrix = struct.pack("<II", 15, len(content)) + content
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + matrix)
    return path
