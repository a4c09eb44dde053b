"""Settings of a fit: what is learned, how, and when it stops."""

import math
from dataclasses import dataclass, field
from typing import Literal

from homeostat.errors import DataError, nearest
from homeostat.parameters import check_types
from homeostat.rp.constraints import Constraint, Free

LEARNABLE = ("lam", "weight", "threshold", "bias")


@dataclass(frozen=True)
class Rule:
    """What a model learns; :func:`homeostat.rp.registry.rule_of` returns that of a kind by name.

    Attributes
    ----------
    learn : tuple of {"lam", "weight", "threshold", "bias"}
        RP: lambda; reshaped: weight; backpropagation: both; any of them with tuned thresholds, and with terms of
        their own for the neurons (bias).
    constraint : Constraint
        Constraint on the weights.
    """

    learn: tuple[str, ...]
    constraint: Constraint = field(default_factory=Free)

    def __post_init__(self) -> None:
        """Check the names."""
        for name in self.learn:
            if name not in LEARNABLE:
                raise DataError(f"cannot learn {name!r}; allowed: {', '.join(LEARNABLE)}{nearest(name, LEARNABLE)}")
        if not self.learn:
            raise DataError(f"a rule must learn something: {', '.join(LEARNABLE)}")


@dataclass(frozen=True)
class Training:
    """How a fit is run.

    Attributes
    ----------
    steps : int
        Gradient steps (the most, where ``stopping`` is not ``"steps"``).
    optimizer : {"natural", "adam", "sgd"}
        ``natural`` multiplies dL/dlambda by the inverse covariance of the projections' outputs over the data, shrunk
        (:func:`homeostat.rp.natural.curvature`). It stands for minus the inverse Hessian of L, which has the
        covariance under the model. Only for rules that learn lambda, and terms of neurons. ``sgd`` has the authors'
        settings.
    learning_rate : float
        Step size of ``adam`` (first half of the steps, then cosine decay to 1 %) or ``sgd`` (constant); ``natural``
        sets its own.
    momentum : float
        Of ``adam`` (beta1, :class:`homeostat.rp.optimizers.Adam`), at least 0 and below 1. ``sgd`` has the authors'.
    chains : int
        Persistent Markov chains, a multiple of 64.
    sweeps : int
        Sweeps of every chain between steps.
    batch : int or None
        Training patterns per step for the data averages of learned weights, at most (but 64 at least): steps take
        batches of equal size in turn, together all patterns up to one in a hundred. None for all of them.
    acceptance : {"heat_bath", "metropolis"}
        Acceptance rule of the single-neuron flips.
    stopping : {"steps", "clopper_pearson", "likelihood"}
        ``steps``: after all of them. ``clopper_pearson``: when every <f_k> of the model lies in the one-SD
        Clopper-Pearson interval of its average over the data, widened by the Monte-Carlo error (paper, Methods).
        ``likelihood``: keep the learning rate until the training log-likelihood has grown by less than
        ``tolerance`` over three estimates, ``check_every`` steps apart; then let the rate fall over
        2 ``check_every`` steps, and stop.
    tolerance : float
        In nats per pattern.
    check_every : int
        Steps between estimates of the likelihood (by annealed importance sampling, on 8,192 training patterns).
    log_every : int
        Steps between entries of the trace.
    """

    steps: int = 400
    optimizer: Literal["natural", "adam", "sgd"] = "adam"
    learning_rate: float = 0.03
    momentum: float = 0.5
    chains: int = 3072
    sweeps: int = 2
    batch: int | None = 16384
    acceptance: Literal["heat_bath", "metropolis"] = "heat_bath"
    stopping: Literal["steps", "clopper_pearson", "likelihood"] = "steps"
    tolerance: float = 0.005
    check_every: int = 100
    log_every: int = 10

    def __post_init__(self) -> None:
        """Check the types and ranges."""
        check_types(self)
        for name in ("steps", "sweeps", "log_every", "check_every"):
            if getattr(self, name) < 1:
                raise DataError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.chains < 64 or self.chains % 64:
            raise DataError(f"chains must be a multiple of 64, got {self.chains}")
        if not 0 < self.learning_rate < math.inf:
            raise DataError(f"learning_rate must be positive, got {self.learning_rate}")
        if not 0 <= self.momentum < 1:
            raise DataError(f"momentum must be at least 0 and below 1, got {self.momentum}")
        if self.batch is not None and self.batch < 1:
            raise DataError(f"batch must be at least 1, or None for all patterns, got {self.batch}")
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise DataError(f"{name} must be one of {', '.join(allowed)}, got {getattr(self, name)!r}")


_CHOICES = {
    "optimizer": ("natural", "adam", "sgd"),
    "acceptance": ("heat_bath", "metropolis"),
    "stopping": ("steps", "clopper_pearson", "likelihood"),
}
