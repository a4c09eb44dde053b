"""What EM and the network share: epochs of learning, with a record."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.mixture.inputs import Inputs, on_device, to_numpy
from homeostat.mixture.model import log_likelihoods


@dataclass(frozen=True)
class Learned:
    """Weights after learning, and the course of it.

    Attributes
    ----------
    weights : (C, D)
        W.
    epoch : int (L,)
        Passes over the patterns at which the rest was taken; 0 is before learning.
    log_likelihood : float (L,)
        Mean log p(y) of the patterns that were learned, nats.
    totals : float (L, 3)
        Least, mean and largest sum of a unit's weights, sum_d W_cd.
    """

    weights: NDArray[Any]
    epoch: NDArray[np.int64]
    log_likelihood: NDArray[np.float64]
    totals: NDArray[np.float64]


class Learner(ABC):
    """Learns the weights of one model in passes over the patterns (epochs).

    Parameters
    ----------
    weights : (C, D)
        Initial weights.
    inputs
        Patterns that are learned.
    epochs
        How many passes.
    every
        Epochs between two entries of the record; the first and last are always there.
    device
        ``"cpu"`` or a torch device, that of the inputs.

    Raises
    ------
    DataError
        Weights that do not fit the patterns, more units than patterns, no epoch.
    """

    def __init__(
        self, weights: NDArray[Any], inputs: Inputs, *, epochs: int, every: int = 1, device: str = "cpu"
    ) -> None:
        n_patterns, n_inputs = inputs.values.shape
        if weights.ndim != 2 or weights.shape[1] != n_inputs:
            raise DataError(f"weights of shape {weights.shape} do not fit patterns of {n_inputs} inputs")
        if len(weights) > n_patterns:
            raise DataError(f"{len(weights)} units cannot be learned from {n_patterns} patterns; use at most as many")
        if epochs < 1 or every < 1:
            raise DataError(f"epochs and every must be at least 1, got {epochs} and {every}")
        self.inputs, self.n_steps, self.every, self.device = inputs, epochs, every, device
        self.weights = self._upload(weights)
        self.step = 0
        self._course: list[tuple[int, float, float, float, float]] = []

    def _upload(self, weights: NDArray[Any]) -> Any:
        kind = np.float64 if str(self.inputs.values.dtype).endswith("float64") else np.float32
        return on_device(np.array(weights, dtype=kind), self.device)

    @abstractmethod
    def _learn(self) -> None:
        """Change the weights by one pass over the patterns."""

    def _likelihood(self) -> float:
        return float(log_likelihoods(self.inputs, self.weights).mean())

    @property
    def done(self) -> bool:
        """Whether all epochs are over."""
        return self.step >= self.n_steps

    def advance(self) -> None:
        """Learn for one epoch."""
        if not self._course:
            self._record()
        self._learn()
        self.step += 1
        if self.step % self.every == 0 or self.done:
            self._record()

    def _record(self) -> None:
        sums = to_numpy(self.weights).sum(axis=1, dtype=np.float64)
        self._course.append((self.step, self._likelihood(), sums.min(), sums.mean(), sums.max()))

    def result(self) -> Learned:
        """Return the weights and the record so far."""
        course = np.array(self._course, dtype=np.float64).reshape(-1, 5)
        return Learned(to_numpy(self.weights).copy(), course[:, 0].astype(np.int64), course[:, 1], course[:, 2:])

    def state(self) -> dict[str, NDArray[Any]]:
        """Return what :meth:`restore` needs to go on with the same numbers."""
        return {"weights": to_numpy(self.weights), "course": np.array(self._course), "step": np.array(self.step)}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a state."""
        self.weights = self._upload(state["weights"])
        self._course = [(int(row[0]), *map(float, row[1:])) for row in state["course"]]  # type: ignore[misc]
        self.step = int(state["step"])
