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
from homeostat.rp.partition import independent_bias
from homeostat.rp.projections import energy_values, feature_values
from homeostat.rp.pseudolikelihood import digest, distinct, pseudo_likelihood_factors
from homeostat.rp.registry import rule_of
from homeostat.rp.settings import Training
from homeostat.rp.starts import natural_start


def exact_maximum(models, patterns, own_terms=False):
    """Return the largest mean log-likelihood that factors, and terms of neurons, can reach, by enumeration."""
    everything = all_patterns(models.shape[2])
    features, observed = feature_values(models, everything)[0], feature_values(models, patterns)[0].mean(axis=0)
    if own_terms:
        features = np.hstack([features, everything])
        observed = np.concatenate([observed, patterns.mean(axis=0)])

    def loss(lam):
        energy = -features @ lam
        log_z = np.logaddexp.reduce(energy)
        return log_z + lam @ observed, observed - features.T @ np.exp(energy - log_z)

    options = {"maxiter": 5000, "maxfun": 9000, "ftol": 1e-14, "gtol": 1e-8}
    return -minimize(loss, np.zeros(len(observed)), jac=True, method="L-BFGS-B", options=options).fun


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


@pytest.mark.parametrize("slope", [3.0, np.inf])
def test_terms_of_neurons_of_the_start_are_the_maximum_of_the_plain_pseudo_likelihood(slope):
    patterns = correlated_patterns(3000)
    bias = independent_bias(patterns.mean(axis=0), 3000)[None].astype(np.float32)
    models = replace(well_conditioned(), slope=slope, bias=bias)
    unique, counts = digest(patterns, 8192)
    outputs = np.hstack([feature_values(models, unique)[0], unique]).astype(np.float32)
    covariance = curvature(outputs, counts, 3000)
    found, used = pseudo_likelihood_factors(models, unique, counts, 3000, covariance, own_terms=True)
    assert used == 3000 and found.shape == (6 + 8,)

    def value(values):
        return plain_pseudo_likelihood(replace(models, lam=values[None, :6], bias=values[None, 6:]), patterns)

    maximum = -minimize(lambda values: -value(values), found, method="L-BFGS-B").fun
    assert maximum - value(found) < 1e-3
    assert value(found) > value(np.concatenate([np.zeros(6), bias[0]])) + 0.01


@pytest.mark.parametrize("n_projections, seed", [(20, 0), (60, 1), (150, 0)])
def test_terms_of_neurons_add_to_what_projections_reach(n_projections, seed):
    rng = np.random.default_rng(2)
    common, some = rng.normal(size=(2, 8000, 1))
    drive = 0.8 * common + 1.2 * some * (np.arange(10) < 4)
    patterns = (rng.random((8000, 10)) < 1 / (1 + np.exp(1.8 - drive))).astype(np.uint8)
    with_terms, without = (
        RP(n_projections, 4, seed=seed, neuron_terms=terms).fit(patterns).score(patterns) for terms in (True, False)
    )
    assert with_terms > without
    models = RP(n_projections, 4, seed=seed)._start(patterns, None)
    assert exact_maximum(models, patterns, own_terms=True) - with_terms < 0.002


@pytest.mark.parametrize("gain", [0.1, -0.1])
def test_a_start_below_the_independent_model_is_not_taken(gain):
    patterns = correlated_patterns(3000)
    models = small_models(1, lam=0.0)
    asked = []
    start = natural_start(models, patterns, 1024, True, None, lambda found: asked.append(found) or gain)
    (found,) = asked
    assert found.lam.any() and found.bias.any()
    assert (start.values is None) == (gain < 0) and start.error == (1 / 64 if gain < 0 else 1 / 3000)


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
