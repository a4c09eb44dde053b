"""Conditions of the fits: what one model is, as a name that is the path of its result."""

from dataclasses import dataclass, replace
from typing import Any

from homeostat import naming
from homeostat.rp.registry import CONSTRAINTS, MODELS, find


@dataclass(frozen=True)
class Condition:
    """One point of the study's design; fits of equal conditions are one file, whichever figure asks.

    Attributes
    ----------
    model
        ``rp``, ``reshaped``, ``backprop``, ``pruned`` (RP after pruning and replacement) or ``pairwise``.
    neurons, projections, degree
        Size of the group, number of projections K, mean in-degree.
    slope
        beta; ``inf`` for Heaviside projections.
    factor
        lambda: the fixed one of reshaped models, the initial one of backpropagation (0 where it is learned).
    optimizer
        ``natural``, ``adam`` or ``sgd``.
    thresholds
        ``fixed`` or ``tuned``.
    constraint, budget
        Homeostatic (``input``, ``output``, ``circuit``) or bounded (``clamp``, ``projected``) synapses, and the
        absolute weight that a projection may have on average: phi, or omega times the in-degree.
    wiring
        ``random``, or ``true``: that of the model that the data were drawn from.
    repeat
        0, or the number of a fit that differs in its random stream only: same data, same initial projections.
    """

    model: str
    neurons: int
    projections: int
    degree: float
    slope: float
    factor: float
    optimizer: str
    thresholds: str = "fixed"
    constraint: str = "none"
    budget: float = 0.0
    wiring: str = "random"
    repeat: int = 0

    def __post_init__(self) -> None:
        """Check the kinds."""
        find(MODELS, "model", self.model)
        find(CONSTRAINTS, "constraint", self.constraint)

    @property
    def name(self) -> str:
        """The condition as part of a path: ``model~rp_neurons~50_…``; what is as usual is left out."""
        return naming.name_of(self)

    @classmethod
    def parse(cls, name: str) -> "Condition":
        """Return the condition of a ``name``.

        Raises
        ------
        ConfigError
            It is no name of a condition.
        """
        return naming.parse(cls, name)

    def but(self, **changes: Any) -> "Condition":
        """Return the condition with some values changed."""
        return replace(self, **changes)
