"""Matching of learned to known fields, by direction: the sum of the weights does not enter."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from homeostat.errors import DataError


@dataclass(frozen=True)
class Match:
    """Which units show which fields.

    Attributes
    ----------
    unit : int (R,)
        The unit matched to each reference field.
    distance : float (R,)
        sum_d |w_d - r_d| of the two, each scaled to the sum 1: 0 for equal, 2 for disjoint fields.
    found : int
        Reference fields with a distance below the tolerance.
    """

    unit: NDArray[np.int64]
    distance: NDArray[np.float64]
    found: int


def distances(weights: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return sum_d |w_d - r_d| between fields (C, D) and (R, D), each scaled to the sum 1: (C, R)."""
    left, right = (each / each.sum(axis=1, keepdims=True) for each in (weights, others))
    return np.abs(left[:, None, :] - right[None, :, :]).sum(axis=2)


def separation(fields: NDArray[np.floating]) -> float:
    """Return the smallest distance of two of the fields."""
    between = distances(fields, fields)
    return float(between[~np.eye(len(fields), dtype=bool)].min())


def match(weights: NDArray[np.floating], reference: NDArray[np.floating], *, tolerance: float = 0.2) -> Match:
    """Match each reference field to a unit of its own, at the least sum of distances.

    Parameters
    ----------
    weights : (C, D)
        Learned fields, C >= R.
    reference : (R, D)
        Known fields, which must be distinct: equal ones would all be "found" in equal units.
    tolerance
        Largest distance at which a field counts as found.

    Raises
    ------
    DataError
        Fewer units than fields, or two reference fields closer than twice the tolerance.
    """
    if len(weights) < len(reference):
        raise DataError(f"{len(weights)} units cannot show {len(reference)} fields")
    if len(reference) > 1 and separation(reference) < 2 * tolerance:
        raise DataError(
            f"two reference fields are {separation(reference):.3g} apart, less than twice the tolerance "
            f"({2 * tolerance:g}): a match to them would say nothing"
        )
    between = distances(weights, reference)
    unit, field = linear_sum_assignment(between)
    unit = unit[np.argsort(field)]
    near = between[unit, np.arange(len(reference))]
    return Match(unit, near, int((near < tolerance).sum()))
