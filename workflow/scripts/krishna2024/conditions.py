"""Conditions of the trained networks: what one network is, as a name that is the path of its result."""

from dataclasses import dataclass
from typing import ClassVar

from homeostat import conditions


@dataclass(frozen=True)
class Condition(conditions.Condition):
    """One network and its training.

    Attributes
    ----------
    task, cell
        ``position`` or ``heading``; ``relu`` or ``gru``. Together they are the family.
    bias
        ``unbiased``, or ``biased``: walks are drawn to the centre, heads turn one way.
    noise
        In training: ``none``, ``uniform`` (of the authors' code), ``gaussian`` (of the paper's text), or ``matched``
        (Gaussian with the variance of ``uniform``).
    """

    task: str
    cell: str
    bias: str
    noise: str

    KINDS: ClassVar = {
        "task": ("position", "heading"),
        "cell": ("relu", "gru"),
        "bias": ("unbiased", "biased"),
        "noise": ("none", "uniform", "gaussian", "matched"),
    }

    @property
    def family(self) -> str:
        """The kind of network: ``position_relu``, ``position_gru`` or ``heading_relu``."""
        return f"{self.task}_{self.cell}"

    @property
    def label(self) -> str:
        """The condition within its family, as figures and tables name it: ``unbiased, uniform``."""
        return f"{self.bias}, {self.noise}"
