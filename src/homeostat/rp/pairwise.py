"""The pairwise maximum-entropy (Ising) model as an RP model whose projections are single neurons and pairs.

p(x) ~ exp(-sum_i h_i x_i - sum_{i<j} J_ij x_i x_j): the Heaviside projection [x_i + x_j > 1.5] is x_i x_j, so that
sampler, trainer and partition function serve it unchanged.
"""

import os
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.rp.partition import independent_bias
from homeostat.rp.projections import RPModels
from homeostat.rp.pseudolikelihood import PRIOR_PATTERNS, Floats, distinct, maximise, spike_terms
from homeostat.rp.wiring import Wiring

# Memory for each factor: of each neuron (weights and connectivity, twice), and of the outputs of 3,072 chains.
_BYTES = 16
_BYTES_OF_CHAINS = 16_000
# Patterns taken at a time: they, their fields and their residuals stay in the cache.
_ROWS = 2048
# The first iterations see every so many patterns.
_COARSE = 8


def check_memory(n_neurons: int) -> None:
    """Refuse a pairwise model that this machine cannot hold, before it is tried.

    Raises
    ------
    DataError
        With what would be needed, and what to do.
    """
    n_factors = n_neurons * (n_neurons + 1) // 2
    needed = n_factors * (_BYTES * n_neurons + _BYTES_OF_CHAINS)
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > there:
        raise DataError(
            f"a pairwise model of {n_factors:,} factors needs {needed / 1e9:,.0f} GB, and this machine has "
            f"{there / 1e9:,.0f} GB: fewer neurons (are the patterns turned round? Rows are patterns, columns neurons)"
        )


def pairs(n_neurons: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the indices i < j of all pairs, in the order of the model's couplings."""
    first, second = np.triu_indices(n_neurons, 1)
    return first, second


def pairwise_models(patterns: Sequence[NDArray[np.uint8]]) -> RPModels:
    """Return pairwise models before learning, one per set of training patterns: at the maximum of pseudo-likelihood.

    The first n factors lambda are the fields h, the others the couplings J in the order of :func:`pairs`.
    """
    n_models, n_neurons = len(patterns), patterns[0].shape[1]
    first, second = pairs(n_neurons)
    n_projections = n_neurons + len(first)
    fan_in = np.where(np.arange(n_projections) < n_neurons, 1, 2)
    neurons = np.concatenate([np.arange(n_neurons), np.stack([first, second], axis=1).reshape(-1)])
    wiring = Wiring.from_lists(np.tile(fan_in, (n_models, 1)), np.tile(neurons, n_models), n_neurons)
    threshold = np.where(np.arange(n_projections) < n_neurons, 0.5, 1.5).astype(np.float32)
    return RPModels(
        wiring=wiring,
        synapses=wiring.slots.astype(np.float32),
        threshold=np.repeat(threshold[None], n_models, axis=0),
        lam=np.array([pseudo_likelihood_maximum(each) for each in patterns], np.float32),
        bias=np.zeros((n_models, n_neurons), np.float32),
        slope=float("inf"),
    )


def independent_factors(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the fields and couplings of the independent model with these firing probabilities, in (0, 1)."""
    n_neurons = len(rates)
    return np.concatenate([np.log1p(-rates) - np.log(rates), np.zeros(n_neurons * (n_neurons - 1) // 2)])


def is_pairwise(models: RPModels) -> bool:
    """Return whether these are models as :func:`pairwise_models` makes them."""
    _, n_projections, n_neurons = models.shape
    fan_in = models.wiring.fan_in
    return bool(
        models.step
        and n_projections == n_neurons * (n_neurons + 1) // 2
        and (models.synapses == models.wiring.slots).all()
        and (fan_in == np.where(np.arange(n_projections) < n_neurons, 1, 2)).all()
        and (models.threshold == fan_in - 0.5).all()
    )


def holds_pairwise(models: RPModels) -> bool:
    """Return whether the last projections are x_i and x_i x_j, beside others: steps, or sigmoids that are as steep."""
    _, n_projections, n_neurons = models.shape
    others = n_projections - n_neurons * (n_neurons + 1) // 2
    if others < 1:
        return False
    fan_in = models.wiring.fan_in[:, others:]
    scale = models.synapses[:, others:, :1]
    return bool(
        (fan_in == np.where(np.arange(n_projections - others) < n_neurons, 1, 2)).all()
        and (models.synapses[:, others:] == scale * models.wiring.slots[:, others:]).all()
        and np.allclose(models.threshold[:, others:], scale[..., 0] * (fan_in - 0.5))
    )


def pseudo_likelihood_maximum(patterns: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the fields and couplings, (n (n + 1) / 2,), that maximise the pseudo-likelihood of the patterns.

    That is the mean over patterns of sum_i log p(x_i | the others) (Besag 1975), which needs neither log Z nor samples:
    rare pairs do as much harm as any other. The search (L-BFGS) starts at the independent model; a Gaussian prior
    worth ten patterns keeps couplings of pairs that were never active together finite.
    """
    n_patterns, n_neurons = patterns.shape
    first, second = pairs(n_neurons)
    patterns_seen, counts = distinct(patterns)
    unique = patterns_seen.astype(np.float32)
    start = np.concatenate([independent_bias(patterns.mean(axis=0), n_patterns), np.zeros(len(first))])
    rates = 1.0 / (1.0 + np.exp(start[:n_neurons]))
    together = (unique * counts[:, None]).T @ unique / n_patterns
    variance = np.concatenate([rates * (1.0 - rates), np.maximum(together[first, second], 0.5 / n_patterns)])
    scale = 1.0 / np.sqrt(variance)
    prior = PRIOR_PATTERNS / n_patterns

    def loss(z: NDArray[np.float64], every: int) -> tuple[float, NDArray[np.float64]]:
        lam = start + z * scale
        couplings = np.zeros((n_neurons, n_neurons), np.float32)
        couplings[first, second] = couplings[second, first] = lam[n_neurons:]
        value, fields, gradient = _pseudo_likelihood(
            unique[::every], counts[::every], lam[:n_neurons].astype(np.float32), couplings
        )
        slopes = np.concatenate([fields, (gradient + gradient.T)[first, second]]) * scale
        return -value + 0.5 * prior * float(z @ z), prior * z - slopes

    z = np.zeros(len(start))
    for every in (_COARSE, 1) if len(unique) > _COARSE * _ROWS else (1,):
        z = maximise(partial(loss, every=every), z, n_patterns)
    return np.asarray(start + z * scale)


def _pseudo_likelihood(
    patterns: Floats, counts: Floats, fields: Floats, couplings: Floats
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Return the pseudo-likelihood per pattern, its gradient by h, and half of that by the couplings (n, n)."""
    n_neurons = patterns.shape[1]
    value, by_field, by_coupling = 0.0, np.zeros(n_neurons), np.zeros((n_neurons, n_neurons))
    for start in range(0, len(patterns), _ROWS):
        x, weight = patterns[start : start + _ROWS], counts[start : start + _ROWS, None]
        energy = x @ couplings
        energy += fields
        part, residual = spike_terms(energy, x, weight)
        value += part
        by_field += residual.sum(axis=0, dtype=float)
        by_coupling += residual.T @ x
    total = float(counts.sum(dtype=float))
    return value / total, by_field / total, by_coupling / total
