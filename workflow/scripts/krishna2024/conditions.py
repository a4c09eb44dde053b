"""Conditions of the trained networks: what one network is, as a name that is the path of its result."""

from dataclasses import asdict, dataclass

from homeostat import naming
from homeostat.errors import ConfigError

_KNOWN = {
    "task": ("position", "heading"),
    "cell": ("relu", "gru"),
    "bias": ("unbiased", "biased"),
    "noise": ("none", "uniform", "gaussian", "matched"),
}


@dataclass(frozen=True)
class Condition:
    """One point of the study's design; equal conditions are one file, whichever figure asks.

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

    def __post_init__(self) -> None:
        """Check the words."""
        for key, value in asdict(self).items():
            if value not in _KNOWN[key]:
                raise ConfigError(f"{key} must be one of {', '.join(_KNOWN[key])}, got {value!r}")

    @property
    def name(self) -> str:
        """The condition as part of a path: ``task~position_cell~relu_bias~unbiased_noise~uniform``."""
        return naming.name_of(self)

    @property
    def family(self) -> str:
        """The kind of network: ``position_relu``, ``position_gru`` or ``heading_relu``."""
        return f"{self.task}_{self.cell}"

    @property
    def label(self) -> str:
        """The condition within its family, as figures and tables name it: ``unbiased, uniform``."""
        return f"{self.bias}, {self.noise}"

    @classmethod
    def parse(cls, name: str) -> "Condition":
        """Return the condition of a ``name``.

        Raises
        ------
        ConfigError
            The name is not that of a condition.
        """
        return naming.parse(cls, name)
