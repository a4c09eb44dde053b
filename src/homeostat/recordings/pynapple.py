"""NPZ files that pynapple wrote: spike times (``TsGroup``), and the times beside binned counts (``TsdFrame``)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from homeostat.errors import DataError
from homeostat.recordings.times import SpikeTimes

Arrays = Mapping[str, np.ndarray]
Headers = Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]]


def is_group(headers: Headers) -> bool:
    """Tell whether the arrays of an NPZ are those of a ``TsGroup``."""
    axes = [len(headers[name][0]) if name in headers else 0 for name in ("t", "index", "start", "end")]
    return axes == [1, 1, 1, 1] and headers["t"][0] == headers["index"][0]


def read_group(path: str, arrays: Arrays) -> SpikeTimes:
    """Return the spike times of a ``TsGroup``, in s, and the time it says was observed (its time support).

    Raises
    ------
    DataError
        The arrays do not fit each other.
    """
    times, index, start, end = (np.asarray(arrays[name]) for name in ("t", "index", "start", "end"))
    present = np.unique(index)
    names = np.ravel(arrays.get("keys", present))
    if times.dtype.kind not in "iuf" or index.dtype.kind not in "iu" or start.shape != end.shape:
        raise DataError(f"{path}: the arrays t, index, start and end are not those of a pynapple TsGroup")
    if len(unknown := np.setdiff1d(present, names)):
        raise DataError(f"{path}: spikes of the unit {unknown[0]}, which is not among the TsGroup's keys")
    if "keys" not in arrays and "rate" in arrays and len(arrays["rate"]) != len(names):
        raise DataError(
            f"{path}: a pynapple TsGroup whose index names {len(names)} units and whose rate is of "
            f"{len(arrays['rate'])}: the units of the spikes are lost; save it again with a newer pynapple"
        )
    order = np.argsort(index, kind="stable")
    firsts, ends = (np.searchsorted(index[order], names, side=side) for side in ("left", "right"))
    sorted_times = times[order].astype(np.float64)
    trains = [sorted_times[first:stop] for first, stop in zip(firsts, ends, strict=True)]
    observed = np.stack([start, end], axis=1).astype(np.float64)
    return SpikeTimes(trains, [str(name) for name in names], [observed] * len(trains) if len(observed) else None)


def refuse_other(path: str, kind: str) -> None:
    """Refuse pynapple's objects that hold no population.

    Raises
    ------
    DataError
        For ``Tsd``, ``Ts`` and ``IntervalSet``.
    """
    if kind in ("Tsd", "Ts", "IntervalSet", "TsdTensor"):
        raise DataError(
            f"{path}: a pynapple {kind}, which is not a population of units; save the TsGroup of spike times, or the "
            "TsdFrame of binned counts (TsGroup.count)"
        )
