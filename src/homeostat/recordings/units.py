"""The units of a file: distinct names, filters on the columns of its table, and marks of quality in it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from homeostat.errors import DataError, nearest
from homeostat.recordings.left_out import LeftOut
from homeostat.recordings.recording import chosen_units, not_chosen
from homeostat.recordings.times import SpikeTimes

# Columns by which sorters and archives say whether a unit is one, in lower case.
_MARKS = (
    "quality", "unit_quality", "cluster_quality", "sorting_quality", "quality_label", "is_good", "good", "isolated",
    "kslabel", "ks_label", "bc_unittype", "bc_label", "label", "group", "classification", "noise", "is_noise",
)  # fmt: skip
# Columns that tell the probes apart, in lower case.
_PROBES = ("probe", "probe_name", "probe_id", "electrode_group", "group_name", "device", "imec", "shank", "shank_id")
_COMPARE = {">=": np.greater_equal, "<=": np.less_equal, ">": np.greater, "<": np.less}
_SHOWN = 10


def choose_units(
    source: str,
    times: SpikeTimes,
    where: Mapping[str, Any],
    units: Sequence[str] | None,
    exclude: Sequence[str] | None,
) -> SpikeTimes:
    """Return the units that fit the filters and are named, or not excluded, under distinct names.

    Raises
    ------
    DataError
        There are no units, none is left, or a filter or name does not fit what is there.
    """
    if not times.units:
        raise DataError(f"{source}: there are no units")
    given = times.units
    times = distinct_names(times)
    for name in (*(units or ()), *(exclude or ())):
        if (name := str(name)) in given and name not in times.units:
            meant = [new for old, new in zip(given, times.units, strict=True) if old == name]
            raise DataError(f"{source}: {len(meant)} units are named {name!r}; say which: {_listed(meant)}")
    if where:
        times = filtered(source, times, where)
    kept = chosen_units(source, times.units, units, exclude)
    times = times.select(kept).noting(*not_chosen(len(kept), len(times.units)))
    return times.noting(*marks(times, where))


def distinct_names(times: SpikeTimes) -> SpikeTimes:
    """Give units whose names stand twice names of their own: by probe where the table tells, else by row from 0."""
    doubled = sorted({name for name, count in Counter(times.units).items() if count > 1})
    if not doubled:
        return times
    by, names = "row", [f"{name} (row {row})" for row, name in enumerate(times.units)]
    for column in _PROBES:
        found = next((key for key in times.columns if key.lower() == column), None)
        if found is None:
            continue
        named = [f"{probe} {name}" for probe, name in zip(map(_plain, times.columns[found]), times.units, strict=True)]
        if len(set(named)) == len(named):
            by, names = f"column {found!r}", named
            break
    text = (
        f"{len(doubled)} unit ids stand for more than one unit ({_listed(doubled)}); the units are named by {by}: "
        f"{_listed(names)}."
    )
    return times.renamed(names, LeftOut("units", text, "note", count=len(doubled)))


def filtered(source: str, times: SpikeTimes, where: Mapping[str, Any]) -> SpikeTimes:
    """Return the units whose row fits every filter.

    Parameters
    ----------
    source
        File, for messages.
    times
        Units with the columns of their table.
    where
        For each column the value, or the list of values, to keep. For a column of numbers also a bound, ``"< 0.5"``, or
        several: a number is kept that lies within all bounds and is one of the values, if there are any.

    Raises
    ------
    DataError
        An unknown column, a value that no unit has, or no unit that fits; what there is is named.
    """
    keep = np.ones(len(times.units), dtype=bool)
    for column, wanted in where.items():
        if column not in times.columns:
            known = ", ".join(times.columns) or "none that can be used"
            raise DataError(
                f"{source}: where: the units table has no column {column!r}{nearest(column, times.columns)}; its "
                f"columns: {known}"
            )
        keep &= _fits(source, column, times.columns[column], wanted)
    said = ", ".join(f"{column}: {wanted}" for column, wanted in where.items())
    if not keep.any():
        raise DataError(f"{source}: where: no unit has {said} all at once")
    kept = times.select([int(row) for row in np.flatnonzero(keep)])
    n_out = int((~keep).sum())
    if not n_out:
        return kept
    text = f"{n_out} of {len(keep)} units {'was' if n_out == 1 else 'were'} left out by the filter ({said})."
    return kept.noting(LeftOut("units", text, "note", count=n_out, share=n_out / len(keep)))


def marks(times: SpikeTimes, used: Mapping[str, Any]) -> tuple[LeftOut, ...]:
    """Name the columns that mark quality, differ among the units that are used, and were not used as a filter."""
    found = []
    for column, values in times.columns.items():
        counts = Counter(map(_plain, values))
        if column.lower() not in _MARKS or column in used or len(counts) < 2 or len(counts) > max(_SHOWN, 2):
            continue
        said = ", ".join(f"{count} {value}" for value, count in counts.most_common())
        text = f"The units are marked in the column {column!r} ({said}), and all of them were used."
        best = next((value for value in counts if value.lower() in ("good", "true", "1")), counts.most_common(1)[0][0])
        advice = f"To choose by it, give where: {{{column}: {best}}}."
        found.append(LeftOut("units", text, advice=advice, count=len(values) - counts[best]))
    return tuple(found)


def _fits(source: str, column: str, values: np.ndarray, wanted: Any) -> np.ndarray:
    """Mark the values that are among those wanted, and within the bounds."""
    given = list(wanted) if isinstance(wanted, Sequence) and not isinstance(wanted, str) else [wanted]
    bounds = [each for each in given if values.dtype.kind in "iuf" and _is_bound(each)]
    options = [each for each in given if each not in bounds]
    keep = np.full(len(values), bool(bounds) and not options)
    flags = {"true": "1", "false": "0"} if values.dtype.kind in "biuf" else {}  # flags are stored as either
    plain = np.array([_plain(value) for value in values], dtype=object)
    stored = np.array([flags.get(value, value) for value in plain], dtype=object)
    for option in options:
        here = stored == flags.get(_plain(option), _plain(option))
        if not here.any():
            known = list(dict.fromkeys(plain))
            raise DataError(
                f"{source}: where: no unit has {column}: {option!r}{nearest(str(option), known)}; values in that "
                f"column: {_listed(known)}"
            )
        keep |= here
    for bound in bounds:
        keep &= _within(source, column, values, bound)
    return keep


def _is_bound(value: object) -> bool:
    return isinstance(value, str) and value.lstrip()[:1] in ("<", ">")


def _within(source: str, column: str, values: np.ndarray, written: str) -> np.ndarray:
    text = written.strip()
    sign = text[:2] if text[:2] in _COMPARE else text[:1]
    try:
        bound = float(text.removeprefix(sign))
    except ValueError as error:
        raise DataError(
            f"{source}: where: {column}: {written!r} is not a bound; write for example '{sign} 0.5'"
        ) from error
    return np.asarray(_COMPARE[sign](values, bound))


def _plain(value: Any) -> str:
    """Return a value as it can be written in a configuration: ``1`` for 1.0, ``true`` for a flag."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, int | float | np.integer | np.floating):
        # Numbers such as 20230101093000 are told apart by all of their digits.
        return str(int(value)) if float(value).is_integer() else f"{float(value):.12g}"
    return str(value)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
