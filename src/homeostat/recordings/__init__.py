"""Spike recordings: read, check, binarize, split, describe.

>>> from homeostat.recordings import read_spikes
>>> recording = read_spikes("session.nwb", bin_ms=20)          # doctest: +SKIP
>>> recording.spikes.shape, recording.left_out                 # doctest: +SKIP

The readers are imported when first asked for: most programs read a recording that is checked already, and need
neither pandas nor h5py for it.
"""

from typing import TYPE_CHECKING, Any

from homeostat.recordings.left_out import LeftOut
from homeostat.recordings.recording import Recording, content_hash
from homeostat.recordings.split import choose_group, split_samples
from homeostat.recordings.statistics import Statistics, pairwise_correlations, statistics

if TYPE_CHECKING:
    from homeostat.recordings.read import read_spikes

__all__ = [
    "LeftOut",
    "Recording",
    "Statistics",
    "choose_group",
    "content_hash",
    "pairwise_correlations",
    "read_spikes",
    "split_samples",
    "statistics",
]


def __getattr__(name: str) -> Any:
    if name == "read_spikes":
        from homeostat.recordings.read import read_spikes

        return read_spikes
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
