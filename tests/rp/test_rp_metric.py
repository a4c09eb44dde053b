"""The metric of sparse models against the matrix that it stands for, and fits with terms of neurons."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from enumeration import exact_log_likelihood, exact_probabilities
from rp_examples import correlated_patterns, seeds, small_models

from homeostat.rp import RP, Independent
from homeostat.rp.exact import all_patterns
from homeostat.rp.factory import make_engine
from homeostat.rp.fitting import fit_many
from homeostat.rp.metric import DenseMetric, WiredMetric, covariance_of_neurons, wired_metric
from homeostat.rp.partition import independent_bias
from homeostat.rp.projections import random_models
from homeostat.rp.registry import rule_of
from homeostat.rp.settings import Training

RNG = np.random.default_rng(0)


def example(own_terms: bool) -> tuple[WiredMetric, np.ndarray]:
    """Return a metric, and the covariance that it is the inverse of."""
    wiring = random_models(9, 14, [RNG], in_degree=3).wiring
    slopes = np.where(wiring.slots, RNG.normal(size=wiring.neuron.shape), 0.0)
    remainder, root = RNG.uniform(0.5, 1.5, 14), RNG.normal(size=(9, 40))
    neurons = (root @ root.T / 40).astype(np.float32)
    b = np.concatenate([wiring.scatter(slopes)[0], np.eye(9)[: 9 * own_terms]])
    covariance = b @ neurons @ b.T + np.diag(np.concatenate([remainder, np.zeros(9 * own_terms)]))
    return WiredMetric(wiring, slopes, remainder, neurons, own_terms), covariance


@pytest.mark.parametrize("own_terms", [False, True])
def test_the_metric_of_a_sparse_model_is_the_inverse_of_its_covariance(own_terms: bool) -> None:
    metric, covariance = example(own_terms)
    gradient = RNG.normal(size=len(covariance))
    expected = np.linalg.solve(covariance, gradient)
    assert metric.solve(gradient) == pytest.approx(expected, rel=2e-4, abs=2e-4)
    metric.move(torch.as_tensor)
    assert metric.solve(torch.as_tensor(gradient)).numpy() == pytest.approx(expected, rel=2e-4, abs=2e-4)


def test_a_metric_that_is_too_small_is_enlarged() -> None:
    metric, covariance = example(own_terms=False)
    gradient = RNG.normal(size=14)
    before = metric.solve(gradient)
    outputs = RNG.multivariate_normal(np.zeros(14), covariance, 4000).astype(np.float32)
    metric.stabilise(outputs)
    assert np.array_equal(metric.solve(gradient), before)
    metric.stabilise(4.0 * outputs)
    assert before == pytest.approx(4.0 * metric.solve(gradient), rel=0.2)


def test_single_precision_leaves_no_residual() -> None:
    root = RNG.normal(size=(60, 80))
    matrix = root @ root.T / 80
    gradient = RNG.normal(size=60)
    direction = DenseMetric(matrix.astype(np.float32)).solve(gradient)
    assert matrix @ direction == pytest.approx(gradient, abs=2e-5)


def test_slopes_and_remainders_are_those_of_a_regression() -> None:
    model, patterns = small_models(1, lam=0.0), correlated_patterns(4000)
    outputs = make_engine(model).outputs([patterns])[0].astype(float)
    metric, variance, _ = wired_metric(model, patterns, 10**9, own_terms=True)
    assert variance[:12] == pytest.approx(np.maximum(outputs.var(axis=0), 10 / 4000), rel=1e-4)
    for k in range(12):
        fed = np.flatnonzero(model.connectivity[0, k])
        design = np.column_stack([np.ones(len(patterns)), patterns[:, fed]])
        rest = outputs[:, k] - design @ np.linalg.lstsq(design, outputs[:, k], rcond=None)[0]
        explained = outputs[:, k].var() - rest.var()
        expected = max(variance[k] - explained, 0.02 * variance[k])
        assert metric._remainder[k] == pytest.approx(expected, rel=0.05)
    assert covariance_of_neurons(patterns) == pytest.approx(np.cov(patterns.T, bias=True), abs=2e-3)


@pytest.mark.parametrize("as_matrix", [True, False])
def test_terms_of_neurons_meet_their_rates_and_never_lose_to_the_independent_model(
    as_matrix: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not as_matrix:
        for name in ("IN_FLOAT64", "DENSE"):
            monkeypatch.setattr(f"homeostat.rp.starts.{name}", 2)
    patterns = correlated_patterns(5000)
    bias = independent_bias(patterns.mean(axis=0), len(patterns))[None].astype(np.float32)
    few = replace(small_models(1, n_projections=3, lam=0.0), bias=bias)
    training = Training(steps=80, chains=2048, optimizer="natural")
    with_terms = fit_many(few, [patterns], rule_of("rp", neuron_terms=True), training, seeds(1))
    without = fit_many(small_models(1, n_projections=3, lam=0.0), [patterns], rule_of("rp"), training, seeds(1))
    independent = exact_log_likelihood(few, patterns)
    likelihood = exact_log_likelihood(with_terms.models, patterns)
    assert likelihood > independent + 0.002 > exact_log_likelihood(without.models, patterns)
    rates = exact_probabilities(with_terms.models)[0] @ all_patterns(8)
    assert rates == pytest.approx(patterns.mean(axis=0), abs=0.01)
    assert with_terms.gain == pytest.approx(likelihood - independent, abs=1e-3)
    assert with_terms.doubt == [""]


def test_an_estimator_with_terms_of_neurons(tmp_path) -> None:
    patterns = correlated_patterns(3000)
    model = RP(4, 3, neuron_terms=True, steps=40, chains=512).fit(patterns)
    assert model.score(patterns) > Independent().fit(patterns).score(patterns)
    assert model.n_parameters_ == 4 + 8
    model.save(tmp_path / "model.npz")
    assert RP.load(tmp_path / "model.npz").score(patterns) == model.score(patterns)
