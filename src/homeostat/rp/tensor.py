"""The tensor engine: all models of a batch at once, as torch tensors on a GPU (or, for tests, the CPU).

All chains of all models try to flip the same neuron at once; only the projections that the neuron feeds are touched,
through padded index lists.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from homeostat.rp.engine import Moments, check_chain_start, ordered
from homeostat.rp.kernels import LANES
from homeostat.rp.torch_models import CHUNK_ELEMENTS, TorchModels
from homeostat.rp.wiring import Wiring
from homeostat.seeds import torch_seed


@dataclass
class TensorChains:
    """Persistent chains of M models: states (M, n, n_chains) and one generator per model."""

    x: torch.Tensor
    generators: list[torch.Generator]
    n_chains: int


class TensorEngine(TorchModels):
    """Moments, samples and energies of a batch of models, in torch tensors."""

    def _index_lists(self, wiring: Wiring) -> None:
        """List the slots and projections that each neuron feeds; short lists end in dummies behind the last."""
        n_models, _, n_neurons = wiring.shape
        slots = wiring.by_neuron.reshape(n_models, n_neurons, -1)
        self._fed_slot = torch.as_tensor(slots, device=self.device)
        self._fan_out = torch.as_tensor(slots // wiring.neuron.shape[2], device=self.device)
        self._slots = torch.as_tensor(wiring.slots, device=self.device)

    def _load_columns(self) -> None:
        """Gather the weights and factors of the projections that each neuron feeds."""
        n_models, n_neurons, fan_out = self._fan_out.shape
        weight = torch.nn.functional.pad(self._weight.flatten(1), (0, 1))
        self._column_weight = weight.gather(1, self._fed_slot.flatten(1)).view(n_models, n_neurons, fan_out)
        lam = torch.nn.functional.pad(self._lam, (0, 1))
        self._column_lam = lam.gather(1, self._fan_out.flatten(1)).view(n_models, n_neurons, fan_out)

    def upload(
        self, patterns: Sequence[NDArray[np.uint8]], orders: Sequence[NDArray[np.int64]] | None = None
    ) -> torch.Tensor:
        """Put the patterns of all models on the device, cut to the shortest; uint8 (M, n_patterns, n)."""
        patterns = ordered(patterns, orders)
        fewest = min(len(each) for each in patterns)
        return torch.stack([torch.as_tensor(each[:fewest]) for each in patterns]).to(self.device)

    def start_chains(
        self, patterns: Sequence[NDArray[np.uint8]], seeds: Sequence[np.random.SeedSequence]
    ) -> TensorChains:
        """Start one chain per given pattern (a multiple of 64 of them) of each model."""
        n_chains = check_chain_start(patterns, LANES)
        generators = [torch.Generator(device=self.device).manual_seed(torch_seed(seed)) for seed in seeds]
        x = self.upload(patterns).float().transpose(1, 2).contiguous()
        return TensorChains(x, generators, n_chains)

    def chains_state(self, chains: TensorChains) -> dict[str, NDArray[Any]]:
        """Return what :meth:`restore_chains` needs to go on with the same samples."""
        random = np.array([generator.get_state().cpu().numpy() for generator in chains.generators])
        return {"x": self.to_numpy(chains.x).astype(np.uint8), "random": random}

    def restore_chains(self, chains: TensorChains, state: dict[str, NDArray[Any]]) -> None:
        """Put chains back to what :meth:`chains_state` returned."""
        chains.x = torch.as_tensor(state["x"], device=self.device).float()
        for generator, words in zip(chains.generators, state["random"], strict=True):
            generator.set_state(torch.as_tensor(words.copy()))

    def _sweep(
        self,
        chains: TensorChains,
        v: torch.Tensor,
        column_lam: torch.Tensor,
        bias: torch.Tensor,
        metropolis: bool,
    ) -> None:
        """Visit every neuron once; ``v`` (M, K + 1, n_chains) holds the inputs and follows the flips."""
        x = chains.x
        n_neurons = x.shape[1]
        uniform = torch.stack(
            [torch.rand((n_neurons, chains.n_chains), generator=g, device=self.device) for g in chains.generators]
        )
        for neuron in range(n_neurons):
            fed = self._fan_out[:, neuron, :, None].expand(-1, -1, chains.n_chains)
            sign = 1.0 - 2.0 * x[:, neuron]
            old = v.gather(1, fed)
            new = old + self._column_weight[:, neuron, :, None] * sign[:, None, :]
            change = column_lam[:, neuron, :, None] * (self._activate(new) - self._activate(old))
            delta = bias[:, neuron, None] * sign + 0.5 * change.sum(dim=1)
            if metropolis:
                flip = uniform[:, neuron] < torch.exp(-delta)
            else:
                flip = uniform[:, neuron] < torch.sigmoid(-delta)
            v.scatter_(1, fed, torch.where(flip[:, None, :], new, old))
            x[:, neuron] += torch.where(flip, sign, torch.zeros_like(sign))

    def sweep(self, chains: TensorChains, n_sweeps: int, *, metropolis: bool = False) -> None:
        """Advance every chain by ``n_sweeps`` sweeps."""
        v = torch.nn.functional.pad(self._inputs(chains.x), (0, 0, 0, 1))
        for _ in range(n_sweeps):
            self._sweep(chains, v, self._column_lam, self._bias, metropolis)

    def chain_patterns(self, chains: TensorChains) -> NDArray[np.uint8]:
        """Return the chains' states, uint8 (M, n_chains, n)."""
        return self.to_numpy(chains.x.transpose(1, 2)).astype(np.uint8)

    def chain_rates(self, chains: TensorChains) -> torch.Tensor:
        """Return the mean activity of the neurons over the chains' states, (M, n)."""
        return chains.x.mean(dim=2, dtype=torch.float64)

    def chain_moments(self, chains: TensorChains, *, slopes: bool) -> Moments:
        """Return the moments over the chains' states."""
        return self._moments(chains.x.transpose(1, 2), slopes)

    def data_moments(self, data: torch.Tensor, *, slopes: bool, window: tuple[int, int] | None = None) -> Moments:
        """Return the moments over the data, or over the blocks ``window`` = (first, last) of each model's data."""
        if window is not None:
            data = data[:, window[0] * LANES : window[1] * LANES]
        return self._moments(data, slopes)

    def _moments(self, patterns: torch.Tensor, slopes: bool) -> Moments:
        n_models, n_projections, _ = self.models.shape
        n_patterns = patterns.shape[1]
        f = torch.zeros((n_models, n_projections), dtype=torch.float64, device=self.device)
        slope, synapse = (
            torch.zeros_like(f),
            torch.zeros(self._slots.shape, dtype=torch.float64, device=self.device),
        )
        chunk = max(LANES, CHUNK_ELEMENTS // (n_models * n_projections))
        for first in range(0, n_patterns, chunk):
            x = patterns[:, first : first + chunk].float()
            t = self._activate(self._inputs(x.transpose(1, 2)))
            f += t.sum(dim=2, dtype=torch.float64)
            if slopes and not self.models.step:
                steepness = 1.0 - t * t
                slope += steepness.sum(dim=2, dtype=torch.float64)
                if self._dense:
                    synapse += torch.bmm(steepness, x).double()
                else:
                    columns = x.transpose(1, 2)
                    for slot in range(synapse.shape[2]):
                        synapse[:, :, slot] += (steepness * self._of_slot(columns, slot)).sum(dim=2).double()
        gain = 0.0 if self.models.step else self.models.slope / 4.0 / n_patterns
        return Moments((1.0 + f / n_patterns) / 2.0, gain * slope, gain * synapse * self._slots)

    def energies(self, patterns: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float64]]:
        """Return E(x) of each model's patterns, in float64."""
        parts: list[list[NDArray[np.float64]]] = [[] for _ in patterns]
        for model, x, t in self.each_chunk(patterns):
            energy = 0.5 * self._lam[model].double() @ (1.0 + t.double()) + self._bias[model].double() @ x.double()
            parts[model].append(self.to_numpy(energy))
        return [np.concatenate(part) for part in parts]

    def anneal(
        self, chains: TensorChains, base: NDArray[np.float64], temperatures: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Anneal exact samples of the independent models exp(-base . x) to the models.

        Returns the log weights, (M, n_chains).
        """
        start = torch.as_tensor(base, device=self.device).float()
        v = torch.nn.functional.pad(self._inputs(chains.x), (0, 0, 0, 1))
        log_weight = torch.zeros((self.models.shape[0], chains.n_chains), dtype=torch.float64, device=self.device)
        for before, tau in pairwise(temperatures):
            energy = 0.5 * (self._lam[:, :, None] * (1.0 + self._activate(v[:, :-1]))).sum(dim=1)
            gap = energy + ((self._bias - start)[:, :, None] * chains.x).sum(dim=1)
            log_weight -= (tau - before) * gap.double()
            self._sweep(chains, v, float(tau) * self._column_lam, start + float(tau) * (self._bias - start), False)
        return self.to_numpy(log_weight)
