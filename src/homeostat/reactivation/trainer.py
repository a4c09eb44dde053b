"""Training on fresh batches with Adam, to the same weights whether or not it was interrupted.

The random numbers of a batch depend on the seed and the number of the batch only, so a checkpoint holds the
weights, Adam's averages and the curves, and nothing of generators.
"""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from homeostat.checkpoints import fingerprint
from homeostat.reactivation.codes import BearingCode, PlaceCode
from homeostat.reactivation.losses import CellLoss, make_loss
from homeostat.reactivation.networks import Architecture, Runner
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.optimizer import BETAS, adam_scale
from homeostat.reactivation.settings import Schedule
from homeostat.reactivation.tasks import Task, Trajectories
from homeostat.seeds import child, torch_seed

Array = NDArray[Any]


@dataclass(frozen=True)
class Trained:
    """A trained network.

    Attributes
    ----------
    weights
        Flat, in the order of :attr:`Architecture.shapes`.
    curve
        One row per evaluation: batch, test loss, decoding error by the top three cells and by the centroid
        (mean distance; metres or radians), loss of the training batch. (n_evaluations, 5)
    diverged
        The batch at which a loss or weight stopped being a number, or -1; the weights are those from before it.
    """

    weights: NDArray[np.float32]
    curve: NDArray[np.float64]
    diverged: int


def torch_generator(seed: np.random.SeedSequence, like: Any) -> Any:
    """Return a generator of the tensor's device; the two devices have different streams."""
    return torch.Generator(like.device).manual_seed(torch_seed(seed))


class Trainer:
    """One network on its way through a schedule; :func:`~homeostat.reactivation.fitting.train` is the usual way in.

    Parameters
    ----------
    architecture, task, code, noise, schedule
        The network, what it learns, how stimuli are told to it and read from it, its noise, how long it learns.
    test
        Trajectories that it is evaluated on.
    seed
        Child 0 draws the first weights. Child n + 1 draws batch n (from 0): its child 0 the trajectories, 1 their
        noise; and 2 the noise of the evaluation after n batches.
    device
        ``"cpu"`` or ``"cuda"``.

    Attributes
    ----------
    weights
        Flat tensor, in the order of :attr:`Architecture.shapes`.
    step, diverged
        Batches learned; the batch at which a loss or weight stopped being a number, or -1.
    """

    def __init__(
        self,
        architecture: Architecture,
        task: Task,
        code: PlaceCode | BearingCode,
        noise: Noise,
        schedule: Schedule,
        test: Trajectories,
        seed: np.random.SeedSequence,
        device: str = "cpu",
    ) -> None:
        self.architecture, self.schedule = architecture, schedule
        self._task, self.noise, self._seed = task, noise, seed
        like = torch.empty(0, device=device)
        self._like = like
        self.code = code.to(like) if isinstance(code, PlaceCode) else code
        self._test = test
        self.weights = torch.as_tensor(architecture.initial(np.random.default_rng(child(seed, 0))), device=device)
        self._gradient = torch.zeros_like(self.weights)
        self._mean, self._square = torch.zeros_like(self.weights), torch.zeros_like(self.weights)
        self._views, self._slopes = architecture.views(self.weights), architecture.views(self._gradient)
        self._loss = make_loss(self.code)
        self._test_runner = Runner(architecture, *test.shape, like)
        self._test_loss = CellLoss(self.code)
        self.step = 0
        self.diverged = -1
        self._curve: list[list[float]] = []

    # Not there before the first batch: networks in lockstep learn in memory of their own.
    @cached_property
    def _runner(self) -> Runner:
        return Runner(self.architecture, self.schedule.steps, self.schedule.batch, self._like, learn=True)

    @cached_property
    def _errors(self) -> Any:
        return self._like.new_empty(self.schedule.steps, self.schedule.batch, self.architecture.neurons)

    @property
    def device(self) -> str:
        """The kind of device: ``cpu`` or ``cuda``."""
        return str(self.weights.device.type)

    @property
    def n_steps(self) -> int:
        """Batches in all."""
        return self.schedule.batches

    @property
    def done(self) -> bool:
        """Whether all batches are done, or the network diverged."""
        return self.step >= self.schedule.batches or self.diverged >= 0

    def keep_in(self, weights: Any, gradient: Any, mean: Any, square: Any) -> None:
        """Move to memory of the caller's: flat tensors for the weights, their gradient and Adam's two averages."""
        for tensor, present in ((weights, self.weights), (mean, self._mean), (square, self._square)):
            tensor.copy_(present)
        self.weights, self._gradient, self._mean, self._square = weights, gradient, mean, square
        self._views, self._slopes = self.architecture.views(weights), self.architecture.views(gradient)

    def fresh(self, number: int) -> tuple[Trajectories, np.random.SeedSequence]:
        """Return the trajectories of a batch, and the seed of its noise."""
        seed = child(self._seed, number + 1)
        rng = np.random.default_rng(child(seed, 0))
        return self._task.draw(self.schedule.batch, self.schedule.steps, rng), child(seed, 1)

    def gradient(self, trajectories: Trajectories, generator: Any) -> Any:
        """Compute loss and gradient on a batch; the gradient is left in place. Returns the loss (0-d tensor)."""
        inputs, targets, first = self._tensors(trajectories)
        start = first @ self._views["E"].T
        states = self._runner.forward(self._views, start, inputs, self.noise, generator)
        loss = self._loss(self._views["D"], states, targets, self._errors, self._slopes["D"])
        carry = self._runner.backward(self._views, inputs, self._errors, self._slopes)
        torch.mm(carry.T, first, out=self._slopes["E"])
        return loss

    def advance(self) -> None:
        """Take one gradient step on a fresh batch, and evaluate where that is due."""
        self.begin()
        batch, seed = self.fresh(self.step)
        loss = float(self.gradient(batch, torch_generator(seed, self._like)))
        # A sum is finite only if all its terms are.
        if not np.isfinite(loss) or not np.isfinite(float(self._gradient.sum())):
            self.diverged = self.step
            return
        self._adam()
        if self.schedule.evaluates_after(self.step):
            self.evaluate(loss)

    def result(self) -> Trained:
        """Return the network as it stands."""
        self.begin()
        return Trained(self.weights.cpu().numpy().copy(), np.array(self._curve), self.diverged)

    def state(self) -> dict[str, Array]:
        """Return everything that :meth:`restore` needs to go on with the same numbers."""
        tensors = {"weights": self.weights, "mean": self._mean, "square": self._square}
        arrays = {name: tensor.cpu().numpy() for name, tensor in tensors.items()}
        arrays |= {"step": np.array(self.step), "diverged": np.array(self.diverged)}
        return arrays | {"curve": np.array(self._curve).reshape(-1, 5)}

    def restore(self, state: dict[str, Array]) -> None:
        """Go on from what :meth:`state` returned."""
        for name, tensor in (("weights", self.weights), ("mean", self._mean), ("square", self._square)):
            tensor.copy_(torch.as_tensor(state[name]))
        self.step, self.diverged = int(state["step"]), int(state["diverged"])
        self._curve = state["curve"].tolist()

    def fingerprint(self) -> str:
        """Name the training that a checkpoint belongs to."""
        arrays = [self._test.targets]
        if isinstance(self.code, PlaceCode):
            arrays.append(self.code.centres.cpu().numpy())
        settings = [asdict(each) for each in (self.architecture, self.schedule, self.noise)]
        return fingerprint(arrays, [self._seed], *settings, repr(self._task), str(self._like.device))

    def _tensors(self, trajectories: Trajectories) -> tuple[Any, Any, Any]:
        inputs, targets, start = (
            torch.as_tensor(values, dtype=self._like.dtype).to(self._like.device)
            for values in (trajectories.inputs, trajectories.targets, trajectories.start)
        )
        return inputs, targets, self.code.encode(start)

    def _adam(self) -> None:
        """Take Adam's step, as torch.optim.Adam does."""
        self.step += 1
        first, second = BETAS
        size = self.schedule.learning_rate / (1 - first**self.step)
        scale = adam_scale(self._gradient, self._mean, self._square, (1 - second**self.step) ** 0.5)
        self.weights.addcdiv_(self._mean, scale, value=-size)

    def begin(self) -> None:
        """Evaluate the untrained network, unless that has been done."""
        if not self._curve:
            self.evaluate()

    def evaluate(self, training_loss: float = float("nan")) -> None:
        """Measure loss and decoding error on the test trajectories, with the noise of training: a row of the curve."""
        inputs, targets, first = self._tensors(self._test)
        generator = torch_generator(child(child(self._seed, self.step + 1), 2), self._like)
        start = first @ self._views["E"].T
        states = self._test_runner.forward(self._views, start, inputs, self.noise, generator)
        loss = float(self._test_loss(self._views["D"], states, targets))
        outputs = states @ self._views["D"].T
        errors = [mean_distance(self.code, self.code.decode(outputs, how), targets) for how in ("top3", "centroid")]
        self._curve.append([self.step, loss, *errors, training_loss])


def mean_distance(code: PlaceCode | BearingCode, decoded: Any, targets: Any) -> float:
    """Return the mean distance between decoded and true stimuli: metres, or radians around the circle."""
    difference = decoded - targets
    if isinstance(code, BearingCode):
        difference = torch.remainder(difference + torch.pi, 2 * torch.pi) - torch.pi
    return float(torch.linalg.vector_norm(difference, dim=-1).double().mean())
