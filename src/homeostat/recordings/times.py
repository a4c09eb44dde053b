"""Spike times as they stand in a file, and checks that name the unit."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from homeostat.errors import DataError
from homeostat.recordings.intervals import check_intervals, merged
from homeostat.recordings.left_out import LeftOut

MAX_ELEMENTS = 16 << 30  # bins x neurons: 16 GiB as uint8
_PER_SECOND = {"s": 1.0, "ms": 1e3}
_HIGHEST_RATE = 400.0  # spikes/s, median over units: no population fires like that
_LOWEST_RATE = 0.02  # spikes/s, median over units: one spike in 50 s
_ENOUGH = 20  # spikes or expected intervals: fewer tell nothing
_REFRACTORY_S, _REGULAR_UNITS = 0.2, 5
_CLOCKS = 100.0  # observed for longer than 100 times the span of the spikes
_LOW_RATE, _LONG_S = 0.1, 6 * 3600.0  # low rates in a very long recording are as telling
_JOINED = (
    "They fall back {falls:,} times, as times that count from the start of each trial do when trials are joined: add "
    "the start of its trial to each, or, if they are only out of order, sort them"
)


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
    columns
        Columns of the file's table of units by name, each with one value per unit.
    intervals
        Tables of intervals by name (``"trials"``, ``"invalid_times"``), (n_intervals, 2) start and stop in the same
        unit of time; not checked.
    left_out
        What reading the file left out or assumed.
    """

    trains: list[np.ndarray]
    units: list[str]
    observed: list[np.ndarray] | None = None
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)
    intervals: Mapping[str, np.ndarray] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()

    def select(self, indices: list[int]) -> "SpikeTimes":
        """Return the chosen units only, in the given order."""
        observed = None if self.observed is None else [self.observed[i] for i in indices]
        trains, units = [self.trains[i] for i in indices], [self.units[i] for i in indices]
        columns = {name: values[indices] for name, values in self.columns.items()}
        return dataclasses.replace(self, trains=trains, units=units, observed=observed, columns=columns)

    def renamed(self, units: list[str], why: LeftOut) -> "SpikeTimes":
        """Return the same trains under other names, with the reason on the list."""
        return dataclasses.replace(self, units=units).noting(why)

    def noting(self, *found: LeftOut) -> "SpikeTimes":
        """Return the same trains with more on the list of what was left out."""
        return dataclasses.replace(self, left_out=(*self.left_out, *found))


def ignoring_observed(times: SpikeTimes) -> SpikeTimes:
    """Return the same trains as if the file did not say when they were observed, with that on the list."""
    if times.observed is None:
        return times
    text = "The file says when each unit was observed (obs_intervals); as asked for, that was not used."
    return dataclasses.replace(times, observed=None).noting(LeftOut("time", text))


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
        if time_unit == "s":
            _check_whole(source, trains)
            _check_refractory(source, trains)
    observed = None
    if times.observed is not None:
        observed = [
            check_intervals(source, f"obs_intervals of unit {unit!r}", intervals) / scale
            for unit, intervals in zip(times.units, times.observed, strict=True)
        ]
        if not trust_times:
            _check_clock(source, trains, observed)
    intervals = {name: np.asarray(values, dtype=np.float64) / scale for name, values in times.intervals.items()}
    return dataclasses.replace(times, trains=trains, observed=observed, intervals=intervals)


def _check_train(source: str, unit: str, train: np.ndarray, allow_negative: bool) -> None:
    if train.ndim != 1 or train.dtype.kind not in "iuf":
        raise DataError(
            f"{source}: unit {unit!r} must be a list of spike times, got {train.dtype} of shape {train.shape}"
        )
    if not np.isfinite(train).all():
        raise DataError(f"{source}: spike {int(np.argmin(np.isfinite(train)))} of unit {unit!r} is NaN or infinite")
    falls = int(np.count_nonzero(train[1:] < train[:-1])) if train.size > 1 else 0
    if not allow_negative and train.size and train.min() < 0:
        spike = int(np.argmax(train < 0))
        start = f"{source}: spike {spike} of unit {unit!r} has the negative time {train[spike]}; times count from the "
        if falls:
            raise DataError(f"{start}start of the recording. {_JOINED.format(falls=falls)}")
        raise DataError(f"{start}start of the recording. If the clock does start before 0, give t_start")
    if falls:
        spike = int(np.argmax(train[1:] < train[:-1])) + 1
        raise DataError(
            f"{source}: the spike times of unit {unit!r} are not sorted (spike {spike} at {train[spike]} "
            f"follows {train[spike - 1]}). {_JOINED.format(falls=falls) if falls > 1 else 'Sort them'}"
        )


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


def _check_whole(source: str, trains: list[np.ndarray]) -> None:
    """Refuse whole seconds: no recording is that coarse, but times in ms and sample numbers are whole."""
    count = sum(train.size for train in trains)
    if count < _ENOUGH or not all(np.array_equal(train, np.floor(train)) for train in trains):
        return
    raise DataError(
        f"{source}: read in s, all {count:,} spike times are whole numbers; are they milliseconds (give "
        "time_unit='ms'), or sample numbers (divide them by the sampling rate)? If they are whole seconds, say so "
        "(trust_times=True, --trust-times)"
    )


def _check_refractory(source: str, trains: list[np.ndarray]) -> None:
    """Refuse units that never fire twice within 0.2 s where chance alone would make them, as times in ms look.

    A unit with n spikes in T s has about 0.2 n² / T intervals below 0.2 s if it fires at random, and more if it
    bursts. Units that never do would have to be as regular as clocks; read in ms, their rates must be possible.
    """
    active = [train for train in trains if train.size > 1]
    if len(active) < _REGULAR_UNITS:
        return
    duration = max(train[-1] for train in active) - min(train[0] for train in active)
    shortest = min(float(np.diff(train).min()) for train in active)
    by_chance = _REFRACTORY_S * sum(train.size**2 for train in active) / max(duration, 1e-9)
    rate = float(np.median([train.size for train in active])) / max(duration, 1e-9)
    if shortest < _REFRACTORY_S or by_chance < _ENOUGH or rate * 1e3 > _HIGHEST_RATE:
        return
    raise DataError(
        f"{source}: read in s, no unit ever fires twice within {_REFRACTORY_S:g} s (shortest interval {shortest:.3g} "
        f"s), though by chance it would happen {by_chance:,.0f} times; are the times milliseconds (give "
        "time_unit='ms')? If they are right, say so (trust_times=True, --trust-times)"
    )


def _check_clock(source: str, trains: list[np.ndarray], observed: list[np.ndarray]) -> None:
    """Refuse observation intervals in another unit of time than the spikes."""
    bounds = merged(np.concatenate(observed))
    spikes = [train for train in trains if train.size]
    last = max(float(train[-1]) for train in spikes)
    first = min(float(train[0]) for train in spikes)
    length = float((bounds[:, 1] - bounds[:, 0]).sum())
    if length < _CLOCKS * max(last - first, 1e-9) or sum(train.size for train in spikes) < _ENOUGH:
        return
    raise DataError(
        f"{source}: obs_intervals cover {length:,.0f} s, but all spikes lie within {last - first:,.0f} s; are the "
        "intervals milliseconds and the spikes seconds? Convert them in the file, or read without them "
        "(ignore_obs_intervals=True, --ignore-obs-intervals). If they are right, say so (trust_times=True, "
        "--trust-times)"
    )
