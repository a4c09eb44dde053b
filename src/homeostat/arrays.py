"""What users have in hand, as arrays: recordings, data frames, masked and sparse arrays; and the names of neurons.

pandas and scipy are not imported for it: what is not theirs is not asked.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.recordings.recording import Recording

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
