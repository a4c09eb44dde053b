"""Weight decay, as a file of `extra_models`: what sensitivity_training compares homeostasis with."""

from dataclasses import dataclass
from typing import Any

from homeostat.rp.constraints import Constraint
from homeostat.rp.registry import ConstraintKind, register
from homeostat.rp.wiring import Wiring


@dataclass(frozen=True)
class Decay(Constraint):
    """No constraint, but a penalty: what is maximized is the log-likelihood less α/2 times the sum of a².

    Attributes
    ----------
    alpha : float
        Nats per pattern and squared weight.
    """

    alpha: float

    def weights(self, free: Any, wiring: Wiring) -> Any:
        """Return the free weights."""
        return free

    def pullback(self, free: Any, gradient: Any, wiring: Wiring) -> Any:
        """Return dL/da - α a."""
        return gradient - self.alpha * free


register(ConstraintKind("decay", "weight decay", lambda alpha, in_degree: Decay(alpha)))
