"""Exact answers by enumeration of all 2^n patterns, in float64: the truth that kernels and fits are tested against."""

import numpy as np
from numpy.typing import NDArray

from homeostat.ising import models as ising
from homeostat.rp.engine import Models, Moments
from homeostat.rp.exact import all_patterns
from homeostat.rp.projections import RPModels, energy_values, feature_values


def _energies(models: Models, patterns: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return E(x), (M, n_patterns), by the plain formulas."""
    if isinstance(models, ising.IsingModels):
        return ising.energy_values(models, patterns)
    return energy_values(models, patterns)


def exact_probabilities(models: Models) -> NDArray[np.float64]:
    """Return p(x) of all patterns, in the order of :func:`all_patterns`, (M, 2^n)."""
    energy = _energies(models, all_patterns(models.shape[2]))
    return np.asarray(np.exp(-energy - np.logaddexp.reduce(-energy, axis=1, keepdims=True)))


def exact_log_likelihood(models: Models, patterns: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the mean log-likelihood per pattern, in nats, of each model, (M,)."""
    energy = _energies(models, all_patterns(models.shape[2]))
    return np.asarray(-_energies(models, patterns).mean(axis=1) - np.logaddexp.reduce(-energy, axis=1))


def weighted_moments(models: RPModels, patterns: NDArray[np.uint8], weights: NDArray[np.float64]) -> Moments:
    """Return the moments over ``patterns`` with weights (M, n_patterns) that sum to one, by the plain formulas."""
    f = feature_values(models, patterns)
    steepness = np.zeros_like(f) if models.step else models.slope * f * (1.0 - f)
    synapse = np.einsum("mt,mtk,tn->mkn", weights, steepness, patterns.astype(float))
    return Moments(
        np.einsum("mt,mtk->mk", weights, f),
        np.einsum("mt,mtk->mk", weights, steepness),
        models.wiring.gather(synapse),
    )


def exact_moments(models: RPModels) -> Moments:
    """Return the moments of the models' own distributions."""
    return weighted_moments(models, all_patterns(models.shape[2]), exact_probabilities(models))
