"""Spike trains with known words, written in every format that the readers know."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
import pytest

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
