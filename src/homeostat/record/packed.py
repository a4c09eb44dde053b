"""What ``means.json`` and ``claims.json`` hold: what rows have in common stands once, and no digit that nobody needs.

A comparison needs of a mean what is far below its tolerance; a reader needs three digits.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from homeostat.record.compare import ROUNDING, diverges, tolerances
from homeostat.record.curves import Curve

# Means are kept to this share of their tolerance.
SHARE = 1e-3
_DIGITS = 3
# What curves of one measure mostly share.
SHARED = ("x", "n", "budget")

Group = dict[str, Any]


def pack(curves: Sequence[Curve]) -> list[Group]:
    """Return the curves of a study's figures as groups for JSON, one for each measure of a panel."""
    diverging, figures = diverges(curves), groupby(curves, key=lambda curve: curve.figure)
    return [group for _, its in figures for group in _figure(list(its), diverging)]


def unpack(groups: Iterable[Mapping[str, Any]]) -> list[Curve]:
    """Return the curves that :func:`pack` was given, with as many digits as it kept."""
    return [curve for group in groups for curve in _curves(group)]


def _figure(curves: Sequence[Curve], diverging: bool) -> Iterator[Group]:
    allowed = tolerances(curves, diverging)
    groups: dict[tuple[str, str, str], list[Curve]] = {}
    for curve in curves:
        groups.setdefault((curve.panel, curve.measure, curve.of), []).append(curve)
    for (panel, measure, of), its in groups.items():
        reach = max(
            (abs(mean) for curve in curves if curve.group == (panel, measure) for mean in curve.mean), default=0
        )
        room = allowed[panel, measure].at(max(n for curve in its for n in curve.n))
        step = max(SHARE * room if math.isfinite(room) else 0.0, SHARE * ROUNDING * reach)
        # What a record rounded before does not get its digits back.
        decimals = min([-math.floor(math.log10(step)) if step else 0, *(curve.decimals for curve in its)])
        common = {name: _json(getattr(its[0], name)) for name in SHARED}
        yield {
            "figure": its[0].figure,
            "panel": panel,
            "measure": measure,
            **({"of": of} if of else {}),
            "decimals": decimals,
            **{name: value for name, value in common.items() if value != []},
            "curves": {curve.condition: _own(curve, decimals, common) for curve in its},
        }


def _own(curve: Curve, decimals: int, common: Mapping[str, Any]) -> list[Any]:
    """Return means, half-widths, how far they moved, and what the curve does not share, as far as there is any."""
    means = [round(mean, max(decimals, _places(mean))) for mean in curve.mean]
    halves = [None if half is None else round(half, _places(half)) for half in curve.half]
    more = {name: value for name in SHARED if (value := _json(getattr(curve, name))) != common[name]}
    own = [means, halves, curve.moved, more or None]
    while own[-1] is None:
        own.pop()
    return own


def _curves(group: Mapping[str, Any]) -> Iterator[Curve]:
    names = {name: group[name] for name in ("figure", "panel", "measure", "of", "decimals") if name in group}
    for condition, own in group["curves"].items():
        means, halves, moved, more = [*own, None, None][:4]
        points = {name: (more or {}).get(name, group.get(name, [])) for name in SHARED}
        if not isinstance(points["n"], list):
            points["n"] = [points["n"]] * len(means)
        values: dict[str, Any] = names | {name: tuple(each) for name, each in points.items()}
        yield Curve(condition=condition, mean=tuple(means), half=tuple(halves), moved=moved, **values)


def _json(values: Sequence[Any]) -> Any:
    """Return a list, or the one number of seeds that all points have."""
    alike = values and isinstance(values[0], int) and len(set(values)) == 1
    return values[0] if alike else list(values)


def _places(value: float) -> int:
    """Return the decimals that leave a number three digits."""
    return _DIGITS - 1 - math.floor(math.log10(abs(value))) if value else 0


# A claim and its readings mostly share these with the whole record.
OF_ALL = ("n_seeds", "scale", "data", "device")


def pack_claims(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of claims for JSON: first what most have in common, then each without it."""
    common = {name: Counter(row[name] for row in rows if name in row).most_common(1) for name in OF_ALL}
    shared = {name: found[0][0] for name, found in common.items() if found}
    return [shared, *({**_without(row, shared), **_packed_readings(row)} for row in rows)]


def unpack_claims(packed: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that :func:`pack_claims` was given."""
    shared, *rows = packed
    found = [_with(row, shared) for row in rows]
    for row in found:
        if "readings" in row:
            row["readings"] = [_with(each, row) for each in row["readings"]]
    return found


def _packed_readings(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"readings": [_without(each, row) for each in row["readings"]]} if "readings" in row else {}


def _without(row: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row without what it shares; null where it has none of what the others share."""
    own = {name: value for name, value in row.items() if name not in OF_ALL or value != shared.get(name)}
    return own | {name: None for name in OF_ALL if name in shared and name not in row}


def _with(row: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    whole = {name: shared[name] for name in OF_ALL if name in shared} | dict(row)
    return {name: value for name, value in whole.items() if value is not None}
