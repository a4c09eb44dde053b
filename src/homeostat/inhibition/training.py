"""Training of stacks: epochs of shuffled, jittered images, measures once per epoch, checkpoints."""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from homeostat.checkpoints import fingerprint, run_many
from homeostat.cuda_graph import RecordedStep
from homeostat.errors import ConfigError, DataError
from homeostat.inhibition.configurations import Configuration
from homeostat.inhibition.initial import initial_weights
from homeostat.inhibition.jitter import check_epsilon, luminosity_jitter
from homeostat.inhibition.kinds import Network
from homeostat.inhibition.measures import measure
from homeostat.inhibition.stack import Stack
from homeostat.seeds import child

# What is recorded after each epoch; moments and alignments are means over the hidden layers.
MEASURES = ("validation_accuracy", "test_accuracy", "mean", "variance", "output_alignment", "gradient_alignment")
_CHUNK = 1000


@dataclass(frozen=True)
class Images:
    """Flat images as bytes, (n_images, n_pixels), with their classes, (n_images,), in three parts."""

    train: NDArray[np.uint8]
    train_labels: NDArray[np.integer]
    validation: NDArray[np.uint8]
    validation_labels: NDArray[np.integer]
    test: NDArray[np.uint8]
    test_labels: NDArray[np.integer]

    def __post_init__(self) -> None:
        """Check that the parts fit together."""
        for part in ("train", "validation", "test"):
            images, labels = getattr(self, part), getattr(self, f"{part}_labels")
            if images.dtype != np.uint8 or images.ndim != 2 or images.shape[1] != self.train.shape[1]:
                raise DataError(f"{part} images: expected uint8 (images, pixels), got {images.dtype} {images.shape}")
            if labels.shape != images.shape[:1] or not len(labels):
                raise DataError(f"{part}: {len(images)} images need as many labels and at least one, got {len(labels)}")

    @property
    def n_classes(self) -> int:
        """The largest label of the training images and one."""
        return int(self.train_labels.max()) + 1


@dataclass(frozen=True)
class Schedule:
    """How networks are trained.

    Attributes
    ----------
    epochs, batch
        The images that are left over when the last batch is full wait for the next epoch's order.
    epsilon
        Half the range of the luminosity jitter, of training, validation and test images.
    smoothing
        Label smoothing.
    local_weight
        lambda of the local loss.
    hidden_layers
        Number of hidden layers, all of one width.
    """

    epochs: int
    epsilon: float
    batch: int = 32
    smoothing: float = 0.1
    local_weight: float = 0.01
    hidden_layers: int = 2

    def __post_init__(self) -> None:
        """Check the values."""
        check_epsilon(self.epsilon)
        for name in ("epochs", "batch", "hidden_layers"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be 1 or more, got {getattr(self, name)}")


class Trainer:
    """Networks at work.

    Parameters
    ----------
    configurations
        One for each network, or one for all.
    seeds
        One for each network; a seed is that of its weights, the order of its images and their jitter. Networks of
        different kinds with equal seeds start from the same weights and see the same images, so that they can be
        compared in pairs.

    Attributes
    ----------
    records
        Whether the step is recorded and replayed, as it is on a GPU.
    """

    def __init__(
        self,
        network: Network,
        configurations: Configuration | Sequence[Configuration],
        schedule: Schedule,
        images: Images,
        seeds: Sequence[np.random.SeedSequence],
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if len(images.train) < schedule.batch:
            raise DataError(f"{len(images.train)} training images do not fill one batch of {schedule.batch}")
        self._schedule, self._seeds, self._dtype, self._device = schedule, list(seeds), dtype, device
        self._labels = images
        self._images = {
            part: torch.tensor(getattr(images, part)).to(device) for part in ("train", "validation", "test")
        }
        self._train_labels = torch.tensor(images.train_labels.astype(np.int64)).to(device)
        if isinstance(configurations, Configuration):
            configurations = [configurations] * len(seeds)
        sizes = [
            (images.train.shape[1], *[one.width] * schedule.hidden_layers, images.n_classes) for one in configurations
        ]
        self.stack = Stack(
            network,
            [
                initial_weights(own, child(seed, 0), divisive=network.divides)
                for own, seed in zip(sizes, seeds, strict=True)
            ],
            configurations,
            batch=schedule.batch,
            smoothing=schedule.smoothing,
            local_weight=schedule.local_weight,
            dtype=dtype,
            device=device,
        )
        self.records = self._train_labels.is_cuda
        self._recorded: RecordedStep | None = None
        self.step, self.n_steps = 0, schedule.epochs
        self.record = {name: np.full((len(seeds), schedule.epochs), np.nan) for name in MEASURES}
        self.diverged = np.zeros(len(seeds), bool)

    @property
    def done(self) -> bool:
        """Whether all epochs are over; networks that have diverged stay as they are."""
        return self.step >= self.n_steps

    def advance(self) -> None:
        """Train for one epoch, and measure."""
        if not self.diverged.all():
            self._learn()
            self.diverged |= ~self.stack.finite().cpu().numpy()
        for name, part in (("validation_accuracy", "validation"), ("test_accuracy", "test")):
            self.record[name][:, self.step] = self._accuracy(part)
        self.step += 1

    def _learn(self) -> None:
        """Train for one epoch; measure the hidden layers on its last batch, before they learn from it."""
        batch, count = self._schedule.batch, len(self._train_labels)
        order, shifts = self._draw(1, count, permuted=True)
        steps = count // batch
        # One row for each step, which a recorded step finds by its number.
        chosen, shifts = (each[:, : steps * batch].unflatten(1, (steps, batch)) for each in (order, shifts))
        steps_of = self._replayed if self.records else self._made
        steps_of(chosen[:, :-1], shifts[:, :-1])
        logits = self.stack.forward(self._seen("train", chosen[:, -1], shifts[:, -1]))
        found = [measure(layer) for layer in self.stack.layers[:-1]]
        for name, values in zip(MEASURES[2:], zip(*found, strict=True), strict=True):
            self.record[name][:, self.step] = torch.stack(values).mean(dim=0).cpu().numpy()
        self.stack.backward(logits, self._train_labels[chosen[:, -1]])

    def _made(self, chosen: Any, shifts: Any) -> None:
        """Make the steps on the images ``chosen`` (M, steps, B), one after the other."""
        for step in range(chosen.shape[1]):
            self._learn_batch(chosen[:, step], shifts[:, step])

    def _replayed(self, chosen: Any, shifts: Any) -> None:
        """Make the same steps by a recorded one; what has been recorded before stays valid."""
        if not chosen.shape[1]:
            return
        if self._recorded is None:
            before = {name: value.clone() for name, value in self.stack.state().items()}
            self._recorded = RecordedStep(self._learn_batch, (chosen[:, 0], shifts[:, 0]))
            self.stack.restore(before)  # Recording took steps.
        for step in range(chosen.shape[1]):
            self._recorded(chosen[:, step], shifts[:, step])

    def _learn_batch(self, chosen: Any, shifts: Any) -> None:
        """Learn from one batch of each network, (M, B)."""
        self.stack.step(self._seen("train", chosen, shifts), self._train_labels[chosen])

    def _draw(self, purpose: int, count: int, *, permuted: bool = False) -> tuple[Any, Any]:
        """Return an order of ``count`` images and their jitter for each network, (M, count)."""
        orders, shifts = [], []
        for seed in self._seeds:
            random = np.random.default_rng(child(child(seed, purpose), self.step))
            orders.append(random.permutation(count) if permuted else np.arange(count))
            shifts.append(random.uniform(-1.0, 1.0, count) * self._schedule.epsilon)
        return (
            torch.tensor(np.array(orders)).to(self._device),
            torch.tensor(np.array(shifts), dtype=self._dtype)[..., None].to(self._device),
        )

    def _seen(self, part: str, chosen: Any, shifts: Any) -> Any:
        """Return images as the networks see them, (M, B, d)."""
        return luminosity_jitter(self._images[part][chosen].to(self._dtype), shifts)

    def _accuracy(self, part: str) -> NDArray[np.float64]:
        """Return the share of images that each network classifies correctly, (M,)."""
        labels = getattr(self._labels, f"{part}_labels")
        chosen, shifts = self._draw(2 if part == "validation" else 3, len(labels))
        hits = np.zeros(len(self._seeds))
        for start in range(0, len(labels), _CHUNK):
            x = self._seen(part, chosen[:, start : start + _CHUNK], shifts[:, start : start + _CHUNK])
            hits += (self.stack.predictions(x).cpu().numpy() == labels[start : start + _CHUNK]).sum(axis=1)
        return hits / len(labels)

    def result(self) -> dict[str, NDArray[Any]]:
        """Return the record, each (M, epochs), and ``diverged`` (M,)."""
        return {**self.record, "diverged": self.diverged}

    def state(self) -> dict[str, NDArray[Any]]:
        """Return everything that :meth:`restore` needs to go on with the same numbers."""
        weights = {f"weight_{name}": value.numpy() for name, value in self.stack.state().items()}
        return {**weights, **self.result(), "step": np.array(self.step)}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from what :meth:`state` returned."""
        weights = {n.removeprefix("weight_"): v for n, v in state.items() if n.startswith("weight_")}
        self.stack.restore({name: torch.tensor(value) for name, value in weights.items()})
        self.record = {name: state[name].copy() for name in MEASURES}
        self.diverged, self.step = state["diverged"].copy(), int(state["step"])


def train_many(
    network: Network,
    configurations: Sequence[Configuration],
    schedule: Schedule,
    images: Images,
    seeds: Sequence[Sequence[np.random.SeedSequence]],
    *,
    device: str = "cpu",
    networks_at_once: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_seconds: float | None = None,
) -> dict[str, NDArray[Any]]:
    """Train networks of each configuration; the numbers of each are the same alone and beside others.

    Parameters
    ----------
    seeds
        For each configuration those of its networks, as many for all.
    networks_at_once
        Networks that are trained in lockstep, those of like width together. Default: one on the CPU, where a network
        fills a core and its cache; all on a GPU. In lockstep numbers are the same up to rounding.
    progress
        Called with the epochs done and in all.
    checkpoint
        File to go on from after a kill, written between two epochs when ``checkpoint_seconds`` have passed (None:
        as :func:`homeostat.checkpoints.checkpoint_seconds` says), and removed at the end.

    Returns
    -------
    dict
        ``MEASURES``, each (n_configurations, n_networks, n_epochs), and ``diverged``, (n_configurations,
        n_networks): whether weights became infinite. Accuracies are shares; a diverged network names class 0.

    Raises
    ------
    DataError
        Lists of seeds that do not fit the configurations, or fewer training images than a batch has.
    ConfigError
        A configuration with more hidden units than inputs.
    """
    if len(seeds) != len(configurations) or len({len(each) for each in seeds}) != 1:
        raise DataError(f"{len(configurations)} configurations need as many lists of seeds, all of one length")
    members = [(one, seed) for one, each in zip(configurations, seeds, strict=True) for seed in each]
    at_once = networks_at_once or (1 if device == "cpu" else len(members))
    by_width = sorted(range(len(members)), key=lambda index: members[index][0].width) if at_once > 1 else None
    order = by_width or list(range(len(members)))
    work = [[members[i] for i in order[first : first + at_once]] for first in range(0, len(order), at_once)]

    def make(some: Sequence[tuple[Configuration, np.random.SeedSequence]]) -> Trainer:
        its, streams = zip(*some, strict=True)
        return Trainer(network, its, schedule, images, streams, device)

    finished = run_many(
        [partial(make, some) for some in work],
        name=lambda: _fingerprint(network, schedule, members, images, at_once, device),
        result=Trainer.result,
        progress=progress,
        checkpoint=checkpoint,
        checkpoint_seconds=checkpoint_seconds,
    )
    shape = (len(configurations), len(seeds[0]))
    back = np.argsort(order)
    joined = {name: np.concatenate([each[name] for each in finished])[back] for name in (*MEASURES, "diverged")}
    return {name: values.reshape(*shape, *values.shape[1:]) for name, values in joined.items()}


def _fingerprint(
    network: Network,
    schedule: Schedule,
    members: Sequence[tuple[Configuration, np.random.SeedSequence]],
    images: Images,
    *rest: Any,
) -> str:
    """Name the training that a checkpoint belongs to."""
    arrays = [getattr(images, field.name) for field in fields(images)]
    configurations = [asdict(one) for one, _ in members]
    seeds = [seed for _, seed in members]
    return fingerprint(arrays, seeds, asdict(network), asdict(schedule), configurations, *rest)
