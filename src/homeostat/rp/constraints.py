"""Constraints on the synapses: how the learned, free weights become the weights of the model.

A constraint is three functions of arrays (M, K, n): :meth:`Free.weights` maps the free weights a~ to the
model's weights a, :meth:`Free.pullback` maps dL/da to dL/da~ by the chain rule, and :meth:`Free.project`
moves the free weights back into the allowed set after an update. New ones override what differs.
"""

from dataclasses import dataclass
from typing import Any, Literal

from array_api_compat import array_namespace

Normalize = Literal["input", "output", "circuit"]
_AXES: dict[str, tuple[int, ...]] = {"input": (2,), "output": (1,), "circuit": (1, 2)}


@dataclass(frozen=True)
class Free:
    """No constraint: a = a~ (reshaped and backpropagation models)."""

    def weights(self, free: Any) -> Any:
        """Return the model's weights a."""
        return free

    def pullback(self, free: Any, gradient: Any) -> Any:
        """Return dL/da~ from dL/da."""
        return gradient

    def project(self, free: Any) -> Any:
        """Return the free weights after an update."""
        return free


@dataclass(frozen=True)
class Homeostatic(Free):
    """Synaptic budgets: absolute weights sum to ``budget`` (phi) per projection, neuron or circuit.

    a_ij = phi a~_ij / S, S = sum |a~| over the incoming synapses of projection i (``input``), the outgoing
    synapses of neuron j (``output``), or all (``circuit``); section "homeostatic" of the paper's methods.

    Attributes
    ----------
    budget : float
        phi *per projection*. For ``output`` and ``circuit`` the totals are phi K / n per neuron and phi K,
        so that equal budgets mean equal total synaptic cost.
    normalize : {"input", "output", "circuit"}
    """

    budget: float
    normalize: Normalize = "input"

    def _sum_and_share(self, free: Any) -> tuple[Any, float]:
        xp = array_namespace(free)
        total = xp.sum(xp.abs(free), axis=_AXES[self.normalize], keepdims=True)
        # A neuron that feeds no projection has no synapses to scale.
        total = xp.where(total > 0, total, xp.ones_like(total))
        n_projections, n_neurons = free.shape[1:]
        groups = {"input": n_projections, "output": n_neurons, "circuit": 1}[self.normalize]
        return total, self.budget * n_projections / groups

    def weights(self, free: Any) -> Any:
        """Return a = phi a~ / S."""
        total, share = self._sum_and_share(free)
        return free * (share / total)

    def pullback(self, free: Any, gradient: Any) -> Any:
        """Return (phi / S) (g - sign(a~) sum(g a~) / S)."""
        xp = array_namespace(free)
        total, share = self._sum_and_share(free)
        common = xp.sum(gradient * free, axis=_AXES[self.normalize], keepdims=True) / total
        return (share / total) * (gradient - xp.sign(free) * common)


@dataclass(frozen=True)
class Clamped(Free):
    """Bounded synapses as the paper writes them: a = min(max(a~, -omega), omega), a~ free.

    The derivative of the clip is zero beyond the bound: a synapse with abs(a~) > omega never learns again.

    Attributes
    ----------
    bound : float
        omega.
    """

    bound: float

    def weights(self, free: Any) -> Any:
        """Return the clipped weights."""
        return array_namespace(free).clip(free, -self.bound, self.bound)

    def pullback(self, free: Any, gradient: Any) -> Any:
        """Return the gradient where the clip is not active, zero elsewhere."""
        xp = array_namespace(free)
        return xp.where(xp.abs(free) <= self.bound, gradient, xp.zeros_like(gradient))


@dataclass(frozen=True)
class Projected(Free):
    """Bounded synapses by projected gradient: weights are clipped to [-omega, omega] after every step.

    Attributes
    ----------
    bound : float
        omega.
    """

    bound: float

    def weights(self, free: Any) -> Any:
        """Return the clipped weights (the initial ones may lie beyond the bound)."""
        return self.project(free)

    def project(self, free: Any) -> Any:
        """Clip the free weights themselves, so that every synapse keeps learning."""
        return array_namespace(free).clip(free, -self.bound, self.bound)
