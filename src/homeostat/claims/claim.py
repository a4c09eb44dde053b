"""Claims of papers as data: what is said, how it is measured, and what would have to hold."""

import math
from dataclasses import dataclass, field

from homeostat.claims.formula import Formula
from homeostat.claims.select import Selection

# Who says it: the paper's text, one of its figures, the authors' code, their answers to reviews, or this project.
SOURCES = ("text", "figure", "code", "reviews", "ours")
# How much it matters: the paper's main results, what else it says, and what only tests the figures.
RANKS = ("headline", "detail", "check")


@dataclass(frozen=True)
class Relation:
    """What must hold of a claim's number: it lies between ``low`` and ``high``.

    Attributes
    ----------
    low, high
        Bounds; infinite where there is none.
    text
        The relation in words.
    every
        ``"x"``, ``"condition"`` or ``"point"`` where the formula leaves several numbers and all must comply.
    every_seed
        Whether each seed must comply, rather than the mean over seeds.
    """

    low: float
    high: float
    text: str
    every: str | None = None
    every_seed: bool = False

    def holds(self, value: float) -> bool:
        """Whether one number complies."""
        return self.low < value < self.high

    def side(self, low: float, high: float) -> int:
        """Return 1 where an interval lies wholly where it should, -1 where wholly elsewhere, else 0."""
        if low > self.low and high < self.high:
            return 1
        return -1 if high < self.low or low > self.high else 0

    def margin(self, low: float, high: float) -> float:
        """Return how far inside an interval's nearer end is; negative for an end that is outside."""
        return min(low - self.low, self.high - high)


@dataclass(frozen=True)
class Paper:
    """The paper's own number, where it gives one; ``spread`` is as the paper has it (``spread_kind``)."""

    value: float
    spread: float | None = None
    spread_kind: str = ""

    def __post_init__(self) -> None:
        """Refuse infinities and NaN, which YAML has and JSON has not."""
        if not all(map(math.isfinite, (self.value, self.spread or 0.0))):
            raise ValueError("paper: give finite numbers")


@dataclass(frozen=True)
class Claim:
    """One claim of a study.

    Attributes
    ----------
    study, id, figure, panel
        Where it stands.
    claim
        What is said, in our words.
    terms, formula
        What is selected from the figures' tables, and the number computed from it. Of a claim with readings, those
        of the first.
    relation
        What must hold of the number.
    source, rank
        Who says it, and how much it matters: one of ``SOURCES`` and of ``RANKS``.
    where
        A curve and what it must exceed, in the mean over seeds: other x are not judged. None: every x is.
    reading
        The name of the reading, where the claim is one reading of another.
    readings
        One claim for each way in which the statement can be read; empty where there is one way only.
    averaged
        Whether the number is computed once, from curves averaged over seeds, and not for each seed.
    scale
        The smallest scale (:data:`homeostat.scale.SCALES`) on which it is fair to judge.
    real_data
        Whether only real data can tell.
    paper, unit, note
        The paper's number, the unit of ours, and what a reader should know.
    """

    study: str
    id: str
    figure: str
    panel: str
    claim: str
    terms: dict[str, Selection] = field(hash=False)
    formula: Formula
    relation: Relation
    source: str = "text"
    rank: str = "detail"
    where: tuple[Selection, Selection] | None = field(default=None, hash=False)
    reading: str = ""
    readings: tuple["Claim", ...] = ()
    averaged: bool = False
    scale: str = "real"
    real_data: bool = True
    paper: Paper | None = None
    unit: str = ""
    note: str = ""

    def each_reading(self) -> tuple["Claim", ...]:
        """Return the claim in each of its readings, or alone where it has none."""
        return self.readings or (self,)


def make_relation(given: dict[str, object], paper: Paper | None) -> Relation:
    """Return the relation that a claims file gives, in words too.

    Raises
    ------
    ValueError
        ``near_paper`` stands where the paper has no number, or a range is empty.
    """
    low, high = -math.inf, math.inf
    match given:
        case {"above": float() | int() as bound}:
            low, text = bound, f"> {bound:g}"
        case {"below": float() | int() as bound}:
            high, text = bound, f"< {bound:g}"
        case {"between": [float() | int() as low, float() | int() as high]}:
            text = f"between {low:g} and {high:g}"
        case {"near_paper": float() | int() as tolerance}:
            if paper is None:
                raise ValueError("relation.near_paper: the paper's number is missing; give paper.value")
            low, high = paper.value - tolerance, paper.value + tolerance
            text = f"within {tolerance:g} of the paper's {paper.value:g}"
    if not low < high or math.isinf(max(low, -high)):
        raise ValueError(f"relation: no number is {text}")
    every, seeds = given.get("every"), given.get("seeds") == "every"
    text += {"x": " at every x", "condition": " for every condition", "point": " at every point"}.get(str(every), "")
    text += " in every seed" if seeds else ""
    return Relation(low, high, text, str(every) if every else None, seeds)
