"""Intervals of time, and the bins that lie inside them."""

import numpy as np

from homeostat.errors import DataError

# As a share of a bin (20 ns at 20 ms): 0.06 s / 0.02 s is 2.9999999999999996, and still starts bin 3.
_EDGE = 1e-6


def tolerance(largest: float, width: float) -> float:
    """Return by which part of a bin a time may miss an edge and still lie on it.

    A clock that counts from 1970 has float64 times no finer than 0.24 µs, and their quotient by the bin width is
    rounded once more.
    """
    return float(max(_EDGE, 2 * np.spacing(abs(largest)) / width))


def check_intervals(source: str, what: str, intervals: np.ndarray) -> np.ndarray:
    """Return the intervals as float64 (n, 2), start and stop.

    Raises
    ------
    DataError
        No (n, 2) list of numbers, NaN, or an interval that stops before it starts.
    """
    values = np.asarray(intervals)
    if values.ndim != 2 or values.shape[1] != 2 or not len(values) or values.dtype.kind not in "iuf":
        raise DataError(f"{source}: {what} is not a list of intervals, each with start and stop, such as [[0, 600]]")
    if not np.isfinite(values).all() or (values[:, 1] < values[:, 0]).any():
        raise DataError(f"{source}: {what} has an interval with NaN or that stops before it starts")
    return values.astype(np.float64)


def merged(intervals: np.ndarray) -> np.ndarray:
    """Return the union of intervals (n, 2) as intervals in order that neither overlap nor touch."""
    ordered = intervals[np.argsort(intervals[:, 0], kind="stable")]
    reach = np.maximum.accumulate(ordered[:, 1])
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:, 0] > reach[:-1]]))
    return np.column_stack([ordered[starts, 0], np.maximum.reduceat(reach, starts)])


def bins_inside(intervals: np.ndarray, first: float, n_bins: int, width: float, edge: float) -> np.ndarray:
    """Mark the bins that lie wholly inside the union of the intervals.

    Parameters
    ----------
    intervals
        (n, 2) start and stop in s.
    first
        Start of bin 0, in bin widths.
    n_bins, width
        Number and width (s) of the bins.
    edge
        Tolerance at the edges, in bin widths.
    """
    here = np.zeros(n_bins, dtype=bool)
    bounds = merged(intervals) / width - first
    starts = np.ceil(bounds[:, 0] - edge).clip(0, n_bins).astype(np.int64)
    stops = np.floor(bounds[:, 1] + edge).clip(0, n_bins).astype(np.int64)
    for start, stop in zip(starts, stops, strict=True):
        here[start:stop] = True
    return here


def bins_touched(intervals: np.ndarray, first: float, n_bins: int, width: float, edge: float) -> np.ndarray:
    """Mark the bins that an interval covers at least in part. Parameters as of :func:`bins_inside`."""
    here = np.zeros(n_bins, dtype=bool)
    bounds = merged(intervals) / width - first
    starts = np.floor(bounds[:, 0] + edge).clip(0, n_bins).astype(np.int64)
    stops = np.ceil(bounds[:, 1] - edge).clip(0, n_bins).astype(np.int64)
    for start, stop in zip(starts, stops, strict=True):
        here[start:stop] = True
    return here


def inside(times: np.ndarray, intervals: np.ndarray) -> np.ndarray:
    """Mark the times that lie in one of the intervals (their starts and stops included)."""
    bounds = merged(intervals)
    at = np.searchsorted(bounds[:, 0], times, side="right") - 1
    return np.asarray((at >= 0) & (times <= bounds[at, 1]))
