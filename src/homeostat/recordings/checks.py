"""Whether a 0/1 matrix is a usable recording: refusals name the unit, oddities go on the list of what was left out."""

import dataclasses

import numpy as np

from homeostat.errors import DataError
from homeostat.recordings.binning import kept_bins
from homeostat.recordings.compact import take_units, written
from homeostat.recordings.left_out import LeftOut
from homeostat.recordings.recording import Recording
from homeostat.recordings.statistics import pairwise_correlations

MIN_BINS = 1_000  # fewer bins cannot hold the statistics of even one neuron
_BINS_PER_NEURON = 1_000  # fewer than this per neuron is usable, but fits with many parameters overfit
_SUSPICIOUS_CORRELATION = 0.3  # in bins of about 20 ms: the same cell twice, or cross-talk of electrodes
_IDENTICAL = 1 - 1e-9
_NAMED = 5  # at most this many units or pairs are spelled out in one message
_SHUFFLE_LAGS = (1, 2, 3)
_LONG_SILENCE_S = 10.0  # longer than the silences of sleep or anaesthesia
_PAUSE_S, _PAUSES = 2.0, 3  # so many shorter ones are telling too
_STRUCTURED = 0.1  # share of units with memory that noise on single channels explains
_TINY = 100  # bins per neuron: held-out likelihoods then say little


def check_matrix(source: str, values: np.ndarray, units: list[str], *, binarize: bool = False) -> np.ndarray:
    """Turn a (n_bins, n_neurons) matrix of any numeric type into 0/1 uint8.

    Parameters
    ----------
    source
        File and key, for messages.
    values
        Matrix; bool, integer or float.
    units
        Unit names, for messages.
    binarize
        Accept spike counts: every count of 1 or more becomes 1.

    Raises
    ------
    DataError
        NaN, infinite, negative or fractional values, counts above 1 without ``binarize``, or no numbers.
    """
    if values.dtype == np.bool_:
        return values.astype(np.uint8)
    if values.dtype.kind not in "iuf":
        raise DataError(f"{source}: values of type {values.dtype}, expected numbers 0 and 1")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise DataError(
            f"{source}: {values[row, column]} in bin {row} of unit {units[column]!r}; only 0 and 1 are "
            "allowed. Remove the bins or the unit with missing values"
        )
    if values.size == 0:
        return values.astype(np.uint8)
    low, high = values.min(), values.max()
    if low < 0 or (values.dtype.kind == "f" and not np.array_equal(values, np.floor(values))):
        wrong = (values < 0) | (values != np.floor(values))
        row, column = np.argwhere(wrong)[0]
        raise DataError(
            f"{source}: the value {values[row, column]} in bin {row} of unit {units[column]!r} is not a spike "
            "count; only 0 and 1 are allowed (is this a rate or a filtered signal?)"
        )
    if high > 1 and not binarize:
        row, column = np.argwhere(values > 1)[0]
        raise DataError(
            f"{source}: the value {values[row, column]} in bin {row} of unit {units[column]!r}; only 0 and 1 "
            "are allowed. If these are spike counts, say so (binarize=True, --binarize): 1 or more then "
            "becomes 1"
        )
    if values.dtype == np.uint8 and high <= 1:
        return values  # the usual case, of any size, without a copy
    return written(source, values.shape, lambda first, end: values[first:end] > 0)


def check_recording(
    source: str,
    spikes: np.ndarray,
    units: list[str],
    *,
    min_bins: int = MIN_BINS,
    drop_bad_units: bool = False,
    bin_ms: float = 20.0,
) -> tuple[np.ndarray, list[str], tuple[LeftOut, ...]]:
    """Check the binary words (n_bins, n_neurons); return those to use, their units, and what is odd or was left out.

    Parameters
    ----------
    source, spikes, units
        File and key for messages, the 0/1 matrix, and a name per column.
    min_bins
        Refuse a recording with fewer bins.
    drop_bad_units
        Leave constant units and second copies of a unit out, and say so, instead of refusing.
    bin_ms
        Bin width, by which pauses are judged.

    Raises
    ------
    DataError
        No neurons, no or too few bins, constant neurons, exact duplicates, doubled unit names.
    """
    n_bins, n_neurons = spikes.shape
    if n_bins == 0 or n_neurons == 0:
        raise DataError(f"{source}: empty recording ({n_bins} bins x {n_neurons} neurons)")
    if n_bins < min_bins:
        amount = "a single sample" if n_bins == 1 else f"{n_bins:,} bins"
        raise DataError(
            f"{source}: {amount} of {n_neurons} neurons; {min_bins:,} bins or more are needed (min_bins). "
            "Is the matrix transposed? Then give the orientation"
        )
    if len(set(units)) != len(units):
        doubled = next(unit for unit in units if units.count(unit) > 1)
        raise DataError(f"{source}: two units are named {doubled!r}; unit names must differ")
    found: list[LeftOut] = []
    n_units = len(units)
    for find, what, hint in (
        (_constant, "constant (never or always active)", "remove them"),
        (_copies, "an exact copy of another unit", "keep one of each"),
    ):
        bad = find(spikes)
        if not bad.any():
            continue
        names = _listed([units[i] for i in np.flatnonzero(bad)])
        if not drop_bad_units:
            raise DataError(
                f"{source}: {bad.sum()} of {len(units)} units {what}: {names}; {hint}, or let the reader "
                "leave them out (drop_bad_units=True, --drop-bad-units)"
            )
        text = f"{bad.sum()} of {n_units} units {_were(bad.sum())} left out as {what}: {names}."
        found.append(LeftOut("units", text, "note", count=int(bad.sum()), share=float(bad.sum() / n_units)))
        kept = np.flatnonzero(~bad).tolist()
        if not kept:
            raise DataError(f"{source}: every unit is constant; nothing is left to analyse")
        spikes, units = take_units(source, spikes, kept), [units[column] for column in kept]
    found += [*_correlated(spikes, units), *_unstructured(spikes), *_silent(spikes, bin_ms), *_short(spikes)]
    if not spikes.flags.c_contiguous:  # a matrix that was transposed
        spikes = written(source, spikes.shape, lambda first, end: spikes[first:end])
    return spikes, units, tuple(found)


def _constant(spikes: np.ndarray) -> np.ndarray:
    """Mark the columns that are all 0 or all 1."""
    active = spikes.sum(axis=0, dtype=np.int64)
    return np.asarray((active == 0) | (active == len(spikes)))


def _copies(spikes: np.ndarray) -> np.ndarray:
    """Mark every column that equals an earlier one."""
    correlations = np.triu(pairwise_correlations(spikes), k=1)
    return np.asarray((correlations > _IDENTICAL).any(axis=0))


def _correlated(spikes: np.ndarray, units: list[str]) -> list[LeftOut]:
    """Name the pairs that correlate as only doubled or cross-talking units do."""
    correlations = np.triu(pairwise_correlations(spikes), k=1)
    first, second = np.nonzero(correlations > _SUSPICIOUS_CORRELATION)
    strongest = np.argsort(-correlations[first, second])
    pairs = [f"{units[first[i]]}-{units[second[i]]} (r = {correlations[first[i], second[i]]:.2f})" for i in strongest]
    if not pairs:
        return []
    pair, share = ("pair", "s") if len(pairs) == 1 else ("pairs", "")
    text = (
        f"{len(pairs)} {pair} of units correlate{share} above {_SUSPICIOUS_CORRELATION}, as one cell sorted twice or "
        f"cross-talk would: {_listed(pairs)}."
    )
    return [LeftOut("units", text, count=len(pairs), share=len(pairs) / (len(units) * (len(units) - 1) / 2))]


def _unstructured(spikes: np.ndarray) -> list[LeftOut]:
    """Say when nearly all units look like coin flips: geometric intervals and no memory from bin to bin.

    Independent bins of probability p have intervals with CV = sqrt(1 - p), and autocorrelations r at any lag with
    r sqrt(n_bins) ~ N(0, 1). The sum of three such squares is chi-squared with three degrees of freedom: 0.1 % are
    above 16.3, and the median of n units is 2.37 with a standard error of 2.66 / sqrt(n). The median, and the share
    of units that are off, do not mind a noisy unit or two.
    """
    n_bins = len(spikes)
    sums: list[float] = []
    n_off = 0
    for column in spikes.T:
        rate = column.mean()
        intervals = np.diff(np.flatnonzero(column))
        if len(intervals) < 50:  # too few to tell
            continue
        centred = column - np.float32(rate)
        variance = float(centred @ centred)
        squares = [n_bins * (float(centred[:-lag] @ centred[lag:]) / variance) ** 2 for lag in _SHUFFLE_LAGS]
        sums.append(sum(squares))
        irregular = abs(intervals.std() / intervals.mean() / np.sqrt(1 - rate) - 1) > 0.15
        n_off += irregular or sums[-1] > 16.3
    if not sums or n_off > _STRUCTURED * len(sums) or np.median(sums) > 2.37 + 4 * 2.66 / np.sqrt(len(sums)):
        return []
    who = "No unit remembers its" if not n_off else f"{len(sums) - n_off} of {len(sums)} units do not remember their"
    text = (
        f"{who} own past (interval CV as for coin flips, no autocorrelation): the bins are in random order, shuffled "
        "or simulated."
    )
    advice = "Splits by blocks of time are then no stricter than random ones."
    return [LeftOut("order", text, advice=advice, count=len(sums) - n_off, share=1 - n_off / len(sums))]


def pauses(spikes: np.ndarray, bin_ms: float = 20.0) -> tuple[np.ndarray, np.ndarray]:
    """Return first bin and length of the stretches without any spike that are far too long for the rest.

    In n bins that are silent with probability q each, independently, the longest run has about log(n) / -log(q) bins;
    ten times that is not chance, and bins are not that dependent. A single such run counts if it is 10 s long; three or
    more count from 2 s on, as between trials.
    """
    n_bins = len(spikes)
    edges = np.flatnonzero(np.concatenate([[True], spikes.any(axis=1), [True]]))
    firsts, lengths = edges[:-1], np.diff(edges) - 1  # bins between two that are not silent, or an end
    n_active = len(edges) - 2
    # The share of active bins that silence follows is q, however long some silences are.
    silent = float(np.count_nonzero(lengths) / max(n_active, 1))
    long = np.zeros(len(lengths), dtype=bool)
    for _ in range(10):
        q = min(max(silent, 0.5 / n_bins), 1 - 0.5 / n_bins)
        before, long = long, lengths >= max(_PAUSE_S * 1e3 / bin_ms, 10 * np.log(n_bins) / -np.log(q))
        if (long == before).all():
            break
        rest = int(lengths[~long].sum())
        silent = (rest + 0.5) / (rest + n_active + 1)
    if long.sum() < _PAUSES:
        long &= lengths >= _LONG_SILENCE_S * 1e3 / bin_ms
    return firsts[long], lengths[long]


def without_pauses(
    spikes: np.ndarray, borders: tuple[int, ...], bin_ms: float
) -> tuple[np.ndarray, tuple[int, ...], tuple[LeftOut, ...]]:
    """Leave the pauses out; return the rest, its borders, and what was left out."""
    firsts, lengths = pauses(spikes, bin_ms)
    use = np.ones(len(spikes), dtype=bool)
    for first, length in zip(firsts, lengths, strict=True):
        use[first : first + length] = False
    if use.all():
        return spikes, borders, ()
    share = float(lengths.sum() / len(spikes))
    text = f"{lengths.sum():,} bins ({share:.1%}) in {len(firsts)} pauses without any spike were left out."
    note = LeftOut("time", text, "note", count=int(lengths.sum()), share=share)
    return *kept_bins(spikes, use, borders), (note,)


def recording_without_pauses(recording: Recording) -> Recording:
    """Return the recording with its pauses left out. Raises DataError where whole repeats would not stay whole."""
    spikes, borders, lost = without_pauses(recording.spikes, recording.borders, recording.bin_ms)
    return dataclasses.replace(recording, spikes=spikes, borders=borders, left_out=(*recording.left_out, *lost))


def _silent(spikes: np.ndarray, bin_ms: float) -> list[LeftOut]:
    """Name the pauses."""
    firsts, lengths = pauses(spikes, bin_ms)
    if not len(firsts):
        return []
    share = float(lengths.sum() / len(spikes))
    longest = int(np.argmax(lengths))
    first, length = int(firsts[longest]), int(lengths[longest])
    where = f"bins {first:,} to {first + length - 1:,}"
    if len(firsts) > 1:
        where = f"{len(firsts)} stretches of {lengths.min():,} to {length:,} bins (the longest: {where})"
    text = f"No unit fires in {where}, {share:.0%} of all."
    advice = (
        "If nothing was recorded then, leave that time out (drop_pauses, or with spike times intervals, t_start and "
        "t_stop); else the rates are read too low."
    )
    return [LeftOut("time", text, "serious" if share > 0.01 else "warning", advice, count=len(firsts), share=share)]


def _short(spikes: np.ndarray) -> list[LeftOut]:
    per_neuron = len(spikes) / spikes.shape[1]
    if per_neuron >= _BINS_PER_NEURON:
        return []
    text = f"The recording has {len(spikes):,} bins for {spikes.shape[1]} neurons, {per_neuron:,.0f} per neuron."
    advice = f"Below {_BINS_PER_NEURON:,}, fits with many parameters overfit; use smaller groups or fewer projections."
    if per_neuron >= _TINY:
        return [LeftOut("size", text, advice=advice)]
    advice += " With so few, differences between models in held-out likelihood can have either sign."
    return [LeftOut("size", text, "serious", advice)]


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
