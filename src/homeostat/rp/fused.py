"""The fused engine: sampler, moments and energies of all models on a GPU in a few Triton kernels.

One launch advances all chains of all models by any number of sweeps, or anneals them over all temperatures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from homeostat.rp import triton_kernels
from homeostat.rp.engine import Moments, check_chain_start, ordered
from homeostat.rp.kernels import LANES
from homeostat.rp.torch_models import TorchModels
from homeostat.rp.wiring import Wiring

_BITS = 32
# Patterns of a program of the moments and of the energies, projections of a program of the moments, sums of a program
# of the reduction.
_DATA_TILE = 1024
_ENERGY_TILE = 256
_ROWS = 32
_BLOCK = 256


@dataclass
class PackedChains:
    """Persistent chains of M models: bit-packed states (M, W, n_chains), a seed (M,) each, and the sweeps so far."""

    words: torch.Tensor
    seeds: torch.Tensor
    turn: int
    n_chains: int


def pack(patterns: torch.Tensor) -> torch.Tensor:
    """Pack patterns (n_patterns, n) into int32 words (ceil(n / 32), n_patterns)."""
    n_patterns, n_neurons = patterns.shape
    words = -(-n_neurons // _BITS)
    x = torch.nn.functional.pad(patterns.to(torch.int32), (0, words * _BITS - n_neurons))
    shifts = torch.arange(_BITS, dtype=torch.int32, device=patterns.device)
    return (x.view(n_patterns, words, _BITS) << shifts).sum(2, dtype=torch.int32).T.contiguous()


def unpack(words: torch.Tensor, n_neurons: int) -> torch.Tensor:
    """Undo :func:`pack` for (M, W, n_patterns): uint8 (M, n, n_patterns)."""
    shifts = torch.arange(_BITS, dtype=torch.int32, device=words.device)
    bits = ((words[:, :, None, :] >> shifts[:, None]) & 1).to(torch.uint8)
    return bits.flatten(1, 2)[:, :n_neurons]


class FusedEngine(TorchModels):
    """Moments, samples and energies of a batch of models on a GPU.

    Where nothing but elementwise operations follow (Adam on unconstrained weights), a model's numbers are the same to
    the last bit alone and beside others.
    """

    # Chains of a program: one per thread.
    tile = LANES

    def _index_lists(self, wiring: Wiring) -> None:
        """List the synapses of all models by projection and by neuron."""
        n_models, n_projections, n_neurons = wiring.shape
        model, row, _ = np.nonzero(wiring.slots)
        neuron = wiring.neuron[wiring.slots]
        by_neuron = np.lexsort((row, neuron, model))

        def starts(owner: NDArray[np.int64], count: int) -> torch.Tensor:
            return self.asarray(np.searchsorted(owner, np.arange(count + 1)).astype(np.int32))

        self._row_start = starts(model * n_projections + row, n_models * n_projections)
        self._row_neuron = self.asarray(neuron.astype(np.int32))
        self._col_start = starts((model * n_neurons + neuron)[by_neuron], n_models * n_neurons)
        self._col_projection = self.asarray(row[by_neuron].astype(np.int32))
        self._synapses = self.asarray(np.flatnonzero(wiring.slots))
        self._by_neuron = self.asarray(by_neuron)
        self._words = -(-n_neurons // _BITS)

    def _load_columns(self) -> None:
        self._offset, self._lam, self._bias = (v.contiguous() for v in (self._offset, self._lam, self._bias))
        self._row_weight = self._weight.reshape(-1)[self._synapses]
        self._col_weight = self._row_weight[self._by_neuron]

    @property
    def _rows(self) -> tuple[torch.Tensor, ...]:
        return self._row_start, self._row_neuron, self._row_weight, self._offset

    @property
    def _columns(self) -> tuple[torch.Tensor, ...]:
        return self._col_start, self._col_projection, self._col_weight, self._lam, self._bias

    def upload(
        self, patterns: Sequence[NDArray[np.uint8]], orders: Sequence[NDArray[np.int64]] | None = None
    ) -> torch.Tensor:
        """Put the patterns of all models on the device, cut to the shortest and packed; int32 (M, W, n_patterns)."""
        patterns = ordered(patterns, orders)
        fewest = min(len(each) for each in patterns)
        return torch.stack([pack(torch.as_tensor(each[:fewest], device=self.device)) for each in patterns])

    def start_chains(
        self, patterns: Sequence[NDArray[np.uint8]], seeds: Sequence[np.random.SeedSequence]
    ) -> PackedChains:
        """Start one chain per given pattern (a multiple of 64 of them) of each model."""
        n_chains = check_chain_start(patterns, LANES)
        keys = np.array([seed.generate_state(1, np.uint64)[0] for seed in seeds]).astype(np.uint64).view(np.int64)
        return PackedChains(self.upload(patterns), self.asarray(keys), 0, n_chains)

    def chains_state(self, chains: PackedChains) -> dict[str, NDArray[Any]]:
        """Return what :meth:`restore_chains` needs to go on with the same samples."""
        states = unpack(chains.words, self.models.shape[2])
        return {"x": self.to_numpy(states), "random": self.to_numpy(chains.seeds), "turn": np.array(chains.turn)}

    def restore_chains(self, chains: PackedChains, state: dict[str, NDArray[Any]]) -> None:
        """Put chains back to what :meth:`chains_state` returned."""
        chains.words = self.upload(list(state["x"].transpose(0, 2, 1)))
        chains.seeds, chains.turn = self.asarray(state["random"]), int(state["turn"])

    def _chain_grid(self, chains: PackedChains) -> tuple[int, int]:
        return -(-chains.n_chains // self.tile), self.models.shape[0]

    def sweep(self, chains: PackedChains, n_sweeps: int, *, metropolis: bool = False) -> None:
        """Advance every chain by ``n_sweeps`` sweeps."""
        triton_kernels.sweep[self._chain_grid(chains)](
            chains.words,
            chains.n_chains,
            chains.seeds,
            chains.turn,
            n_sweeps,
            *self.models.shape[1:],
            *self._rows,
            *self._columns,
            METROPOLIS=metropolis,
            STEP=self.models.step,
            WORDS=self._words,
            TILE=self.tile,
            num_warps=self.tile // 32,
        )
        chains.turn += n_sweeps

    def anneal(
        self, chains: PackedChains, base: NDArray[np.float64], temperatures: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Anneal exact samples of the independent models exp(-base . x) to the models.

        Returns the log weights, (M, n_chains).
        """
        log_weight = torch.empty((self.models.shape[0], chains.n_chains), dtype=torch.float64, device=self.device)
        triton_kernels.anneal[self._chain_grid(chains)](
            chains.words,
            chains.n_chains,
            chains.seeds,
            chains.turn,
            self.asarray(np.asarray(temperatures, dtype=np.float64)),
            len(temperatures),
            log_weight,
            *self.models.shape[1:],
            *self._rows,
            *self._columns,
            self.asarray(base.astype(np.float32)),
            STEP=self.models.step,
            WORDS=self._words,
            TILE=self.tile,
            num_warps=self.tile // 32,
        )
        chains.turn += len(temperatures) - 1
        return self.to_numpy(log_weight)

    def chain_patterns(self, chains: PackedChains) -> NDArray[np.uint8]:
        """Return the chains' states, uint8 (M, n_chains, n)."""
        return self.to_numpy(unpack(chains.words, self.models.shape[2]).transpose(1, 2))

    def chain_rates(self, chains: PackedChains) -> torch.Tensor:
        """Return the mean activity of the neurons over the chains' states, (M, n)."""
        return unpack(chains.words, self.models.shape[2]).mean(dim=2, dtype=torch.float64)

    def chain_moments(self, chains: PackedChains, *, slopes: bool) -> Moments:
        """Return the moments over the chains' states."""
        return self._packed_moments(chains.words, 0, chains.n_chains, slopes)

    def data_moments(self, data: torch.Tensor, *, slopes: bool, window: tuple[int, int] | None = None) -> Moments:
        """Return the moments over the data, or over the blocks ``window`` = (first, last) of each model's data."""
        first, last = 0, data.shape[2]
        if window is not None:
            first, last = window[0] * LANES, min(window[1] * LANES, last)
        return self._packed_moments(data, first, last - first, slopes)

    def _packed_moments(self, words: torch.Tensor, first: int, count: int, slopes: bool) -> Moments:
        n_models, n_projections, _ = self.models.shape
        outputs = n_models * n_projections
        slopes = slopes and not self.models.step
        width = 2 * outputs + len(self._synapses) if slopes else outputs
        tiles = -(-count // _DATA_TILE)
        partial = torch.empty((tiles, width), dtype=torch.float32, device=self.device)
        triton_kernels.moments[(tiles, n_models, -(-n_projections // _ROWS))](
            words,
            words.shape[2],
            first,
            count,
            partial,
            width,
            n_models,
            n_projections,
            *self._rows,
            SLOPES=slopes,
            STEP=self.models.step,
            WORDS=self._words,
            TILE=_DATA_TILE,
            ROWS=_ROWS,
        )
        total = torch.empty(width, dtype=torch.float64, device=self.device)
        triton_kernels.add_tiles[(-(-width // _BLOCK),)](partial, tiles, width, total, BLOCK=_BLOCK)
        total /= count
        f = 0.5 + 0.5 * total[:outputs].view(n_models, n_projections)
        slope = torch.zeros_like(f)
        synapse = torch.zeros(self._weight.shape, dtype=torch.float64, device=self.device)
        if slopes:
            gain = self.models.slope / 4.0
            slope = gain * total[outputs : 2 * outputs].view(n_models, n_projections)
            synapse.view(-1)[self._synapses] = gain * total[2 * outputs :]
        return Moments(f, slope, synapse)

    def energies(self, patterns: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float64]]:
        """Return E(x) of each model's patterns, in float64."""
        longest = max(len(each) for each in patterns)
        words = torch.zeros((len(patterns), self._words, longest), dtype=torch.int32, device=self.device)
        for model, each in enumerate(patterns):
            words[model, :, : len(each)] = pack(torch.as_tensor(each, device=self.device))
        energy = torch.empty((len(patterns), longest), dtype=torch.float64, device=self.device)
        triton_kernels.energies[(-(-longest // _ENERGY_TILE), len(patterns))](
            words,
            longest,
            energy,
            *self.models.shape[1:],
            *self._rows,
            self._lam,
            self._bias,
            STEP=self.models.step,
            WORDS=self._words,
            TILE=_ENERGY_TILE,
        )
        return [row[: len(each)] for row, each in zip(self.to_numpy(energy), patterns, strict=True)]
