"""Constraints on the synapses: how the learned, free weights become the weights of the model.

Arrays (M, K, D) hold the synapses of M models with K projections in the slots of a :class:`homeostat.rp.wiring.Wiring`,
and zero in slots without one. With full connectivity D is n, the number of neurons.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

from array_api_compat import array_namespace

from homeostat.errors import DataError
from homeostat.rp.wiring import Wiring

Normalize = Literal["input", "output", "circuit"]


class Constraint(ABC):
    """The three functions of a constraint; a kind is a frozen dataclass of its numbers.

    Zero must map to zero, and nothing may pass from one model (the first axis) to another.
    """

    @abstractmethod
    def weights(self, free: Any, wiring: Wiring) -> Any:
        """Return the model's weights a (M, K, D) from the free weights a~, of the same shape."""

    @abstractmethod
    def pullback(self, free: Any, gradient: Any, wiring: Wiring) -> Any:
        """Return dL/da~ from dL/da, by the chain rule; both (M, K, D)."""

    def project(self, free: Any, wiring: Wiring) -> Any:
        """Return the free weights after an update, moved back into the allowed set (here: as they are)."""
        return free


@dataclass(frozen=True)
class Free(Constraint):
    """No constraint: a = a~ (reshaped and backpropagation models)."""

    def weights(self, free: Any, wiring: Wiring) -> Any:
        """Return the free weights."""
        return free

    def pullback(self, free: Any, gradient: Any, wiring: Wiring) -> Any:
        """Return the gradient."""
        return gradient


@dataclass(frozen=True)
class Homeostatic(Constraint):
    """Synaptic budgets: absolute weights sum to phi per projection, or as much per neuron or circuit.

    a_kj = T a~_kj / S, S = sum |a~| over the incoming synapses of projection k (``input``), the outgoing synapses of
    neuron j (``output``), or all (``circuit``). The total T is phi, phi K / n, or phi K, so that equal phi mean equal
    total synaptic cost. Section "homeostatic" of the paper's methods.

    Attributes
    ----------
    phi : float
        Sum of absolute weights *per projection*.
    normalize : {"input", "output", "circuit"}
    """

    phi: float
    normalize: Normalize = "input"

    def _sum_and_share(self, free: Any, wiring: Wiring) -> tuple[Any, float]:
        xp = array_namespace(free)
        total = wiring.total(xp.abs(free), self.normalize)
        # A neuron that feeds no projection has no synapses to scale.
        total = xp.where(total > 0, total, xp.ones_like(total))
        _, n_projections, n_neurons = wiring.shape
        groups = {"input": n_projections, "output": n_neurons, "circuit": 1}[self.normalize]
        return total, self.phi * n_projections / groups

    def weights(self, free: Any, wiring: Wiring) -> Any:
        """Return a = T a~ / S."""
        total, share = self._sum_and_share(free, wiring)
        return free * (share / total)

    def pullback(self, free: Any, gradient: Any, wiring: Wiring) -> Any:
        """Return (T / S) (g - sign(a~) sum(g a~) / S), the sum over the same synapses as S."""
        xp = array_namespace(free)
        total, share = self._sum_and_share(free, wiring)
        common = wiring.total(gradient * free, self.normalize) / total
        return (share / total) * (gradient - xp.sign(free) * common)


@dataclass(frozen=True)
class Clamped(Constraint):
    """Bounded synapses as the paper writes them: a = min(max(a~, -omega), omega), a~ free.

    The derivative of the clip is zero beyond the bound: a synapse with abs(a~) > omega never learns again.

    Attributes
    ----------
    omega : float
        Largest absolute weight.
    """

    omega: float

    def weights(self, free: Any, wiring: Wiring) -> Any:
        """Return the clipped weights."""
        return array_namespace(free).clip(free, -self.omega, self.omega)

    def pullback(self, free: Any, gradient: Any, wiring: Wiring) -> Any:
        """Return the gradient where the clip is not active, zero elsewhere."""
        xp = array_namespace(free)
        return xp.where(xp.abs(free) <= self.omega, gradient, xp.zeros_like(gradient))


@dataclass(frozen=True)
class Projected(Constraint):
    """Bounded synapses by projected gradient: weights are clipped to [-omega, omega] after every step.

    Attributes
    ----------
    omega : float
        Largest absolute weight.
    """

    omega: float

    def weights(self, free: Any, wiring: Wiring) -> Any:
        """Return the clipped weights (the initial ones may lie beyond the bound)."""
        return self.project(free, wiring)

    def pullback(self, free: Any, gradient: Any, wiring: Wiring) -> Any:
        """Return the gradient: every synapse keeps learning."""
        return gradient

    def project(self, free: Any, wiring: Wiring) -> Any:
        """Clip the free weights themselves."""
        return array_namespace(free).clip(free, -self.omega, self.omega)


def check_shapes(constraint: Constraint, free: Any, wiring: Wiring) -> None:
    """Check that the functions of a constraint, which may be a user's, keep the shape of the free weights.

    Raises
    ------
    DataError
        One of them does not.
    """
    found = {
        "weights": constraint.weights(free, wiring),
        "pullback": constraint.pullback(free, array_namespace(free).zeros_like(free), wiring),
        "project": constraint.project(free, wiring),
    }
    for function, values in found.items():
        shape = tuple(getattr(values, "shape", ()))
        if shape != tuple(free.shape):
            name, wanted = f"{type(constraint).__name__}.{function}", tuple(free.shape)
            raise DataError(f"{name} must return an array of the shape of the free weights, {wanted}, got {shape}")
