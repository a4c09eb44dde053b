"""What a file of spikes holds, in lines for the terminal: units, rates, columns to filter by, intervals."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from homeostat.recordings import Recording
from homeostat.recordings.matrices import Matrix
from homeostat.recordings.times import SpikeTimes

_VALUES, _LONGEST = 8, 100


def lines(found: SpikeTimes | Matrix | Recording, per_second: float = 1.0) -> Iterator[str]:
    """Yield the lines.

    Parameters
    ----------
    found
        As :func:`homeostat.recordings.read.load` returns it.
    per_second
        Units of the file's spike times in a second.
    """
    if isinstance(found, SpikeTimes):
        yield from _of_times(found, per_second)
    elif isinstance(found, Recording):
        yield f"a recording of homeostat's own: {found.n_bins:,} bins of {found.bin_ms:g} ms, {found.n_neurons} neurons"
    else:
        rows, columns = found.values.shape
        active = np.count_nonzero(found.values) / max(found.values.size, 1)
        yield f"a matrix of {rows:,} x {columns:,} values ({found.values.dtype}), {active:.2%} not 0"


def _of_times(times: SpikeTimes, per_second: float) -> Iterator[str]:
    counts = np.array([train.size for train in times.trains])
    filled = [train for train in times.trains if train.size and train.dtype.kind in "iuf"]
    yield f"{len(times.units):,} units with {counts.sum():,} spikes: {shortened(times.units)}"
    if filled:
        first, last = (float(edge(train)) / per_second for edge, train in _ends(filled))
        yield f"spikes from {first:,.3f} to {last:,.3f} s"
        rates = counts / max(last - first, 1e-9)
        low, middle, high = np.quantile(rates, [0, 0.5, 1])
        silent = f"; {int((counts == 0).sum())} without a spike" if (counts == 0).any() else ""
        yield f"rates {low:.3g} to {high:.3g} spikes/s, median {middle:.3g}{silent}"
    if times.observed is not None:
        spans = {each.tobytes(): each for each in times.observed}
        yield f"obs_intervals: {'the same' if len(spans) == 1 else f'{len(spans)} different ones'} for all units"
    if times.columns:
        yield "columns to filter by (where):"
        yield from (f"  {name}: {_column(values)}" for name, values in times.columns.items())
    if times.intervals:
        yield "intervals:"
        for name, table in times.intervals.items():
            known = table[np.isfinite(table).all(axis=1)] / per_second
            total = (known[:, 1] - known[:, 0]).sum()
            span = "none with start and stop"
            if len(known):
                span = f"{known.min():,.1f} to {known.max():,.1f} s, {total:,.1f} s in all"
            yield f"  {name}: {len(table):,}, {span}"


def _ends(trains: list[np.ndarray]) -> list[tuple[Any, np.ndarray]]:
    return [(np.min, np.array([np.min(t) for t in trains])), (np.max, np.array([np.max(t) for t in trains]))]


def _column(values: np.ndarray) -> str:
    """Return the values of a column with their counts, or of many numbers the range."""
    counts = Counter(values.tolist())
    if len(counts) > _VALUES and values.dtype.kind in "iuf":
        low, middle, high = np.nanquantile(values.astype(float), [0, 0.5, 1])
        return f"numbers from {low:.4g} to {high:.4g}, median {middle:.4g}"
    shown = [f"{value} ({count})" for value, count in counts.most_common(_VALUES)]
    return ", ".join(shown) + (f", … {len(counts) - _VALUES} more" if len(counts) > _VALUES else "")


def shortened(names: list[str]) -> str:
    """Return the names as long as they fit in a line."""
    said = ", ".join(names)
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST].rpartition(',')[0] or names[0][:_LONGEST]}, …"
