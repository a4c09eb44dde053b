"""Starts by pseudo-likelihood against plain formulas, and fits of sparse patterns against the exact maximum."""

from dataclasses import replace

import numpy as np
import pytest
from enumeration import exact_log_likelihood
from rp_examples import correlated_patterns, seeds, small_models, waves, well_conditioned
from scipy.optimize import minimize

from homeostat.rp import RP
from homeostat.rp.exact import all_patterns
from homeostat.rp.fitting import fit_many
from homeostat.rp.natural import curvature
from homeostat.rp.projections import energy_values, feature_values
from homeostat.rp.pseudolikelihood import digest, distinct, pseudo_likelihood_factors
from homeostat.rp.registry import rule_of
from homeostat.rp.settings import Training


def exact_maximum(models, patterns):
    """Return the largest mean log-likelihood that factors of these projections can reach, by enumeration."""
    features = feature_values(models, all_patterns(models.shape[2]))[0]
    observed = feature_values(models, patterns)[0].mean(axis=0)

    def loss(lam):
        energy = -features @ lam
        log_z = np.logaddexp.reduce(energy)
        return log_z + lam @ observed, observed - features.T @ np.exp(energy - log_z)

    options = {"maxiter": 5000, "maxfun": 9000, "ftol": 1e-14, "gtol": 1e-8}
    return -minimize(loss, np.zeros(models.shape[1]), jac=True, method="L-BFGS-B", options=options).fun


def plain_pseudo_likelihood(models, patterns):
    """Return the mean over patterns of sum_j log p(x_j | the others), from energies of single flips."""
    here = energy_values(models, patterns)[0]
    total = np.zeros(len(patterns))
    for neuron in range(patterns.shape[1]):
        flipped = patterns.copy()
        flipped[:, neuron] ^= 1
        total -= np.logaddexp(0.0, here - energy_values(models, flipped)[0])
    return total.mean()


@pytest.mark.parametrize("slope", [3.0, np.inf])
def test_factors_of_the_start_are_the_maximum_of_the_plain_pseudo_likelihood(slope):
    models, patterns = replace(well_conditioned(), slope=slope), correlated_patterns(3000)
    unique, counts = digest(patterns, 8192)
    outputs = feature_values(models, unique)[0].astype(np.float32)
    lam, used = pseudo_likelihood_factors(models, unique, counts, 3000, curvature(outputs, counts, 3000))
    assert used == 3000
    best = plain_pseudo_likelihood(replace(models, lam=lam[None]), patterns)

    def loss(values):
        return -plain_pseudo_likelihood(replace(models, lam=values[None]), patterns)

    maximum = -minimize(loss, lam, method="L-BFGS-B").fun
    # The prior, worth one pattern of 3,000, costs no more than this.
    assert maximum - best < 1e-3
    assert best > plain_pseudo_likelihood(replace(models, lam=np.zeros_like(models.lam)), patterns) + 0.1


@pytest.mark.parametrize("n_neurons", [7, 64, 65, 200])
def test_distinct_patterns_are_those_of_numpy(n_neurons):
    rng = np.random.default_rng(0)
    patterns = (rng.random((2000, n_neurons)) < 1.5 / n_neurons).astype(np.uint8)
    found, counts = distinct(patterns)
    expected, theirs = np.unique(patterns, axis=0, return_counts=True)
    order = np.lexsort(found.T[::-1])
    assert np.array_equal(found[order], expected) and counts[order].tolist() == theirs.tolist()


def test_the_covariance_of_distinct_patterns_is_that_of_all():
    outputs = np.random.default_rng(0).random((50, 4)).astype(np.float32)
    counts = np.arange(1, 51).astype(np.float32)
    expected = np.cov(np.repeat(outputs, counts.astype(int), axis=0), rowvar=False, bias=True)
    found = curvature(outputs, counts, 1275)
    off = ~np.eye(4, dtype=bool)
    # Shrunk for 4 outputs from 50 patterns; the variances stand.
    assert found[off] == pytest.approx(expected[off] * (1 - 4 / 104), rel=1e-4)
    assert np.diag(found) == pytest.approx(np.diag(expected), rel=1e-4)


@pytest.mark.parametrize("slope", [3.0, np.inf])
@pytest.mark.parametrize("rate", [0.0013, 0.02])
def test_random_projections_of_sparse_waves_reach_their_exact_maximum(rate, slope):
    patterns = waves(rate=rate)
    model = RP(60, 3, slope=slope, chains=1024, sweeps=1).fit(patterns)
    assert exact_maximum(model.models_, patterns) - model.score(patterns) < 0.004


def test_a_fit_whose_covariance_is_no_matrix_comes_to_the_same_maximum(monkeypatch):
    for name in ("IN_FLOAT64", "DENSE"):
        monkeypatch.setattr(f"homeostat.rp.starts.{name}", 10)
    models, patterns = small_models(1, lam=0.0), correlated_patterns(3000)
    training = Training(steps=40, chains=1024, optimizer="natural")
    result = fit_many(models, [patterns], rule_of("rp"), training, seeds(1))
    assert exact_maximum(models, patterns) - exact_log_likelihood(result.models, patterns)[0] < 0.01
