"""Spike times in the layout of the "indy" reaching recordings (MAT v7.3, Zenodo record 583331).

``spikes`` holds an object reference per slot and channel, each to the spike times (s) of one unit. Slot 0
of a channel is its hash: threshold crossings that were not sorted into a unit.
"""

from typing import TypeGuard

import h5py
import numpy as np

from homeostat.errors import DataError
from homeostat.recordings import cells, hdf5
from homeostat.recordings.left_out import LeftOut
from homeostat.recordings.times import SpikeTimes

KEY = "spikes"
_NAMES = "chan_names"


def is_indy(file: h5py.File, key: str = KEY) -> bool:
    """Tell whether ``key`` is a table of cells of this layout, with a name for each of its columns.

    Without the names it may be anything, such as spikes by trial and neuron, and no column is known to be unsorted.
    """
    table, names = hdf5.item(file, key), hdf5.item(file, _NAMES)
    if not (_is_cell(table) and _is_cell(names)):
        return False
    return table.ndim == 2 and names.size == table.shape[1]


def read_indy(file: h5py.File, path: str, key: str = KEY, *, include_unsorted: bool = False) -> SpikeTimes:
    """Read every unit that has spikes, named ``<channel> u<slot>``.

    Raises
    ------
    DataError
        A reference leads nowhere, or no unit has spikes.
    """
    references = hdf5.read(hdf5.item(file, key))
    n_slots, n_channels = references.shape
    channels = _texts(file, hdf5.item(file, _NAMES))
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


def _is_cell(found: h5py.Group | h5py.Dataset | None) -> TypeGuard[h5py.Dataset]:
    return isinstance(found, h5py.Dataset) and h5py.check_ref_dtype(found.dtype) is not None


def _texts(file: h5py.File, cell: h5py.Dataset) -> list[str]:
    """Return the texts of a cell, which MATLAB stores as references to UTF-16."""
    references = np.ravel(hdf5.read(cell))
    return ["".join(map(chr, np.ravel(hdf5.read(file[each])))) if each else "" for each in references]
