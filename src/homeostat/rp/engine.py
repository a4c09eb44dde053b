"""What every engine (CPU kernels, torch tensors) offers to the learning rules and estimators above it."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.ising.models import IsingModels
from homeostat.rp.projections import RPModels

# One array (n_patterns, n) for each model.
Patterns = Sequence[NDArray[np.uint8]] | NDArray[np.uint8]
# Models that there is an engine for.
Models = RPModels | IsingModels
# What holds an engine's chains, and the patterns that were uploaded to it.
ChainsT = TypeVar("ChainsT")
DataT = TypeVar("DataT")


class Moments(NamedTuple):
    """Averages over patterns, for M models with K projections of n neurons.

    Attributes
    ----------
    f : (M, K)
        <f_k>, the projections' firing rates per bin.
    slope : (M, K)
        <beta f_k (1 - f_k)>, minus the derivative of <f_k> by theta_k.
    synapse : (M, K, D)
        <beta f_k (1 - f_k) x_j>, the derivative of <f_k> by a_kj (eq. 3), in the slots of the wiring; empty where
        slopes were not asked for.
    """

    f: Any
    slope: Any
    synapse: Any


class Sampler(Protocol[ChainsT]):
    """Samples and energies of a batch of M models: what log Z and samples need.

    Attributes
    ----------
    device : str
        ``"cpu"`` or a torch device.
    """

    device: str

    def start_chains(self, patterns: Patterns, seeds: Sequence[np.random.SeedSequence]) -> ChainsT:
        """Start one chain per given pattern (a multiple of 64 of them) of each model."""

    def chains_state(self, chains: ChainsT) -> dict[str, NDArray[Any]]:
        """Return what :meth:`restore_chains` needs to go on with the same samples."""

    def restore_chains(self, chains: ChainsT, state: dict[str, NDArray[Any]]) -> None:
        """Put chains back to what :meth:`chains_state` returned."""

    def sweep(self, chains: ChainsT, n_sweeps: int, *, metropolis: bool = False) -> None:
        """Advance every chain by ``n_sweeps`` sweeps."""

    def chain_patterns(self, chains: ChainsT) -> NDArray[np.uint8]:
        """Return the chains' states, uint8 (M, n_chains, n)."""

    def anneal(
        self, chains: ChainsT, base: NDArray[np.float64], temperatures: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Anneal exact samples of the independent models exp(-base . x) to the models.

        Returns the log weights, (M, n_chains).
        """

    def energies(self, patterns: Patterns) -> list[NDArray[np.float64]]:
        """Return E(x) of each model's patterns, in float64."""

    def outputs(self, patterns: Patterns) -> list[NDArray[np.float32]]:
        """Return f_k(x) of each model's patterns, each (n_patterns, K)."""


class Engine(Sampler[ChainsT], Protocol[ChainsT, DataT]):
    """Moments, samples and energies of a batch of M models, in one kind of array (NumPy's or torch's).

    Attributes
    ----------
    models : RPModels
        The models as loaded, in the engine's arrays.
    """

    models: RPModels

    def load(self, models: RPModels) -> None:
        """Take new parameter values; the connectivity stays."""

    def asarray(self, values: NDArray[Any]) -> Any:
        """Return ``values`` in this engine's kind of array."""

    def to_numpy(self, values: Any) -> NDArray[Any]:
        """Return ``values`` as a NumPy array."""

    def upload(self, patterns: Patterns, orders: Sequence[NDArray[np.int64]] | None = None) -> DataT:
        """Lay the patterns of each model out for :meth:`data_moments`, in an order of their own where one is given."""

    def data_moments(self, data: DataT, *, slopes: bool, window: tuple[int, int] | None = None) -> Moments:
        """Return the moments over the data, or over the blocks ``window`` = (first, last) of each model's data."""

    def chain_rates(self, chains: ChainsT) -> Any:
        """Return the mean activity of the neurons over the chains' states, float64 (M, n)."""

    def chain_moments(self, chains: ChainsT, *, slopes: bool) -> Moments:
        """Return the moments over the chains' states."""


def ordered(
    patterns: Sequence[NDArray[np.uint8]], orders: Sequence[NDArray[np.int64]] | None
) -> Sequence[NDArray[np.uint8]]:
    """Return the patterns of each model in their order."""
    return patterns if orders is None else [each[order] for each, order in zip(patterns, orders, strict=True)]


def check_chain_start(patterns: Patterns, lanes: int) -> int:
    """Return the number of chains, after checking that it is the same for all models and fills the blocks."""
    counts = {len(each) for each in patterns}
    if len(counts) != 1:
        raise DataError(f"every model needs the same number of chains, got {sorted(counts)}")
    (n_chains,) = counts
    if n_chains < lanes or n_chains % lanes:
        raise DataError(f"the number of chains must be a multiple of {lanes}, got {n_chains}")
    return n_chains
