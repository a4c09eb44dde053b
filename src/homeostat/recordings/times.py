"""Spike times: checks that name the unit, and binary words from times."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from homeostat.errors import DataError
from homeostat.recordings.left_out import LeftOut

MAX_ELEMENTS = 4 << 30  # bins x neurons: 4 GiB as uint8
_PER_SECOND = {"s": 1.0, "ms": 1e3}
_EDGE = 1e-6  # of a bin (20 ns at 20 ms): 0.06 s / 0.02 s is 2.9999999999999996, and still starts bin 3
_HIGHEST_RATE = 400.0  # spikes/s, median over units: no population fires like that
_LOWEST_RATE = 0.02  # spikes/s, median over units: one spike in 50 s
_LOW_RATE, _LONG_S = 0.1, 6 * 3600.0  # low rates in a very long recording are as telling


@dataclass(frozen=True)
class SpikeTimes:
    """Spike trains as read from a file.

    Attributes
    ----------
    trains
        Spike times of each unit, float64 (n_spikes,), in the file's unit of time.
    units
        Name of each unit.
    observed
        For each unit the intervals in which it was recorded, (n_intervals, 2) start and stop; or None.
    left_out
        What reading the file left out or assumed.
    """

    trains: list[np.ndarray]
    units: list[str]
    observed: list[np.ndarray] | None = None
    left_out: tuple[LeftOut, ...] = ()

    def select(self, indices: list[int]) -> "SpikeTimes":
        """Return the chosen units only, in the given order."""
        observed = None if self.observed is None else [self.observed[i] for i in indices]
        trains, units = [self.trains[i] for i in indices], [self.units[i] for i in indices]
        return dataclasses.replace(self, trains=trains, units=units, observed=observed)


def in_seconds(
    source: str, times: SpikeTimes, time_unit: str, *, allow_negative: bool = False, trust_times: bool = False
) -> SpikeTimes:
    """Check spike times and convert them to seconds.

    Raises
    ------
    DataError
        No spikes at all; NaN, negative (unless allowed) or unsorted times; rates that only a mix-up of
        seconds and milliseconds explains (unless ``trust_times``); an unknown ``time_unit``.
    """
    if time_unit not in _PER_SECOND:
        raise DataError(f"{source}: unknown time unit {time_unit!r}; allowed are 's' and 'ms'")
    for unit, train in zip(times.units, times.trains, strict=True):
        _check_train(source, unit, train, allow_negative)
    scale = _PER_SECOND[time_unit]
    trains = [np.asarray(train, dtype=np.float64) / scale for train in times.trains]
    if not any(train.size for train in trains):
        raise DataError(f"{source}: none of the {len(trains)} units has a spike")
    if not trust_times:
        _check_rates(source, trains, time_unit)
    times = dataclasses.replace(times, trains=trains)
    if times.observed is None:
        return times
    for unit, intervals in zip(times.units, times.observed, strict=True):
        _check_intervals(source, unit, intervals)
    observed = [np.asarray(intervals, dtype=np.float64) / scale for intervals in times.observed]
    return dataclasses.replace(times, observed=observed)


def bin_spikes(
    source: str,
    times: SpikeTimes,
    bin_ms: float,
    *,
    t_start: float | None = None,
    t_stop: float | None = None,
) -> np.ndarray:
    """Return the binary words of sorted spike times in seconds.

    A spike at ``t`` falls into bin ``floor((t - t0) / bin)``. Bins start at multiples of the bin width
    from ``t0`` = ``t_start``, or from 0 when that is not given. Where the file says when each unit was
    observed, the words are the bins that lie wholly inside the intervals of every unit; else, without
    ``t_start`` they begin with the bin of the first spike, and without ``t_stop`` end with that of the last.

    Returns
    -------
    uint8 (n_bins, n_units) of 0 and 1.

    Raises
    ------
    DataError
        An empty range of time, no bin observed by all units, or more bins than memory allows.
    """
    width = bin_ms / 1e3
    origin = 0.0 if t_start is None else t_start
    indices = [np.floor((train - origin) / width + _EDGE) for train in times.trains]
    first, end = _range(times, indices, origin, width)
    if t_start is not None:
        first = 0.0
    if t_stop is not None:
        end = float(np.floor((t_stop - origin) / width + _EDGE))
    if end <= first:
        raise DataError(f"{source}: there is no whole bin of {bin_ms:g} ms in the range of time asked for")
    if (end - first) * len(indices) > MAX_ELEMENTS:
        raise DataError(
            f"{source}: {end - first:,.0f} bins of {bin_ms:g} ms for {len(indices)} units do not fit in "
            "memory; are the times in the unit given (time_unit), and is there a stray spike far outside "
            "the recording?"
        )
    n_bins = int(end - first)
    spikes = np.zeros((n_bins, len(indices)), dtype=np.uint8)
    for column, index in enumerate(indices):
        spikes[(index[(index >= first) & (index < end)] - first).astype(np.int64), column] = 1
    if times.observed is not None:
        spikes = spikes[_observed_bins(source, times, origin / width + first, n_bins, width)]
    return spikes


def _range(times: SpikeTimes, indices: list[np.ndarray], origin: float, width: float) -> tuple[float, float]:
    """Return the first bin and the one after the last: of what was observed if known, else of the spikes."""
    if times.observed is not None:
        bounds = (np.concatenate(times.observed) - origin) / width
        return float(np.ceil(bounds.min() - _EDGE)), float(np.floor(bounds.max() + _EDGE))
    filled = [index for index in indices if index.size]
    return float(min(index[0] for index in filled)), float(max(index[-1] for index in filled)) + 1


def _observed_bins(source: str, times: SpikeTimes, first: float, n_bins: int, width: float) -> np.ndarray:
    """Mark the bins that every unit's intervals cover wholly; bin 0 starts at ``first`` bin widths."""
    everywhere = np.ones(n_bins, dtype=bool)
    done: set[bytes] = set()
    for unit, intervals in zip(times.units, times.observed or [], strict=True):
        if intervals.tobytes() in done:  # units nearly always share their intervals
            continue
        done.add(intervals.tobytes())
        here = np.zeros(n_bins, dtype=bool)
        starts = np.ceil(intervals[:, 0] / width - first - _EDGE).clip(0, n_bins).astype(np.int64)
        stops = np.floor(intervals[:, 1] / width - first + _EDGE).clip(0, n_bins).astype(np.int64)
        for start, stop in zip(starts, stops, strict=True):
            here[start:stop] = True
        everywhere &= here
        if not everywhere.any():
            raise DataError(
                f"{source}: with unit {unit!r} no bin is left in which all units were observed "
                "(obs_intervals); choose units that were recorded at the same time (units=, --units)"
            )
    return everywhere


def _check_train(source: str, unit: str, train: np.ndarray, allow_negative: bool) -> None:
    if train.ndim != 1 or train.dtype.kind not in "iuf":
        raise DataError(f"{source}: unit {unit!r} has no list of spike times, but {train.dtype} of shape {train.shape}")
    if not np.isfinite(train).all():
        raise DataError(f"{source}: spike {int(np.argmin(np.isfinite(train)))} of unit {unit!r} is NaN or infinite")
    if not allow_negative and train.size and train.min() < 0:
        spike = int(np.argmax(train < 0))
        raise DataError(
            f"{source}: spike {spike} of unit {unit!r} has the negative time {train[spike]}; times count "
            "from the start of the recording. If the clock does start before 0, give t_start"
        )
    if train.size > 1 and (falling := train[1:] < train[:-1]).any():
        spike = int(np.argmax(falling)) + 1
        raise DataError(
            f"{source}: the spike times of unit {unit!r} are not sorted (spike {spike} at {train[spike]} "
            f"follows {train[spike - 1]}); sort them, or check that the trains were not joined in the wrong "
            "place"
        )


def _check_intervals(source: str, unit: str, intervals: np.ndarray) -> None:
    if intervals.ndim != 2 or intervals.shape[1] != 2 or not len(intervals) or intervals.dtype.kind not in "iuf":
        raise DataError(f"{source}: unit {unit!r} has no (n, 2) list of observation intervals (obs_intervals)")
    if not np.isfinite(intervals).all() or (intervals[:, 1] < intervals[:, 0]).any():
        raise DataError(f"{source}: unit {unit!r} has an observation interval with NaN or that stops before it starts")


def _check_rates(source: str, trains: list[np.ndarray], time_unit: str) -> None:
    """Refuse rates that a mix-up of seconds and milliseconds makes, and name the fix."""
    active = [train for train in trains if train.size]
    duration = max(train[-1] for train in active) - min(train[0] for train in active)
    rate = float(np.median([train.size for train in active])) / max(duration, 1e-9)
    trust = "if they are right, say so (trust_times=True, --trust-times)"
    if rate > _HIGHEST_RATE and max(train.size for train in active) > 1:
        fix = "are they seconds? Then give time_unit='s'" if time_unit == "ms" else "convert them to seconds"
        raise DataError(
            f"{source}: read in {time_unit}, the units fire {rate:,.0f} spikes/s (median) for {duration:.3g} "
            f"s, so the times are in another unit: {fix}; {trust}"
        )
    if rate < _LOWEST_RATE or (rate < _LOW_RATE and duration > _LONG_S):
        milliseconds = "milliseconds (give time_unit='ms'), " if time_unit == "s" else ""
        raise DataError(
            f"{source}: read in {time_unit}, the units fire {rate:.2g} spikes/s (median) for "
            f"{duration / 3600:,.1f} h; are the times {milliseconds}sample numbers (divide them by the sampling "
            f"rate), or is there a stray spike far outside the recording? {trust[0].upper()}{trust[1:]}"
        )
