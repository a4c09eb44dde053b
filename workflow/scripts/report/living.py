"""The living figures: the numbers that a figure plots, as the page draws them when it is looked at."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from homeostat.comparison import Place, Point, curves
from homeostat.tables import read_csv
from homeostat.yaml_files import read_yaml
from report.colours import colours_of
from report.text import number

# From this ratio on, x runs over decades.
_DECADES = 30.0
# As many points of one condition at x = 0, 1, 2, … are units or projections one by one, which have no mean over seeds.
_FEWEST_SAMPLES = 20
# The seeds of longer curves are left out of the page.
_MOST_WITH_SEEDS = 60
# Conditions with more points than this, such as projections of large models, are shown by the picture alone.
_MOST_POINTS = 2000


@dataclass(frozen=True)
class Axes:
    """Names of measures and of x, by figure and panel."""

    measures: Mapping[str, str]
    x: Mapping[str, Mapping[str, str]]

    @classmethod
    def read(cls, path: Path, study: str) -> "Axes":
        """Read the names of one study; a study that is not in the file has none."""
        its = read_yaml(path).get(study, {})
        return cls(its.get("measures", {}), its.get("x", {}))


@dataclass(frozen=True)
class Chart:
    """One measure of a panel: the points of each condition, in the order of x.

    ``doubtful`` are the conditions with a fit that no claim rests on; ``colours`` those of the static figure.
    """

    panel: str
    measure: str
    y: str
    x: str
    points: Mapping[str, list[Point]]
    doubtful: frozenset[str]
    colours: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def along_x(self) -> bool:
        """Whether the points run along an axis; otherwise each condition is one number."""
        places = {point.x for its in self.points.values() for point in its}
        return len(places) > 1 and (bool(self.x) or any(len(its) > 1 for its in self.points.values()))

    def record(self) -> dict[str, Any]:
        """Return the chart as the page's script reads it: points are x, mean, low, high, number of seeds, values."""
        every = [point.x for its in self.points.values() for point in its]
        log = self.along_x and min(every) > 0 and max(every) / min(every) >= _DECADES
        found: dict[str, Any] = {"p": self.panel, "y": self.y, "x": self.x, "line": self.along_x, "log": log}
        found["c"] = {name: [_numbers(point, len(its)) for point in its] for name, its in self.points.items()}
        if self.colours:
            found["k"] = dict(self.colours)
        return found | ({"doubt": sorted(self.doubtful)} if self.doubtful else {})


def _numbers(point: Point, length: int) -> list[Any]:
    mean = point.interval
    ends = [None if math.isnan(end) else float(f"{end:.6g}") for end in (mean.low, mean.high)]
    values = [float(f"{value:.5g}") for value in point.values] if length <= _MOST_WITH_SEEDS else []
    return [float(f"{point.x:.6g}"), float(f"{mean.value:.6g}"), *ends, len(point.seeds), values]


def charts(table: Path, name: str, axes: Axes, study: str = "") -> list[Chart]:
    """Return the charts of a figure from its source data; none where the file cannot be read or holds no curve."""
    try:
        rows = read_csv(table)
        found = curves(rows.astype({"x": float, "y": float}))
        doubtful = _doubtful(rows)
    except (OSError, ValueError, KeyError):
        return []
    grouped: dict[tuple[str, str], dict[str, list[Point]]] = {}
    for place, point in found.items():
        grouped.setdefault((place.panel, place.measure), {}).setdefault(place.condition, []).append(point)
    result = []
    for (panel, measure), its in grouped.items():
        if any(map(_samples, its.values())) or max(map(len, its.values())) > _MOST_POINTS:
            continue
        points = {condition: sorted(of, key=lambda point: point.x) for condition, of in its.items()}
        y = axes.measures.get(measure, measure.replace("_", " "))
        x = axes.x.get(name, {}).get(panel, "")
        among = frozenset(c for c in points if Place(panel, measure, c) in doubtful)
        result.append(Chart(panel, measure, y, x, points, among, colours_of(study, points)))
    return sorted(result, key=lambda chart: chart.panel)


def _samples(points: Iterable[Point]) -> bool:
    places = sorted(point.x for point in points)
    return len(places) >= _FEWEST_SAMPLES and places == list(range(len(places)))


def _doubtful(rows: pd.DataFrame) -> set[Place]:
    if "doubt" not in rows:
        return set()
    marked = rows[rows["doubt"] != ""]
    return {Place(*map(str, each)) for each in marked[["panel", "measure", "condition"]].drop_duplicates().values}


def in_words(shown: Iterable[Chart], most: int = 700) -> str:
    """Return what the charts of a figure show, in numbers: the first measure of each panel.

    Each condition has its mean over seeds, or those at both ends of its curve.
    """
    firsts: dict[str, Chart] = {}
    for chart in shown:
        firsts.setdefault(chart.panel, chart)
    said = ""
    for chart in firsts.values():
        parts = []
        for condition, points in chart.points.items():
            first, last = (number(points[end].interval.value) for end in (0, -1))
            parts.append(f"{condition} {first}" + (f" to {last}" if len(points) > 1 else ""))
        sentence = f"Panel {chart.panel}, {chart.y}: {', '.join(parts[:6])}"
        sentence += f" and {len(parts) - 6} more." if len(parts) > 6 else "."
        if len(said) + len(sentence) > most:
            return f"{said} Further panels are in the CSV.".strip()
        said = f"{said} {sentence}".strip()
    return said
