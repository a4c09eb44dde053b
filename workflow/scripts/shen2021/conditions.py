"""Conditions of the fits: what one network is and how it is trained, as a name that is the path of its result."""

from dataclasses import dataclass

from homeostat import naming


@dataclass(frozen=True)
class Condition:
    """One point of the study's design; fits of equal conditions are one file, whichever figure asks.

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

    @property
    def name(self) -> str:
        """The condition as part of a path: ``normalization~BatchNorm_batch~32_…``."""
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
