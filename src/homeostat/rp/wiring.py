"""Which neurons feed which projections.

Synapses lie in slots: values of synapses are arrays (M, K, D), in which the synapses of a projection come first, by
ascending neuron, and zeros follow up to the width D. Nothing is as large as projections times neurons, unless every
neuron feeds every projection: then D is n, and slots are neurons.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from array_api_compat import array_namespace, device
from numpy.typing import NDArray

Over = Literal["input", "output", "circuit"]


@dataclass(frozen=True, eq=False)
class Wiring:
    """The synapses of M models with K projections of n neurons.

    Attributes
    ----------
    n_neurons : int
        n.
    neuron : int32 (M, K, D)
        The neuron of each slot; 0 in slots without a synapse.
    fan_in : int32 (M, K)
        Number of neurons that feed each projection.
    """

    n_neurons: int
    neuron: NDArray[np.int32]
    fan_in: NDArray[np.int32]
    _held: dict[str, tuple[Any, Any]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, connectivity: NDArray[np.bool_]) -> "Wiring":
        """Return the wiring of a mask (M, K, n)."""
        return cls.from_lists(connectivity.sum(axis=2), np.nonzero(connectivity)[2], connectivity.shape[2])

    @classmethod
    def from_lists(cls, fan_in: NDArray[np.integer], neurons: NDArray[np.integer], n_neurons: int) -> "Wiring":
        """Return the wiring of numbers of synapses (M, K), and their neurons in one list."""
        slots = _slots(fan_in, _width(int(fan_in.max(initial=0)), n_neurons))
        neuron = np.zeros(slots.shape, np.int32)
        neuron[slots] = neurons
        return cls(n_neurons, neuron, fan_in.astype(np.int32))

    @property
    def shape(self) -> tuple[int, int, int]:
        """(M, K, n)."""
        n_models, n_projections, _ = self.neuron.shape
        return n_models, n_projections, self.n_neurons

    @cached_property
    def slots(self) -> NDArray[np.bool_]:
        """Which slots (M, K, D) hold a synapse."""
        return _slots(self.fan_in, self.neuron.shape[2])

    @property
    def n_synapses(self) -> int:
        """Number of synapses of all models."""
        return int(self.fan_in.sum())

    @property
    def full(self) -> bool:
        """Whether every neuron feeds every projection."""
        return bool((self.fan_in == self.n_neurons).all())

    @cached_property
    def fan_out(self) -> NDArray[np.int64]:
        """Number of projections that each neuron feeds, (M, n)."""
        n_models, _, n_neurons = self.shape
        each = [np.bincount(self.neuron[m][self.slots[m]], minlength=n_neurons) for m in range(n_models)]
        return np.array(each).reshape(n_models, n_neurons)

    def __getitem__(self, models: slice) -> "Wiring":
        """Return the wiring of some models."""
        return Wiring(self.n_neurons, self.neuron[models], self.fan_in[models])

    def chosen(self, projections: NDArray[np.integer]) -> "Wiring":
        """Return the wiring of some projections."""
        return Wiring(self.n_neurons, self.neuron[:, projections], self.fan_in[:, projections])

    def joined(self, other: "Wiring") -> "Wiring":
        """Return the wiring of these projections and then those of another."""
        width = max(self.neuron.shape[2], other.neuron.shape[2])
        neuron = np.concatenate([widened(self.neuron, width), widened(other.neuron, width)], axis=1)
        return Wiring(self.n_neurons, neuron, np.concatenate([self.fan_in, other.fan_in], axis=1))

    def gather(self, dense: NDArray[Any]) -> NDArray[Any]:
        """Return the values of synapses (M, K, D) of an array (M, K, n)."""
        return np.where(self.slots, np.take_along_axis(dense, self.neuron.astype(np.int64), axis=2), 0).astype(
            dense.dtype
        )

    def scatter(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return an array (M, K, n) of the values (M, K, D) of synapses, zero where there is none."""
        dense = np.zeros(self.shape, values.dtype)
        model, projection, _ = np.nonzero(self.slots)
        dense[model, projection, self.neuron[self.slots]] = values[self.slots]
        return dense

    def masked(self, values: Any) -> Any:
        """Return values (M, K, D), with zeros where there is no synapse."""
        xp = array_namespace(values)
        return xp.where(self._on("slots", values), values, xp.zeros_like(values))

    def total(self, values: Any, over: Over) -> Any:
        """Return sums of values (M, K, D) over synapses, in a shape that broadcasts with them.

        ``input``: over the synapses of each projection; ``output``: of each neuron; ``circuit``: of each model.
        """
        xp = array_namespace(values)
        if over == "input":
            return xp.sum(values, axis=2, keepdims=True)
        if over == "circuit":
            return xp.sum(values, axis=(1, 2), keepdims=True)
        back = xp.take_along_axis(self.sums_of_neurons(values), self._on("neuron_of_slot", values), axis=1)
        return xp.reshape(back, values.shape)

    def sums_of_neurons(self, values: Any) -> Any:
        """Return sums (M, n) of values (M, K, D) over the synapses of each neuron."""
        xp, n_models = array_namespace(values), self.shape[0]
        # One zero behind the last slot, for neurons with fewer synapses than others.
        flat = xp.concat([xp.reshape(values, (n_models, -1)), xp.zeros_like(values[:, :1, 0])], axis=1)
        fed = xp.take_along_axis(flat, self._on("by_neuron", values), axis=1)
        return xp.sum(xp.reshape(fed, (n_models, self.n_neurons, -1)), axis=2)

    def _on(self, name: str, like: Any) -> Any:
        """Return one of the index arrays below as an array of the kind and on the device of ``like``."""
        xp = array_namespace(like)
        place = f"{xp.__name__} {device(like)}"
        if self._held.get(name, ("", None))[0] != place:
            self._held[name] = (place, xp.asarray(getattr(self, name), device=device(like)))
        return self._held[name][1]

    @cached_property
    def by_neuron(self) -> NDArray[np.int64]:
        """The slots of each neuron, (M, n times the largest fan-out); the number of slots where there is none."""
        n_models, n_projections, n_neurons = self.shape
        width = self.neuron.shape[2]
        found = np.full((n_models, n_neurons, int(self.fan_out.max(initial=0))), n_projections * width, np.int64)
        for model in range(n_models):
            slot = np.flatnonzero(self.slots[model])
            order = np.argsort(self.neuron[model].reshape(-1)[slot], kind="stable")
            found[model][_slots(self.fan_out[model], found.shape[2])] = slot[order]
        return found.reshape(n_models, -1)

    @cached_property
    def neuron_of_slot(self) -> NDArray[np.int64]:
        """The neurons of the slots, (M, K times D)."""
        return self.neuron.reshape(len(self.neuron), -1).astype(np.int64)


def stack(wirings: Sequence[Wiring]) -> Wiring:
    """Join wirings of equal K and n into one."""
    width = max(each.neuron.shape[2] for each in wirings)
    return Wiring(
        wirings[0].n_neurons,
        np.concatenate([widened(each.neuron, width) for each in wirings]),
        np.concatenate([each.fan_in for each in wirings]),
    )


def widened(values: NDArray[Any], width: int) -> NDArray[Any]:
    """Return values (M, K, D) with zeros up to a width."""
    return np.pad(values, ((0, 0), (0, 0), (0, width - values.shape[2])))


def _slots(count: NDArray[np.integer], width: int) -> NDArray[np.bool_]:
    return np.asarray(np.arange(width) < count[..., None])


def _width(most: int, n_neurons: int) -> int:
    """Return the number of slots for at most so many synapses.

    Multiples of eight: NumPy sums eight numbers side by side, so that more zeros change no sum.
    """
    return most if most <= 4 else min(n_neurons, -(-most // 8) * 8)
