"""The functions of a claim's formula: each reduces or transforms curves; all pass NaN on."""

from collections.abc import Callable
from functools import partial

import numpy as np

from homeostat.claims.curves import Array, Curve, Curves
from homeostat.errors import DataError

# From the values along one axis to one number: over x (the default) or over conditions.
REDUCTIONS: dict[str, Callable[[Array], float]] = {
    "mean": lambda y: float(np.mean(y)),
    "median": lambda y: float(np.median(y)),
    "min": lambda y: float(np.min(y)),
    "max": lambda y: float(np.max(y)),
    "sd": lambda y: float(np.std(y, ddof=1)) if len(y) > 1 else _refuse("sd needs two values or more"),
    "first": lambda y: float(y[0]),
    "last": lambda y: float(y[-1]),
    "rise": lambda y: float(y[-1] - y[0]) if len(y) > 1 else _refuse("rise needs two values or more"),
}

# From x and y of one curve to one number.
SHAPES: dict[str, Callable[[Array, Array], float]] = {
    "argmin": lambda x, y: float(x[np.argmin(y)]),
    "argmax": lambda x, y: float(x[np.argmax(y)]),
    "slope": lambda x, y: _slope(x, y),
    "centre": lambda x, y: _centre(x, y),
    "width": lambda x, y: float(np.sqrt(_centre((x - _centre(x, y)) ** 2, y))),
}

# From each value to another.
ELEMENTWISE: dict[str, Callable[[Array], Array]] = {"abs": np.abs, "log": np.log}

AXES = ("x", "conditions")
PAIRS = ("correlation", "at", "when")
NAMES = (*REDUCTIONS, *SHAPES, *ELEMENTWISE, "x", "steps", *PAIRS)


def reduce(name: str, curves: Curves, axis: str = "x") -> Curves:
    """Return one value for each condition (``axis`` ``"x"``), or one curve for all conditions."""
    function = REDUCTIONS[name]
    if axis == "x":
        return Curves(tuple(row.reduced(_known(function, row.y)) for row in curves.rows))
    stacked, x = _stack(curves)
    values = np.array([_known(function, column) for column in stacked.T])
    return Curves((Curve(f"{name} over conditions", values, x),))


def shape(name: str, curves: Curves) -> Curves:
    """Return one number of each curve's shape: where it peaks, its slope over log2 x, its centre or width."""
    function = SHAPES[name]
    return Curves(tuple(row.reduced(_known(partial(function, _x(row)), row.y)) for row in curves.rows))


def steps(curves: Curves, axis: str = "x") -> Curves:
    """Return the change from each point to the next on ``axis``, named by where it arrives."""
    if min(len(row.y) for row in curves.rows) < 2 if axis == "x" else len(curves.rows) < 2:
        raise DataError("steps needs two points or more" if axis == "x" else "steps needs two conditions or more")
    if axis == "x":
        return Curves(tuple(Curve(row.name, np.diff(row.y), _x(row)[1:]) for row in curves.rows))
    stacked, x = _stack(curves)
    return Curves(
        tuple(Curve(row.name, change, x) for row, change in zip(curves.rows[1:], np.diff(stacked, axis=0), strict=True))
    )


def x_of(curves: Curves) -> Curves:
    """Return the x of each point as its value."""
    return Curves(tuple(Curve(row.name, _x(row), row.x) for row in curves.rows))


def correlation(left: Curves, right: Curves) -> Curves:
    """Return Pearson's r over the points of each pair of curves; NaN where one of them is constant."""
    if len(left.rows) != len(right.rows):
        raise DataError(f"correlation: {len(left.rows)} conditions meet {len(right.rows)}")
    found = []
    for a, b in zip(left.rows, right.rows, strict=True):
        if not a.same_x(b) or len(a.y) < 3:
            raise DataError("correlation needs two curves on the same x, of three points or more")
        constant = np.ptp(a.y) == 0 or np.ptp(b.y) == 0
        found.append(a.reduced(float("nan") if constant else float(np.corrcoef(a.y, b.y)[0, 1])))
    return Curves(tuple(found))


def at(curves: Curves, others: Curves) -> Curves:
    """Return the curves read where the others stand, linearly between their own points, NaN beyond them."""
    if len(curves.rows) not in (1, len(others.rows)):
        raise DataError(f"at: {len(curves.rows)} conditions meet {len(others.rows)}")
    found = []
    for place, other in enumerate(others.rows):
        row = curves.rows[place if len(curves.rows) > 1 else 0]
        if (np.diff(_x(row)) <= 0).any():
            raise DataError(f"{row.name!r} has two values at one x and cannot be read between")
        found.append(Curve(other.name, np.interp(_x(other), _x(row), row.y, left=np.nan, right=np.nan), other.x))
    return Curves(tuple(found))


def when(curves: Curves, levels: Curves) -> Curves:
    """Return the x at which each curve first reaches a level, linearly between its points.

    A curve that never does has its last x, so that it is never said to be earlier than one that does.
    """
    if len(levels.rows) not in (1, len(curves.rows)) or any(len(row.y) != 1 for row in levels.rows):
        raise DataError("when: give one level, or one for each condition; reduce it over x first")
    found = []
    for place, row in enumerate(curves.rows):
        x, level = _x(row), float(levels.rows[place if len(levels.rows) > 1 else 0].y[0])
        reached = np.flatnonzero(row.y >= level)
        if not (np.isfinite(row.y).all() and np.isfinite(level)):
            at = float("nan")
        elif not len(reached):
            at = float(x[-1])
        elif reached[0] == 0:
            at = float(x[0])
        else:
            last = reached[0] - 1
            at = float(np.interp(level, row.y[last : last + 2], x[last : last + 2]))
        found.append(row.reduced(at))
    return Curves(tuple(found))


def _known(function: Callable[[Array], float], y: Array) -> float:
    """Return ``function`` of values that are all known, else NaN."""
    return function(y) if np.isfinite(y).all() else float("nan")


def _stack(curves: Curves) -> tuple[Array, Array | None]:
    """Return the values as (n_conditions, n_points), and x where the curves share it."""
    first = curves.rows[0]
    if all(row.same_x(first) for row in curves.rows):
        return np.stack([row.y for row in curves.rows]), first.x
    if all(len(row.y) == 1 for row in curves.rows):
        return np.stack([row.y for row in curves.rows]), None
    raise DataError("the conditions have different x: reduce over x first, or read them at the same x (read_at)")


def _x(row: Curve) -> Array:
    if row.x is None:
        raise DataError(f"{row.name!r} is reduced already and stands at no x")
    return row.x


def _slope(x: Array, y: Array) -> float:
    if len(np.unique(x)) < 2 or np.any(x <= 0):
        raise DataError("slope needs two positive x or more")
    return float(np.polyfit(np.log2(x), y, 1)[0])


def _centre(x: Array, weights: Array) -> float:
    return float(np.average(x, weights=weights)) if weights.sum() else float("nan")


def _refuse(sentence: str) -> float:
    raise DataError(sentence)
