"""Conditions of the fits: what one model is; a fit is a grid of them, whose name is the path of its result."""

from dataclasses import dataclass
from typing import ClassVar

from homeostat import conditions

LEARNERS = ("em", "network")
SCALINGS = ("normalized", "raw")


@dataclass(frozen=True)
class Condition(conditions.Condition):
    """One model.

    Attributes
    ----------
    learner
        ``em`` or ``network``.
    units
        C.
    total
        A, to which patterns are normalized (digits without normalization have it on average).
    scaling
        ``normalized`` or ``raw``.
    gain
        Half-width of the uniform factor on each pattern's intensity.
    start, weight
        Initial weights (homeostat.mixture.starts), and their sum in units of the mean sum of the input, 0: as drawn.
        ``truth``: the generating fields.
    rate, schedule, current, plasticity, batch
        The network's (homeostat.mixture.network).
    switch
        A in the second half of learning; 0 leaves it.
    """

    learner: str
    units: int
    total: float
    scaling: str = "normalized"
    gain: float = 0.0
    start: str = "input"
    weight: float = 0.0
    rate: float = 0.0
    schedule: str = "constant"
    current: str = "log"
    plasticity: str = "scaled"
    batch: int = 1
    switch: float = 0.0

    KINDS: ClassVar = {"learner": LEARNERS, "scaling": SCALINGS}
