"""What users have in hand, as arrays and patterns of 0 and 1: recordings, data frames, masked and sparse arrays.

The names of neurons are theirs, too. pandas and scipy are not imported for it: what is not theirs is not asked.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.recordings.recording import Recording

Patterns = NDArray[np.uint8]

_SHOWN = 5


def as_array(values: Any) -> NDArray[Any]:
    """Return anything with rows of patterns as an array.

    Parameters
    ----------
    values
        A :class:`~homeostat.recordings.Recording` (its words), a data frame (also of nullable types), a masked array
        without a masked value, a sparse array or matrix of scipy's (filled in), or what NumPy takes.

    Raises
    ------
    DataError
        A masked or missing value, with its row and column, or a column of something else than numbers.
    """
    if isinstance(values, Recording):
        return values.spikes
    if isinstance(values, np.ma.MaskedArray):
        return _unmasked(values)
    if type(values).__module__.startswith("scipy.sparse"):
        return np.asarray(values.toarray())
    if hasattr(values, "columns") and hasattr(values, "dtypes") and hasattr(values, "isna"):
        return _of_frame(values)
    return np.asarray(values)


def check_patterns(patterns: NDArray[np.generic], n_neurons: int | None = None, *, at_least: int = 2) -> Patterns:
    """Return ``patterns`` as uint8 (n_patterns, n_neurons), or say why they cannot be patterns.

    Raises
    ------
    DataError
        Not two-dimensional, fewer than ``at_least`` patterns, no neurons, values other than 0 and 1 (NaN included), or
        another number of neurons than ``n_neurons``.
    """
    values = as_array(patterns)
    if values.ndim != 2:
        raise DataError(f"patterns must be a matrix (n_patterns, n_neurons), got {values.ndim} dimensions")
    if values.shape[1] < 1:
        raise DataError("patterns must have at least one neuron (column), got none")
    if values.shape[0] < at_least:
        raise DataError(f"at least {at_least} patterns (rows) are needed, got {values.shape[0]}")
    if n_neurons is not None and values.shape[1] != n_neurons:
        raise DataError(f"the model has {n_neurons} neurons, the patterns have {values.shape[1]}")
    if values.dtype.kind not in "buif":
        raise DataError(f"patterns must be numbers 0 or 1, got values of type {values.dtype}")
    if values.dtype == np.bool_:
        values = values.view(np.uint8)
    # The usual case at a glance: this is looked at for every fit of every model.
    if values.dtype == np.uint8 and values.max() <= 1:
        return np.ascontiguousarray(values)
    wrong = np.argwhere(~((values == 0) | (values == 1)))
    if wrong.size:
        row, column = wrong[0]
        raise DataError(
            f"patterns must hold 0 and 1 only; row {row}, neuron {column} holds {values[row, column]} "
            f"({len(wrong)} such values)"
        )
    return np.ascontiguousarray(values, dtype=np.uint8)


def names_of(values: Any) -> NDArray[np.object_] | None:
    """Return the names of columns, object (n_columns,), or None where there are none.

    A recording's are its units. A data frame's count where all are text, as in scikit-learn.
    """
    if isinstance(values, Recording):
        return np.array(values.units, dtype=object)
    columns = getattr(values, "columns", None)
    if columns is None or not hasattr(values, "dtypes"):
        return None
    names = list(columns)
    return np.array(names, dtype=object) if names and all(isinstance(name, str) for name in names) else None


def check_names(known: Sequence[str], values: Any) -> None:
    """Check that columns that have names are those that a model was fitted to, in the same order.

    Raises
    ------
    DataError
        With the names that are missing, new or in another place.
    """
    found = names_of(values)
    if found is None or list(found) == list(known):
        return
    names = list(found)
    missing, new = ([each for each in a if each not in set(b)] for a, b in ((known, names), (names, known)))
    if not missing and not new:
        raise DataError(
            f"the neurons (columns) are in another order than those that the model was fitted to: {_listed(names)} in "
            f"place of {_listed(known)}"
        )
    parts = [f"{what}: {_listed(each)}" for what, each in (("missing", missing), ("unknown", new)) if each]
    raise DataError(f"the neurons (columns) are not those that the model was fitted to; {'; '.join(parts)}")


def _unmasked(values: np.ma.MaskedArray[Any, Any]) -> NDArray[Any]:
    masked = np.argwhere(np.ma.getmaskarray(values))
    if len(masked):
        place = ", ".join(f"{axis} {at}" for axis, at in zip(("row", "column"), masked[0], strict=False))
        raise DataError(f"{len(masked):,} values are masked (the first: {place}); leave these rows or columns out")
    return np.asarray(values.data)


def _of_frame(frame: Any) -> NDArray[Any]:
    for name, dtype in zip(frame.columns, frame.dtypes, strict=True):
        if getattr(dtype, "kind", "O") not in "buif":
            raise DataError(f"the column {name!r} holds {dtype}, expected numbers; leave it out")
    missing = np.argwhere(np.asarray(frame.isna()))
    if len(missing):
        row, column = missing[0]
        first = f"row {row}, column {frame.columns[column]!r}"
        raise DataError(f"{len(missing):,} values are missing (the first: {first}); leave these rows or columns out")
    kinds = {dtype.kind for dtype in frame.dtypes}
    # Nullable types would become Python's objects.
    return np.asarray(frame.to_numpy(dtype=np.float64 if "f" in kinds else np.int64))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(str, names[:_SHOWN])) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
