"""The CPU engine of Ising models: chains, energies and averages through the compiled kernels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeostat.compiled import copied, zeros
from homeostat.ising import kernels
from homeostat.ising.coordinates import Statistics
from homeostat.ising.models import IsingModels, pairs
from homeostat.rp.engine import check_chain_start

Patterns = NDArray[np.uint8]

# The field of neurons that pad a row: they never spike.
_NEVER = 87.0
# Patterns whose energies are found at a time.
_ROWS = 1 << 14


def padded(patterns: Patterns) -> Patterns:
    """Return patterns (count, n) as the kernels take them, (count, width)."""
    width = -(-patterns.shape[1] // kernels.WIDTH) * kernels.WIDTH
    rows = zeros((len(patterns), width), np.uint8)
    rows[:, : patterns.shape[1]] = patterns
    return rows


class Parameters:
    """One model as the kernels take it."""

    def __init__(self, models: IsingModels, index: int = 0) -> None:
        n_neurons = models.field.shape[1]
        width = -(-n_neurons // kernels.WIDTH) * kernels.WIDTH
        field, coupling, potential = zeros((width,)), zeros((width, width)), zeros((width + 1,))
        field[:n_neurons], field[n_neurons:] = models.field[index], _NEVER
        coupling[:n_neurons, :n_neurons] = models.coupling[index]
        potential[: n_neurons + 1], potential[n_neurons + 1 :] = models.potential[index], models.potential[index][-1]
        self.arrays = field, coupling, potential


class Averages(NamedTuple):
    """Averages over patterns of p_i = p(x_i = 1 | the others), the neurons' conditional probabilities.

    Attributes
    ----------
    value : float
        sum_i log p(x_i | the others), the pseudo-likelihood.
    single : float64 (n,)
        <p_i>.
    pair : float64 (n, n)
        <x_i p_j>, not symmetric.
    population : float64 (n + 1,)
        P(K) of the patterns.
    shift : float64 (n + 1,)
        n times the change of P(K) where a neuron, chosen at random, is drawn again given the others.
    """

    value: float
    single: NDArray[np.float64]
    pair: NDArray[np.float64]
    population: NDArray[np.float64]
    shift: NDArray[np.float64]

    def model_statistics(self) -> Statistics:
        """Return the model's averages, from patterns drawn from it.

        What a neuron would do given the others says more than what it did (Rao-Blackwell): for spikes with the
        probability p, the variance of a pair is about p times that of counting pairs.
        """
        share = self.population + self.shift / len(self.single)
        return Statistics(self.single, 0.5 * (self.pair + self.pair.T), share)


def averages(parameters: Parameters, rows: Patterns, weight: NDArray[np.float32], n_neurons: int) -> Averages:
    """Return averages over patterns of the conditional probabilities.

    Parameters
    ----------
    rows : uint8 (count, width)
        As of :func:`padded`.
    weight : float32 (count,)
        How often each occurs.
    """
    value, single, pair, count, up, down, _ = kernels.conditionals(rows, weight, *parameters.arrays)
    total = float(weight.sum(dtype=float))
    shift = -(up + down)
    shift[1:] += up[:-1]
    shift[:-1] += down[1:]
    n, k = n_neurons, n_neurons + 1
    return Averages(value / total, single[:n] / total, pair[:n, :n] / total, count[:k] / total, shift[:k] / total)


@dataclass
class IsingChains:
    """Persistent chains of M models: states and generators."""

    x: list[Patterns]
    random: list[NDArray[np.uint32]]
    n_chains: int


class IsingEngine:
    """Samples, energies and annealing of a batch of Ising models."""

    device = "cpu"

    def __init__(self, models: IsingModels) -> None:
        self.load(models)

    def load(self, models: IsingModels) -> None:
        """Take new parameter values."""
        self.models = models
        self._parameters = [Parameters(models, index) for index in range(len(models.field))]

    def start_chains(self, patterns: Sequence[Patterns], seeds: Sequence[np.random.SeedSequence]) -> IsingChains:
        """Start one chain per given pattern (a multiple of 64 of them) of each model."""
        n_chains = check_chain_start(patterns, kernels.LANES)
        shape = (n_chains // kernels.LANES, 4, kernels.LANES)
        random = [copied(seed.generate_state(4 * n_chains).reshape(shape), np.uint32) for seed in seeds]
        return IsingChains([padded(each) for each in patterns], random, n_chains)

    def chains_state(self, chains: IsingChains) -> dict[str, NDArray[np.generic]]:
        """Return what :meth:`restore_chains` needs to go on with the same samples."""
        return {"x": np.array(chains.x), "random": np.array(chains.random)}

    def restore_chains(self, chains: IsingChains, state: dict[str, NDArray[np.generic]]) -> None:
        """Put chains back to what :meth:`chains_state` returned."""
        chains.x = [copied(x, np.uint8) for x in state["x"]]
        chains.random = [copied(each, np.uint32) for each in state["random"]]

    def sweep(self, chains: IsingChains, n_sweeps: int, *, metropolis: bool = False) -> None:
        """Advance every chain by ``n_sweeps`` sweeps."""
        self._advance(chains, None, np.ones(n_sweeps + 1), metropolis)

    def chain_patterns(self, chains: IsingChains) -> Patterns:
        """Return the chains' states, uint8 (M, n_chains, n)."""
        return np.array([x[:, : self.models.field.shape[1]] for x in chains.x])

    def chain_averages(self, chains: IsingChains) -> list[Averages]:
        """Return averages over the chains' states, for each model."""
        weight = np.ones(chains.n_chains, np.float32)
        n_neurons = self.models.field.shape[1]
        pairs_of = zip(self._parameters, chains.x, strict=True)
        return [averages(parameters, x, weight, n_neurons) for parameters, x in pairs_of]

    def energies(self, patterns: Sequence[Patterns]) -> list[NDArray[np.float64]]:
        """Return E(x) of each model's patterns, in float64."""
        found = []
        for parameters, each in zip(self._parameters, patterns, strict=True):
            parts = [
                kernels.conditionals(padded(rows), np.ones(len(rows), np.float32), *parameters.arrays)[-1]
                for rows in (each[first : first + _ROWS] for first in range(0, len(each), _ROWS))
            ]
            found.append(np.concatenate(parts))
        return found

    def outputs(self, patterns: Sequence[Patterns]) -> list[NDArray[np.float32]]:
        """Return the neurons x_i and pairs x_i x_j of each model's patterns, each (n_patterns, n (n + 1) / 2)."""
        first, second = pairs(self.models.field.shape[1])
        return [np.concatenate([x, x[:, first] & x[:, second]], axis=1).astype(np.float32) for x in patterns]

    def anneal(
        self, chains: IsingChains, base: NDArray[np.float64], temperatures: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Anneal exact samples of the independent models exp(-base . x) to the models.

        Returns the log weights, (M, n_chains).
        """
        return self._advance(chains, base, temperatures, False)

    def _advance(
        self,
        chains: IsingChains,
        base: NDArray[np.float64] | None,
        temperatures: NDArray[np.float64],
        metropolis: bool,
    ) -> NDArray[np.float64]:
        log_weight = np.zeros((len(chains.x), chains.n_chains))
        for index, parameters in enumerate(self._parameters):
            field, coupling, potential = parameters.arrays
            own = np.full_like(field, _NEVER)
            if base is not None:
                own[: base.shape[1]] = base[index]
            kernels.sweep(
                chains.x[index],
                chains.random[index],
                field,
                coupling,
                potential,
                own,
                temperatures,
                metropolis,
                log_weight[index],
            )
        return log_weight
