"""Words of several bins: the patterns of successive bins, side by side."""

import dataclasses
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from homeostat.arrays import check_patterns, names_of
from homeostat.errors import DataError
from homeostat.recordings.recording import Recording
from homeostat.sklearn_api import Transformer


def words(recording: Recording, window: int, *, step: int | None = None) -> Recording:
    """Return the words of ``window`` successive bins, as patterns of ``window`` times as many neurons.

    A model of these patterns knows what the neurons do after one another as well as together. No word crosses a border
    or the end of a repeat; bins that are left over there belong to no word.

    Parameters
    ----------
    recording
        Binary words of single bins.
    window
        Bins of a word.
    step
        Bins from the start of a word to that of the next; ``window`` when None, so that words share no bin. Shorter
        steps give more words, of which neighbours resemble each other: split them by blocks of time.

    Returns
    -------
    Recording
        Neuron ``u`` is named ``u+0`` in the first bin of a word, ``u+1`` in the second. ``bin_ms`` stays the width of a
        bin. A border stands where words do not follow each other at equal steps.

    Raises
    ------
    DataError
        ``window`` or ``step`` below 1, or no stretch of the recording is as long as a word.

    Examples
    --------
    >>> spikes = np.array([[1, 0], [0, 0], [0, 1], [1, 1], [1, 0]], dtype=np.uint8)
    >>> of_two = words(Recording(spikes, 20.0, ["a", "b"], "example"), 2)
    >>> of_two.units, of_two.spikes.tolist()
    (['a+0', 'b+0', 'a+1', 'b+1'], [[1, 0, 0, 0], [0, 1, 1, 1]])
    """
    if not isinstance(recording, Recording):
        raise DataError(f"words are made of a Recording, got {type(recording).__name__}; as_recording makes one of it")
    step = window if step is None else step
    for label, value in (("window", window), ("step", step)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise DataError(f"{label} is {value!r}, expected a whole number of 1 or more bins")
    repeats = recording.repeats or 1
    length = recording.n_bins // repeats
    edges = sorted({*recording.borders, *range(0, recording.n_bins + 1, max(length, 1))})
    stretches = [np.arange(first, last - window + 1, step) for first, last in pairwise(edges)]
    starts = np.concatenate(stretches) if stretches else np.zeros(0, int)
    if not len(starts):
        raise DataError(f"{recording.name}: no stretch of the recording has the {window} bins of a word")
    borders = np.cumsum([len(each) for each in stretches])[:-1]
    bins = starts[:, None] + np.arange(window)
    return dataclasses.replace(
        recording,
        spikes=recording.spikes[bins].reshape(len(starts), window * recording.n_neurons),
        units=[f"{unit}+{lag}" for lag in range(window) for unit in recording.units],
        repeats=recording.repeats if np.ptp(np.bincount(starts // length, minlength=repeats)) == 0 else None,
        borders=tuple(sorted({int(each) for each in borders if 0 < each < len(starts)})),
    )


@dataclass(kw_only=True, eq=False, repr=False)
class Words(Transformer):
    """The step of a scikit-learn pipeline that makes words of several bins, as :func:`words` does.

    Parameters
    ----------
    window : int
        Bins of a word.
    step : int, optional
        Bins from the start of a word to that of the next; ``window`` when None.

    Examples
    --------
    >>> Words(window=2).transform(np.array([[1, 0], [0, 0], [0, 1], [1, 1]])).spikes.tolist()
    [[1, 0, 0, 0], [0, 1, 1, 1]]
    """

    window: int = field(default=2, kw_only=False)
    step: int | None = None

    def transform(self, X: Any) -> Recording:
        """Return the words of a recording; an array is taken as one stretch of time, without borders."""
        if not isinstance(X, Recording):
            patterns, names = check_patterns(X, at_least=1), names_of(X)
            units = [str(unit) for unit in (range(patterns.shape[1]) if names is None else names)]
            X = Recording(patterns, 1.0, units, "patterns")
        return words(X, self.window, step=self.step)
