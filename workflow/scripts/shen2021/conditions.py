"""Conditions of the fits: what one network is and how it is trained, as a name that is the path of its result."""

from dataclasses import dataclass

from homeostat import conditions


@dataclass(frozen=True)
class Condition(conditions.Condition):
    """One network and its training.

    Attributes
    ----------
    normalization
        A name of :data:`homeostat.normalization.CONDITIONS`.
    batch, rate, iterations
        Images in a training batch, Adam's learning rate, number of steps.
    rows
        Every so many iterations the activation probabilities of the batch are kept.
    """

    normalization: str
    batch: int
    rate: float
    iterations: int
    rows: int
