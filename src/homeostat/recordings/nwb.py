"""Spike times, columns of the units table and tables of intervals of an NWB file.

Some datasets of one HDF5 file are read, so h5py is enough; pynwb would add a large schema machinery and fail on files
whose extensions it does not know.
"""

import math

import h5py
import numpy as np

from homeostat.errors import DataError
from homeostat.recordings import hdf5
from homeostat.recordings.names import is_remote
from homeostat.recordings.remote import open_remote
from homeostat.recordings.times import SpikeTimes

_ELECTRODES = "general/extracellular_ephys/electrodes"
OF_ELECTRODES = ("group_name", "location")


def read_nwb(path: str) -> SpikeTimes:
    """Read the spike times and observation intervals (in s) of every unit, its table's columns, and all intervals.

    Columns are those with one value per unit, with ``group_name`` and ``location`` of each unit's first electrode
    where the table points to electrodes.

    Raises
    ------
    DataError
        No units table, no spike times in it, or an index that does not fit them.
    """
    with open_remote(path) if is_remote(path) else hdf5.open_hdf5(path) as file:
        table = hdf5.item(file, "units")
        if not isinstance(table, h5py.Group):
            known = ", ".join(hdf5.children(file)) or "nothing"
            raise DataError(
                f"{path}: there is no units table; the file holds: {known}. Only sorted spikes (group "
                "'units') can be read, so use the NWB file that holds the sorted units"
            )
        trains = _ragged(file, path, "spike_times")
        ids = hdf5.item(file, "units/id")
        names = [str(i) for i in (_flat(hdf5.read(ids)) if isinstance(ids, h5py.Dataset) else range(len(trains)))]
        if len(names) != len(trains):
            raise DataError(f"{path}: units/id names {len(names)} units, but there are spike times of {len(trains)}")
        observed = None
        if "obs_intervals" in table:
            observed = _ragged(file, path, "obs_intervals", pairs=True)
            if len(observed) != len(trains):
                raise DataError(f"{path}: obs_intervals of {len(observed)} units, but spike times of {len(trains)}")
        columns = _columns(file, table, len(trains))
        return SpikeTimes(trains, names, observed, columns, _intervals(file))


def _ragged(file: h5py.File, path: str, column: str, *, pairs: bool = False) -> list[np.ndarray]:
    """Cut the column ``units/<column>`` into the rows that ``units/<column>_index`` says end where.

    Lists written as columns (MatNWB) are flattened; with ``pairs`` the values are (n, 2).
    """
    values, index = (_column(file, path, f"units/{name}") for name in (column, f"{column}_index"))
    values, index = values if pairs else _flat(values), _flat(index)
    if pairs and values.ndim == 2 and values.shape[1] != 2 and values.shape[0] == 2:
        values = values.T
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


def _flat(values: np.ndarray) -> np.ndarray:
    """Return a list that was written as (n, 1) or (1, n) as (n,); anything else as it is."""
    return values.ravel() if values.ndim == 2 and 1 in values.shape else values


def _columns(file: h5py.File, table: h5py.Group, n_units: int) -> dict[str, np.ndarray]:
    """Return the columns with one number, flag, text or reference per unit."""
    found = {}
    for name in table:
        if name == "id" or name.endswith("_index") or f"{name}_index" in table:
            continue
        if (values := _values(file, f"units/{name}", n_units)) is not None:
            found[name] = values
    return _of_electrodes(file, n_units) | found


def _values(file: h5py.File, name: str, length: int) -> np.ndarray | None:
    """Return a dataset of so many numbers, flags or texts (of references, the names); None for any other thing."""
    if isinstance(file.get(name, getlink=True), h5py.ExternalLink):
        return None
    dataset = hdf5.item(file, name)
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None or math.prod(dataset.shape) != length:
        return None
    values = _flat(hdf5.read(dataset))
    if values.ndim == 1 and h5py.check_ref_dtype(values.dtype) is h5py.Reference:
        names = [str(file[each].name).rpartition("/")[2] if each else "" for each in values]
        return np.array(names, dtype=object)
    return plain_column(values)


def plain_column(values: np.ndarray) -> np.ndarray | None:
    """Return one number, flag or text for each unit (bytes as text); None for any other thing."""
    if values.ndim != 1:
        return None
    if values.dtype.kind in "biuf":
        return values
    if values.dtype.kind in "SUO":
        texts = [each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in values]
        return np.array(texts, dtype=object) if all(isinstance(each, str) for each in texts) else None
    return None


def of_first_electrodes(values: np.ndarray, rows: np.ndarray, ends: np.ndarray) -> np.ndarray | None:
    """Return the value of each unit's first electrode, an empty text for a unit without one.

    Parameters
    ----------
    values
        (n_electrodes,), of the table of electrodes.
    rows
        Numbers of electrodes, of one unit after the other.
    ends
        (n_units,), where in ``rows`` those of each unit end.

    Returns
    -------
    numpy.ndarray or None
        (n_units,), or None where the three do not fit each other.
    """
    if {rows.ndim, ends.ndim} != {1} or rows.dtype.kind not in "iu" or ends.dtype.kind not in "iu":
        return None
    rows, ends = rows.astype(np.int64), ends.astype(np.int64)
    counts = np.diff(ends, prepend=0)
    if (counts < 0).any() or counts.sum() > len(rows):
        return None
    firsts = rows[(ends - counts)[counts > 0]]
    if (firsts < 0).any() or (firsts >= len(values)).any():
        return None
    found = np.full(len(ends), "", dtype=object)
    found[counts > 0] = values[firsts]
    return found


def _of_electrodes(file: h5py.File, n_units: int) -> dict[str, np.ndarray]:
    """Return group and location of each unit's first electrode, where the file has them."""
    ends = _values(file, "units/electrodes_index", n_units)
    region, table = hdf5.item(file, "units/electrodes"), hdf5.item(file, _ELECTRODES)
    if ends is None or not isinstance(region, h5py.Dataset) or not isinstance(table, h5py.Group):
        return {}
    rows = _flat(hdf5.read(region))
    found = {}
    for name in OF_ELECTRODES:
        dataset = table.get(name)
        if not isinstance(dataset, h5py.Dataset):
            continue
        values = _values(file, f"{_ELECTRODES}/{name}", dataset.size)
        of_unit = None if values is None else of_first_electrodes(values, rows, ends)
        if of_unit is not None:
            found[name] = of_unit
    return found


def _intervals(file: h5py.File) -> dict[str, np.ndarray]:
    """Return start and stop of every table in ``intervals`` that has rows."""
    found = {}
    for name in hdf5.children(file, "intervals"):
        bounds = []
        for column in ("start_time", "stop_time"):
            dataset = hdf5.item(file, f"intervals/{name}/{column}")
            if isinstance(dataset, h5py.Dataset) and dataset.dtype.kind in "iuf":
                bounds.append(np.ravel(hdf5.read(dataset)).astype(np.float64))
        if len(bounds) == 2 and len(bounds[0]) == len(bounds[1]) > 0:
            found[name] = np.column_stack(bounds)
    return found
