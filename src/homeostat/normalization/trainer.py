"""Training of LeNet5 under one condition: networks in lockstep, with records along the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat.normalization.conditions import Condition
from homeostat.normalization.data import ImageData
from homeostat.normalization.evaluation import Evaluation, evaluate
from homeostat.normalization.factory import make_engine
from homeostat.normalization.lenet import initial_rows
from homeostat.normalization.settings import Training
from homeostat.seeds import child

Array = NDArray[Any]


@dataclass(frozen=True)
class TrainingResult:
    """M trained networks.

    Attributes
    ----------
    rows : (M, n_parameters)
        Trained parameters, a row for each network, as :func:`homeostat.normalization.lenet.parts` names them.
    evaluated_at : (E,)
    accuracy : (M, E)
        Per cent.
    final_accuracy : (M, len(test_batches))
        Per cent, after the last iteration, with each size of the test batch.
    row_at : (R,)
        Iterations of the rows.
    row_loss : (M, R)
        Mean training loss since the row before, nats.
    fc1_rows, fc2_rows : (M, R, 120), (M, R, 84)
        Activation probability of each unit in the batch of that iteration.
    fc1_probability, fc1_mean_active, fc1_mean, fc2_probability, fc2_mean_active, fc2_mean : (M, U)
        Over the test set, see :class:`homeostat.normalization.evaluation.Units`; so are
    fc1_distinct, fc1_joint, fc2_distinct, fc2_joint : (M,)
    finite : (M,)
        False for a network that diverged.
    """

    rows: Array
    evaluated_at: Array
    accuracy: Array
    final_accuracy: Array
    row_at: Array
    row_loss: Array
    fc1_rows: Array
    fc2_rows: Array
    fc1_probability: Array
    fc1_mean_active: Array
    fc1_mean: Array
    fc1_distinct: Array
    fc1_joint: Array
    fc2_probability: Array
    fc2_mean_active: Array
    fc2_mean: Array
    fc2_distinct: Array
    fc2_joint: Array
    finite: Array

    def arrays(self) -> dict[str, Array]:
        """Return the fields by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


class Trainer:
    """Networks on their way through training; :func:`~homeostat.normalization.fitting.train_many` is the usual way in.

    Parameters
    ----------
    condition, data, training, seeds, device
        As there; all networks, one for each seed, are trained at once (on the CPU there may be one).
    """

    def __init__(
        self,
        condition: Condition,
        data: ImageData,
        training: Training,
        seeds: Sequence[np.random.SeedSequence],
        device: str = "cpu",
    ) -> None:
        self.n_models = len(seeds)
        self.step = 0
        self.n_steps = training.iterations
        self._data, self._training = data, training
        self._order = [child(seed, 1) for seed in seeds]
        self._engine = make_engine(
            condition, initial_rows(condition, [child(seed, 0) for seed in seeds]), training.learning_rate, device
        )
        self._evaluate_at = {*training.evaluate_at, training.iterations}
        self._permutations: tuple[int, Array] = (-1, np.empty(0))
        self._loss = np.zeros(self.n_models)
        # What is recorded: iterations, and one array for each of them.
        self._rows: list[tuple[int, Array, Array, Array]] = []
        self._accuracy: list[tuple[int, Array]] = []
        self._last: tuple[int, Evaluation] | None = None

    @property
    def done(self) -> bool:
        """Whether all iterations are over."""
        return self.step >= self.n_steps

    def advance(self) -> None:
        """Make the steps up to the next record, as far as the engine takes them at once, and record what is due."""
        data, training = self._data, self._training
        chosen = np.stack([self._batch(self.step + k) for k in range(self._steps_to_record())])
        made = self._engine.steps(data.train_images, data.train_labels, chosen)
        self.step += len(chosen)
        self._loss += made.loss
        if self.step % training.rows_every == 0:
            self._rows.append((self.step, self._loss / training.rows_every, made.fc1, made.fc2))
            self._loss = np.zeros(self.n_models)
        if self.step in self._evaluate_at:
            found = evaluate(self._engine, data.test_images, data.test_labels, training.test_batches[0])
            self._accuracy.append((self.step, found.accuracy))
            self._last = (self.step, found)

    def _steps_to_record(self) -> int:
        """Return the number of steps until something is recorded, or that the engine takes at once."""
        every = self._training.rows_every
        row = every - self.step % every
        evaluation = min(at for at in self._evaluate_at if at > self.step) - self.step
        return min(row, evaluation, self._engine.steps_at_once)

    def _batch(self, iteration: int) -> NDArray[np.int64]:
        """Return the images of a batch of each network, (M, B).

        Each epoch is a new permutation, drawn from the seed and the number of the epoch alone; images that do not
        fill a batch sit it out.
        """
        size = self._training.batch
        epoch, slot = divmod(iteration, len(self._data.train_images) // size)
        if self._permutations[0] != epoch:
            drawn = [
                np.random.default_rng(child(seed, epoch)).permutation(len(self._data.train_images))
                for seed in self._order
            ]
            self._permutations = (epoch, np.stack(drawn))
        return np.ascontiguousarray(self._permutations[1][:, slot * size : (slot + 1) * size])

    def result(self) -> TrainingResult:
        """Return the networks as they stand, with their responses to the test set."""
        data, engine = self._data, self._engine
        sizes = self._training.test_batches
        known = [self._last[1]] if self._last is not None and self._last[0] == self.step else []
        # Without batch statistics, an image's outputs are the same in any batch.
        once = engine.condition.batch == "nothing"
        for size in sizes[len(known) : 1 if once else None]:
            known.append(evaluate(engine, data.test_images, data.test_labels, size))
        found = known * len(sizes) if once else known
        units = {
            f"{layer}_{name}": value
            for layer in ("fc1", "fc2")
            for name, value in getattr(found[0], layer)._asdict().items()
        }
        row_at, loss, fc1, fc2 = _columns(self._rows, 4)
        evaluated_at, accuracy = _columns(self._accuracy, 2)
        return TrainingResult(
            rows=np.array(engine.rows),
            evaluated_at=evaluated_at,
            accuracy=accuracy,
            final_accuracy=np.stack([each.accuracy for each in found], axis=1),
            row_at=row_at,
            row_loss=loss,
            fc1_rows=fc1,
            fc2_rows=fc2,
            finite=np.isfinite(engine.rows).all(axis=1),
            **units,
        )

    def state(self) -> dict[str, Array]:
        """Return everything that :meth:`restore` needs to go on with the same numbers."""
        state = {f"engine_{name}": value for name, value in self._engine.state().items()}
        state |= {f"rows_{i}": np.array([row[i] for row in self._rows]) for i in range(4) if self._rows}
        state |= {f"accuracy_{i}": np.array([row[i] for row in self._accuracy]) for i in range(2) if self._accuracy}
        return state | {"step": np.array(self.step), "loss": self._loss}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Go on from what :meth:`state` returned."""
        prefix = "engine_"
        self._engine.restore({n.removeprefix(prefix): v for n, v in state.items() if n.startswith(prefix)})
        self.step, self._loss = int(state["step"]), state["loss"].copy()
        if "rows_0" in state:
            rows = zip(*(state[f"rows_{i}"] for i in range(4)), strict=True)
            self._rows = [(int(at), loss, fc1, fc2) for at, loss, fc1, fc2 in rows]
        if "accuracy_0" in state:
            accuracy = zip(state["accuracy_0"], state["accuracy_1"], strict=True)
            self._accuracy = [(int(at), value) for at, value in accuracy]


def _columns(records: Sequence[tuple[Any, ...]], width: int) -> list[Array]:
    """Return records as arrays: the iterations (R,), and the others with the networks first, (M, R, ...)."""
    if not records:
        return [np.empty(0, np.int64)] + [np.empty((0, 0))] * (width - 1)
    at, *others = zip(*records, strict=True)
    return [np.array(at)] + [np.stack(each, axis=1) for each in others]
