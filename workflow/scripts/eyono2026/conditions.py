"""Conditions of the runs: a kind of network and the luminosity jitter, as a name that is the path of its result."""

from dataclasses import dataclass
from typing import ClassVar

from homeostat import conditions

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
class Condition(conditions.Condition):
    """One kind of network at one luminosity jitter.

    Attributes
    ----------
    epsilon
        Luminosity jitter.
    network
        Kind of network.
    """

    epsilon: float
    network: str

    KINDS: ClassVar = {"network": tuple(LABELS)}
