"""What EM and the network share: epochs of learning with a record, and runs of many learners with checkpoints."""

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.files import checkpoint_path, load_npz, save_npz
from homeostat.files import checkpoint_seconds as seconds_between_checkpoints
from homeostat.mixture.inputs import Inputs, on_device, to_numpy
from homeostat.mixture.model import log_likelihoods

_FIELDS = ("weights", "epoch", "log_likelihood", "totals")


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
        self.inputs, self.epochs, self.every, self.device = inputs, epochs, every, device
        self.weights = self._upload(weights)
        self.epoch = 0
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
        return self.epoch >= self.epochs

    def advance(self) -> None:
        """Learn for one epoch."""
        if not self._course:
            self._record()
        self._learn()
        self.epoch += 1
        if self.epoch % self.every == 0 or self.done:
            self._record()

    def _record(self) -> None:
        sums = to_numpy(self.weights).sum(axis=1, dtype=np.float64)
        self._course.append((self.epoch, self._likelihood(), sums.min(), sums.mean(), sums.max()))

    def result(self) -> Learned:
        """Return the weights and the record so far."""
        course = np.array(self._course, dtype=np.float64).reshape(-1, 5)
        return Learned(to_numpy(self.weights).copy(), course[:, 0].astype(np.int64), course[:, 1], course[:, 2:])

    def state(self) -> dict[str, NDArray[Any]]:
        """Return what :meth:`restore` needs to go on with the same numbers."""
        return {"weights": to_numpy(self.weights), "course": np.array(self._course), "epoch": np.array(self.epoch)}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a state."""
        self.weights = self._upload(state["weights"])
        self._course = [(int(row[0]), *map(float, row[1:])) for row in state["course"]]  # type: ignore[misc]
        self.epoch = int(state["epoch"])


def fit_all(
    learners: Sequence[Callable[[], Learner]],
    *,
    identity: str = "",
    progress: Callable[[int, int], None] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_seconds: float | None = None,
) -> list[Learned]:
    """Run learners one after the other; each gives the same numbers alone and in any company.

    Parameters
    ----------
    learners
        Each makes a learner when its turn comes, so that only one holds its patterns in memory.
    identity
        What the runs are, in words: a checkpoint of others is not used.
    progress
        Called with the epochs done and in all (as many for each learner as for the first).
    checkpoint
        File to go on from after a kill, written after an epoch once ``checkpoint_seconds`` have passed (None: as
        :func:`homeostat.files.checkpoint_seconds` says), and removed at the end.
    """
    every = seconds_between_checkpoints(checkpoint_seconds)
    path = checkpoint_path(checkpoint)
    done, running = _read(path, identity)
    saved = time.monotonic()
    for index in range(len(done), len(learners)):
        learner = learners[index]()
        if running:
            learner.restore(running)
            running = {}
        while not learner.done:
            learner.advance()
            if progress is not None:
                progress(index * learner.epochs + learner.epoch, len(learners) * learner.epochs)
            if path is not None and not learner.done and time.monotonic() - saved > every:
                _write(path, identity, done, learner.state())
                saved = time.monotonic()
        done.append(learner.result())
        if path is not None and time.monotonic() - saved > every:
            _write(path, identity, done, {})
            saved = time.monotonic()
    if path is not None:
        path.unlink(missing_ok=True)
    return done


def _write(path: Path, identity: str, done: Sequence[Learned], running: Mapping[str, Any]) -> None:
    arrays = {f"run_{name}": value for name, value in running.items()}
    arrays |= {f"{index}_{name}": getattr(each, name) for index, each in enumerate(done) for name in _FIELDS}
    save_npz(path, arrays, {"identity": identity, "finished": len(done)}, compress=False)


def _read(path: Path | None, identity: str) -> tuple[list[Learned], dict[str, NDArray[Any]]]:
    if path is None or not path.exists():
        return [], {}
    try:
        arrays, meta = load_npz(path)
    except DataError:
        return [], {}  # Cut short by whatever stopped the run: start again.
    if "identity" not in meta:
        raise DataError(f"checkpoint: {path} holds something else, which would be overwritten; name another file")
    if meta["identity"] != identity:
        return [], {}
    done = [Learned(**{name: arrays[f"{index}_{name}"] for name in _FIELDS}) for index in range(meta["finished"])]
    return done, {name.removeprefix("run_"): value for name, value in arrays.items() if name.startswith("run_")}
