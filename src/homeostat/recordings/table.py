"""Spike times from a CSV file with the columns ``unit`` and ``time``."""

import numpy as np

from homeostat.errors import DataError, nearest
from homeostat.extras import need
from homeostat.recordings.times import SpikeTimes

COLUMNS = ("unit", "time")
_MOST_COLUMNS = 1_000
_LONGEST_LINE = 1 << 16  # bytes


def read_csv(path: str) -> SpikeTimes:
    """Read the trains; units in order of first appearance, times in the order of the rows.

    Raises
    ------
    DataError
        Not a CSV file, a missing column, or a cell without a unit or a number; the row is named.
    MissingExtraError
        pandas is not installed.
    """
    need("reading a CSV file", "figures", "pandas")
    import pandas as pd

    _check_width(path)
    try:
        header = pd.read_csv(path, nrows=0, skipinitialspace=True).columns
        known = [str(column) for column in header]
        for column in COLUMNS:
            if column not in known:
                raise DataError(
                    f"{path}: there is no column {column!r}{nearest(column, known)}; a spike-time CSV has "
                    f"the columns {' and '.join(COLUMNS)}, this one has: {', '.join(known[:10])}"
                )
        rows = pd.read_csv(path, usecols=list(COLUMNS), dtype=str, keep_default_na=False, skipinitialspace=True)
    except DataError:
        raise
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: the text is not in UTF-8 ({error}); save it as UTF-8") from error
    except (
        ValueError,
        OSError,
        OverflowError,
        MemoryError,
    ) as error:  # pandas' parser errors are ValueErrors
        raise DataError(f"{path}: not a CSV file ({error})") from error
    units = rows["unit"].str.strip().to_numpy(dtype=object)
    times = pd.to_numeric(rows["time"], errors="coerce").to_numpy(dtype=np.float64)
    # Row 1 is the header, so the first row of values is row 2, as a spreadsheet or editor shows it.
    if len(wrong := np.flatnonzero(~np.isfinite(times))):
        value = rows["time"].iloc[wrong[0]]
        raise DataError(f"{path}: row {wrong[0] + 2}: the time {value!r} is no number; remove the row or mend it")
    if len(nameless := np.flatnonzero(units == "")):
        raise DataError(f"{path}: row {nameless[0] + 2}: the unit is missing")
    codes, names = pd.factorize(units)
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(names)))
    return SpikeTimes(np.split(times[order], ends[:-1]) if len(names) else [], [str(unit) for unit in names])


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
