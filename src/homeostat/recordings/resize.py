"""Recordings with wider bins: how much a result depends on the width."""

import dataclasses
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from homeostat.errors import DataError
from homeostat.recordings.left_out import LeftOut
from homeostat.recordings.recording import Recording


def merge_bins(recording: Recording, factor: int) -> Recording:
    """Return the recording in bins that are ``factor`` times as wide.

    A neuron is active in a wide bin if it was active in one of its parts. No wide bin reaches across a border of the
    recording or from one repeat into the next; what is left over at the end of such a stretch is dropped.

    Parameters
    ----------
    recording
        Binary words.
    factor
        How many bins become one.

    Returns
    -------
    Recording
        With bins of ``factor * recording.bin_ms``. Borders and repeats are those of the same moments.

    Raises
    ------
    DataError
        A factor that is not a whole number of 1 or more, or too large for every stretch of the recording; repeats
        with borders at different places, which would differ in length.

    Examples
    --------
    >>> import numpy as np
    >>> words = Recording(np.array([[1, 0], [0, 0], [0, 1], [1, 1], [0, 0]], np.uint8), 20, ["a", "b"], "example")
    >>> merge_bins(words, 2).spikes.tolist()
    [[1, 0], [1, 1]]
    """
    if isinstance(factor, bool) or not isinstance(factor, int | np.integer) or factor < 1:
        raise DataError(f"{recording.name}: {factor!r} bins cannot become one; give a whole number of 1 or more")
    if factor == 1:
        return recording
    edges = {0, recording.n_bins, *recording.borders}
    if recording.repeats is not None:
        edges |= set(range(0, recording.n_bins, recording.n_bins // recording.repeats))
    stretches = [(start, (end - start) // factor) for start, end in pairwise(sorted(edges))]
    wide = [
        recording.spikes[start : start + count * factor].reshape(count, factor, recording.n_neurons).max(axis=1)
        for start, count in stretches
    ]
    spikes = np.concatenate(wide)
    if not len(spikes):
        raise DataError(f"{recording.name}: no stretch of the recording is as long as {factor} bins")
    begins = dict(zip((start for start, _ in stretches), np.cumsum([0, *map(len, wide)]).tolist(), strict=False))
    if recording.repeats is not None:
        _check_equal(recording, stretches)
    borders = sorted({begins[border] for border in recording.borders} - {0, len(spikes)})
    return dataclasses.replace(
        recording,
        spikes=spikes,
        bin_ms=factor * recording.bin_ms,
        borders=tuple(borders),
        left_out=(*recording.left_out, *_dropped(recording, len(spikes), factor)),
    )


def _check_equal(recording: Recording, stretches: Sequence[tuple[int, int]]) -> None:
    """Refuse repeats that are no longer of one length."""
    assert recording.repeats is not None
    length = recording.n_bins // recording.repeats
    found = np.zeros(recording.repeats, dtype=np.int64)
    for start, count in stretches:
        found[start // length] += count
    if len(set(found.tolist())) > 1:
        raise DataError(
            f"{recording.name}: with wider bins the {recording.repeats} repeats would differ in length, as time was "
            "left out at different places of them; choose another width, or read the recording without repeats"
        )


def _dropped(recording: Recording, n_wide: int, factor: int) -> tuple[LeftOut, ...]:
    """Say what the wide bins are, and count the bins that filled none."""
    text = f"Of each {factor} bins of {recording.bin_ms:g} ms one of {factor * recording.bin_ms:g} ms was made."
    made = LeftOut("bins", text, "note")
    lost = recording.n_bins - n_wide * factor
    if not lost:
        return (made,)
    text = f"{lost:,} of {recording.n_bins:,} bins at the ends of stretches were left out, as they fill no wide bin."
    return made, LeftOut("time", text, "note", count=lost, share=lost / recording.n_bins)
