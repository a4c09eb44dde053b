"""Training of stacks: epochs of shuffled, jittered images, measures once per epoch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from homeostat.cuda_graph import RecordedStep
from homeostat.errors import DataError
from homeostat.inhibition.configurations import Configuration
from homeostat.inhibition.data import Images
from homeostat.inhibition.initial import initial_weights
from homeostat.inhibition.jitter import luminosity_jitter
from homeostat.inhibition.kinds import Network
from homeostat.inhibition.measures import measure
from homeostat.inhibition.settings import Schedule
from homeostat.inhibition.stack import Stack
from homeostat.seeds import child

# What is recorded after each epoch; moments and alignments are means over the hidden layers.
MEASURES = ("validation_accuracy", "test_accuracy", "mean", "variance", "output_alignment", "gradient_alignment")
_CHUNK = 1000


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
