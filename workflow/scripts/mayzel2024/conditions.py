"""Conditions of the fits: what one model is, as a name that is the path of its result."""

from dataclasses import dataclass

from homeostat import conditions


@dataclass(frozen=True)
class Condition(conditions.Condition):
    """One model.

    Attributes
    ----------
    model
        A name in :data:`homeostat.rp.registry.MODELS`: ``rp``, ``reshaped``, ``backprop``, ``pruned`` (RP after
        pruning and replacement) or ``pairwise``.
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
        A name in :data:`homeostat.rp.registry.CONSTRAINTS`: homeostatic (``input``, ``output``, ``circuit``) or
        bounded (``clamp``, ``projected``) synapses, and the absolute weight that a projection may have on average:
        phi, or omega times the in-degree.
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
