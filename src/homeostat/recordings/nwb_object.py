"""Spike times of an open ``pynwb.NWBFile``: what :mod:`homeostat.recordings.nwb` reads of the file it is kept in."""

from typing import Any

import numpy as np

from homeostat.errors import DataError
from homeostat.recordings.nwb import OF_ELECTRODES, of_first_electrodes, plain_column
from homeostat.recordings.times import SpikeTimes

_NAMED = ("epochs", "invalid_times", "trials")  # tables of intervals that pynwb keeps apart from the others


def read_object(data: Any, label: str) -> SpikeTimes:
    """Return the spike times and observation intervals (in s) of every unit, its table's columns, and all intervals.

    Raises
    ------
    DataError
        Something else than an NWBFile, or no units table with spike times.
    """
    units = getattr(data, "units", None)
    if units is None or "spike_times" not in units.colnames:
        raise DataError(f"{label}: an NWBFile with a units table that has spike_times is needed")
    ids = [str(unit) for unit in units.id[:]]
    rows = range(len(ids))
    observed = None
    if "obs_intervals" in units.colnames:
        observed = [np.asarray(units.get_unit_obs_intervals(row), dtype=float) for row in rows]
    trains = [np.asarray(units.get_unit_spike_times(row), dtype=float) for row in rows]
    return SpikeTimes(trains, ids, observed, _columns(units), _intervals(data))


def _columns(units: Any) -> dict[str, np.ndarray]:
    """Return the columns with one number, flag, text or named object per unit, and those of first electrodes."""
    found = {}
    index: Any = units["electrodes"] if "electrodes" in units.colnames else None
    if (table := getattr(getattr(index, "target", None), "table", None)) is not None:
        ends, rows = (np.asarray(each.data[:]) for each in (index, index.target))
        for name in OF_ELECTRODES:
            if name in table.colnames and (values := _values(table[name])) is not None:
                found[name] = of_first_electrodes(values, rows, ends)
    found |= {name: _values(units[name]) for name in sorted(units.colnames)}  # in the order of the file
    return {name: values for name, values in found.items() if values is not None}


def _values(column: Any) -> np.ndarray | None:
    if hasattr(column, "target"):  # an index: the column has a list for each unit
        return None
    values = [getattr(each, "name", each) for each in column.data[:]]
    return plain_column(np.asarray(values)) if len({np.shape(each) for each in values}) == 1 else None


def _intervals(data: Any) -> dict[str, np.ndarray]:
    tables = {name: getattr(data, name) for name in _NAMED} | dict(data.intervals or {})
    return {
        name: np.column_stack([np.asarray(table[bound].data[:], dtype=float) for bound in ("start_time", "stop_time")])
        for name, table in sorted(tables.items())
        if table is not None and len(table)
    }
