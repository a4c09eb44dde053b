"""Two runs beside each other: settings that differ, numbers that differ beyond their intervals, changed verdicts."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from homeostat.claims.intervals import Interval, mean_interval

# More points of one seed under one condition are a picture, a path or a scatter plot, not a curve.
_MOST_ROWS = 4
_MOST_POINTS = 200
# Beyond, most telling first.
STATES = ("beyond", "within", "no interval", "only in A", "only in B", "same")


@dataclass(frozen=True)
class Place:
    """Where a point stands; ``budget`` and ``x`` as text, empty where there is none, or where x was measured."""

    panel: str
    measure: str
    condition: str
    budget: str = ""
    x: str = ""


@dataclass(frozen=True)
class Point:
    """One point of a curve: its x and, over seeds, its values; ``seeds`` and ``values`` have one order."""

    x: float
    seeds: tuple[str, ...]
    values: tuple[float, ...]

    @property
    def interval(self) -> Interval:
        """The mean over seeds with its 95 % interval; the ends are NaN where the seeds are too few to tell."""
        return mean_interval(np.array(self.values))


@dataclass(frozen=True)
class Pair:
    """The same point in two runs; None where a run has none."""

    place: Place
    a: Point | None
    b: Point | None

    @property
    def state(self) -> str:
        """One of ``STATES``: *beyond* where the two 95 % intervals do not overlap."""
        if self.a is None or self.b is None:
            return "only in B" if self.a is None else "only in A"
        if (self.a.seeds, self.a.values) == (self.b.seeds, self.b.values):
            return "same"
        gap = self.gap
        if math.isnan(gap):
            return "no interval"
        return "beyond" if gap > 1 else "within"

    @property
    def gap(self) -> float:
        """The distance of the two means in units of the sum of their half-widths: above 1, intervals do not overlap.

        NaN where there is no interval.
        """
        if self.a is None or self.b is None:
            return math.nan
        a, b = self.a.interval, self.b.interval
        distance, room = abs(a.value - b.value), (a.high - a.low + b.high - b.low) / 2
        if math.isnan(room):
            return math.nan
        return distance / room if room else math.inf * distance if distance else 0.0


def changed_settings(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return the keys whose values differ as (dotted path, value in a, value in b); None stands for a key that lacks.

    >>> changed_settings({"x": {"y": 1, "z": 2}}, {"x": {"y": 1, "z": 3}})
    [('x.z', 2, 3)]
    """
    return [(path, *values) for path, *values in _changed(a, b) if json.dumps(values[0]) != json.dumps(values[1])]


def _changed(a: Mapping[str, Any], b: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any, Any]]:
    for key in dict.fromkeys([*a, *b]):
        where = f"{path}.{key}" if path else str(key)
        one, other = a.get(key), b.get(key)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _changed(one, other, where)
        else:
            yield where, one, other


def curves(table: pd.DataFrame) -> dict[Place, Point]:
    """Return the points of the curves of a figure's source data, in their order.

    Parameters
    ----------
    table
        Source data: columns ``panel, condition, seed, x, y, measure``, and ``budget`` where there is one.

    Notes
    -----
    A curve is a condition's values of a measure at the same x in every seed; several rows of a seed at one x are
    averaged. Where x was measured too, a point is known by its budget, and x is the mean over seeds. Pictures, paths
    and scatter plots are not curves and are left out.
    """
    table = table.assign(
        panel=table["panel"].astype(str),
        measure=table["measure"].astype(str),
        condition=table["condition"].astype(str),
        seed=table["seed"].astype(str),
        budget=[_text(value) for value in table["budget"]] if "budget" in table else "",
    )
    found: dict[Place, Point] = {}
    for names, rows in table.groupby(["panel", "measure", "condition", "budget"], sort=False):
        found.update(_points(Place(*map(str, names)), rows))
    return found


def _points(place: Place, rows: pd.DataFrame) -> Iterator[tuple[Place, Point]]:
    # Plain dictionaries: a figure has hundreds of short curves, and each grouping by pandas costs a millisecond.
    rows = rows[np.isfinite(rows["y"].to_numpy(dtype=float))]
    values: dict[tuple[float | None, str], list[float]] = {}
    for x, seed, y in zip(rows["x"].tolist(), rows["seed"].tolist(), rows["y"].tolist(), strict=True):
        values.setdefault((None if pd.isna(x) else float(x), seed), []).append(float(y))
    seeds, known = {seed for _, seed in values}, {x for x, _ in values if x is not None}
    if not values or len(known) > _MOST_POINTS or max(map(len, values.values())) > _MOST_ROWS:
        return
    if len(seeds) == 1 or len(values) > len(known):
        found: dict[float | None, dict[str, float]] = {}
        for (x, seed), its in values.items():
            found.setdefault(x, {})[seed] = math.fsum(its) / len(its)
        for x, of_seed in found.items():
            at = math.nan if x is None else x
            point = Point(at, tuple(of_seed), tuple(of_seed.values()))
            yield Place(place.panel, place.measure, place.condition, place.budget, _text(at)), point
    elif len(rows) == len(seeds):
        y_of = {seed: its[0] for (_, seed), its in values.items()}
        yield place, Point(float(rows["x"].mean()), tuple(y_of), tuple(y_of.values()))


def _text(value: Any) -> str:
    return "" if pd.isna(value) else f"{value:.6g}"


def pairs(a: Mapping[Place, Point], b: Mapping[Place, Point]) -> list[Pair]:
    """Return the points of two figures side by side, in the order of the first."""
    return [Pair(place, a.get(place), b.get(place)) for place in dict.fromkeys([*a, *b])]


def counted(found: Iterable[Pair]) -> dict[str, int]:
    """Return how many pairs are in which state."""
    states = [pair.state for pair in found]
    return {state: states.count(state) for state in STATES}


def changed_verdicts(
    a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]]
) -> list[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]]:
    """Return the claims whose verdicts differ, as rows of both scorecards; None where a scorecard has no such claim."""
    first = {(row["study"], row["id"]): row for row in a}
    second = {(row["study"], row["id"]): row for row in b}
    both = [(first.get(claim), second.get(claim)) for claim in dict.fromkeys([*first, *second])]
    return [(one, other) for one, other in both if not one or not other or one["verdict"] != other["verdict"]]
