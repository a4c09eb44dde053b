"""The K-synchrony model: exact probabilities, samples and maxima, against enumeration."""

from itertools import combinations

import numpy as np
import pytest
from rp_examples import correlated_patterns
from scipy.optimize import minimize
from scipy.special import comb

from homeostat.errors import DataError
from homeostat.ising.synchrony import _recursion
from homeostat.rp import Independent, KSynchrony
from homeostat.rp.exact import all_patterns

PATTERNS = correlated_patterns(4000, 7)


def test_the_recursion_gives_the_elementary_symmetric_polynomials() -> None:
    fields = np.random.default_rng(0).normal(0, 2, 8)
    weights = np.exp(-fields)
    prefix, odds = _recursion(fields)
    for k in range(9):
        expected = sum(np.prod(weights[list(chosen)]) for chosen in combinations(range(8), k))
        assert prefix[-1, k] == pytest.approx(np.log(expected))
    # The share of patterns with K active neurons in which the last is active.
    for k in range(1, 9):
        there = sum(np.prod(weights[[*chosen, 7]]) for chosen in combinations(range(7), k - 1))
        assert odds[7, k] == pytest.approx(there / np.exp(prefix[-1, k]))


@pytest.mark.parametrize("rates", [False, True])
@pytest.mark.parametrize("n_neurons", [1, 7, 12])
def test_probabilities_sum_to_one_and_meet_the_data(rates: bool, n_neurons: int) -> None:
    patterns = correlated_patterns(4000, n_neurons)
    model = KSynchrony(rates=rates).fit(patterns)
    everything = all_patterns(n_neurons)
    p = np.exp(model.score_samples(everything))
    assert p.sum() == pytest.approx(1)
    data = np.bincount(patterns.sum(axis=1), minlength=n_neurons + 1) / 4000
    assert np.bincount(everything.sum(axis=1), weights=p) == pytest.approx(data, abs=3e-4)
    assert p @ everything == pytest.approx(model.rates_)
    if rates:
        assert model.rates_ == pytest.approx(patterns.mean(axis=0), abs=5e-4)
    else:
        assert p == pytest.approx(
            (model.population_count_ / comb(n_neurons, np.arange(n_neurons + 1)))[everything.sum(axis=1)]
        )
    independent = Independent().fit(patterns).score(patterns)
    assert model.gain_ == pytest.approx(model.score(patterns) - independent, abs=1e-5)
    assert model.converged_ and model.doubt_ == "" and model.log_partition_ == 0


def test_the_fields_are_the_maximum_of_the_likelihood() -> None:
    model = KSynchrony(rates=True).fit(PATTERNS)
    everything, together = all_patterns(7), all_patterns(7).sum(axis=1)
    share = np.bincount(PATTERNS.sum(axis=1), minlength=8) / len(PATTERNS)

    def loss(fields: np.ndarray) -> float:
        energy = -(everything @ fields)
        log_e = np.array([np.logaddexp.reduce(energy[together == k]) for k in range(8)])
        return float(PATTERNS.mean(axis=0) @ fields + share @ log_e)

    best = minimize(loss, np.zeros(7), method="BFGS").x
    assert model.fields_ == pytest.approx(best - best.mean(), abs=0.01)
    assert model.fields_.mean() == pytest.approx(0, abs=1e-9)


def test_a_known_generator_is_found() -> None:
    """Samples of a model, fitted again, give it back; and they have its probabilities."""
    truth = KSynchrony(rates=True).fit(PATTERNS)
    samples = truth.sample(200_000, seed=1)
    p = np.exp(truth.score_samples(all_patterns(7)))
    number = np.bincount(samples @ (1 << np.arange(7)), minlength=128)
    usual = p * 200_000 > 5
    z = (number - p * 200_000)[usual] / np.sqrt(p * 200_000)[usual]
    assert 0.7 < z.std() < 1.3 and np.abs(z).max() < 4.5
    again = KSynchrony(rates=True).fit(samples)
    assert again.fields_ == pytest.approx(truth.fields_, abs=0.05)
    assert again.population_count_ == pytest.approx(truth.population_count_, abs=0.005)


def test_counts_that_were_never_seen_have_the_weight_of_half_a_pattern() -> None:
    model = KSynchrony().fit(np.eye(4, dtype=int)[[0, 1, 2, 3] * 25])
    assert model.population_count_[[0, 2, 3, 4]].sum() == pytest.approx(0.5 / 100.5)
    assert np.isfinite(model.score_samples(np.ones((1, 4)))).all()


def test_large_populations_do_not_overflow() -> None:
    rng = np.random.default_rng(0)
    patterns = (rng.random((2000, 300)) < rng.beta(0.3, 5, 300) * rng.gamma(1, 1, (2000, 1))).astype(np.uint8)
    model = KSynchrony(rates=True).fit(patterns)
    assert model.converged_ and np.isfinite(model.score(patterns))
    assert model.rates_ == pytest.approx(patterns.mean(axis=0), abs=2e-3)
    assert model.sample(5000).mean(axis=0) == pytest.approx(model.rates_, abs=0.05)


def test_files_names_and_parameters(tmp_path) -> None:
    model = KSynchrony(rates=True).fit(PATTERNS)
    model.save(tmp_path / "model.npz")
    again = KSynchrony.load(tmp_path / "model.npz")
    assert np.array_equal(again.score_samples(PATTERNS), model.score_samples(PATTERNS))
    assert np.array_equal(again.sample(50), model.sample(50)) and again.gain_ == model.gain_
    assert (KSynchrony().fit(PATTERNS).n_parameters_, model.n_parameters_) == (7, 13)
    with pytest.raises(DataError, match="rates must be True or False"):
        KSynchrony(rates=2).fit(PATTERNS)
    with pytest.raises(DataError, match="the model has 7 neurons"):
        model.score(np.zeros((3, 6)))
