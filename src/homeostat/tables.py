"""Tables of fits: tidy rows, whose common columns have one name and one type in all studies.

A row says one thing about one seed of one fit. Studies add columns of their own: wide, a column for each measure, or
long, with ``measure``, ``x`` and ``y``.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from homeostat.conditions import Condition, Grid
from homeostat.errors import DataError
from homeostat.files import atomic_path, load_npz, write_rows

COMMON: dict[str, type] = {
    "study": str,
    "fit": str,
    "seed": int,
    "n_steps": int,
    "diverged": bool,
    "doubt": str,
    "data": str,
    "scale": str,
    "device": str,
}
"""The common columns.

``fit`` is the name of the condition, which is part of the path of the fit. ``n_steps`` is how long it learned: gradient
steps, batches, iterations or epochs, as the family counts. ``doubt`` says why the fit is doubtful; empty where it is
not. ``data`` is the name of what it was fitted to, and ``scale`` that of the settings.
"""

C = TypeVar("C", bound=Condition)


class Fit(NamedTuple, Generic[C]):
    """A file of fits.

    Attributes
    ----------
    arrays, settings
        What it holds, and the record of how it was made.
    conditions : list of C
        The conditions of the file: one, except for grids.
    shared : dict
        Common columns of all its rows.
    """

    arrays: dict[str, NDArray[Any]]
    settings: dict[str, Any]
    conditions: list[C]
    shared: dict[str, Any]


def study_of(kind: type[Condition]) -> str:
    """Return the study that a kind of condition belongs to: the package of its programs."""
    return kind.__module__.partition(".")[0]


def read_fits(paths: Iterable[str | os.PathLike[str]], kind: type[C], scale: str) -> Iterator[Fit[C]]:
    """Yield the fits of a study whose conditions are of a ``kind``, for a table of a ``scale``.

    The common columns that they share are the study, the fit, the scale and the device; nothing speaks against them.
    """
    for path in paths:
        arrays, meta = load_npz(path)
        name = meta["settings"]["condition"]
        shared = {
            "study": study_of(kind),
            "fit": name,
            "diverged": False,
            "doubt": "",
            "scale": scale,
            "device": meta["device"],
        }
        yield Fit(arrays, meta["settings"], list(Grid.parse(kind, name)), shared)


def write_table(
    path: str | os.PathLike[str],
    rows: Any,
    own: Sequence[str],
    *,
    digits: int | None = None,
) -> None:
    """Write rows: the common columns, then those that a study has of its ``own``; all other columns are left out.

    Parameters
    ----------
    rows
        A data frame, or an iterable of dictionaries.
    digits
        Significant digits of the numbers of a data frame; default: all.

    Raises
    ------
    DataError
        A column is missing, or a common one has values of another type.
    """
    columns = [*COMMON, *own]
    as_frame = hasattr(rows, "to_csv")
    rows = rows if as_frame else list(rows)
    there = list(rows) if as_frame else list(set.intersection(*map(set, rows))) if rows else columns
    if missing := [name for name in columns if name not in there]:
        raise DataError(f"{path}: rows of a table of fits lack {', '.join(missing)}")
    for name, kind in COMMON.items():
        values = rows[name].unique() if as_frame else [row[name] for row in rows]
        if wrong := [value for value in values if not isinstance(value, _TYPES[kind])]:
            raise DataError(f"{path}: {name} must be {kind.__name__}, got {wrong[0]!r}")
    if not as_frame:
        write_rows(path, columns, ({name: row[name] for name in columns} for row in rows))
        return
    with atomic_path(path) as temporary:
        rows.to_csv(temporary, columns=columns, index=False, float_format=f"%.{digits}g" if digits else None)


_TYPES: dict[type, Any] = {str: str, int: int | np.integer, bool: bool | np.bool_}


def read_table(path: str | os.PathLike[str]) -> Any:
    """Return a table as a data frame, common columns with their types."""
    table = read_csv(path, text=[name for name, kind in COMMON.items() if kind is str])
    return table.astype({name: kind for name, kind in COMMON.items() if name in table})


def read_csv(path: str | os.PathLike[str], text: Sequence[str] = ("doubt",)) -> Any:
    """Return rows of CSV as a data frame: text as it stands, also where it is empty, "NA", "None" or "nan".

    Parameters
    ----------
    text
        Columns of text; so is any other column with a cell that is not a number. Numbers are NaN where nothing stands.
    """
    import pandas as pd

    table = pd.read_csv(path, low_memory=False, keep_default_na=False, na_values=["", "nan"])
    columns = [name for name in table if name in text or pd.api.types.is_string_dtype(table[name])]
    return table.assign(**pd.read_csv(path, dtype=str, keep_default_na=False, usecols=columns))
