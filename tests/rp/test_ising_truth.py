"""The kernel of Ising models against enumeration and plain formulas: averages, gradients, chains, log Z."""

import numpy as np
import pytest
from enumeration import exact_log_likelihood, exact_probabilities
from rp_examples import ising_models, seeds

from homeostat.ising.coordinates import Coordinates, Statistics, data_statistics, pooled_counts
from homeostat.ising.engine import IsingEngine, Parameters, averages, padded
from homeostat.ising.models import energy_values, pairs, without_pairs
from homeostat.ising.pseudolikelihood import pseudo_likelihood_maximum
from homeostat.ising.trainer import largest_curvature
from homeostat.rp.annealing import independent_patterns
from homeostat.rp.exact import all_patterns
from homeostat.rp.partition import ais_log_partition, exact_log_partition, independent_bias
from homeostat.rp.sampling import sample_patterns

RATES = (0.0015, 0.02, 0.2)


def random_model(n_neurons: int, rate: float = 0.2, seed: int = 0, *, potential: bool = False):
    """Return a model whose neurons fire about as often as ``rate`` says, with strong couplings of both signs."""
    rng = np.random.default_rng(seed)
    fields = np.log(1 / rate - 1) + rng.normal(0, 0.5, n_neurons)
    energies = np.concatenate([fields, rng.normal(0, 0.7, n_neurons * (n_neurons - 1) // 2)])
    return ising_models(energies, rng.normal(0, 0.7, n_neurons + 1) if potential else None)


def statistics(patterns: np.ndarray, p: np.ndarray) -> Statistics:
    """Return averages over patterns by the plain formulas."""
    x = patterns.astype(float)
    pair = (x * p[:, None]).T @ x
    count = np.bincount(patterns.sum(axis=1), weights=p, minlength=patterns.shape[1] + 1)
    return Statistics(np.diag(pair).copy(), pair, count)


def drawn(p: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Return patterns drawn independently from the probabilities of all patterns."""
    n_neurons = int(np.log2(len(p)))
    return all_patterns(n_neurons)[np.random.default_rng(seed).choice(len(p), count, p=p / p.sum())]


def conditionals(models, patterns: np.ndarray) -> np.ndarray:
    """Return p(x_i = 1 | the others) from energies of single flips, (n_patterns, n)."""
    found = np.empty(patterns.shape)
    for neuron in range(patterns.shape[1]):
        on, off = patterns.copy(), patterns.copy()
        on[:, neuron], off[:, neuron] = 1, 0
        found[:, neuron] = 1 / (1 + np.exp(energy_values(models, on)[0] - energy_values(models, off)[0]))
    return found


@pytest.mark.parametrize("potential", [False, True])
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("n_neurons", [1, 5, 11])
def test_averages_of_conditionals_are_those_of_the_plain_formulas(n_neurons: int, rate: float, potential: bool) -> None:
    models, patterns = random_model(n_neurons, rate, potential=potential), all_patterns(n_neurons)
    weight = np.random.default_rng(1).random(len(patterns)).astype(np.float32)
    share = weight / weight.sum(dtype=float)
    found = averages(Parameters(models), padded(patterns), weight, n_neurons)
    p = conditionals(models, patterns)
    assert found.single == pytest.approx(share @ p, rel=1e-5)
    assert found.pair == pytest.approx((patterns * share[:, None]).T @ p, rel=1e-4, abs=1e-9)
    log_p = np.log(np.where(patterns == 1, p, 1 - p)).sum(axis=1)
    assert found.value == pytest.approx(share @ log_p, rel=1e-5)
    moved = np.zeros(n_neurons + 1)
    together = patterns.sum(axis=1)
    for neuron in range(n_neurons):
        others = together - patterns[:, neuron]
        np.add.at(moved, others + 1, share * p[:, neuron])
        np.add.at(moved, others, share * (1 - p[:, neuron]))
        np.add.at(moved, together, -share)
    assert found.shift == pytest.approx(moved, abs=1e-6)
    energies = IsingEngine(models).energies([patterns])[0]
    assert energies == pytest.approx(energy_values(models, patterns)[0], abs=2e-5)


@pytest.mark.parametrize("n_neurons", [10, 12])
def test_averages_over_all_patterns_of_a_model_are_its_own(n_neurons: int) -> None:
    """Drawing a neuron again given the others leaves the distribution as it is."""
    models = random_model(n_neurons, 0.1, potential=True)
    p = exact_probabilities(models)[0]
    found = averages(Parameters(models), padded(all_patterns(n_neurons)), p.astype(np.float32), n_neurons)
    expected = statistics(all_patterns(n_neurons), p)
    off = ~np.eye(n_neurons, dtype=bool)
    model = found.model_statistics()
    assert model.single == pytest.approx(expected.single, abs=1e-6)
    assert model.pair[off] == pytest.approx(expected.pair[off], abs=1e-6)
    assert model.population == pytest.approx(expected.population, abs=1e-6)


@pytest.mark.parametrize("potential", [False, True])
def test_gradients_are_finite_differences(potential: bool) -> None:
    patterns = drawn(exact_probabilities(random_model(6, 0.3, seed=3, potential=True))[0], 3000)
    everything = all_patterns(6)
    unique, counts = np.unique(patterns, axis=0, return_counts=True)
    weight = counts.astype(np.float32)
    data = data_statistics(unique, weight)
    assert all(a == pytest.approx(b) for a, b in zip(data, statistics(unique, counts / 3000), strict=True))
    coordinates = Coordinates.of(data, 3000, potential=potential)
    theta = 0.3 * np.random.default_rng(0).normal(size=len(coordinates.scale))

    def likelihood(theta: np.ndarray) -> float:
        return exact_log_likelihood(coordinates.model(theta), patterns)[0]

    def pseudo_likelihood(theta: np.ndarray) -> float:
        p = conditionals(coordinates.model(theta), unique)
        return float(counts @ np.log(np.where(unique == 1, p, 1 - p)).sum(axis=1) / 3000)

    model = statistics(everything, exact_probabilities(coordinates.model(theta))[0])
    by_likelihood = coordinates.gradient(Statistics(*(a - b for a, b in zip(model, data, strict=True))))
    found = averages(Parameters(coordinates.model(theta)), padded(unique), weight, 6)
    difference = Statistics(found.single - data.single, found.pair + found.pair.T - 2 * data.pair, found.shift)
    for function, gradient in ((likelihood, by_likelihood), (pseudo_likelihood, coordinates.gradient(difference))):
        for index in range(len(theta)):
            # Parameters are float32: a step far above their rounding.
            step = np.zeros_like(theta)
            step[index] = 0.01
            slope = (function(theta + step) - function(theta - step)) / 0.02
            assert gradient[index] == pytest.approx(slope, abs=2e-4, rel=1e-3), index


def test_scales_are_the_deviations_of_centred_products() -> None:
    patterns = drawn(exact_probabilities(random_model(5, 0.3, seed=4))[0], 5000)
    coordinates = Coordinates.of(statistics(patterns, np.full(5000, 1 / 5000)), 5000, potential=False)
    centred = patterns - patterns.mean(axis=0)
    first, second = pairs(5)
    values = np.hstack([centred, centred[:, first] * centred[:, second]])
    assert coordinates.scale == pytest.approx(values.std(axis=0), rel=1e-6)
    covariance = np.cov((values / coordinates.scale).T, bias=True)
    assert largest_curvature(patterns, coordinates) == pytest.approx(np.linalg.eigvalsh(covariance)[-1], rel=0.01)


def test_tails_of_few_patterns_share_a_value() -> None:
    share = np.array([0, 0.5, 0.3, 0.19, 0.006, 0.003, 0.001, 0, 0])
    assert pooled_counts(share, 1000).tolist() == [0, 0, 1, 2, 3, 3, 3, 3, 3]
    assert pooled_counts(np.array([1.0, 0, 0]), 1000).tolist() == [0, 0, 0]


@pytest.mark.parametrize("rate", RATES)
def test_the_start_is_the_maximum_of_the_plain_pseudo_likelihood(rate: float) -> None:
    patterns = drawn(exact_probabilities(random_model(6, rate, seed=5))[0], 4000)
    coordinates = Coordinates.of(statistics(patterns, np.full(4000, 1 / 4000)), 4000, potential=False)
    theta = pseudo_likelihood_maximum(patterns, coordinates)

    def penalised(theta: np.ndarray) -> float:
        p = conditionals(coordinates.model(theta), patterns)
        value = np.log(np.where(patterns == 1, p, 1 - p)).sum(axis=1).mean()
        return float(value - 0.5 / 4000 * theta @ theta)

    best, least = penalised(theta), penalised(np.zeros_like(theta))
    assert best > least
    for index in range(len(theta)):
        for by in (-0.1, 0.1):
            step = np.zeros_like(theta)
            step[index] = by
            # The search ends at a fifth of a standard error of the data.
            assert penalised(theta + step) < best + 0.1 * 0.2 / np.sqrt(4000)


@pytest.mark.parametrize("metropolis", [False, True])
@pytest.mark.parametrize("rate", RATES)
def test_chains_keep_the_distribution(rate: float, metropolis: bool) -> None:
    """Exact samples stay exact: probabilities of patterns within their standard errors after sweeps."""
    models = random_model(6, rate, seed=6, potential=True)
    p = exact_probabilities(models)[0]
    engine = IsingEngine(models)
    count = 64 * 1500
    chains = engine.start_chains([drawn(p, count, 1)], seeds(1))
    for _ in range(3):
        engine.sweep(chains, 2, metropolis=metropolis)
    number = engine.chain_patterns(chains)[0] @ (1 << np.arange(6))
    found = np.bincount(number, minlength=64)
    usual = p * count > 5
    z = (found - p * count)[usual] / np.sqrt(p * count * (1 - p))[usual]
    assert np.abs(z).max() < 4.5 and (len(z) < 10 or 0.6 < z.std() < 1.5)
    assert found[~usual].sum() <= 5 * (~usual).sum()


def test_chains_come_to_the_distribution_from_elsewhere() -> None:
    models = random_model(6, 0.3, seed=7)
    p = exact_probabilities(models)[0]
    engine = IsingEngine(models)
    chains = engine.start_chains([np.ones((64 * 1000, 6), np.uint8)], seeds(1))
    engine.sweep(chains, 100)
    found = statistics(engine.chain_patterns(chains)[0], np.full(64000, 1 / 64000))
    expected = statistics(all_patterns(6), p)
    assert found.pair == pytest.approx(expected.pair, abs=0.008)
    estimated = engine.chain_averages(chains)[0].model_statistics()
    off = ~np.eye(6, dtype=bool)
    # What neurons would do says more than what they did.
    assert np.abs(estimated.pair - expected.pair)[off].mean() < np.abs(found.pair - expected.pair)[off].mean()


def test_numbers_of_a_chain_do_not_depend_on_how_many_there_are() -> None:
    models = random_model(20, 0.1)
    starts = np.random.default_rng(0).integers(0, 2, (256, 20)).astype(np.uint8)
    together = IsingEngine(models)
    chains = together.start_chains([starts], seeds(1))
    states = chains.random[0].copy()
    together.sweep(chains, 5)
    alone = together.start_chains([starts[64:128]], seeds(1))
    alone.random[0][:] = states[1:2]
    together.sweep(alone, 5)
    assert np.array_equal(alone.x[0], chains.x[0][64:128])


@pytest.mark.parametrize("rate", RATES)
def test_annealing_gives_log_z(rate: float) -> None:
    models = random_model(13, rate, seed=8, potential=True)
    samples = sample_patterns(models, 2000, seeds(1))[0]
    base = independent_bias(samples.mean(axis=0), 2000)[None]
    found = ais_log_partition(models, base, seeds(1), chains=1024, temperatures=200)
    assert found.error[0] < 0.02
    assert abs(found.value[0] - exact_log_partition(models).value[0]) < 4 * found.error[0] + 1e-5
    # Weights that are known without annealing: one temperature is plain importance sampling.
    starts = independent_patterns(base, 64, seeds(1))
    engine = IsingEngine(models)
    weight = engine.anneal(engine.start_chains(starts, seeds(1)), base, np.linspace(0, 1, 2))[0]
    assert weight == pytest.approx(starts[0] @ base[0] - energy_values(models, starts[0])[0], abs=1e-4)


def test_a_potential_without_what_pairs_can_do_is_the_same_distribution() -> None:
    models = random_model(8, 0.2, seed=9, potential=True)
    share = statistics(all_patterns(8), exact_probabilities(models)[0]).population
    found = without_pairs(models, share)
    assert exact_probabilities(found)[0] == pytest.approx(exact_probabilities(models)[0], rel=1e-4)
    k = np.arange(9.0)
    for power in range(3):
        assert share @ (found.potential[0] * k**power) == pytest.approx(0, abs=1e-4)
    assert np.array_equal(found.coupling[0], found.coupling[0].T) and not np.diag(found.coupling[0]).any()
