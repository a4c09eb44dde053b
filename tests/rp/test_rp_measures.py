"""Measures and optimizers of homeostat.rp against NumPy, torch and numbers worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from enumeration import exact_probabilities
from rp_examples import correlated_patterns, seeds, small_models
from scipy import stats

from homeostat.rp import HomeostaticRP, Independent, ReshapedRP
from homeostat.rp.convergence import MarginalTest, clopper_pearson
from homeostat.rp.measures import (
    firing_rates,
    independent_log_likelihood,
    mean_correlation,
    rotation_angles,
    synaptic_cost,
)
from homeostat.rp.optimizers import Adam, NesterovSGD
from homeostat.rp.partition import independent_bias
from homeostat.rp.projections import RPModels, random_models
from homeostat.rp.sampling import sample_patterns


def one_model(weight: list[list[float]]) -> RPModels:
    """Return a batch of one model with these weights."""
    values = np.array([weight], np.float32)
    shape = values.shape
    return RPModels.dense(
        values, values != 0, np.ones(shape[:2], np.float32), np.ones(shape[:2], np.float32),
        np.zeros((1, shape[2]), np.float32), 3.0,
    )  # fmt: skip


def test_correlation_is_the_mean_of_numpys_over_pairs_that_vary():
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=(500, 4)) + rng.normal(size=(500, 1)) * [1.0, 1.0, -1.0, 0.0]
    pairs = np.corrcoef(outputs.T)[np.triu_indices(4, 1)]
    assert mean_correlation(outputs) == pytest.approx(pairs.mean())
    with_constant = np.concatenate([outputs, np.full((500, 1), 0.7)], axis=1)
    assert mean_correlation(with_constant) == pytest.approx(pairs.mean())
    assert np.isnan(mean_correlation(with_constant[:, 3:]))
    assert firing_rates(outputs) == pytest.approx(outputs.mean(axis=0))


@pytest.mark.parametrize("value", [0.9526, 0.0474258, 0.1])
def test_constant_outputs_in_single_precision_are_left_out(value):
    outputs = np.random.default_rng(0).random((40_000, 4), np.float32)
    without = mean_correlation(outputs[:, 2:])
    outputs[:, :2] = value
    assert mean_correlation(outputs) == pytest.approx(without, abs=1e-9)
    assert np.isnan(mean_correlation(outputs[:, :3]))


def test_cost_and_rotation_of_known_weights():
    initial, final = one_model([[3.0, 0.0], [1.0, 1.0]]), one_model([[0.0, -6.0], [2.0, 0.0]])
    assert synaptic_cost(final, initial) == pytest.approx([8 / 5])
    assert rotation_angles(final, initial) == pytest.approx(np.array([[90.0, 45.0]]), abs=1e-4)
    assert rotation_angles(one_model([[-3.0, 0.0], [5.0, 5.0]]), initial) == pytest.approx(
        np.array([[180.0, 0.0]]), abs=1e-4
    )


def test_independent_likelihood_is_that_of_the_product_of_rates():
    train, test = correlated_patterns(400, seed=1), correlated_patterns(300, seed=2)
    bias = independent_bias(train.mean(axis=0), len(train))
    rates = train.mean(axis=0)
    by_hand = np.log(np.where(test == 1, rates, 1 - rates)).sum(axis=1).mean()
    assert independent_log_likelihood(bias, test) == pytest.approx(by_hand)
    assert Independent().fit(train).score(test) == pytest.approx(by_hand)


def test_neurons_that_never_or_always_fire_are_moved_inside_by_half_a_count():
    patterns = np.zeros((10, 3), np.uint8)
    patterns[:, 1] = 1
    patterns[:4, 2] = 1
    assert Independent().fit(patterns).rates_ == pytest.approx([0.05, 0.95, 0.4])
    assert independent_bias(patterns.mean(axis=0), 10) == pytest.approx(np.log([19, 1 / 19, 1.5]))


def test_random_projections_have_the_stated_wiring_and_weights():
    models = random_models(50, 2000, [np.random.default_rng(0)], in_degree=5, lam=1.0)
    degrees = models.connectivity[0].sum(axis=1)
    # An empty projection is drawn again, so the mean is a little above 5.
    assert degrees.mean() == pytest.approx(5 / (1 - 0.9**50), abs=0.15) and degrees.min() == 1
    weights = models.weight[models.connectivity]
    assert weights.mean() == pytest.approx(1.0, abs=0.04) and weights.std() == pytest.approx(1.0, abs=0.04)
    assert not models.weight[~models.connectivity].any()


def test_a_relative_budget_is_that_of_random_projections():
    """Budget 1 is the weight that random projections have on average, for any in-degree."""
    spikes = correlated_patterns(500, 12)
    random = random_models(12, 4000, [np.random.default_rng(1)], in_degree=4)
    mean = np.abs(random.weight).sum(axis=2).mean()
    sizes = {"n_projections": 20, "in_degree": 4, "steps": 3, "chains": 64}
    model = HomeostaticRP(**sizes, budget=0.5).fit(spikes)
    sums = np.abs(model.projections_).sum(axis=1)
    assert sums == pytest.approx(np.full(20, 0.5 * mean), rel=0.03)
    initial = np.abs(ReshapedRP(**sizes).fit(spikes).initial_.weight).sum()
    assert model.synaptic_cost_ == pytest.approx(sums.sum() / initial)


@pytest.mark.parametrize("kind, betas", [("adam", (0.5, 0.75)), ("adam", (0.9, 0.99)), ("sgd", None)])
def test_steps_of_the_optimizers_are_torchs(kind, betas):
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(12, 2, 5, 3))
    values = {"weight": rng.normal(size=(2, 5, 3))}
    parameter = torch.nn.Parameter(torch.tensor(values["weight"]))
    if kind == "adam":
        ours, theirs = Adam(betas[0]), torch.optim.Adam([parameter], lr=0.05, betas=betas, maximize=True)
    else:
        ours = NesterovSGD()
        theirs = torch.optim.SGD([parameter], lr=0.05, momentum=0.99, nesterov=True, maximize=True)
    for gradient in gradients:
        values = ours.update(values, {"weight": gradient}, 0.05)
        parameter.grad = torch.tensor(gradient)
        theirs.step()
        assert values["weight"] == pytest.approx(parameter.detach().numpy(), rel=1e-6)


def test_sgd_of_factors_has_the_rate_of_the_authors():
    """The rate is learning rate / (|g| sqrt(t)), |g|^2 the mean of the steps so far, up to 30 of them."""
    rng = np.random.default_rng(0)
    gradients, optimizer = rng.normal(size=(6, 1, 4)), NesterovSGD()
    values, velocity, expected = {"lam": np.zeros((1, 4))}, 0.0, np.zeros((1, 4))
    for step, gradient in enumerate(gradients, start=1):
        values = optimizer.update(values, {"lam": gradient}, 0.1)
        norm = np.sqrt((gradients[:step] ** 2).sum(axis=2).mean())
        velocity = 0.99 * velocity + gradient
        expected = expected + 0.1 / (norm * np.sqrt(step)) * (gradient + 0.99 * velocity)
        assert values["lam"] == pytest.approx(expected)


def test_samples_have_forgotten_their_start_and_differ_from_each_other():
    """Chains start at random, and samples of one chain follow each other ``thin`` sweeps apart."""
    models = small_models(1)
    models = replace(models, lam=models.lam * 0, bias=np.full((1, 8), 6.0, np.float32))
    assert exact_probabilities(models)[0, 0] > 0.97
    # Neurons are silent after one sweep, but active half of the time at the start.
    first = sample_patterns(models, 64, seeds(1), chains=64, burn_in=5, thin=5)[0]
    assert first.mean() < 0.02
    models = replace(models, bias=np.zeros((1, 8), np.float32))
    drawn = sample_patterns(models, 128, seeds(1), chains=64, burn_in=5, thin=5)[0]
    assert 0.4 < (drawn[:64] != drawn[64:]).mean() < 0.6


@pytest.mark.parametrize("alpha", [0.32, 0.05])
def test_marginals_are_held_to_the_exact_binomial_interval(alpha):
    counts, trials = np.array([0.0, 3.0, 40.0, 100.0]), np.full(4, 100.0)
    low, high = clopper_pearson(counts, trials, alpha)
    for k, a, b in zip(counts, low, high, strict=True):
        interval = stats.binomtest(int(k), 100).proportion_ci(1 - alpha, method="exact")
        assert (a, b) == pytest.approx((interval.low, interval.high))


def test_a_fit_passes_when_all_marginals_are_inside_on_average_over_fifty_steps():
    data = np.array([[0.3, 0.5]])
    _, high = clopper_pearson(data[0] * 1000, np.full(2, 1000.0), 0.32)
    # Chains so many that their own error does not count.
    for share, expected in ((0.9, True), (1.1, False)):
        test = MarginalTest(np.array([1000]), 10**9)
        model = np.add(data, [[0.0, share * (high[1] - 0.5)]])
        passed = [bool(test.update(model + 0.2 * (-1) ** step, data)[0]) for step in range(50)]
        assert passed == [False] * 49 + [expected]
