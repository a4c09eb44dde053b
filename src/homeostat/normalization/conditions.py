"""The six networks that the paper compares: what is done to a hidden unit's weights and to its input."""

from dataclasses import dataclass
from typing import Literal

from homeostat.errors import ConfigError, nearest

Weights = Literal["plain", "scaled", "normalized"]
Batch = Literal["nothing", "mean", "mean and variance"]


@dataclass(frozen=True)
class Condition:
    """One row of Table 2, for a hidden unit with weights w, bias b and inputs x_i, i in a batch of B.

    Attributes
    ----------
    name
        As in the paper's figures.
    weights
        ``plain``: w; ``scaled``: alpha w; ``normalized``: c v / ||v||.
    batch
        What is taken out of z_i = w x_i + b: ``nothing``; the batch's ``mean``; ``mean and variance``, followed by
        gamma and beta.
    """

    name: str
    weights: Weights
    batch: Batch

    @property
    def extras(self) -> tuple[str, ...]:
        """Names of the trained parameters that a unit has besides its weights and bias, one number each."""
        of_weights = {"plain": (), "scaled": ("alpha",), "normalized": ("c",)}[self.weights]
        return of_weights + (("gamma", "beta") if self.batch == "mean and variance" else ())


CONDITIONS = {
    condition.name: condition
    for condition in (
        Condition("Vanilla", "plain", "nothing"),
        Condition("WeightNorm", "normalized", "nothing"),
        Condition("BatchNorm", "plain", "mean and variance"),
        Condition("SynapticScaling", "scaled", "mean"),
        Condition("MeanOnly", "plain", "mean"),
        Condition("ScaleOnly", "scaled", "nothing"),
    )
}


def find_condition(name: str) -> Condition:
    """Return the condition of a name.

    Raises
    ------
    ConfigError
        There is none of this name.

    Examples
    --------
    >>> find_condition("SynapticScaling").extras
    ('alpha',)
    """
    if name not in CONDITIONS:
        raise ConfigError(f"{name!r} is not a normalization{nearest(name, CONDITIONS)}; known: {', '.join(CONDITIONS)}")
    return CONDITIONS[name]
