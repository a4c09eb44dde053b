"""From spike times to binary words: which time is used, and what that leaves out."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from homeostat.errors import DataError, nearest
from homeostat.memory import available, holdable, zeros
from homeostat.recordings.compact import written
from homeostat.recordings.intervals import bins_inside, bins_touched, check_intervals, inside, tolerance
from homeostat.recordings.left_out import LeftOut, Severity
from homeostat.recordings.times import MAX_ELEMENTS, SpikeTimes

INVALID = "invalid_times"
_TRIALS = "trials"
_NAMED = 5
_MANY, _SOME = 0.2, 0.01  # shares of the spikes: lost by more than a fifth is serious, below a hundredth a note
_QUIET = 0.05  # rate between the trials, as a part of that in them, below which nothing was recorded there
_COARSE = 0.1  # of a bin
_FEWEST_STEPS = 20  # differences that a step of the clock is judged by


class Words(NamedTuple):
    """Binary words of spike times.

    Attributes
    ----------
    spikes
        uint8 (n_bins, n_units) of 0 and 1.
    borders
        Bins before which time was left out, in order.
    left_out
        Spikes and time that were not used, or are in doubt.
    """

    spikes: np.ndarray
    borders: tuple[int, ...]
    left_out: tuple[LeftOut, ...]


def bin_spikes(
    source: str,
    times: SpikeTimes,
    bin_ms: float,
    *,
    t_start: float | None = None,
    t_stop: float | None = None,
    intervals: str | Sequence[Sequence[float]] | None = None,
    ignore_invalid_times: bool = False,
) -> Words:
    """Return the binary words of sorted spike times in seconds.

    A spike at ``t`` falls into bin ``floor((t - t0) / bin)``. Bins start at multiples of the bin width from ``t0`` =
    ``t_start``, or from 0 when that is not given. Where the file says when each unit was observed, the words are the
    bins that lie wholly inside the intervals of every unit; else they begin with the bin of the first spike and end
    with that of the last. ``t_start`` and ``t_stop`` move these ends. Of these bins, the words are those that lie
    wholly inside ``intervals``, and that no invalid time touches.

    Parameters
    ----------
    source
        File, for messages.
    times
        From :func:`homeostat.recordings.times.in_seconds`.
    bin_ms
        Bin width in ms.
    t_start, t_stop
        Range of time in s.
    intervals
        Name of a table of intervals in the file (``"trials"``), or a list of starts and stops in s.
    ignore_invalid_times
        Use times that the file marks as invalid too.

    Raises
    ------
    DataError
        A range of time that is empty or not of finite numbers, no bin observed by all units or inside the intervals,
        more bins than memory allows, or no such table of intervals.
    """
    for option, value in (("t_start", t_start), ("t_stop", t_stop)):
        if value is not None and not np.isfinite(value):
            raise DataError(f"{source}: {option} is {value}, expected a number of seconds; leave it out for all time")
    width = bin_ms / 1e3
    origin = 0.0 if t_start is None else t_start
    chosen, name = _chosen(source, times, intervals)
    edge = tolerance(max(float(np.abs(train).max()) for train in times.trains if train.size), width)
    indices = [np.floor((train - origin) / width + edge) for train in times.trains]
    first, end = _range(indices, times.observed, origin, width, edge)
    if t_start is not None:
        first = 0.0
    if t_stop is not None:
        end = float(np.floor((t_stop - origin) / width + edge))
    if end <= first:
        raise DataError(f"{source}: there is no whole bin of {bin_ms:g} ms in the range of time asked for")
    # Beside the words, a few numbers are held for each bin.
    if (end - first) * len(indices) > min(MAX_ELEMENTS, holdable()) or 32 * (end - first) > available():
        raise DataError(
            f"{source}: {end - first:,.0f} bins of {bin_ms:g} ms for {len(indices)} units do not fit in "
            "memory; are the times in the unit given (time_unit), and is there a stray spike far outside "
            "the recording?"
        )
    n_bins = int(end - first)
    grid = (origin / width + first, n_bins, width, edge)
    places = [(index[(index >= first) & (index < end)] - first).astype(np.int64) for index in indices]
    found = [*_outside_range(times, t_start, t_stop), *_coarse(times.trains, width)]
    use = np.ones(n_bins, dtype=bool)
    if times.observed is not None:
        use, notes = _observed(source, times, times.observed, grid)
        found += notes
    if chosen is not None:
        here = bins_inside(chosen, *grid)
        found += _lost(places, use & ~here, f"outside the intervals asked for ({name})", n_bins, "note")
        use &= here
    else:
        found += _between_trials(times, places, use, grid)
    if INVALID in times.intervals:
        found += _invalid(source, times.intervals[INVALID], places, use, grid, kept=ignore_invalid_times)
    if not use.any():
        raise DataError(f"{source}: no bin of {bin_ms:g} ms is left inside {name or 'the observed and valid time'}")
    spikes = zeros(source, (n_bins, len(indices)))
    for column, place in enumerate(places):
        spikes[place, column] = 1
    return Words(*kept_bins(spikes, use), tuple(found))


def kept_bins(spikes: np.ndarray, use: np.ndarray, borders: Sequence[int] = ()) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return the bins marked in ``use``, and the borders (of before, and new ones where bins were left out)."""
    if use.all():
        return spikes, tuple(borders)
    stretch = np.zeros(len(use), dtype=np.int64)
    stretch[list(borders)] = 1
    stretch = (np.cumsum(stretch) + np.cumsum(~use))[use]
    borders = tuple(int(bin_) for bin_ in np.flatnonzero(np.diff(stretch)) + 1)
    bins = np.flatnonzero(use)
    shape = (len(bins), spikes.shape[1])
    return written("the bins that are used", shape, lambda first, end: spikes[bins[first:end]]), borders


def _chosen(
    source: str, times: SpikeTimes, intervals: str | Sequence[Sequence[float]] | None
) -> tuple[np.ndarray | None, str]:
    """Return the intervals asked for and what to call them."""
    if intervals is None:
        return None, ""
    if not isinstance(intervals, str):
        try:
            values = np.asarray(intervals, dtype=float)
        except (TypeError, ValueError):  # texts, or of different lengths
            values = np.zeros(0)
        return check_intervals(source, "intervals", values), f"{len(values):,} of a list"
    if intervals not in times.intervals:
        known = ", ".join(times.intervals) or "none"
        raise DataError(
            f"{source}: there is no table of intervals {intervals!r}{nearest(intervals, times.intervals)}; tables in "
            f"the file: {known}. A list of starts and stops in s can be given too"
        )
    values = times.intervals[intervals]
    return check_intervals(source, f"intervals/{intervals}", values), f"{len(values):,} {intervals}"


def _range(
    indices: list[np.ndarray], observed: list[np.ndarray] | None, origin: float, width: float, edge: float
) -> tuple[float, float]:
    """Return the first bin and the one after the last: of what was observed if known, else of the spikes."""
    if observed is not None:
        bounds = (np.concatenate(observed) - origin) / width
        return float(np.ceil(bounds.min() - edge)), float(np.floor(bounds.max() + edge))
    filled = [index for index in indices if index.size]
    return float(min(index[0] for index in filled)), float(max(index[-1] for index in filled)) + 1


def _outside_range(times: SpikeTimes, t_start: float | None, t_stop: float | None) -> list[LeftOut]:
    """Count the spikes before ``t_start`` and from ``t_stop`` on."""
    low, high = -np.inf if t_start is None else t_start, np.inf if t_stop is None else t_stop
    total = sum(train.size for train in times.trains)
    lost = sum(int(((train < low) | (train >= high)).sum()) for train in times.trains)
    if not lost:
        return []
    text = f"{lost:,} of {total:,} spikes ({lost / total:.1%}) lie before t_start or after t_stop and were left out."
    return [LeftOut("spikes", text, "note", count=lost, share=lost / total)]


def _coarse(trains: list[np.ndarray], width: float) -> list[LeftOut]:
    """Say when the times are multiples of a step that is coarse for the bins, and does not divide them.

    Times of float32, or with few digits, are coarsest at the end, so the last tenth of the spikes is looked at.
    """
    times = np.sort(np.concatenate(trains))
    times = np.unique(times[-max(len(times) // 10, 1_000) :])
    steps = np.diff(times)
    if len(steps) < _FEWEST_STEPS:
        return []
    step = float(steps.min())
    multiples = steps / step
    # A difference is off by the rounding of two times, and a multiple by that of the step, so many times over.
    off = 2 * np.spacing(times[-1]) / step * (1 + multiples) + 1e-6
    if step < _COARSE * width or (np.abs(multiples - np.round(multiples)) > off).any():
        return []
    step *= float(multiples.sum() / np.round(multiples).sum())  # without the rounding of the one difference
    bins = width / step
    if bins > 1 - 1e-3 and abs(bins - round(bins)) < 1e-3 * bins:
        return []
    text = (
        f"The spike times are multiples of {step * 1e3:.3g} ms towards the end, too coarse for bins of {width * 1e3:g} "
        "ms."
    )
    advice = (
        "Export them with more digits, in float64 (not float32), or use bins that are a multiple of this step (bin_ms)."
    )
    return [LeftOut("unit of time", text, "serious" if step > width / 4 else "warning", advice)]


def _observed(
    source: str, times: SpikeTimes, observed: list[np.ndarray], grid: tuple[float, int, float, float]
) -> tuple[np.ndarray, list[LeftOut]]:
    """Mark the bins that every unit's intervals cover wholly; say what that costs, and which units cost most."""
    groups: dict[bytes, list[int]] = {}
    for row, intervals in enumerate(observed):  # units nearly always share their intervals
        groups.setdefault(intervals.tobytes(), []).append(row)
    n_bins = grid[1]
    unobserved = np.zeros(n_bins, dtype=np.int32)
    everywhere = np.ones(n_bins, dtype=bool)
    masks = []
    for rows in groups.values():
        here = bins_inside(observed[rows[0]], *grid)
        masks.append(here)
        unobserved += ~here
        everywhere &= here
        if not everywhere.any():
            raise DataError(
                f"{source}: with unit {times.units[rows[0]]!r} no bin is left in which all units were observed "
                "(obs_intervals); choose units that were recorded at the same time (units=, --units), or read without "
                "the intervals (ignore_obs_intervals=True, --ignore-obs-intervals)"
            )
    found = []
    total = sum(train.size for train in times.trains)
    outside = [int((~inside(train, own)).sum()) for train, own in zip(times.trains, observed, strict=True)]
    if lost := sum(outside):
        worst = [row for row in np.argsort(outside, kind="stable")[::-1] if outside[row]]
        named = ", ".join(f"{times.units[row]} ({outside[row]:,})" for row in worst[:_NAMED])
        more = f" and {len(worst) - _NAMED} more" if len(worst) > _NAMED else ""
        text = (
            f"{lost:,} of {total:,} spikes ({lost / total:.1%}) lie outside the time in which the file says that their "
            f"units were observed (obs_intervals), and were left out; units {named}{more}."
        )
        advice = "Is obs_intervals of another clock? ignore_obs_intervals reads without it."
        found.append(LeftOut("spikes", text, _severity(lost / total), advice, count=lost, share=lost / total))
    anywhere = int((unobserved < len(groups)).sum())
    together = int(everywhere.sum())
    if together < anywhere:
        gains = [int(((unobserved == 1) & ~here).sum()) for here in masks]
        costly = [
            f"{_units(times.units, rows)} ({gain / anywhere:.1%})"
            for gain, rows in sorted(zip(gains, groups.values(), strict=True), key=lambda each: -each[0])
            if gain
        ]
        share = 1 - together / anywhere
        text = f"{share:.1%} of the recording was left out, as not all units were observed then (obs_intervals)."
        named = "; ".join(costly[:_NAMED])
        advice = f"Without these units so much of it would come back: {named}." if costly else ""
        found.append(LeftOut("time", text, _severity(share), advice, count=anywhere - together, share=share))
    return everywhere, found


def _between_trials(
    times: SpikeTimes, places: list[np.ndarray], use: np.ndarray, grid: tuple[float, int, float, float]
) -> list[LeftOut]:
    """Say that the file has trials and that the time between them is used, above all where nothing fires then."""
    table = times.intervals.get(_TRIALS)
    if table is None:
        return []
    table = table[np.isfinite(table).all(axis=1) & (table[:, 1] >= table[:, 0])]
    if not len(table):
        return []
    between = use & ~bins_inside(table, *grid)
    n_between, n_used = int(between.sum()), int(use.sum())
    if not n_between or n_between == n_used:
        return []
    spikes = sum(int(between[place].sum()) for place in places)
    total = sum(int(use[place].sum()) for place in places)
    share = n_between / n_used
    outside, within = spikes / n_between, (total - spikes) / (n_used - n_between)
    text = (
        f"The file has {len(table):,} trials; {share:.1%} of the bins lie outside them, with {spikes:,} of "
        f"{total:,} spikes, and were used."
    )
    if outside < _QUIET * within:
        advice = "Nothing seems to be recorded there, and it counts as silence; intervals: trials leaves it out."
        return [LeftOut("time", text, "serious" if share > _SOME else "warning", advice, count=n_between, share=share)]
    return [LeftOut("time", text, "note", "intervals: trials leaves them out.", count=n_between, share=share)]


def _invalid(
    source: str,
    table: np.ndarray,
    places: list[np.ndarray],
    use: np.ndarray,
    grid: tuple[float, int, float, float],
    *,
    kept: bool,
) -> list[LeftOut]:
    """Take the bins that an invalid time touches out of ``use``, unless they are kept; say how many there are."""
    if kept:
        table = table[np.isfinite(table).all(axis=1) & (table[:, 1] >= table[:, 0])]
        if not len(table):
            return []
    else:
        way_out = "ignore_invalid_times=True, --ignore-invalid-times, reads without it"
        table = check_intervals(source, f"intervals/{INVALID} ({way_out})", table)
    bad = use & bins_touched(table, *grid)
    if not kept:
        use &= ~bad
    what = f"in times that the file marks as invalid ({INVALID})"
    return _lost(places, bad, what, grid[1], "serious" if kept else "note", kept=kept)


def _lost(
    places: list[np.ndarray], bad: np.ndarray, what: str, n_bins: int, severity: Severity, *, kept: bool = False
) -> list[LeftOut]:
    """Count the bins marked as bad and the spikes in them."""
    n_bad = int(bad.sum())
    if not n_bad:
        return []
    spikes = sum(int(bad[place].sum()) for place in places)
    total = sum(place.size for place in places)
    done = "were used all the same" if kept else "were left out"
    text = f"{n_bad:,} bins ({n_bad / n_bins:.1%}) with {spikes:,} of {total:,} spikes lie {what} and {done}."
    return [LeftOut("time", text, severity, count=n_bad, share=n_bad / n_bins)]


def _severity(share: float) -> Severity:
    return "serious" if share > _MANY else "warning" if share > _SOME else "note"


def _units(names: list[str], rows: list[int]) -> str:
    listed = ", ".join(names[row] for row in rows[:_NAMED])
    more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
    return f"{'unit' if len(rows) == 1 else 'units'} {listed}{more}"
