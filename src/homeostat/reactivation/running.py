"""Trained networks at work: awake on trajectories, and quiescent without input."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from homeostat.errors import ConfigError
from homeostat.reactivation.codes import DECODERS, BearingCode, PlaceCode
from homeostat.reactivation.networks import Architecture, Runner
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.tasks import Trajectories
from homeostat.reactivation.trainer import torch_generator

Array = NDArray[np.float32]

DOUBLED = sqrt(2)
"""Factor of the noise in quiescence by which its variance doubles (equation 19)."""


@contextmanager
def subnormals_flushed() -> Iterator[None]:
    """Let subnormal numbers count as 0 inside, on the CPU: states without noise and input decay into them.

    A product that meets one takes up to two hundred times as long.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@dataclass(frozen=True)
class Activity:
    """What a network did.

    Attributes
    ----------
    decoded
        Stimuli decoded from the output, by decoder: (steps, runs, d).
    states
        The first steps' hidden states, (steps kept, runs, neurons).
    """

    decoded: dict[str, Array]
    states: Array


@dataclass(frozen=True)
class Network:
    """A network with its weights and code, ready to run.

    Attributes
    ----------
    weights
        Flat tensor; its device and precision are those of every run.
    noise
        The noise of training.
    """

    architecture: Architecture
    weights: Any
    code: PlaceCode | BearingCode
    noise: Noise

    def __post_init__(self) -> None:
        """Bring the code to the weights' device."""
        if isinstance(self.code, PlaceCode):
            object.__setattr__(self, "code", self.code.to(self.weights))

    def encode(self, stimulus: NDArray[np.floating[Any]]) -> Any:
        """Return the states E y that stand for stimuli (n, d) before the first step, (n, neurons)."""
        given = torch.as_tensor(stimulus, dtype=self.weights.dtype).to(self.weights.device)
        return self.code.encode(given) @ self.architecture.views(self.weights)["E"].T

    def wake(self, trajectories: Trajectories, seed: np.random.SeedSequence) -> Activity:
        """Run on trajectories with the noise of training; keeps all states."""
        steps, runs = trajectories.shape
        inputs = torch.as_tensor(trajectories.inputs, dtype=self.weights.dtype).to(self.weights.device)
        runner = Runner(self.architecture, steps, runs, self.weights)
        generator = torch_generator(seed, self.weights)
        weights = self.architecture.views(self.weights)
        states = runner.forward(weights, self.encode(trajectories.start), inputs, self.noise, generator)
        return Activity(self._decode(states), _numpy(states))

    def quiesce(
        self, start: Any, steps: int, noise: Noise, seed: np.random.SeedSequence, *, keep_states: int = 0
    ) -> Activity:
        """Run without input.

        Parameters
        ----------
        start : torch.Tensor
            Initial states (runs, neurons), as :meth:`encode` gives them.
        noise : Noise
            Usually that of training ``times(DOUBLED)``.
        keep_states : int
            How many steps' states are kept.

        Raises
        ------
        ConfigError
            No step.
        """
        decoded: dict[str, list[Array]] = {how: [] for how in DECODERS}
        kept = [_numpy(start[None][:0])]
        for first, states in self._windows(start, steps, noise, seed):
            for how, positions in self._decode(states).items():
                decoded[how].append(positions)
            kept.append(_numpy(states[: max(0, keep_states - first)]))
        return Activity({how: np.concatenate(parts) for how, parts in decoded.items()}, np.concatenate(kept))

    def drift(self, states: Array, noise: Noise, inputs: Array | None = None) -> Array:
        """Return the mean change of states (n, neurons) in one step with inputs (n, d), or without, (n, neurons)."""
        given = torch.as_tensor(states).to(self.weights)
        runner = Runner(self.architecture, 1, len(given), self.weights)
        weights = self.architecture.views(self.weights)
        fed = None if inputs is None else torch.as_tensor(inputs, dtype=given.dtype).to(given.device)[None]
        after = runner.forward(weights, given, fed, Noise("none"), torch_generator(np.random.SeedSequence(0), given))
        return _numpy(after[0] - given + noise.mean)

    def _windows(self, start: Any, steps: int, noise: Noise, seed: np.random.SeedSequence) -> Iterator[tuple[int, Any]]:
        """Yield the first step and the states of each piece of a run; they are valid until the next."""
        if steps < 1:
            raise ConfigError(f"the number of steps must be at least 1, got {steps}")
        # In pieces: the states of thousands of steps would fill the memory.
        window = min(steps, 100)
        runner = Runner(self.architecture, window, len(start), self.weights)
        generator = torch_generator(seed, self.weights)
        weights = self.architecture.views(self.weights)
        state = start
        for first in range(0, steps, window):
            states = runner.forward(weights, state, None, noise, generator)[: steps - first]
            state = states[-1].clone()
            yield first, states

    def _decode(self, states: Any) -> dict[str, Array]:
        outputs = states @ self.architecture.views(self.weights)["D"].T
        return {how: _numpy(self.code.decode(outputs, how)) for how in DECODERS}


def _numpy(tensor: Any) -> Array:
    return tensor.to("cpu", torch.float32, copy=True).numpy()
