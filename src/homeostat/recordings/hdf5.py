"""Reading HDF5 files that somebody else wrote, without following them out of the file."""

import contextlib
import importlib
import math
import os
import re
from collections.abc import Iterator

import h5py
import numpy as np

from homeostat.errors import DataError, nearest
from homeostat.memory import check_claim
from homeostat.recordings.compact import read_rows

_MAX_SOFT_LINKS = 16
_FILTER = re.compile(r"required filter|filter .* is not (registered|available)|HDF5_PLUGIN_PATH|lib/plugin")


@contextlib.contextmanager
def open_hdf5(path: str | os.PathLike[str]) -> Iterator[h5py.File]:
    """Open an HDF5 file to read; every complaint of the HDF5 library becomes a :class:`DataError`.

    The compression filters of the package hdf5plugin are used where it is installed.
    """
    with contextlib.suppress(ImportError):
        importlib.import_module("hdf5plugin")
    try:
        with h5py.File(path, "r", locking="best-effort") as file:
            yield file
    except (DataError, FileNotFoundError, PermissionError, MemoryError):
        raise
    except Exception as error:
        if _FILTER.search(str(error)):
            raise DataError(
                f"{path}: the values are compressed with a filter that this HDF5 library lacks ({error}); install it "
                "(pip install hdf5plugin), or rewrite the file without it (h5repack -f GZIP=4)"
            ) from error
        # h5py raises OSError, RuntimeError, KeyError, ValueError or TypeError, whatever the damage leads to.
        raise DataError(
            f"{path}: damaged, cut short, or not an HDF5 file ({error}); fetch or export it again"
        ) from error


def item(file: h5py.File, name: str) -> h5py.Group | h5py.Dataset | None:
    """Return the object at ``name`` (``a/b/c``), or None if there is none.

    Raises
    ------
    DataError
        The way there leads through a link to another file, or round in a circle.
    """
    return _follow(file, name, _MAX_SOFT_LINKS)


def read(dataset: h5py.Dataset) -> np.ndarray:
    """Read a whole dataset of numbers or references.

    Raises
    ------
    DataError
        It is kept in other files, claims more than the file can hold, or does not fit in memory.
    """
    where = _check_inside(dataset)
    check_claim(where, int(dataset.nbytes), dataset.id.get_storage_size(), copies=2)
    return np.asarray(dataset[()])


def read_matrix(dataset: h5py.Dataset) -> np.ndarray:
    """Read a 2-D dataset of numbers block by block, as uint8 where that changes no value. Raises as :func:`read`."""
    where = _check_inside(dataset)
    check_claim(where, dataset.size, dataset.id.get_storage_size(), copies=3)

    def rows(first: int, end: int) -> np.ndarray:
        return np.asarray(dataset[first:end])

    return read_rows(where, dataset.shape, dataset.dtype, rows)


def stored_bytes(file: h5py.File) -> int:
    """Return the size of a file that is open."""
    return int(file.id.get_filesize())


def _check_inside(dataset: h5py.Dataset) -> str:
    """Return file and name of a dataset, for messages; refuse values that lie elsewhere or in too large chunks."""
    where = f"{dataset.file.filename}, {dataset.name}"
    if dataset.is_virtual or dataset.external:
        raise DataError(f"{where}: the values are kept in other files; copy them into one file (h5repack)")
    if dataset.chunks:
        # However few rows are asked for, whole chunks are unpacked.
        check_claim(where, math.prod(dataset.chunks) * dataset.dtype.itemsize, dataset.id.get_storage_size())
    return where


def children(file: h5py.File, name: str = "/") -> list[str]:
    """Return the sorted names inside the group ``name``, for messages."""
    group = item(file, name)
    return sorted(group) if isinstance(group, h5py.Group) else []


def missing(file: h5py.File, path: str, name: str) -> DataError:
    """Return the error for an object that is not there, with what is."""
    group, _, last = name.strip("/").rpartition("/")
    known = children(file, group or "/")
    inside = f"{group!r} holds" if group else "the file holds"
    return DataError(
        f"{path}: there is no {name!r}{nearest(last, known)}; {inside}: {', '.join(known[:20]) or 'nothing'}"
    )


def _follow(file: h5py.File, name: str, links_left: int) -> h5py.Group | h5py.Dataset | None:
    here: h5py.Group | h5py.Dataset = file
    for part in name.strip("/").split("/"):
        if not part:
            continue
        link = here.get(part, getlink=True) if isinstance(here, h5py.Group) else None
        if link is None:
            return None
        if isinstance(link, h5py.ExternalLink):
            raise DataError(
                f"{file.filename}: {here.name.rstrip('/')}/{part} is a link to another file "
                f"({link.filename!r}), which is not followed; copy the data into one file (h5repack)"
            )
        if isinstance(link, h5py.SoftLink):
            if links_left == 0:
                raise DataError(f"{file.filename}: the links at {name!r} go round in a circle")
            target = link.path if link.path.startswith("/") else f"{here.name}/{link.path}"
            found = _follow(file, target, links_left - 1)
        else:
            found = here[part]
        if found is None:
            return None
        here = found
    return here
