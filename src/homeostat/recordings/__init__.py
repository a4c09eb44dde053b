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
from homeostat.recordings.resize import merge_bins
from homeostat.recordings.split import choose_group, split_samples, time_blocks
from homeostat.recordings.statistics import Statistics, pairwise_correlations, statistics

if TYPE_CHECKING:
    from homeostat.recordings.objects import as_recording, from_trains
    from homeostat.recordings.read import read_spikes
    from homeostat.recordings.windows import Words, words

__all__ = [
    "LeftOut",
    "Recording",
    "Statistics",
    "Words",
    "as_recording",
    "choose_group",
    "content_hash",
    "from_trains",
    "merge_bins",
    "pairwise_correlations",
    "read_spikes",
    "split_samples",
    "statistics",
    "time_blocks",
    "words",
]


_LATER = {
    "Words": "windows",
    "as_recording": "objects",
    "from_trains": "objects",
    "read_spikes": "read",
    "words": "windows",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        import importlib

        return getattr(importlib.import_module(f"homeostat.recordings.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
