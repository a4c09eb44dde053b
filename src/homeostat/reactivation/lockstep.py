"""Training of several networks in lockstep, for GPUs: a step of all of them is one launch, and a batch is one graph.

The states of a network are a few hundred small products, one after the other, which leave a GPU waiting for the
next launch. Here the recurrences of all networks go forward together (:class:`LockstepRunner`), and everything a
batch does, from its noise to Adam's step, is recorded once and then replayed (:class:`Lockstep`).

A network learns from the same batches as alone. Its noise depends on its seed and the number of the batch only.
"""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from homeostat.errors import ConfigError
from homeostat.reactivation.losses import make_loss
from homeostat.reactivation.networks import Architecture
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.optimizer import BETAS, adam_scale
from homeostat.reactivation.precision import products
from homeostat.reactivation.trainer import Trained, Trainer
from homeostat.seeds import torch_seed

Array = NDArray[Any]
Weights = Mapping[str, Any]

# Batches that are drawn ahead.
_AHEAD = 8


class LockstepRunner:
    """Runs networks of one architecture forwards and backwards; equations as in :mod:`.networks`.

    Arrays are network-major, (networks, steps, batch, neurons): a step of all networks is one batched product, and
    what is done for each network by itself finds its arrays in one piece.

    Parameters
    ----------
    architecture, networks, steps, batch
        The architecture of each network, and how many there are; the sizes of a batch.
    like : torch.Tensor
        Gives device and type.
    precision : {"highest", "high"}
        Precision of recurrent products on a GPU; products with the input have full precision.
    """

    def __init__(
        self, architecture: Architecture, networks: int, steps: int, batch: int, like: Any, precision: str = "highest"
    ) -> None:
        self.architecture = architecture
        n = architecture.neurons
        self._steps, self._precision = steps, precision
        self.states = like.new_empty(networks, steps + 1, batch, n)
        self._drive = like.new_empty(networks, steps, batch, n)
        self._scratch = like.new_empty(networks, batch, n)
        self._carry = like.new_empty(networks, batch, n)
        if architecture.cell == "gru":
            self._gates = like.new_empty(networks, steps, batch, 2 * n)
            self._gated = like.new_empty(networks, steps, batch, n)
            self._more = like.new_empty(networks, batch, n)

    def forward(self, weights: Weights, inputs: Any, noises: Sequence[Noise], generators: Sequence[Any]) -> Any:
        """Run from the states in ``states[:, 0]`` on ``inputs`` (networks, steps, batch, d).

        ``weights`` are stacked, (networks, …). Returns r_1 … r_T, (networks, steps, batch, neurons), a view.
        """
        for states, noise, generator in zip(self.states, noises, generators, strict=True):
            noise.fill(states[1:], generator)
        u = inputs.flatten(1, 2)
        torch.bmm(u, weights["V"].mT, out=self._drive.flatten(1, 2))
        if self.architecture.cell == "gru":
            torch.bmm(u, weights["V_gates"].mT, out=self._gates.flatten(1, 2))
        step = self._relu if self.architecture.cell == "relu" else self._gru
        with products(self._precision):
            for t in range(self._steps):
                step(weights, t)
        return self.states[:, 1:]

    def _relu(self, weights: Weights, t: int) -> None:
        a, before, after, drive = self.architecture.rate, self.states[:, t], self.states[:, t + 1], self._drive[:, t]
        drive.baddbmm_(before, weights["W"].mT)
        after.add_(before, alpha=1 - a)
        after.add_(drive.clamp_min_(0), alpha=a)

    def _gru(self, weights: Weights, t: int) -> None:
        a, n = self.architecture.rate, self.architecture.neurons
        before, after = self.states[:, t], self.states[:, t + 1]
        candidate, gates, gated = self._drive[:, t], self._gates[:, t], self._gated[:, t]
        gates.baddbmm_(before, weights["W_gates"].mT).sigmoid_()
        torch.mul(gates[..., n:], before, out=gated)
        candidate.baddbmm_(gated, weights["W"].mT).tanh_()
        wanted = torch.lerp(candidate, before, gates[..., :n], out=self._scratch)
        after.add_(before, alpha=1 - a).add_(wanted, alpha=a)

    def backward(self, weights: Weights, inputs: Any, errors: Any, gradients: Weights) -> Any:
        """Go back through the latest run; as :meth:`.networks.Runner.backward`, with a leading axis of networks."""
        back = self._relu_back if self.architecture.cell == "relu" else self._gru_back
        carry, before, rate = self._carry, self.states[:, :-1], self.architecture.rate
        # The rate is left out of the gradients of drive and gates, which saves a launch per step.
        scaled = {name: rate * weights[name] for name in ("W", "W_gates") if name in weights}
        with products(self._precision):
            for t in range(self._steps - 1, -1, -1):
                back(weights, scaled, t, errors[:, t], errors[:, t - 1] if t > 0 else carry.zero_())
            _contract(self._drive, before if self.architecture.cell == "relu" else self._gated, gradients["W"])
            _contract(self._drive, inputs, gradients["V"])
            if self.architecture.cell == "gru":
                _contract(self._gates, before, gradients["W_gates"])
                _contract(self._gates, inputs, gradients["V_gates"])
        for name in set(gradients) - {"D", "E"}:
            gradients[name].mul_(rate)
        return carry

    def _relu_back(self, weights: Weights, scaled: Weights, t: int, error: Any, earlier: Any) -> None:
        """Turn the drive of step t into its gradient, and add to ``earlier`` the gradient of r_{t-1}."""
        drive = self._drive[:, t]  # clamped: above 0 where the unit is active
        torch.ops.aten.threshold_backward.grad_input(error, drive, 0, grad_input=drive)
        earlier.add_(error, alpha=1 - self.architecture.rate)
        earlier.baddbmm_(drive, scaled["W"])

    def _gru_back(self, weights: Weights, scaled: Weights, t: int, error: Any, earlier: Any) -> None:
        """As :meth:`_relu_back`; with h = z r + (1 - z) c, r_t = (1 - a) r + a h + noise."""
        a, n = self.architecture.rate, self.architecture.neurons
        before, candidate = self.states[:, t], self._drive[:, t]
        z, g = self._gates[:, t, :, :n], self._gates[:, t, :, n:]
        opened = torch.addcmul(error, error, z, value=-1, out=self._scratch)  # dL/dh dh/dc
        earlier.add_(error).add_(opened, alpha=-a)
        difference = torch.sub(before, candidate, out=self._more).mul_(error)
        torch.ops.aten.sigmoid_backward.grad_input(difference, z, grad_input=z)
        torch.ops.aten.tanh_backward.grad_input(opened, candidate, grad_input=candidate)
        fed = torch.bmm(candidate, weights["W"], out=self._scratch)  # of g r
        earlier.addcmul_(fed, g, value=a)
        torch.ops.aten.sigmoid_backward.grad_input(fed.mul_(before), g, grad_input=g)
        earlier.baddbmm_(self._gates[:, t], scaled["W_gates"])


class Lockstep:
    """Networks on their way through one schedule together; for :func:`~homeostat.reactivation.fitting.train`.

    Parameters
    ----------
    trainers : sequence of Trainer
        All of one architecture, schedule and device; tasks, codes, noises and seeds may differ.
    precision : {"high", "highest"}
        Precision of the recurrent products and of :class:`~homeostat.reactivation.losses.CellLoss` on a GPU; inputs,
        codes and evaluations always have full precision.
    threads : int
        Threads that draw batches ahead.

    Raises
    ------
    ConfigError
        No networks, or networks of different sizes, schedules or devices.
    """

    def __init__(self, trainers: Sequence[Trainer], *, precision: str = "high", threads: int = 2) -> None:
        if not trainers:
            raise ConfigError("there are no networks to train")
        if len({(one.architecture, one.schedule, one.device) for one in trainers}) > 1:
            raise ConfigError("networks in lockstep need one architecture, one schedule and one device")
        first = trainers[0]
        self._trainers = list(trainers)
        self.architecture, self.schedule, self.step = first.architecture, first.schedule, 0
        self._cuda = first.device == "cuda"
        self._precision, self._threads = precision if self._cuda else "highest", threads
        count, like = len(trainers), first.weights
        flat = [like.new_zeros(count, like.numel()) for _ in range(4)]
        for one, *rows in zip(trainers, *flat, strict=True):
            one.keep_in(*rows)
        self._weights, self._gradient, self._mean, self._square = flat
        self._views = _stacked(self.architecture, self._weights)
        self._slopes = _stacked(self.architecture, self._gradient)
        steps, batch = self.schedule.steps, self.schedule.batch
        self._runner = LockstepRunner(self.architecture, count, steps, batch, like, self._precision)
        self._errors = like.new_empty(count, steps, batch, self.architecture.neurons)
        self._inputs, self._targets = (like.new_zeros(count, steps, batch, self.architecture.inputs) for _ in range(2))
        self._start = like.new_zeros(count, batch, self.architecture.inputs)
        self._losses = torch.zeros(count, dtype=torch.float64, device=like.device)
        self._loss_of = [make_loss(one.code, self._precision) for one in trainers]
        # Counted on the device, so that no batch waits for the host.
        self._count = torch.zeros((), dtype=torch.float64, device=like.device)
        self._diverged = torch.full((count,), -1.0, dtype=torch.float64, device=like.device)
        self._generators = [torch.Generator(like.device) for _ in trainers]
        self._ahead: _Ahead | None = None
        self._graph: Any = None

    @property
    def n_steps(self) -> int:
        """Batches in all."""
        return self.schedule.batches

    @property
    def done(self) -> bool:
        """Whether all batches are done, or all networks diverged (as found at the latest evaluation)."""
        return self.step >= self.schedule.batches or all(one.diverged >= 0 for one in self._trainers)

    def advance(self) -> None:
        """Take one gradient step of every network on a fresh batch of its own, and evaluate where that is due."""
        if self.step == 0:
            for one in self._trainers:
                one.begin()
        if self._cuda and self._graph is None:
            self._record()
        if self._ahead is None:
            self._ahead = _Ahead(self._draw, self.step, self.schedule.batches, self._threads)
        tensors, seeds = self._ahead.next()
        for mine, drawn in zip((self._inputs, self._targets, self._start), tensors, strict=True):
            mine.copy_(drawn, non_blocking=True)
        for generator, seed in zip(self._generators, seeds, strict=True):
            generator.manual_seed(seed)
        if self._graph is None:
            self._learn()
        else:
            self._graph.replay()
        self.step += 1
        if self.schedule.evaluates_after(self.step):
            self._evaluate()

    def result(self) -> list[Trained]:
        """Return the networks as they stand."""
        self._tell()
        return [one.result() for one in self._trainers]

    def state(self) -> dict[str, Array]:
        """Return everything that :meth:`restore` needs to go on with the same numbers."""
        self._tell()
        return {f"{i}_{name}": array for i, one in enumerate(self._trainers) for name, array in one.state().items()}

    def restore(self, state: dict[str, Array]) -> None:
        """Go on from what :meth:`state` returned."""
        for i, one in enumerate(self._trainers):
            prefix = f"{i}_"
            one.restore({name.removeprefix(prefix): v for name, v in state.items() if name.startswith(prefix)})
            self._diverged[i] = one.diverged
        self.step = max(one.step for one in self._trainers)
        self._count.fill_(self.step)
        self._ahead = None

    def fingerprint(self) -> str:
        """Name the training that a checkpoint belongs to."""
        words = [self._precision, *(one.fingerprint() for one in self._trainers)]
        return hashlib.sha256("\n".join(words).encode()).hexdigest()

    def gradient(self) -> None:
        """Compute losses and gradients of the batch that is in place; nothing here waits for the host."""
        start = [one.code.encode(given) for one, given in zip(self._trainers, self._start, strict=True)]
        torch.bmm(torch.stack(start), self._views["E"].mT, out=self._runner.states[:, 0])
        noises = [one.noise for one in self._trainers]
        states = self._runner.forward(self._views, self._inputs, noises, self._generators)
        for i, loss in enumerate(self._loss_of):
            readout, slope = self._views["D"][i], self._slopes["D"][i]
            self._losses[i].copy_(loss(readout, states[i], self._targets[i], self._errors[i], slope))
        carry = self._runner.backward(self._views, self._inputs, self._errors, self._slopes)
        for i, first in enumerate(start):
            torch.mm(carry[i].T, first, out=self._slopes["E"][i])

    def _learn(self) -> None:
        """Do all that a batch does on the device: noise, gradient, Adam's step of the networks that go on."""
        self.gradient()
        good = self._losses.isfinite() & self._gradient.isfinite().all(1)
        lost = ~good & (self._diverged < 0)
        self._diverged.copy_(torch.where(lost, self._count, self._diverged))
        self._count.add_(1)
        first, second = BETAS
        size = (self.schedule.learning_rate / (1 - torch.pow(first, self._count))).float()
        root = (1 - torch.pow(second, self._count)).sqrt().float()
        scale = adam_scale(self._gradient, self._mean, self._square, root)
        step = torch.div(self._mean, scale, out=scale).mul_(size)
        going = (self._diverged < 0)[:, None]
        self._weights.sub_(step.where(going, torch.zeros_like(step)))

    def _record(self) -> None:
        """Record :meth:`_learn` as a graph, before any thread draws: others' calls would break the recording.

        It has to have run before, on whatever is in place, and what that changed is set back.
        """
        kept = (self._weights, self._mean, self._square, self._count, self._diverged)
        before = [tensor.clone() for tensor in kept]
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(2):
                self._learn()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        for generator in self._generators:
            graph.register_generator_state(generator)
        with torch.cuda.graph(graph):
            self._learn()
        for tensor, value in zip(kept, before, strict=True):
            tensor.copy_(value)
        self._graph = graph

    def _draw(self, number: int) -> tuple[list[Any], list[int]]:
        """Draw a batch of every network: inputs, targets and starts, stacked; and the seeds of the noise."""
        drawn, seeds = zip(*(one.fresh(number) for one in self._trainers), strict=True)
        tensors = [
            torch.as_tensor(np.stack([getattr(one, name) for one in drawn], dtype=np.float32))
            for name in ("inputs", "targets", "start")
        ]
        return [one.pin_memory() if self._cuda else one for one in tensors], [torch_seed(seed) for seed in seeds]

    def _evaluate(self) -> None:
        """Evaluate the networks that go on."""
        self._tell()
        for one, loss in zip(self._trainers, self._losses.tolist(), strict=True):
            if one.diverged < 0:
                one.evaluate(loss)

    def _tell(self) -> None:
        """Tell the trainers how far they are; a diverged network stands where it diverged."""
        for one, diverged in zip(self._trainers, self._diverged.tolist(), strict=True):
            one.diverged = int(diverged)
            one.step = self.step if one.diverged < 0 else one.diverged


class _Ahead:
    """Batches drawn ahead by threads: most of the drawing is done without Python's lock."""

    def __init__(self, draw: Callable[[int], Any], first: int, last: int, threads: int) -> None:
        self._draw, self._numbers = draw, iter(range(first, last))
        self._pool = ThreadPoolExecutor(max(1, min(threads, os.cpu_count() or 1)))
        self._waiting: deque[Future[Any]] = deque()
        for _ in range(_AHEAD):
            self._order()

    def next(self) -> Any:
        """Return the next batch."""
        self._order()
        return self._waiting.popleft().result()

    def _order(self) -> None:
        number = next(self._numbers, None)
        if number is not None:
            self._waiting.append(self._pool.submit(self._draw, number))


def _stacked(architecture: Architecture, flat: Any) -> dict[str, Any]:
    """Return the matrices in stacked flat weights, (networks, rows, columns), without copying."""
    rows = [architecture.views(row) for row in flat]
    return {
        name: flat.as_strided((len(flat), *view.shape), (flat.stride(0), *view.stride()), view.storage_offset())
        for name, view in rows[0].items()
    }


def _contract(left: Any, right: Any, out: Any) -> None:
    """Write left^T right of each network, summed over steps and batch, (networks, p, q).

    One product per network: its sum is long, and a library splits it among all of a GPU only in single products.
    """
    for one, other, result in zip(left, right, out, strict=True):
        torch.mm(one.flatten(0, 1).T, other.flatten(0, 1), out=result)
