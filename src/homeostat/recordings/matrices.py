"""Matrices of binned spikes: which way round they are, and how wide their bins."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from homeostat.errors import DataError, nearest
from homeostat.recordings.left_out import LeftOut

ORIENTATIONS = ("time_by_neurons", "neurons_by_time")
_SQUARE = 2.0  # below this ratio of the axes, nobody can tell which is time
_CLEAR = 20.0  # from this on, the longer axis is time beyond doubt
_DEFAULT_MS = 20.0
_POSSIBLE_S = (2e-4, 1.0)  # bin widths; 1 and 2 are rather bins of so many ms
_DIGITS = 6  # of bin widths, in ms


@dataclass(frozen=True)
class Matrix:
    """A matrix as it stands in a file.

    Attributes
    ----------
    values
        2-D; which axis is time is for :func:`orient` to find out.
    times
        When each bin was, (n_bins,), where the file says so; of pynapple in s.
    times_name
        The variable they come from.
    units
        Names of the units, where the file says so.
    left_out
        What was passed over.
    orientation
        One of :data:`ORIENTATIONS`, where the axes have names.
    """

    values: np.ndarray
    times: np.ndarray | None = None
    times_name: str = ""
    units: Sequence[str] | None = None
    left_out: tuple[LeftOut, ...] = ()
    orientation: str | None = None


def orient(source: str, found: Matrix, orientation: str | None) -> tuple[np.ndarray, tuple[LeftOut, ...]]:
    """Return the matrix as (n_bins, n_neurons), and what was assumed.

    As told; else as the names of the axes or the times beside it say; else with the longer axis as time.

    Raises
    ------
    DataError
        An unknown orientation, or axes of similar length without one.
    """
    values = found.values
    orientation = orientation or found.orientation
    if orientation is not None:
        if orientation not in ORIENTATIONS:
            raise DataError(
                f"{source}: unknown orientation {orientation!r}{nearest(orientation, ORIENTATIONS)}; allowed are "
                f"{', '.join(ORIENTATIONS)}"
            )
        return (values if orientation == "time_by_neurons" else values.T), ()
    n_rows, n_columns = values.shape
    if found.times is not None and n_rows != n_columns:
        return (values if len(found.times) == n_rows else values.T), ()
    ratio = max(n_rows, n_columns) / max(1, min(n_rows, n_columns))
    if ratio < _SQUARE and max(n_rows, n_columns) > 1:
        what = "a square matrix" if n_rows == n_columns else "a nearly square matrix"
        raise DataError(
            f"{source}: {what} ({n_rows:,} x {n_columns:,}); say which axis is time: orientation "
            f"{' or '.join(ORIENTATIONS)} (--orientation)"
        )
    turned = n_rows < n_columns
    if not turned and ratio >= _CLEAR:
        return values, ()
    note = LeftOut(
        "orientation",
        f"The longer axis of the matrix ({n_rows:,} x {n_columns:,}), its {'second' if turned else 'first'}, was taken "
        "as time.",
        "note" if ratio >= _CLEAR else "warning",
        "If it is the neurons, give orientation: " + ("time_by_neurons." if turned else "neurons_by_time."),
    )
    return (values.T if turned else values), (note,)


def bin_width(source: str, found: Matrix, n_bins: int, bin_ms: float | None) -> tuple[float, tuple[LeftOut, ...]]:
    """Return the width of the bins in ms, and what was assumed: as told, as the times in the file say, or 20 ms.

    Raises
    ------
    DataError
        The times contradict ``bin_ms``, or are not times of bins.
    """
    if found.times is None or len(found.times) != n_bins or n_bins < 2:
        if bin_ms is not None:
            return bin_ms, ()
        text = f"The file does not say how wide its bins are; {_DEFAULT_MS:g} ms is assumed."
        return _DEFAULT_MS, (LeftOut("bins", text, "note", "If they are not, give bin_ms."),)
    name = found.times_name
    step, uneven, digits = _step(found.times)
    numbered = bool(np.isclose(step, 1, rtol=0.01))  # bins counted, or in s or ms: the times do not tell
    if bin_ms is not None:
        # The times of others than pynapple may be in ms.
        if not numbered and not np.isclose(bin_ms, [1e3 * step, step], rtol=0.01).any():
            raise DataError(
                f"{source}: the times beside the matrix ({name!r}) are {step:g} apart, not {bin_ms:g} ms; leave "
                "bin_ms out, or name the width that the matrix was binned with"
            )
        width = bin_ms
    elif numbered or not np.isfinite(step) or not _POSSIBLE_S[0] <= step < _POSSIBLE_S[1]:
        why = "which may be s, ms or a count of bins" if numbered else "too far or near for seconds"
        raise DataError(
            f"{source}: the times beside the matrix ({name!r}) are {step:g} apart, {why}; say how wide the bins are "
            "(bin_ms, --bin-ms)"
        )
    else:
        width = round(1e3 * step, digits)
    notes = []
    if bin_ms is None:
        text = f"The bin width, {width:g} ms, is the distance of the times stored as {name!r}, read as seconds."
        notes.append(LeftOut("bins", text, "note"))
    if uneven:
        notes.append(
            LeftOut(
                "time",
                f"The times of the bins ({name!r}) have {uneven:,} gaps or uneven steps; bins on both sides of a "
                "gap are treated as neighbours.",
                "warning",
                count=uneven,
                share=uneven / n_bins,
            )
        )
    return width, tuple(notes)


def _step(times: np.ndarray) -> tuple[float, int, int]:
    """Return the step of the times, how many steps are others, and to which digit it is known in thousandths.

    Times of float32 are rounded: the steps between those of an hour differ by 1 % at 20 ms.
    """
    times = times.astype(np.float64)
    with np.errstate(over="ignore"):
        single = times.astype(np.float32)
    is_single = bool(np.isfinite(single).all()) and np.array_equal(single, times)
    rounding = 2 * float(np.spacing(np.abs(single).max())) if is_single else 0.0
    steps = np.diff(times)
    median = float(np.median(steps))
    even = np.abs(steps - median) <= max(0.01 * abs(median), min(rounding, abs(median)))
    if not rounding or not even.any():
        return median, int((~even).sum()), _DIGITS
    # Over many steps, the rounding cancels.
    digits = math.floor(-math.log10(1e3 * rounding / int(even.sum())))
    return float(steps[even].mean()), int((~even).sum()), min(max(digits, 0), _DIGITS)


def unit_names(found: Matrix, count: int) -> list[str]:
    """Return the names of the units in the file if there is one for each, else the numbers of the columns from 0."""
    known = list(found.units or ())
    return known if len(known) == count else [str(column) for column in range(count)]
