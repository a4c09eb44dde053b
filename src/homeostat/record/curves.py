"""The plotted means of a figure as a record keeps them, and digests of everything that it plots."""

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from homeostat.claims.intervals import quantile
from homeostat.comparison import Place, Point, curves

# Longer curves are thinned to so many points, the first and last among them; digests cover all.
MOST_POINTS = 25
_DIGITS = 12
_DECIMALS = 15  # all that a float has
# Measures whose x only numbers units. They are distributions: nothing connects unit 7 of one seed with that of another.
NUMBERED = r"(?:probability|mean output(?: when active)?|alpha), fc\d"
# Distributions, pictures, paths and densities are not curves over seeds: two numbers of each seed's values are kept,
# of z in a map over a grid of x and y, else of y.
SUMMARIES = {"mean": np.mean, "sd": np.std}


@dataclass(frozen=True)
class Curve:
    """One plotted curve: a condition's means of one measure along x.

    Attributes
    ----------
    figure, panel, measure, condition
        What it shows.
    of
        Empty for a curve. For a distribution, picture, path or density ``mean`` or ``sd``: that number of all values of
        a seed (z on a grid of x and y, else y) is the curve's only point.
    budget
        The budget of each point, as text, where the figure has budgets; else empty.
    x
        (n_points,); None where there is no x.
    n
        Number of seeds of each point.
    mean
        Mean over seeds, (n_points,).
    half
        Half-width of the 95 % t-interval of that mean; None for a single seed.
    moved
        How far at most a mean moved in the same run on another kind of processor; None where nobody measured it.
    decimals
        To how many decimals, at least, a record has the means.
    """

    figure: str
    panel: str
    measure: str
    condition: str
    of: str = ""
    budget: tuple[str, ...] = ()
    x: tuple[float | None, ...] = ()
    n: tuple[int, ...] = ()
    mean: tuple[float, ...] = ()
    half: tuple[float | None, ...] = field(default=())
    moved: float | None = None
    decimals: int = _DECIMALS

    @property
    def group(self) -> tuple[str, str]:
        """The panel and measure, whose curves have one tolerance."""
        return self.panel, self.measure

    @property
    def step(self) -> float:
        """The unit of the last decimal, with room for how it is written in binary."""
        return 10.0**-self.decimals * (1 + 1e-6)

    @property
    def name(self) -> tuple[str, str, str, str]:
        """What tells curves of one figure apart."""
        return self.panel, self.measure, self.condition, self.of

    @property
    def sd(self) -> tuple[float | None, ...]:
        """Standard deviation over seeds of each point; None for a single seed."""
        return tuple(
            None if half is None else half * math.sqrt(n) / quantile(n)
            for half, n in zip(self.half, self.n, strict=True)
        )

    def places(self) -> list[tuple[str, str]]:
        """Return what tells the points apart: budget and x, as text; where the budget is enough, x was measured."""
        if self.budget and len(set(self.budget)) == len(self.budget):
            return [(budget, "") for budget in self.budget]
        budgets = self.budget or [""] * len(self.x)
        return [(budget, _text(x)) for budget, x in zip(budgets, self.x, strict=True)]


def read_table(path: Any) -> pd.DataFrame:
    """Return a figure's source data as text, with x, y, z and budget as numbers."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    absent = {"panel", "measure", "condition", "seed", "x", "y"} - set(table)
    if absent:
        raise KeyError(f"the column {min(absent)!r} is missing")
    numbers = [name for name in ("x", "y", "z", "budget") if name in table]
    return table.assign(**{name: pd.to_numeric(table[name], errors="coerce") for name in numbers})


def curves_of(figure: str, table: pd.DataFrame, *, thin: bool = True) -> list[Curve]:
    """Return the curves of a figure, and two numbers for each distribution, picture, path or density.

    Parameters
    ----------
    figure
        Its name.
    table
        Its source data.
    thin
        Whether long curves lose points.
    """
    found: dict[tuple[str, str, str, str], list[tuple[Place, Point]]] = {}
    numbered = table["measure"].str.fullmatch(NUMBERED)
    for place, point in curves(table[~numbered]).items():
        found.setdefault((place.panel, place.measure, place.condition, ""), []).append((place, point))
    known = {name[:3] for name in found}
    for names, rows in table.groupby(["panel", "measure", "condition"], sort=False):
        panel, measure, condition = map(str, names)
        values = rows[np.isfinite(rows["y"])]
        if (panel, measure, condition) in known or not len(values):
            continue
        shown = "z" if _is_map(values) else "y"
        for of, summary in SUMMARIES.items():
            each = values.groupby("seed", sort=False)[shown].agg(lambda its, summary=summary: float(summary(its)))
            point = Point(math.nan, tuple(each.index), tuple(map(float, each)))
            found[panel, measure, condition, of] = [(Place(panel, measure, condition), point)]
    return [_curve(figure, name, points, thin) for name, points in found.items()]


def _is_map(rows: pd.DataFrame) -> bool:
    """Whether rows of each seed are values z on a grid of x and y."""
    if "z" not in rows or not np.isfinite(rows["z"]).all():
        return False
    sizes = rows.groupby("seed", sort=False).agg({"x": "nunique", "y": "nunique", "z": "size"})
    return bool(len(rows) > len(sizes) and (sizes["x"] * sizes["y"] == sizes["z"]).all())


def _curve(figure: str, name: tuple[str, str, str, str], points: Sequence[tuple[Place, Point]], thin: bool) -> Curve:
    if thin and len(points) > MOST_POINTS:
        chosen = np.unique(np.linspace(0, len(points) - 1, MOST_POINTS).round().astype(int))
        points = [points[place] for place in chosen]
    panel, measure, condition, of = name
    n = tuple(len(point.values) for _, point in points)
    spread = [float(np.std(point.values, ddof=1)) if len(point.values) > 1 else None for _, point in points]
    pairs = zip(spread, n, strict=True)
    half = [None if sd is None else _rounded(quantile(k) * sd / math.sqrt(k), 4) for sd, k in pairs]
    return Curve(
        figure,
        panel,
        measure,
        condition,
        of,
        tuple(place.budget for place, _ in points) if any(place.budget for place, _ in points) else (),
        tuple(None if math.isnan(point.x) else _rounded(point.x, 6) for _, point in points),
        n,
        tuple(_rounded(float(np.mean(point.values)), 9) for _, point in points),
        tuple(half),
    )


def digests(table: pd.DataFrame) -> dict[str, str]:
    """Return a hash of the numbers of each panel, whatever the order of their rows."""
    columns = [name for name in ("condition", "budget", "measure", "seed", "x", "y", "z") if name in table]
    found = {}
    for panel, rows in table.groupby("panel", sort=True):
        lines = sorted("\t".join(map(repr, row)) for row in rows[columns].itertuples(index=False))
        found[str(panel)] = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:_DIGITS]
    return found


def frame(curves: Iterable[Curve]) -> pd.DataFrame:
    """Return curves as a tidy table: one row for each point, with the ends of its interval."""
    return pd.DataFrame(_rows(curves))


def _rows(curves: Iterable[Curve]) -> Iterator[dict[str, Any]]:
    for curve in curves:
        names = {name: getattr(curve, name) for name in ("figure", "panel", "measure", "condition", "of")}
        budgets = curve.budget or [""] * len(curve.mean)
        for budget, x, n, mean, half in zip(budgets, curve.x, curve.n, curve.mean, curve.half, strict=True):
            ends = (math.nan, math.nan) if half is None else (mean - half, mean + half)
            yield {**names, "budget": budget, "x": x, "n": n, "mean": mean, "low": ends[0], "high": ends[1]}


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _text(x: float | None) -> str:
    return "" if x is None else f"{x:.6g}"
