"""Spike times from the units table of an NWB file.

Three datasets of one HDF5 table are read, so h5py is enough; pynwb would add a large schema machinery and
fail on files whose extensions it does not know.
"""

import h5py
import numpy as np

from homeostat.errors import DataError
from homeostat.recordings import hdf5
from homeostat.recordings.times import SpikeTimes


def read_nwb(path: str) -> SpikeTimes:
    """Read the spike times (in s) and observation intervals of every unit.

    Raises
    ------
    DataError
        No units table, no spike times in it, or an index that does not fit them.
    """
    with hdf5.open_hdf5(path) as file:
        table = hdf5.item(file, "units")
        if not isinstance(table, h5py.Group):
            known = ", ".join(hdf5.children(file)) or "nothing"
            raise DataError(
                f"{path}: there is no units table; the file holds: {known}. Only sorted spikes (group "
                "'units') can be read, so use the NWB file that holds the sorted units"
            )
        trains = _ragged(file, path, "spike_times")
        ids = hdf5.item(file, "units/id")
        names = [str(i) for i in (hdf5.read(ids) if isinstance(ids, h5py.Dataset) else range(len(trains)))]
        if len(names) != len(trains):
            raise DataError(f"{path}: units/id names {len(names)} units, but there are spike times of {len(trains)}")
        observed = _ragged(file, path, "obs_intervals") if "obs_intervals" in table else None
        if observed is not None and len(observed) != len(trains):
            raise DataError(f"{path}: obs_intervals of {len(observed)} units, but spike times of {len(trains)}")
    return SpikeTimes(trains, names, observed)


def _ragged(file: h5py.File, path: str, column: str) -> list[np.ndarray]:
    """Cut the column ``units/<column>`` into the rows that ``units/<column>_index`` says end where."""
    values, index = (_column(file, path, f"units/{name}") for name in (column, f"{column}_index"))
    ends = index.astype(np.int64) if index.dtype.kind in "iu" and index.ndim == 1 else None
    if ends is None or (np.diff(ends, prepend=0) < 0).any() or (ends.size and ends[-1] > len(values)):
        raise DataError(f"{path}: units/{column}_index does not fit the {len(values)} values of units/{column}")
    return np.split(values[: ends[-1]], ends[:-1]) if ends.size else []


def _column(file: h5py.File, path: str, name: str) -> np.ndarray:
    found = hdf5.item(file, name)
    if not isinstance(found, h5py.Dataset):
        raise hdf5.missing(file, path, name)
    values = hdf5.read(found)
    if values.ndim == 0:
        raise DataError(f"{path}: {name} is a single value, expected a list")
    return values
