"""Spike times from a CSV file with the columns ``unit`` and ``time``."""

import re

import numpy as np

from homeostat.errors import DataError, nearest
from homeostat.extras import need
from homeostat.recordings.left_out import LeftOut
from homeostat.recordings.times import SpikeTimes

COLUMNS = ("unit", "time")
_MOST_COLUMNS = 1_000
_LONGEST_LINE = 1 << 16  # bytes
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_TOO_MANY = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")
_WHOLE = re.compile(r"(\d+)\.0+")


def read_csv(path: str) -> SpikeTimes:
    """Read the trains; units in order of first appearance, times in the order of the rows.

    Names of units that became numbers with a decimal point on the way (``3.0``) are read as whole numbers.

    Raises
    ------
    DataError
        Not a CSV file, another separator than a comma, a missing column, a row with more fields than the heading, or a
        cell without a unit or a number; the row is named.
    MissingExtraError
        pandas is not installed.
    """
    need("reading a CSV file", "figures", "pandas")
    import pandas as pd

    _check_width(path)
    try:
        known = [str(name).strip() for name in pd.read_csv(path, header=None, nrows=1, dtype=str).fillna("").iloc[0]]
        places = [_place(path, known, column) for column in COLUMNS]
        # Without a header for pandas, which would take the fields that a row has too many for an index.
        rows = pd.read_csv(path, header=None, dtype=str, keep_default_na=False, skipinitialspace=True).fillna("")
    except DataError:
        raise
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: the text is not in UTF-8 ({error}); save it as UTF-8") from error
    except (ValueError, OSError, OverflowError, MemoryError) as error:  # pandas' parser errors are ValueErrors
        if found := _TOO_MANY.search(str(error)):
            raise DataError(
                f"{path}: row {found[2]} has {found[3]} fields under {found[1]} headings; if the decimals are written "
                "with commas, export them with points, and put fields that hold a comma in quotes"
            ) from error
        raise DataError(f"{path}: not a CSV file ({error})") from error
    units, written = (rows[place].iloc[1:].str.strip() for place in places)
    times = pd.to_numeric(written, errors="coerce").to_numpy(dtype=np.float64)
    # Row 1 is the header, so the first row of values is row 2, as a spreadsheet or editor shows it.
    if len(wrong := np.flatnonzero(~np.isfinite(times))):
        value = written.iloc[wrong[0]]
        fix = "write decimals with a point" if "," in value else "remove the row or mend it"
        raise DataError(f"{path}: row {wrong[0] + 2}: the time {value!r} is not a number; {fix}")
    if len(nameless := np.flatnonzero(units == "")):
        raise DataError(f"{path}: row {nameless[0] + 2}: the unit is missing")
    codes, found_names = pd.factorize(units.to_numpy(dtype=object))
    names, left_out = _whole_names([str(unit) for unit in found_names])
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(names)))
    trains = np.split(times[order], ends[:-1]) if names else []
    return SpikeTimes(trains, names, left_out=left_out)


def _check_width(path: str) -> None:
    """Refuse a file that is a matrix, not a table: pandas takes a minute and gigabytes for a million columns."""
    with open(path, "rb") as stream:
        header = stream.readline(_LONGEST_LINE)
    count = header.count(b",") + 1
    if count > _MOST_COLUMNS or len(header) >= _LONGEST_LINE:
        raise DataError(
            f"{path}: the first row has {count:,} columns{' or more' if len(header) >= _LONGEST_LINE else ''}; a "
            f"spike-time CSV has the columns {' and '.join(COLUMNS)}. Save a matrix of bins as NPY, NPZ or MAT"
        )


def _place(path: str, known: list[str], column: str) -> int:
    """Return the position of a column."""
    if known.count(column) == 1:
        return known.index(column)
    if column in known:
        raise DataError(f"{path}: {known.count(column)} columns are named {column!r}; rename all but one")
    separator = next((sign for sign in _SEPARATORS if len(known) == 1 and sign in known[0]), None)
    if separator is not None:
        raise DataError(
            f"{path}: the columns are separated by {_SEPARATORS[separator]}; export the file with commas between the "
            "columns and points in the decimals"
        )
    raise DataError(
        f"{path}: there is no column {column!r}{nearest(column, known)}; a spike-time CSV has "
        f"the columns {' and '.join(COLUMNS)}, this one has: {', '.join(known[:10])}"
    )


def _whole_names(names: list[str]) -> tuple[list[str], tuple[LeftOut, ...]]:
    """Return ``3`` for ``3.0`` where all names are like that, as a column of integers with a gap is exported."""
    found = [_WHOLE.fullmatch(name) for name in names]
    whole = [match[1] for match in found if match]
    if not names or len(whole) != len(names) or len(set(whole)) != len(names):
        return names, ()
    text = f"The units are named {names[0]}, … in the file, and {whole[0]}, … here."
    return whole, (LeftOut("units", text, "note"),)
