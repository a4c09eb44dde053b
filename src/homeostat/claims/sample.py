"""A claim's numbers: its formula evaluated for each seed, on the seed's own curves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from homeostat.claims.claim import Claim
from homeostat.claims.curves import Array, Curve, Curves
from homeostat.errors import DataError

# Some seeds may have no number (a fit that diverged); what is left of more than this share is not a fair sample.
MOST_LEFT_OUT = 0.2


@dataclass(frozen=True)
class Sample:
    """The numbers that an interval is computed from.

    Attributes
    ----------
    values
        (n_seeds, n_cases): one number per seed and case; for an averaged claim, the number without each seed.
    whole
        (n_cases,): for an averaged claim, the number from the curves averaged over all seeds; else None.
    cases
        What tells the numbers of one seed apart, as text.
    left_out
        Seeds that have no number.
    """

    values: Array
    whole: Array | None
    cases: list[str]
    left_out: list[int]


def measure(claim: Claim, chosen: Mapping[str, pd.DataFrame]) -> Sample:
    """Return the claim's numbers from the rows of each term, paired over the seeds that all terms have.

    Raises
    ------
    DataError
        The terms have no seed in common or do not fit together, or too many seeds have no number.
    """
    terms = {name: term.curves(chosen[name]) for name, term in claim.terms.items()}
    seeds = sorted(set.intersection(*(set(curves) for curves in terms.values())))
    if not seeds:
        raise DataError("the terms have no seed in common")
    each = {seed: {name: curves[seed] for name, curves in terms.items()} for seed in seeds}
    numbers = {seed: _numbers(claim, each[seed]) for seed in seeds}
    known = [seed for seed in seeds if np.isfinite(list(numbers[seed].values())).all()]
    left_out = [seed for seed in seeds if seed not in known]
    if not known or len(left_out) > MOST_LEFT_OUT * len(seeds):
        raise DataError(f"{len(left_out)} of {len(seeds)} seeds have no number ({listed(left_out)})")
    cases = list(numbers[known[0]])
    if any(list(numbers[seed]) != cases for seed in known):
        raise DataError("the seeds have numbers at different places")
    if not claim.averaged:
        return Sample(np.array([list(numbers[seed].values()) for seed in known]), None, cases, left_out)
    whole = list(_numbers(claim, _averaged([each[seed] for seed in known])).values())
    without = [
        list(_numbers(claim, _averaged([each[other] for other in known if other != seed])).values())
        for seed in (known if len(known) > 1 else ())
    ]
    return Sample(np.array(without or [whole]), np.array(whole), cases, left_out)


def listed(seeds: Sequence[int]) -> str:
    """Return the first few seeds as text."""
    return ", ".join(map(str, seeds[:5])) + (", …" if len(seeds) > 5 else "")


def _numbers(claim: Claim, terms: Mapping[str, Curves]) -> dict[str, float]:
    """Return the formula's number by case; refuse several where the claim does not say that all must comply."""
    found = list(claim.formula(terms).cases())
    if not found:
        raise DataError(f"{claim.formula.text!r} leaves no number")
    if len(found) > 1:
        by_condition, by_x = len({name for name, _, _ in found}) > 1, len({place for _, place, _ in found}) > 1
        left = "point" if by_condition and by_x else "condition" if by_condition else "x"
        if claim.relation.every not in (left, "point"):
            raise DataError(f"{claim.formula.text!r} leaves {len(found)} numbers, one for every {left}")
    names = [", ".join(part for part in (name, place and f"x = {place}") if part) for name, place, _ in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise DataError(f"{claim.formula.text!r} leaves two numbers at {twice or 'one place'}")
    return dict(zip(names, (value for _, _, value in found), strict=True))


def _averaged(seeds: Sequence[Mapping[str, Curves]]) -> dict[str, Curves]:
    """Return each term's curves averaged over seeds."""
    found = {}
    for name in seeds[0]:
        rows = []
        for same in zip(*(seed[name].rows for seed in seeds), strict=True):
            first = same[0]
            if not all(row.same_x(first) for row in same):
                raise DataError(f"the seeds have {first.name!r} at different x and cannot be averaged")
            rows.append(Curve(first.name, np.mean([row.y for row in same], axis=0), first.x))
        found[name] = Curves(tuple(rows))
    return found
