"""The noise of a network's units: of the paper's text, of the authors' code, and of equal variance to the latter."""

from dataclasses import dataclass, replace
from math import isfinite, sqrt
from typing import Any

from homeostat.errors import ConfigError, nearest

KINDS = ("none", "gaussian", "uniform", "matched")


@dataclass(frozen=True)
class Noise:
    """Independent noise of every unit at every step.

    Attributes
    ----------
    kind
        ``gaussian``: N(0, s^2), as the paper has it. ``uniform``: s U(0, 1), as the authors' code draws it, which
        has mean s / 2 and standard deviation 0.289 s. ``matched``: Gaussian with the variance of ``uniform`` and
        mean 0. ``none``.
    scale
        s, per step (the sigma of the equations times the square root of dt).

    Examples
    --------
    >>> round(Noise("uniform", 0.01).sd, 5), Noise("uniform", 0.01).mean
    (0.00289, 0.005)
    """

    kind: str
    scale: float = 0.0

    def __post_init__(self) -> None:
        """Check kind and scale."""
        if self.kind not in KINDS:
            raise ConfigError(f"noise must be one of {', '.join(KINDS)}, got {self.kind!r}{nearest(self.kind, KINDS)}")
        if not (self.scale >= 0 and isfinite(self.scale)):
            raise ConfigError(f"the scale of the noise (sigma) must be a number of at least 0, got {self.scale:g}")

    @property
    def mean(self) -> float:
        """Mean of a step's noise: a constant drive of every unit."""
        return self.scale / 2 if self.kind == "uniform" else 0.0

    @property
    def sd(self) -> float:
        """Standard deviation of a step's noise."""
        return {"none": 0.0, "gaussian": self.scale}.get(self.kind, self.scale / sqrt(12))

    def times(self, factor: float) -> "Noise":
        """Return the noise multiplied by a factor: its mean grows too, where it has one."""
        return replace(self, scale=self.scale * factor)

    def fill(self, out: Any, generator: Any) -> None:
        """Draw the noise of a whole run at once into a tensor, in place."""
        if self.sd == 0:
            out.zero_()
        elif self.kind == "uniform":
            out.uniform_(0.0, self.scale, generator=generator)
        else:
            out.normal_(0.0, self.sd, generator=generator)
