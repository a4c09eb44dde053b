"""Conditions of the runs: a kind of network and the luminosity jitter, as a name that is the path of its result."""

import re
from dataclasses import dataclass

from homeostat.errors import ConfigError, nearest

STUDY = "eyono2026"
# Kinds of networks (homeostat.inhibition.NETWORKS) as the figures name them.
LABELS = {
    "ei": "E/I",
    "ei_ln": "E/I, LN+",
    "e_ln": "E-only, LN+",
    "e_ln_forward": "E-only, LN forward only",
    "inorm_sub": "I-Norm (sub)",
    "inorm": "I-Norm",
    "inorm_full": "I-Norm + full",
    "inorm_center": "I-Norm + center",
    "inorm_scale": "I-Norm + scale",
    "inorm_decorrelate": "I-Norm + decorrelate",
    "inorm_lateral": "I-Norm + lateral inhibition",
}


@dataclass(frozen=True)
class Condition:
    """One point of the design; runs of equal conditions are one file, whichever figure asks.

    Attributes
    ----------
    epsilon
        Luminosity jitter.
    network
        Kind of network.
    """

    epsilon: float
    network: str

    def __post_init__(self) -> None:
        """Check the kind of network."""
        if self.network not in LABELS:
            raise ConfigError(f"there is no network {self.network!r}{nearest(self.network, LABELS)}")

    @property
    def name(self) -> str:
        """The condition as part of a path: ``epsilon~0.75_network~inorm_full``."""
        return f"epsilon~{self.epsilon:g}_network~{self.network}"

    @classmethod
    def parse(cls, name: str) -> "Condition":
        """Return the condition of a ``name``.

        Raises
        ------
        ConfigError
            It is no name of a condition.
        """
        match = re.fullmatch(r"epsilon~([\d.e-]+)_network~(\w+)", name)
        if match is None:
            raise ConfigError(f"{name!r} is no condition of eyono2026, such as epsilon~0.75_network~inorm")
        return cls(float(match[1]), match[2])
