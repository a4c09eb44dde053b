"""Ising models of spike patterns: fields, couplings of pairs, and a potential on the population count.

A model with fields h, couplings J and potential V is ::

    p(x) = exp(-E(x)) / Z,   E(x) = sum_i h_i x_i + sum_{i<j} J_ij x_i x_j + V_K(x),   K(x) = sum_i x_i

V = 0 is the pairwise model (Schneidman et al. 2006), any V the K-pairwise model (Tkacik et al. 2014).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from homeostat import memory
from homeostat.errors import DataError

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class IsingModels:
    """Parameters of M models of n neurons.

    Attributes
    ----------
    field : float32 (M, n)
        h, the energies of single spikes.
    coupling : float32 (M, n, n)
        J, symmetric, zero on the diagonal.
    potential : float32 (M, n + 1)
        V of K = 0 to n active neurons.
    """

    field: Floats
    coupling: Floats
    potential: Floats

    @property
    def shape(self) -> tuple[int, int, int]:
        """(M, F, n), with F = n (n + 1) / 2 neurons and pairs."""
        n_models, n_neurons = self.field.shape
        return n_models, n_neurons * (n_neurons + 1) // 2, n_neurons

    def __getitem__(self, index: int | slice) -> "IsingModels":
        """Return a batch with the chosen models only."""
        chosen = slice(index, index + 1) if isinstance(index, int) else index
        return IsingModels(self.field[chosen], self.coupling[chosen], self.potential[chosen])


def pairs(n_neurons: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the indices i < j of all pairs."""
    first, second = np.triu_indices(n_neurons, 1)
    return first, second


def check_memory(n_neurons: int, needed: int) -> None:
    """Refuse a model of all pairs that needs more bytes than there are, before it is tried.

    Raises
    ------
    DataError
        With what would be needed, and what to do.
    """
    if needed > (there := memory.available()):
        raise DataError(
            f"a pairwise model of {n_neurons * (n_neurons + 1) // 2:,} factors needs {needed / 1e9:,.0f} GB, and "
            f"this machine has {there / 1e9:,.0f} GB free: use fewer neurons (are the patterns transposed? Rows are "
            "patterns, columns neurons)"
        )


def stack(batches: Sequence[IsingModels]) -> IsingModels:
    """Join batches of models of equally many neurons."""
    return IsingModels(**{f.name: np.concatenate([getattr(b, f.name) for b in batches]) for f in fields(IsingModels)})


def without_pairs(models: IsingModels, share: NDArray[np.float64]) -> IsingModels:
    """Return the same distributions with a potential that does nothing that fields and couplings can do.

    For one model (a batch of one); over P(K), ``share`` (n + 1,), its potential has no constant, linear or quadratic
    part.
    """
    n_neurons = models.field.shape[1]
    k = np.arange(n_neurons + 1.0)
    terms = np.stack([np.ones_like(k), k, k * (k - 1.0) / 2.0], axis=1)
    root = np.sqrt(share)
    potential = models.potential[0].astype(float)
    parabola, *_ = np.linalg.lstsq(terms * root[:, None], potential * root, rcond=None)
    coupling = models.coupling[0] + parabola[2] * (1.0 - np.eye(n_neurons))
    parts = models.field[0] + parabola[1], coupling, potential - terms @ parabola
    return IsingModels(*(each[None].astype(np.float32) for each in parts))


def energy_values(models: IsingModels, patterns: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return E(x) in float64, (M, n_patterns): the plain formula, for checks and small jobs."""
    x = patterns.astype(float)
    count = patterns.sum(axis=1, dtype=np.int64)
    energies = []
    for field, coupling, potential in zip(models.field, models.coupling, models.potential, strict=True):
        energies.append(
            x @ field.astype(float) + 0.5 * ((x @ coupling.astype(float)) * x).sum(axis=1) + potential[count]
        )
    return np.array(energies)
