"""The CPU engine: each model of a batch goes through the compiled sparse kernels in turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat.compiled import copied, zeros
from homeostat.rp import kernels, packed
from homeostat.rp.engine import Moments, check_chain_start
from homeostat.rp.projections import RPModels
from homeostat.rp.wiring import Wiring

# Patterns in blocks, and how many there are.
Data = tuple[NDArray[np.uint8] | packed.PackedBlocks, int]


class Wired:
    """One model in the kernels' form: index lists made once, values refreshed by :meth:`load`."""

    def __init__(self, wiring: Wiring, index: int = 0) -> None:
        n_neurons = wiring.n_neurons
        self.slots = wiring.slots[index]
        rows, neurons = np.nonzero(self.slots)[0], wiring.neuron[index][self.slots]
        by_neuron = np.argsort(neurons, kind="stable")
        self._by_neuron = by_neuron
        self._row_start = np.concatenate([[0], np.cumsum(wiring.fan_in[index])]).astype(np.int64)
        self._row_neuron = neurons
        self._col_start = np.searchsorted(neurons[by_neuron], np.arange(n_neurons + 1))
        self._col_projection = rows[by_neuron].astype(np.int32)

    def load(self, models: RPModels, index: int) -> None:
        """Take the values of one model of a batch."""
        gain = 1.0 if models.step else models.slope / 2.0
        row_weight = (models.synapses[index][self.slots] * gain).astype(np.float32)
        self.rows = (
            self._row_start,
            self._row_neuron,
            row_weight,
            (models.threshold[index] * gain).astype(np.float32),
        )
        self.columns = (self._col_start, self._col_projection, row_weight[self._by_neuron])
        self.factors = (models.lam[index].astype(np.float32), models.bias[index].astype(np.float32))


@dataclass
class CpuChains:
    """Persistent chains of M models: states, generators and the projections' outputs of the last sweep."""

    x: list[NDArray[np.float32]]
    random: list[NDArray[np.uint32]]
    t: list[NDArray[np.float32]]
    n_chains: int


class CpuEngine:
    """Moments, samples and energies of a batch of models, in NumPy arrays."""

    device = "cpu"

    def __init__(self, models: RPModels) -> None:
        self._wired = [Wired(models.wiring, index) for index in range(models.shape[0])]
        self.load(models)

    def load(self, models: RPModels) -> None:
        """Take new parameter values; the connectivity stays."""
        self.models = models
        for index, wired in enumerate(self._wired):
            wired.load(models, index)

    def asarray(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return ``values`` in this engine's kind of array."""
        return values

    def to_numpy(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return ``values`` as a NumPy array."""
        return values

    def upload(
        self, patterns: Sequence[NDArray[np.uint8]], orders: Sequence[NDArray[np.int64]] | None = None
    ) -> list[Data]:
        """Lay the patterns of each model out for :meth:`data_moments`, in an order of their own; packed if large."""
        found: list[Data] = []
        for index, each in enumerate(patterns):
            order = None if orders is None else orders[index]
            if each.size > packed.LARGE:
                found.append((packed.PackedBlocks(each, order), len(each)))
            else:
                found.append((kernels.to_blocks(each if order is None else each[order]), len(each)))
        return found

    def start_chains(self, patterns: Sequence[NDArray[np.uint8]], seeds: Sequence[np.random.SeedSequence]) -> CpuChains:
        """Start one chain per given pattern (a multiple of 64 of them) of each model."""
        n_chains = check_chain_start(patterns, kernels.LANES)
        shape = (n_chains // kernels.LANES, 4, kernels.LANES)
        n_projections = self.models.shape[1]
        return CpuChains(
            x=[kernels.to_blocks(each, np.float32) for each in patterns],
            random=[copied(seed.generate_state(4 * n_chains).reshape(shape), np.uint32) for seed in seeds],
            t=[zeros((shape[0], n_projections, kernels.LANES)) for _ in patterns],
            n_chains=n_chains,
        )

    def chains_state(self, chains: CpuChains) -> dict[str, NDArray[np.generic]]:
        """Return what :meth:`restore_chains` needs to go on with the same samples."""
        return {"x": np.array(chains.x).astype(np.uint8), "random": np.array(chains.random)}

    def restore_chains(self, chains: CpuChains, state: dict[str, NDArray[np.generic]]) -> None:
        """Put chains back to what :meth:`chains_state` returned."""
        chains.x = [copied(x, np.float32) for x in state["x"]]
        chains.random = [copied(each, np.uint32) for each in state["random"]]

    def sweep(self, chains: CpuChains, n_sweeps: int, *, metropolis: bool = False) -> None:
        """Advance every chain by ``n_sweeps`` sweeps."""
        step = self.models.step
        for index, wired in enumerate(self._wired):
            kernels.sweep(
                chains.x[index],
                chains.t[index],
                chains.random[index],
                *wired.rows,
                *wired.columns,
                *wired.factors,
                step,
                metropolis,
                n_sweeps,
            )

    def chain_patterns(self, chains: CpuChains) -> NDArray[np.uint8]:
        """Return the chains' states, uint8 (M, n_chains, n)."""
        states = [kernels.from_blocks(x, chains.n_chains) for x in chains.x]
        return np.array(states).astype(np.uint8)

    def chain_rates(self, chains: CpuChains) -> NDArray[np.float64]:
        """Return the mean activity of the neurons over the chains' states, (M, n)."""
        return np.array([x.sum(axis=(0, 2), dtype=np.float64) / chains.n_chains for x in chains.x])

    def chain_moments(self, chains: CpuChains, *, slopes: bool) -> Moments:
        """Return the moments over the chains' states."""
        blocks = [(x, chains.n_chains) for x in chains.x]
        return self._moments(blocks, slopes)

    def data_moments(
        self,
        data: Sequence[Data],
        *,
        slopes: bool,
        window: tuple[int, int] | None = None,
    ) -> Moments:
        """Return the moments over the data, or over the blocks ``window`` = (first, last) of each model's data."""
        if window is not None:
            first, last = window
            data = [(x[first:last], min(n - first * kernels.LANES, (last - first) * kernels.LANES)) for x, n in data]
        return self._moments(data, slopes)

    def _moments(self, data: Sequence[tuple[Any, int]], slopes: bool) -> Moments:
        f = np.empty(self.models.lam.shape)
        slope = np.zeros(self.models.lam.shape)
        synapse = np.zeros(self.models.wiring.neuron.shape if slopes else (0,))
        # f (1 - f) = (1 - t^2) / 4; the Heaviside step has no slope.
        gain = 0.0 if self.models.step else self.models.slope / 4.0
        for index, (wired, (x, n_patterns)) in enumerate(zip(self._wired, data, strict=True)):
            sums = self._sums(wired, x, n_patterns, slopes)
            f[index] = (1.0 + sums[0] / n_patterns) / 2.0
            if slopes:
                slope[index] = gain * sums[1] / n_patterns
                synapse[index][wired.slots] = gain * sums[2] / n_patterns
        return Moments(f, slope, synapse)

    def _sums(self, wired: Wired, x: Any, n_patterns: int, slopes: bool) -> list[NDArray[np.float64]]:
        """Return the kernel's sums over patterns in blocks, packed or not."""
        total: list[NDArray[np.float64]] = []
        for blocks in x.unpacked() if isinstance(x, packed.PackedBlocks) else [x]:
            count = min(n_patterns, len(blocks) * kernels.LANES)
            sums = kernels.moments(blocks, count, *wired.rows, self.models.step, slopes)
            total = [a + b for a, b in zip(total, sums, strict=True)] if total else list(sums)
            n_patterns -= count
        return total

    def energies(self, patterns: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float64]]:
        """Return E(x) of each model's patterns, in float64."""
        found = [np.empty(len(each)) for each in patterns]
        for wired, each, made in zip(self._wired, patterns, found, strict=True):
            for part in packed.pieces(*each.shape):
                blocks = kernels.energies(kernels.to_blocks(each[part]), *wired.rows, *wired.factors, self.models.step)
                made[part] = blocks.reshape(-1)[: len(made[part])]
        return found

    def outputs(self, patterns: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return f_k(x) of each model's patterns, each (n_patterns, K)."""
        found = [np.empty((len(each), self.models.shape[1]), np.float32) for each in patterns]
        for wired, each, made in zip(self._wired, patterns, found, strict=True):
            for part in packed.pieces(*made.shape):
                t = kernels.outputs(kernels.to_blocks(each[part]), *wired.rows, self.models.step)
                made[part] = kernels.from_blocks(t, len(made[part]))
            made += 1.0
            made *= 0.5
        return found

    def anneal(
        self, chains: CpuChains, base: NDArray[np.float64], temperatures: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Anneal exact samples of the independent models exp(-base . x) to the models.

        Returns the log weights, (M, n_chains).
        """
        weights = []
        for index, wired in enumerate(self._wired):
            log_weight = np.zeros((chains.n_chains // kernels.LANES, kernels.LANES))
            kernels.anneal(
                chains.x[index],
                chains.random[index],
                *wired.rows,
                *wired.columns,
                *wired.factors,
                base[index].astype(np.float32),
                temperatures,
                self.models.step,
                log_weight,
            )
            weights.append(log_weight.reshape(-1))
        return np.array(weights)
