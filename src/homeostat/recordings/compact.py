"""Matrices of large files in little memory: words as bytes, block by block, and sparse ones filled in."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from homeostat.memory import check_fits, zeros

_BLOCK = 16 << 20  # bytes read at a time


def compact(values: np.ndarray) -> np.ndarray:
    """Return an array as uint8 where that changes no value, else as it is.

    >>> compact(np.array([0.0, 1.0, 3.0]))
    array([0, 1, 3], dtype=uint8)
    >>> compact(np.array([0.5, 1.0]))
    array([0.5, 1. ])
    """
    if values.dtype == np.bool_:
        return values.view(np.uint8)
    if values.dtype == np.uint8 or values.dtype.kind not in "iuf":
        return values
    with np.errstate(invalid="ignore"):  # NaN and the infinite, which differ below
        small = values.astype(np.uint8)
    return small if np.array_equal(small, values) else values


def read_rows(
    where: str, shape: tuple[int, ...], dtype: np.dtype, rows: Callable[[int, int], np.ndarray]
) -> np.ndarray:
    """Return the whole of a matrix, read block by block, as uint8 if its values allow it.

    Parameters
    ----------
    where
        File and key, for messages.
    shape, dtype
        Shape and type of the stored matrix.
    rows
        Returns its rows from the first number up to the second.

    Raises
    ------
    DataError
        The values need more than a byte each, and do not fit in memory.
    """
    words = zeros(where, shape)
    for first, end in blocks(shape, dtype):
        part = compact(rows(first, end))
        if part.dtype != np.uint8:
            break
        words[first:end] = part
    else:
        return words
    del words
    check_fits(where, 3 * dtype.itemsize * math.prod(shape))
    whole = np.empty(shape, dtype)
    for first, end in blocks(shape, dtype):
        whole[first:end] = rows(first, end)
    return whole


def written(where: object, shape: tuple[int, int], rows: Callable[[int, int], np.ndarray]) -> np.ndarray:
    """Return words (n_bins, n_units) made block by block: in memory, or from 1 GiB on in a file without a name.

    Parameters
    ----------
    where
        For messages.
    shape
        Of the words.
    rows
        Returns the bins from the first number up to the second, 0 and 1 of any type.

    Raises
    ------
    DataError
        They fit neither in memory nor on the disk.
    """
    words = zeros(where, shape)
    for first, end in blocks(shape, words.dtype):
        words[first:end] = rows(first, end)
    return words


def take_units(where: object, words: np.ndarray, units: Sequence[int]) -> np.ndarray:
    """Return these columns of a matrix, written as by :func:`written` where its values are bytes. Raises as it does."""
    if words.dtype != np.uint8:
        return words[:, units]
    return written(where, (len(words), len(units)), lambda first, end: words[first:end, units])


def blocks(shape: tuple[int, ...], dtype: np.dtype) -> Iterator[tuple[int, int]]:
    """Yield the first row and the one after the last of each block, in their order."""
    step = max(1, _BLOCK // max(1, dtype.itemsize * math.prod(shape[1:])))
    for first in range(0, shape[0], step):
        yield first, min(first + step, shape[0])


def fill(shape: tuple[int, ...], rows: np.ndarray, starts: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Fill a sparse matrix: column ``c`` holds ``values[starts[c]:starts[c + 1]]``, in the same ``rows``.

    Raises
    ------
    ValueError, IndexError
        The numbers do not fit each other, as in a damaged file.
    """
    starts = starts.astype(np.int64)
    counts = starts[1:] - starts[:-1]
    if (counts < 0).any() or starts[0] != 0:
        raise ValueError("the starts of columns do not rise")
    if starts[-1] > min(len(rows), len(values)):
        raise ValueError(f"{len(rows):,} rows and {len(values):,} values for {starts[-1]:,} places in a sparse matrix")
    columns = np.repeat(np.arange(shape[1]), counts)
    return scatter(shape, rows[: len(columns)], columns, values[: len(columns)])


def scatter(shape: tuple[int, ...], rows: np.ndarray, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return a matrix of zeros but for the sums of the ``values`` at each of ``rows`` and ``columns``.

    Raises
    ------
    ValueError, IndexError
        The arrays differ in length, or a number lies outside the matrix.
    """
    if not len(rows) == len(columns) == len(values):
        raise ValueError(f"{len(rows)} rows, {len(columns)} columns and {len(values)} values of a sparse matrix")
    if len(rows) and (rows.min() < 0 or columns.min() < 0):
        raise ValueError("a negative row or column of a sparse matrix")
    places = rows.astype(np.int64) * shape[1] + columns.astype(np.int64)
    if len(rows) and (rows.max() >= shape[0] or columns.max() >= shape[1]):
        raise IndexError("a row or column outside of the sparse matrix")
    values = compact(values)
    unique, which = np.unique(places, return_inverse=True)
    if len(unique) < len(places):
        values, places = compact(np.bincount(which, weights=values)), unique
    dense = np.zeros(shape, values.dtype)
    dense.reshape(-1)[places] = values
    return dense
