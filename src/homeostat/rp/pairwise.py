"""The pairwise maximum-entropy (Ising) model as an RP model whose projections are single neurons and pairs.

p(x) ~ exp(-sum_i h_i x_i - sum_{i<j} J_ij x_i x_j): the Heaviside projection [x_i + x_j > 1.5] is x_i x_j, so that
sampler, trainer and partition function serve it unchanged.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from homeostat.rp.partition import independent_bias
from homeostat.rp.projections import RPModels


def pairs(n_neurons: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the indices i < j of all pairs, in the order of the model's couplings."""
    first, second = np.triu_indices(n_neurons, 1)
    return first, second


def pairwise_models(patterns: Sequence[NDArray[np.uint8]]) -> RPModels:
    """Return pairwise models before learning, one per set of training patterns: independent, couplings zero.

    The first n factors lambda are the fields h, the others the couplings J in the order of :func:`pairs`.
    """
    n_models, n_neurons = len(patterns), patterns[0].shape[1]
    first, second = pairs(n_neurons)
    n_projections = n_neurons + len(first)
    mask = np.zeros((n_projections, n_neurons), bool)
    mask[np.arange(n_neurons), np.arange(n_neurons)] = True
    mask[n_neurons + np.arange(len(first)), first] = True
    mask[n_neurons + np.arange(len(first)), second] = True
    threshold = np.where(np.arange(n_projections) < n_neurons, 0.5, 1.5).astype(np.float32)
    lam = np.zeros((n_models, n_projections), np.float32)
    for index, each in enumerate(patterns):
        lam[index, :n_neurons] = independent_bias(each.mean(axis=0), len(each))
    connectivity = np.repeat(mask[None], n_models, axis=0)
    return RPModels(
        weight=connectivity.astype(np.float32),
        connectivity=connectivity,
        threshold=np.repeat(threshold[None], n_models, axis=0),
        lam=lam,
        bias=np.zeros((n_models, n_neurons), np.float32),
        slope=float("inf"),
    )
