"""What a term of a claim is for one seed: for each condition a curve of points, with labelled arithmetic."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """The points of one condition.

    Attributes
    ----------
    name
        The condition.
    y
        The values, (n_points,), in order of x; NaN where a fit has no number.
    x
        Where they stand, (n_points,); None once x is reduced, and then there is one value.
    """

    name: str
    y: Array
    x: Array | None = None

    def reduced(self, value: float) -> "Curve":
        """Return a curve of one value that stands at no x."""
        return Curve(self.name, np.array([value], dtype=np.float64))

    def same_x(self, other: "Curve") -> bool:
        """Whether both have the same points on x."""
        if self.x is None or other.x is None:
            return self.x is other.x
        shape = self.x.shape == other.x.shape
        return shape and bool(np.allclose(self.x, other.x, rtol=1e-9, atol=0, equal_nan=True))


@dataclass(frozen=True)
class Curves:
    """One curve for each condition, in the order of the claim or of the table; never empty."""

    rows: tuple[Curve, ...]

    def map(self, function: Callable[[Array], Array]) -> "Curves":
        """Return the curves with ``function`` applied to the values of each."""
        return Curves(tuple(Curve(row.name, function(row.y), row.x) for row in self.rows))

    def cases(self) -> Iterator[tuple[str, str, float]]:
        """Yield each value that is left, with the condition and the x (as text) that it stands for.

        A name is empty where there is nothing to tell apart.
        """
        for row in self.rows:
            name = row.name if len(self.rows) > 1 else ""
            for place, value in zip([None] if row.x is None else row.x, row.y, strict=True):
                yield name, "" if place is None or len(row.y) == 1 else f"{place:g}", float(value)


def combine(operation: Callable[[Array, Array], Array], left: Curves, right: Curves) -> Curves:
    """Return ``operation`` of two terms, matched by condition (in order) and by x.

    A side with one condition meets every condition of the other; a side that is reduced over x meets every x.

    Raises
    ------
    DataError
        The sides have different numbers of conditions, or curves on different x.
    """
    first, second = left.rows, right.rows
    if len(first) != len(second) and 1 not in (len(first), len(second)):
        raise DataError(f"{len(first)} conditions meet {len(second)}: give as many, or one")
    count = max(len(first), len(second))
    pairs = zip(first * (count // len(first)), second * (count // len(second)), strict=True)
    return Curves(tuple(_join(operation, a, b, a.name if len(first) == count else b.name) for a, b in pairs))


def _join(operation: Callable[[Array, Array], Array], left: Curve, right: Curve, name: str) -> Curve:
    if left.x is not None and right.x is not None and not left.same_x(right):
        raise DataError(
            f"{left.name!r} has {points(left.x)} and {right.name!r} has {points(right.x)}: "
            "select common ones, or read both at the same x (read_at)"
        )
    return Curve(name, operation(left.y, right.y), right.x if left.x is None else left.x)


def points(x: Array) -> str:
    """Return the points on x as text: ``x = 10, 20, 50``."""
    shown = [f"{value:g}" for value in x]
    return "x = " + ", ".join(shown if len(shown) <= 8 else [*shown[:3], "…", *shown[-2:]])
