"""Spike recordings: read, check, binarize, split, describe.

>>> from homeostat.recordings import read_spikes
>>> recording = read_spikes("session.nwb", bin_ms=20)          # doctest: +SKIP
>>> recording.spikes.shape, recording.warnings                 # doctest: +SKIP
"""

from homeostat.recordings.read import read_spikes
from homeostat.recordings.recording import Recording, content_hash
from homeostat.recordings.split import choose_group, split_samples
from homeostat.recordings.statistics import Statistics, pairwise_correlations, statistics

__all__ = [
    "Recording",
    "Statistics",
    "choose_group",
    "content_hash",
    "pairwise_correlations",
    "read_spikes",
    "split_samples",
    "statistics",
]
