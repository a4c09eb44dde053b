"""Recordings from what people hold in memory: spike trains, tables, and the objects of other packages.

The objects are known by the package of their type, so none of these packages is needed to import this module.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from homeostat.arrays import as_array
from homeostat.errors import DataError, nearest
from homeostat.recordings import nwb_object
from homeostat.recordings.matrices import Matrix
from homeostat.recordings.read import assemble
from homeostat.recordings.recording import Recording
from homeostat.recordings.times import SpikeTimes

_OPTIONS = tuple(inspect.signature(assemble).parameters)[3:]


def from_trains(
    trains: Sequence[Any] | Mapping[Any, Any],
    *,
    bin_ms: float,
    units: Sequence[object] | None = None,
    observed: Any = None,
    name: str = "recording",
    **options: Any,
) -> Recording:
    """Return the recording of spike trains.

    Parameters
    ----------
    trains
        Spike times of each unit, (n_spikes,), sorted; a mapping names the units.
    bin_ms
        Bin width, ms.
    units
        Names of the units; their numbers from 0 when None.
    observed
        Interval or intervals in which all units were recorded, (2,) or (n_intervals, 2), in the unit of the times.
        When None, from the first spike to the last.
    name
        Short name for figures and messages.
    **options
        ``time_unit``, ``t_start``, ``t_stop``, ``repeats``, ``min_bins``, ``drop_bad_units``, ``trust_times``: as in
        :func:`homeostat.recordings.read_spikes`.

    Raises
    ------
    DataError
        Trains that are not lists of sorted, finite, non-negative times; what :func:`read_spikes` refuses.

    Examples
    --------
    >>> import numpy as np
    >>> from homeostat.recordings import from_trains
    >>> rng = np.random.default_rng(0)
    >>> trains = {"a": np.sort(rng.uniform(0, 60, 300)), "b": np.sort(rng.uniform(0, 60, 500))}
    >>> from_trains(trains, bin_ms=20, observed=[0, 60]).spikes.shape
    (3000, 2)
    """
    _check_options(options)
    if isinstance(trains, Mapping):
        if units is not None:
            raise DataError(f"{name}: the mapping names the units; leave units out")
        units, trains = list(trains), list(trains.values())
    arrays = [np.asarray(train) for train in trains]
    empty = [np.zeros(0) if train.size == 0 else train for train in arrays]
    names = [str(unit) for unit in (range(len(arrays)) if units is None else units)]
    if len(names) != len(arrays):
        raise DataError(f"{name}: {len(arrays)} spike trains, but {len(names)} names of units")
    intervals = None if observed is None else [np.atleast_2d(np.asarray(observed, dtype=float))] * len(arrays)
    return assemble(name, SpikeTimes(empty, names, intervals), bin_ms=bin_ms, name=name, **options)


def as_recording(
    data: Any,
    *,
    bin_ms: float | None = None,
    units: Sequence[object] | None = None,
    name: str | None = None,
    **options: Any,
) -> Recording:
    """Return the recording of an object that holds spikes.

    Taken are a :class:`Recording`; pynapple's ``TsGroup`` (its ``time_support`` is what was observed) and
    ``TsdFrame`` of counts; neo's ``SpikeTrain``, lists of them, ``Segment`` and ``Block`` of one segment (their units
    of time, ``t_start`` and ``t_stop``); SpikeInterface's sortings of one segment; an open ``pynwb.NWBFile``; a pandas
    ``DataFrame``, of words or counts (bins x neurons) or of spikes (columns ``unit`` and ``time``); an xarray
    ``DataArray``; NumPy and scipy sparse matrices; lists and mappings of spike trains in seconds.

    Parameters
    ----------
    data
        The object.
    bin_ms
        Bin width, ms: needed for spike times; of binned data the one that they were binned with.
    units
        Names of the units to keep; all when None.
    name
        Short name for figures and messages; the kind of object when None.
    **options
        As in :func:`homeostat.recordings.read_spikes`: ``binarize``, ``orientation``, ``repeats``, ``min_bins``, ….

    Raises
    ------
    DataError
        An object of another kind, or one that cannot be used; the sentence says why, and what to do.
    """
    label = name or type(data).__name__
    _check_options(options)
    if isinstance(data, Recording):
        given = [*(["bin_ms"] if bin_ms not in (None, data.bin_ms) else []), *options]
        if given:
            raise DataError(f"{data.name}: this is a Recording, which was read already; leave {', '.join(given)} out")
        return data if units is None else data.select([str(unit) for unit in units])
    found = _found(data, label)
    if isinstance(found, SpikeTimes) and bin_ms is None:
        raise DataError(f"{label}: spike times need the width of a bin; give bin_ms, such as bin_ms=20")
    chosen = None if units is None else [str(unit) for unit in units]
    return assemble(label, found, bin_ms=bin_ms, units=chosen, name=label, **options)


def _found(data: Any, label: str) -> SpikeTimes | Matrix:
    for package, reader in _READERS.items():
        if _is_of(data, package):
            return reader(data, label)
    if isinstance(data, Mapping):
        return SpikeTimes([np.asarray(train) for train in data.values()], [str(unit) for unit in data])
    if isinstance(data, np.ndarray) and data.ndim == 2:
        return Matrix(as_array(data))
    if isinstance(data, list | tuple) and data:
        if all(_is_of(each, "neo") for each in data):
            return _neo(data, label)
        trains = [np.asarray(train) for train in data]
        if all(train.ndim == 1 for train in trains):
            return SpikeTimes(trains, [str(unit) for unit in range(len(trains))])
    raise DataError(
        f"{label}: this recording cannot be read. Give an array (bins x neurons), spike trains (a list or "
        "mapping of arrays), or an object of pandas, xarray, scipy.sparse, pynapple, neo, SpikeInterface or pynwb; "
        "files are read with read_spikes"
    )


def _check_options(options: Mapping[str, Any]) -> None:
    for name in options:
        if name not in _OPTIONS:
            raise DataError(f"there is no option {name!r}{nearest(name, _OPTIONS)}; there are {', '.join(_OPTIONS)}")


def _is_of(data: Any, package: str) -> bool:
    return any(f"{each.__module__}.".startswith(f"{package}.") for each in type(data).__mro__)


def _pandas(data: Any, label: str) -> SpikeTimes | Matrix:
    if data.ndim != 2:
        raise DataError(f"{label}: a table (DataFrame) is needed, with bins as rows and neurons as columns")
    if {"unit", "time"} <= set(data.columns):
        if missing := int(data["unit"].isna().sum()):
            raise DataError(f"{label}: the unit of {missing:,} spikes is missing; leave these rows out")
        groups = data.groupby("unit", sort=False)["time"]
        return SpikeTimes([np.asarray(times, dtype=float) for _, times in groups], [str(u) for u, _ in groups])
    return _bins(as_array(data), data.index, data.columns)


def _bins(values: np.ndarray, times: Any, units: Any) -> Matrix:
    """Return the matrix of an object that says which axis is time: the first one."""
    names = None if units is None else [str(unit) for unit in units]
    return Matrix(values, *_times(times), names, orientation="time_by_neurons")


def _times(index: Any) -> tuple[np.ndarray | None, str]:
    """Return the times of the bins, s, and their name, where an index or coordinate of real numbers holds them."""
    values = np.asarray(index)
    return (values, "index") if values.dtype.kind == "f" else (None, "")


def _xarray(data: Any, label: str) -> SpikeTimes | Matrix:
    if data.ndim != 2:
        raise DataError(f"{label}: {data.ndim} dimensions {tuple(data.dims)}; a DataArray of bins x neurons is needed")
    time = [dim for dim in data.dims if str(dim).lower() in ("time", "t", "bin", "bins")]
    if len(time) != 1:
        raise DataError(f"{label}: which of the dimensions {tuple(data.dims)} is time? Name it 'time'")
    (other,) = [dim for dim in data.dims if dim != time[0]]
    ordered = data.transpose(time[0], other)
    times, units = (data.coords[dim].values if dim in data.coords else None for dim in (time[0], other))
    return _bins(np.asarray(ordered.values), times, units)


def _sparse(data: Any, label: str) -> Matrix:
    return Matrix(data.toarray())


def _pynapple(data: Any, label: str) -> SpikeTimes | Matrix:
    support = np.column_stack([data.time_support.start, data.time_support.end])
    if type(data).__name__ == "TsGroup":
        units = list(data.keys())
        return SpikeTimes([np.asarray(data[unit].t) for unit in units], [str(u) for u in units], [support] * len(units))
    if type(data).__name__ == "TsdFrame":
        units = [str(unit) for unit in data.columns]
        return Matrix(np.asarray(data.values), np.asarray(data.t), "t", units, orientation="time_by_neurons")
    raise DataError(f"{label}: expected a pynapple TsGroup (spike times) or TsdFrame (counts)")


def _neo(data: Any, label: str) -> SpikeTimes:
    kind = type(data).__name__
    if kind == "Block":
        if len(data.segments) != 1:
            raise DataError(
                f"{label}: the block has {len(data.segments)} segments; give one, such as block.segments[0]"
            )
        data = data.segments[0]
    trains = list(data.spiketrains) if hasattr(data, "spiketrains") else [data] if kind == "SpikeTrain" else list(data)
    if not trains or not all(type(train).__name__ == "SpikeTrain" for train in trains):
        raise DataError(f"{label}: there are no spike trains in it")
    observed = [np.array([[float(train.t_start.rescale("s")), float(train.t_stop.rescale("s"))]]) for train in trains]
    names = [str(train.name or train.annotations.get("unit_id", number)) for number, train in enumerate(trains)]
    if len(set(names)) < len(names):
        names = [str(number) for number in range(len(trains))]
    return SpikeTimes([np.asarray(train.rescale("s").magnitude) for train in trains], names, observed)


def _spikeinterface(data: Any, label: str) -> SpikeTimes:
    if not hasattr(data, "get_unit_spike_train"):
        raise DataError(f"{label}: expected a SpikeInterface sorting")
    if data.get_num_segments() != 1:
        raise DataError(
            f"{label}: the sorting has {data.get_num_segments()} segments; choose one: sorting.select_segments([0])"
        )
    units = list(data.unit_ids)
    trains = [np.asarray(data.get_unit_spike_train(u, segment_index=0, return_times=True), dtype=float) for u in units]
    return SpikeTimes(trains, [str(unit) for unit in units])


_READERS: dict[str, Callable[[Any, str], SpikeTimes | Matrix]] = {
    "pandas": _pandas,
    "xarray": _xarray,
    "scipy.sparse": _sparse,
    "pynapple": _pynapple,
    "neo": _neo,
    "spikeinterface": _spikeinterface,
    "pynwb": nwb_object.read_object,
}
