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

    @property
    def recurrent(self) -> list[str]:
        """Names of the matrices that a step needs: all but readout D and encoder E."""
        return [name for name in self.shapes if name not in ("D", "E")]

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
        # The steps' rows, cut once: thousands of small views per batch cost as much as the products they feed.
        self._state_at, self._drive_at = self.states.unbind(), self._drive.unbind()
        if architecture.cell == "gru":
            self._gates = like.new_empty(kept, batch, 2 * n)
            self._gated = like.new_empty(kept, batch, n)
            self._more = like.new_empty(batch, n)
            self._gates_at, self._gated_at = self._gates.unbind(), self._gated.unbind()
            self._z_at, self._g_at = self._gates[..., :n].unbind(), self._gates[..., n:].unbind()

    def forward(self, weights: Weights, start: Any, inputs: Any | None, noise: Noise, generator: Any) -> Any:
        """Run from states ``start`` (batch, neurons) on ``inputs`` (steps, batch, d); None stands for no input.

        Returns
        -------
        torch.Tensor
            r_1 … r_T, (steps, batch, neurons): a view of :attr:`states`, valid until the next run.
        """
        self.states[0] = start
        noise.fill(self.states[1:], generator)
        step = self._relu if self.architecture.cell == "relu" else self._gru
        turned = {name: weights[name].T for name in self.architecture.recurrent}
        for t, u in enumerate([None] * self._steps if inputs is None else inputs.unbind()):
            step(turned, t, u)
        return self.states[1:]

    def _relu(self, turned: Weights, t: int, u: Any | None) -> None:
        a, before, after = self.architecture.rate, self._state_at[t], self._state_at[t + 1]
        drive = self._drive_at[t % len(self._drive)]
        torch.mm(before, turned["W"], out=drive)
        if u is not None:
            drive.addmm_(u, turned["V"])
        after.add_(before, alpha=1 - a)
        after.add_(torch.clamp_min(drive, 0, out=self._scratch), alpha=a)

    def _gru(self, turned: Weights, t: int, u: Any | None) -> None:
        a, kept = self.architecture.rate, t % len(self._drive)
        before, after = self._state_at[t], self._state_at[t + 1]
        candidate, gates, gated = self._drive_at[kept], self._gates_at[kept], self._gated_at[kept]
        torch.mm(before, turned["W_gates"], out=gates)
        if u is not None:
            gates.addmm_(u, turned["V_gates"])
        gates.sigmoid_()
        torch.mul(self._g_at[kept], before, out=gated)
        torch.mm(gated, turned["W"], out=candidate)
        if u is not None:
            candidate.addmm_(u, turned["V"])
        candidate.tanh_()
        change = torch.sub(candidate, before, out=self._scratch)
        after.add_(before).add_(change, alpha=a).addcmul_(change, self._z_at[kept], value=-a)

    def backward(self, weights: Weights, inputs: Any, errors: Any, gradients: Weights) -> Any:
        """Go back through the latest run, which has to have been made with ``learn``.

        Parameters
        ----------
        errors : torch.Tensor
            dL/dr_t through the output of step t alone, (steps, batch, neurons); overwritten with the whole dL/dr_t.
        gradients : mapping
            Filled in place, but for ``D`` and ``E``, which are not part of the recurrence.

        Returns
        -------
        torch.Tensor
            dL/dr_0, (batch, neurons).
        """
        back = self._relu_back if self.architecture.cell == "relu" else self._gru_back
        carry = self._carry
        scaled = self.architecture.rate * weights["W"]
        for t, error in reversed(list(enumerate(errors.unbind()))):
            if t < self._steps - 1:
                error.add_(carry)
            back(weights, scaled, t, error, carry)
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
        drive = self._drive_at[t]
        torch.ops.aten.threshold_backward.grad_input(error, drive, 0, grad_input=drive)  # 0 where drive <= 0
        torch.mul(error, 1 - self.architecture.rate, out=carry)
        carry.addmm_(drive, scaled)

    def _gru_back(self, weights: Weights, scaled: Any, t: int, error: Any, carry: Any) -> None:
        a, before, candidate, gated = self.architecture.rate, self._state_at[t], self._drive_at[t], self._gated_at[t]
        z, g = self._z_at[t], self._g_at[t]
        open_ = torch.mul(z, error, out=self._scratch).neg_().add_(error).mul_(a)  # a (1 - z) dL/dr
        torch.sub(error, open_, out=carry)
        difference = torch.sub(candidate, before, out=self._more).mul_(error).mul_(-a)
        candidate.square_().neg_().add_(1).mul_(open_)
        fed = torch.mm(candidate, weights["W"], out=self._scratch)  # dL/d(g r)
        carry.addcmul_(fed, g)
        # sigmoid' = s (1 - s); for g, the product g r is there already.
        z.mul_(difference.addcmul_(difference, z, value=-1))
        g.neg_().add_(1).mul_(gated).mul_(fed)
        carry.addmm_(self._gates_at[t], weights["W_gates"])
