"""Spike times in the layout of the "indy" reaching recordings (MAT v7.3, Zenodo record 583331).

``spikes`` holds an object reference per slot and channel, each to the spike times (s) of one unit. Slot 0
of a channel is its hash: threshold crossings that were not sorted into a unit.
"""

import h5py
import numpy as np

from homeostat.errors import DataError
from homeostat.recordings import cells, hdf5
from homeostat.recordings.left_out import LeftOut
from homeostat.recordings.times import SpikeTimes

KEY = "spikes"
_NAMES = "chan_names"


def is_indy(file: h5py.File, key: str = KEY) -> bool:
    """Tell whether ``key`` is a table of object references, as in this layout: one row or column is cells of units."""
    found = hdf5.item(file, key)
    if not isinstance(found, h5py.Dataset) or found.ndim != 2 or h5py.check_ref_dtype(found.dtype) is None:
        return False
    return min(found.shape) > 1 or _NAMES in file


def read_indy(file: h5py.File, path: str, key: str = KEY, *, include_unsorted: bool = False) -> SpikeTimes:
    """Read every unit that has spikes, named ``<channel> u<slot>``.

    Raises
    ------
    DataError
        A reference leads nowhere, or no unit has spikes.
    """
    references = hdf5.read(hdf5.item(file, key))
    n_slots, n_channels = references.shape
    channels = _channel_names(file, n_channels)
    trains, names = [], []
    for channel in range(n_channels):
        for slot in range(0 if include_unsorted else 1, n_slots):
            train = _cell(file, path, key, references[slot, channel])
            if train.size:
                trains.append(train)
                names.append(f"{channels[channel]} u{slot}")
    if not trains:
        raise DataError(
            f"{path}, key {key!r}: no sorted unit has spikes in {n_channels} channels x {n_slots} slots; "
            "slot 0, the unsorted crossings, is read with include_unsorted=True (--include-unsorted)"
        )
    return SpikeTimes(trains, names, left_out=() if include_unsorted else _unsorted(file, references[0]))


def _unsorted(file: h5py.File, slot: np.ndarray) -> tuple[LeftOut, ...]:
    """Count what lies in slot 0, which is not read."""
    cells = [file[reference] for reference in slot if reference]
    sizes = [cell.size for cell in cells if not cell.attrs.get("MATLAB_empty", 0)]
    if not sizes:
        return ()
    text = f"{sum(sizes):,} crossings on {len(sizes)} of {len(slot)} channels, not sorted into units, were left out."
    return (LeftOut("spikes", text, "note", "include_unsorted reads them too.", count=sum(sizes)),)


def _cell(file: h5py.File, path: str, key: str, reference: h5py.Reference) -> np.ndarray:
    if not reference:
        raise DataError(f"{path}, key {key!r}: a cell refers to nothing; the file is damaged")
    return cells.values(file[reference])


def _channel_names(file: h5py.File, n_channels: int) -> list[str]:
    """Return the names MATLAB stored as references to UTF-16 strings, or numbers where they are missing."""
    numbered = [f"ch{channel + 1}" for channel in range(n_channels)]
    found = hdf5.item(file, _NAMES)
    if not isinstance(found, h5py.Dataset) or h5py.check_ref_dtype(found.dtype) is None:
        return numbered
    references = np.ravel(hdf5.read(found))
    names = ["".join(map(chr, np.ravel(hdf5.read(file[reference])))) for reference in references if reference]
    return names if len(set(names)) == n_channels else numbered
