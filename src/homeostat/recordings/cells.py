"""Cells of spike times in MAT files: one row or column of cells, each with the times (s) of one unit."""

from collections.abc import Sequence

import h5py
import numpy as np

from homeostat.errors import DataError
from homeostat.memory import check_claim
from homeostat.recordings import hdf5, matfile
from homeostat.recordings.times import SpikeTimes

TABLE = "a table of cells"
_OTHER = "cells of other things than spike times"
# Where CellExplorer and others keep the units' numbers, beside the cell of times.
_IDS = "UID"
# In a struct, the cell that holds the spike times.
TIMES = "times"


def kind(shape: Sequence[int], are_vectors: bool) -> str:
    """Return the kind of entry that cells are: ``"trains"`` where they can be spike times."""
    if len(shape) != 2 or min(shape) != 1:
        return TABLE
    return "trains" if are_vectors else _OTHER


# ------------------------------------------------------------------------------------------------ version 5 to 7


def kind5(cell: matfile.Variable, where: str) -> str:
    """Return the kind of entry that a cell array of version 5 to 7 is."""
    return kind(cell.shape, all(_may_be_times(each) for each in matfile.cells(cell, where=where)))


def read5(cell: matfile.Variable, where: str, ids: np.ndarray | None = None) -> SpikeTimes:
    """Read the spike times of a cell array of version 5 to 7.

    Raises
    ------
    DataError
        A cell holds something else.
    """
    trains = []
    for number, each in enumerate(matfile.cells(cell, where=where)):
        if not _may_be_times(each):
            raise _no_times(where, number, f"{each.kind} of shape {each.shape}")
        values = matfile.read_variable(each, where=where) if len(each.payload) else np.zeros(0)
        trains.append(np.ravel(values).astype(np.float64))
    return SpikeTimes(trains, _names(len(trains), ids))


def _may_be_times(cell: matfile.Variable) -> bool:
    return cell.numeric and len(cell.shape) == 2 and min(cell.shape) <= 1


# --------------------------------------------------------------------------------------------------- version 7.3


def kind73(file: h5py.File, dataset: h5py.Dataset) -> str:
    """Return the kind of entry that a dataset of references of version 7.3 is."""
    is_row = dataset.ndim == 2 and min(dataset.shape) == 1
    return kind(dataset.shape, is_row and all(_is_vector(file, each) for each in np.ravel(hdf5.read(dataset))))


def read73(file: h5py.File, dataset: h5py.Dataset, where: str) -> SpikeTimes:
    """Read the spike times of a cell array of version 7.3.

    Raises
    ------
    DataError
        A cell holds something else, refers to nothing, or all of them claim more than the file can hold.
    """
    references = np.ravel(hdf5.read(dataset))
    found = []
    for number, reference in enumerate(references):
        if not reference:
            raise DataError(f"{where}: cell {number} refers to nothing; the file is damaged")
        if not _is_vector(file, reference):
            raise _no_times(where, number, str(file[reference]))
        found.append(file[reference])
    # Thousands of cells may refer to the same values.
    check_claim(where, sum(each.nbytes for each in found), hdf5.stored_bytes(file))
    ids = hdf5.item(file, f"{str(dataset.name).rpartition('/')[0]}/{_IDS}")
    numbers = hdf5.read(ids) if isinstance(ids, h5py.Dataset) and ids.dtype.kind in "iuf" else None
    return SpikeTimes([values(each) for each in found], _names(len(found), numbers))


def values(cell: h5py.Dataset) -> np.ndarray:
    """Return the numbers in a cell of version 7.3, in one row."""
    held = np.ravel(hdf5.read(cell))
    # MATLAB writes an empty cell as its dimensions, uint64, not as an empty dataset, and marks it. Whatever copied it
    # may have lost the marks.
    is_unmarked = "MATLAB_class" not in cell.attrs and held.dtype == np.uint64 and held.size == 2 and not held.all()
    is_empty = bool(cell.attrs.get("MATLAB_empty", 0)) or is_unmarked
    return held[:0].astype(np.float64) if is_empty else held


def _is_vector(file: h5py.File, reference: h5py.Reference) -> bool:
    cell = file[reference] if reference else None
    if not isinstance(cell, h5py.Dataset) or cell.dtype.kind not in "iuf":
        return False
    if cell.attrs.get("MATLAB_class", b"") == b"char":
        return False
    return cell.ndim == 1 or (cell.ndim == 2 and min(cell.shape) <= 1)


# ---------------------------------------------------------------------------------------------------------- both


def _names(count: int, ids: np.ndarray | None) -> list[str]:
    """Return the units' numbers in the file if there is one for each, else numbers from 0."""
    known = [] if ids is None else [f"{number:g}" for number in np.ravel(ids)]
    return known if len(known) == count and len(set(known)) == count else [str(number) for number in range(count)]


def _no_times(where: str, number: int, found: str) -> DataError:
    return DataError(
        f"{where}: cell {number} (from 0) holds {found}, expected a row or column of spike times; each cell is one unit"
    )
