"""From a claim's numbers to the interval that decides, and on which side of the claim it lies."""

from dataclasses import dataclass, replace

import numpy as np

from homeostat.claims.claim import Relation
from homeostat.claims.intervals import FEWEST, LEVEL, Interval, jackknife_interval, mean_interval, share_interval
from homeostat.claims.sample import Sample, listed

# What was judged, in the order of tallies; what a run below the fair scale points to; and what has no number.
JUDGED = ("reproduced", "depends", "not reproduced", "inconclusive")
PREVIEWS = ("points to", "points away", "open")
VERDICTS = (*JUDGED, *PREVIEWS, "missing")
PREVIEW = {
    "reproduced": "points to",
    "not reproduced": "points away",
    "inconclusive": "open",
    "depends": "open",
}
SIDES = {"reproduced": 1, "points to": 1, "not reproduced": -1, "points away": -1, "inconclusive": 0, "open": 0}

# "In every seed" is read as in at least nine of ten, as against in one of two.
EVERY, CHANCE = 0.9, 0.5


@dataclass(frozen=True)
class Verdict:
    """What the numbers say of a claim.

    Attributes
    ----------
    name
        ``reproduced``, ``not reproduced`` or ``inconclusive``.
    interval
        The one that decides: of several cases, the worst.
    method
        How the interval was computed; empty where there is none.
    reason
        What else a reader should know, or empty.
    against
        Among several cases, those whose interval contradicts the claim.
    """

    name: str
    interval: Interval
    method: str
    reason: str = ""
    against: tuple[str, ...] = ()


def decide(relation: Relation, sample: Sample) -> Verdict:
    """Return the verdict on a claim's numbers."""
    verdict = _of_share(relation, sample) if relation.every_seed else _of_mean(relation, sample)
    if not sample.left_out:
        return verdict
    note = f"without seeds {listed(sample.left_out)}, which have no number"
    reason = f"{verdict.reason}; {note}" if verdict.reason else note
    return replace(verdict, reason=reason)


def _of_share(relation: Relation, sample: Sample) -> Verdict:
    """Ask of each seed: reproduced where the share can be "every" and not chance, not reproduced where it cannot."""
    holds = [all(relation.holds(value) for value in values) for values in sample.values]
    interval, method = share_interval(sum(holds), len(holds)), f"Clopper-Pearson, {100 * LEVEL:g} %"
    if len(holds) < FEWEST:
        return Verdict("inconclusive", interval, method, f"too few seeds ({len(holds)})")
    name = "not reproduced" if interval.high < EVERY else "reproduced" if interval.low > CHANCE else "inconclusive"
    return Verdict(name, interval, method)


def _of_mean(relation: Relation, sample: Sample) -> Verdict:
    """Ask of the mean over seeds; of several cases the worst decides, with intervals that hold together."""
    cases = len(sample.cases)
    if sample.whole is None:
        method, intervals = "t", [mean_interval(values, cases) for values in sample.values.T]
    else:
        pairs = zip(sample.whole, sample.values.T, strict=True)
        method, intervals = "jackknife t", [jackknife_interval(value, without, cases) for value, without in pairs]
    method += f", {100 * LEVEL:g} %" + (f" for all {cases} together (Bonferroni)" if cases > 1 else "")
    # A case with no interval leaves the claim open, unless another case refutes it.
    sides = [0 if np.isnan(each.low) else relation.side(each.low, each.high) for each in intervals]
    unknown = [interval for interval in intervals if np.isnan(interval.low)]
    if unknown and min(sides) >= 0:
        few = f"too few seeds ({len(sample.values)})"
        same = "" if len(sample.values) < FEWEST else ", all with the same number"
        return Verdict("inconclusive", unknown[0], "", few + same)
    margins = [np.inf if np.isnan(each.low) else relation.margin(each.low, each.high) for each in intervals]
    worst = min(range(cases), key=lambda case: (sides[case], margins[case]))
    name = {1: "reproduced", 0: "inconclusive", -1: "not reproduced"}[sides[worst]]
    against = tuple(case for case, side in zip(sample.cases, sides, strict=True) if side < 0 and case)
    return Verdict(name, intervals[worst], method, f"worst {sample.cases[worst]}" if cases > 1 else "", against)
