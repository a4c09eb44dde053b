"""Noisy recurrent networks, run forwards and backwards in memory that is laid out once.

With input u_t, noise eta_t and a = dt / tau, from r_0 = E y_0 and with output o_t = D r_t::

    relu   r_t = (1 - a) r_{t-1} + a relu(W r_{t-1} + V u_t) + eta_t
    gru    r_t = r_{t-1} + a (1 - z) (tanh(W (g r_{t-1}) + V u_t) - r_{t-1}) + eta_t
           z, g = sigmoid(W_z r_{t-1} + V_z u_t), sigmoid(W_g r_{t-1} + V_g u_t)

The backward passes are written out by hand. All arrays are time-major, so a step is one contiguous slice and
the gradients of weights are single products over all steps. Buffers are kept between batches: the C library
returns blocks of this size to the system when they are freed, and getting them back page by page costs more
than the arithmetic.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from homeostat.errors import ConfigError, nearest
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.tasks import DT

CELLS = ("relu", "gru")


@dataclass(frozen=True)
class Architecture:
    """Sizes and constants of a network.

    Attributes
    ----------
    cell
        ``relu`` or ``gru``.
    neurons, outputs, inputs
        Sizes of state, code and stimulus.
    tau, dt
        Time constant and step, seconds.
    """

    cell: str
    neurons: int
    outputs: int
    inputs: int
    tau: float
    dt: float = DT

    def __post_init__(self) -> None:
        """Check the values."""
        if self.cell not in CELLS:
            raise ConfigError(f"cell must be one of {', '.join(CELLS)}, got {self.cell!r}{nearest(self.cell, CELLS)}")
        for name in ("neurons", "outputs", "inputs"):
            if getattr(self, name) < 1:
                raise ConfigError(f"the number of {name} must be at least 1, got {getattr(self, name)}")
        if not 0 < self.dt <= self.tau:
            raise ConfigError(
                f"the step dt must be above 0 and at most the time constant tau, got dt = {self.dt:g} s "
                f"and tau = {self.tau:g} s"
            )

    @property
    def rate(self) -> float:
        """a = dt / tau."""
        return self.dt / self.tau

    @property
    def shapes(self) -> dict[str, tuple[int, int]]:
        """Shape (outputs, inputs) of each weight matrix."""
        n, d = self.neurons, self.inputs
        recurrent = {"W": (n, n), "V": (n, d)}
        if self.cell == "gru":
            # The gates z and g stand above each other.
            recurrent |= {"W_gates": (2 * n, n), "V_gates": (2 * n, d)}
        return recurrent | {"D": (self.outputs, n), "E": (n, self.outputs)}

    def initial(self, rng: np.random.Generator) -> NDArray[np.float32]:
        """Draw all weights, as torch's Linear does: U(-1, 1) / sqrt(inputs); flat, in the order of ``shapes``."""
        parts = [rng.uniform(-1, 1, shape) / np.sqrt(shape[1]) for shape in self.shapes.values()]
        return np.concatenate([part.ravel() for part in parts]).astype(np.float32)

    def views(self, flat: Any) -> dict[str, Any]:
        """Return the matrices in a flat tensor of weights (or of their gradients), without copying.

        Raises
        ------
        ConfigError
            The tensor has another number of weights.
        """
        sizes = [prod(shape) for shape in self.shapes.values()]
        if flat.numel() != sum(sizes):
            raise ConfigError(f"a {self.cell} network of these sizes has {sum(sizes)} weights, got {flat.numel()}")
        parts = flat.split(sizes)
        return {name: part.view(shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}


Weights = Mapping[str, Any]


class Runner:
    """Runs a network on batches of one size.

    Parameters
    ----------
    architecture, steps, batch
        The network and the sizes of a batch.
    like : torch.Tensor
        Gives device and precision.
    learn : bool
        Whether :meth:`backward` will be called; without it, less is kept.

    Attributes
    ----------
    states
        r_0 … r_T of the latest run, (steps + 1, batch, neurons).
    """

    def __init__(self, architecture: Architecture, steps: int, batch: int, like: Any, *, learn: bool = False) -> None:
        self.architecture = architecture
        n = architecture.neurons
        self._steps = steps
        self.states = like.new_empty(steps + 1, batch, n)
        kept = steps if learn else 1
        # What the backward pass needs of each step; a row is overwritten where nothing has to be kept.
        self._drive = like.new_empty(kept, batch, n)
        self._scratch = like.new_empty(batch, n)
        self._carry = like.new_empty(batch, n)
        if architecture.cell == "gru":
            self._gates = like.new_empty(kept, batch, 2 * n)
            self._gated = like.new_empty(kept, batch, n)
            self._more = like.new_empty(batch, n)

    def forward(self, weights: Weights, start: Any, inputs: Any | None, noise: Noise, generator: Any) -> Any:
        """Run from states ``start`` (batch, neurons) on ``inputs`` (steps, batch, d); None is no input.

        Returns
        -------
        torch.Tensor
            r_1 … r_T, (steps, batch, neurons): a view of :attr:`states`, valid until the next run.
        """
        self.states[0] = start
        noise.fill(self.states[1:], generator)
        step = self._relu if self.architecture.cell == "relu" else self._gru
        for t in range(self._steps):
            step(weights, t, None if inputs is None else inputs[t])
        return self.states[1:]

    def _relu(self, weights: Weights, t: int, u: Any | None) -> None:
        a, before, after = self.architecture.rate, self.states[t], self.states[t + 1]
        drive = self._drive[t % len(self._drive)]
        torch.mm(before, weights["W"].T, out=drive)
        if u is not None:
            drive.addmm_(u, weights["V"].T)
        after.add_(before, alpha=1 - a)
        after.add_(torch.clamp_min(drive, 0, out=self._scratch), alpha=a)

    def _gru(self, weights: Weights, t: int, u: Any | None) -> None:
        a, n = self.architecture.rate, self.architecture.neurons
        before, after = self.states[t], self.states[t + 1]
        kept = t % len(self._drive)
        candidate, gates, gated = self._drive[kept], self._gates[kept], self._gated[kept]
        torch.mm(before, weights["W_gates"].T, out=gates)
        if u is not None:
            gates.addmm_(u, weights["V_gates"].T)
        gates.sigmoid_()
        torch.mul(gates[:, n:], before, out=gated)
        torch.mm(gated, weights["W"].T, out=candidate)
        if u is not None:
            candidate.addmm_(u, weights["V"].T)
        candidate.tanh_()
        change = torch.sub(candidate, before, out=self._scratch)
        after.add_(before).add_(change, alpha=a).addcmul_(change, gates[:, :n], value=-a)

    def backward(self, weights: Weights, inputs: Any, errors: Any, gradients: Weights) -> Any:
        """Go back through the latest run, which has to have been made with ``learn``.

        Parameters
        ----------
        errors : torch.Tensor
            dL/dr_t through the output of step t alone, (steps, batch, neurons); overwritten with the whole dL/dr_t.
        gradients : mapping
            Filled in place, but for ``D`` and ``E``, which are no part of the recurrence.

        Returns
        -------
        torch.Tensor
            dL/dr_0, (batch, neurons).
        """
        back = self._relu_back if self.architecture.cell == "relu" else self._gru_back
        carry = self._carry
        scaled = self.architecture.rate * weights["W"]
        for t in range(self._steps - 1, -1, -1):
            if t < self._steps - 1:
                errors[t].add_(carry)
            back(weights, scaled, t, errors[t], carry)
        before = self.states[:-1].flatten(0, 1)
        drive, u = self._drive.flatten(0, 1), inputs.flatten(0, 1)
        fed = before
        if self.architecture.cell == "gru":
            fed, gates = self._gated.flatten(0, 1), self._gates.flatten(0, 1)
            torch.mm(gates.T, before, out=gradients["W_gates"])
            torch.mm(gates.T, u, out=gradients["V_gates"])
        torch.mm(drive.T, fed, out=gradients["W"])
        torch.mm(drive.T, u, out=gradients["V"])
        if self.architecture.cell == "relu":
            # The rate was left out of the drive's gradient, so that a step is one product.
            gradients["W"].mul_(self.architecture.rate)
            gradients["V"].mul_(self.architecture.rate)
        return carry

    def _relu_back(self, weights: Weights, scaled: Any, t: int, error: Any, carry: Any) -> None:
        drive = self._drive[t]
        torch.mul(error, drive > 0, out=drive)
        torch.mul(error, 1 - self.architecture.rate, out=carry)
        carry.addmm_(drive, scaled)

    def _gru_back(self, weights: Weights, scaled: Any, t: int, error: Any, carry: Any) -> None:
        a, n = self.architecture.rate, self.architecture.neurons
        before, candidate, gated = self.states[t], self._drive[t], self._gated[t]
        z, g = self._gates[t][:, :n], self._gates[t][:, n:]
        open_ = torch.mul(z, error, out=self._scratch).neg_().add_(error).mul_(a)  # a (1 - z) dL/dr
        torch.sub(error, open_, out=carry)
        difference = torch.sub(candidate, before, out=self._more).mul_(error).mul_(-a)
        candidate.square_().neg_().add_(1).mul_(open_)
        fed = torch.mm(candidate, weights["W"], out=self._scratch)  # dL/d(g r)
        carry.addcmul_(fed, g)
        # sigmoid' = s (1 - s); for g, the product g r is there already.
        z.mul_(difference.addcmul_(difference, z, value=-1))
        g.neg_().add_(1).mul_(gated).mul_(fed)
        carry.addmm_(self._gates[t], weights["W_gates"])
