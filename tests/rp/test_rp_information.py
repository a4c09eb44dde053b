"""Entropies, divergences, conditionals and correlations against plain sums over all patterns."""

import itertools
import math

import numpy as np
import pytest
from rp_examples import correlated_patterns

from homeostat.errors import DataError
from homeostat.recordings import pairwise_correlations as of_recording
from homeostat.rp import RP, Independent, PairwiseMaxEnt, ReshapedRP, correlations, information
from homeostat.rp.correlations import (
    marginals,
    pairwise_correlations,
    patterns_of,
    population_count,
    triplet_correlations,
)
from homeostat.rp.exact import all_patterns
from homeostat.rp.information import (
    conditional_probabilities,
    entropy,
    jensen_shannon,
    kullback_leibler,
    multi_information,
)

SPIKES = correlated_patterns(3000)
SMALL = {"n_projections": 12, "in_degree": 3, "steps": 40, "chains": 256, "seed": 1}
MODELS = [
    RP(**SMALL).fit(SPIKES),
    ReshapedRP(**SMALL).fit(SPIKES),
    PairwiseMaxEnt(steps=40, chains=256).fit(SPIKES),
    Independent().fit(SPIKES),
]
NAMES = [type(model).__name__ for model in MODELS]
ALL = [tuple(pattern) for pattern in itertools.product((0, 1), repeat=8)]


def table(model) -> dict[tuple[int, ...], float]:
    """Return the probability of each pattern."""
    return dict(zip(ALL, np.exp(model.score_samples(np.array(ALL))).tolist(), strict=True))


def plain_entropy(p: dict) -> float:
    return -math.fsum(value * math.log(value) for value in p.values() if value > 0)


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_entropy_and_multi_information(model):
    p = table(model)
    assert math.fsum(p.values()) == pytest.approx(1, abs=1e-5)
    assert entropy(model).error == 0
    assert entropy(model).value == pytest.approx(plain_entropy(p), abs=1e-4)
    single = 0.0
    for neuron in range(8):
        on = math.fsum(value for x, value in p.items() if x[neuron])
        single += plain_entropy({0: 1 - on, 1: on})
    assert multi_information(model).value == pytest.approx(single - plain_entropy(p), abs=1e-4)
    if isinstance(model, Independent):
        assert multi_information(model).value == pytest.approx(0, abs=1e-9)
        assert entropy(model).value == pytest.approx(single)
    else:
        # Energy and log Z of the RP models: H = <E> + log Z.
        assert multi_information(model).value > 0.01


@pytest.mark.parametrize("one, two", list(itertools.permutations(range(4), 2)))
def test_divergences(one, two):
    p, q = table(MODELS[one]), table(MODELS[two])
    divergence = math.fsum(p[x] * math.log(p[x] / q[x]) for x in ALL)
    assert kullback_leibler(MODELS[one], MODELS[two]).value == pytest.approx(divergence, abs=1e-4)
    middle = {x: (p[x] + q[x]) / 2 for x in ALL}
    shannon = plain_entropy(middle) - (plain_entropy(p) + plain_entropy(q)) / 2
    assert jensen_shannon(MODELS[one], MODELS[two]).value == pytest.approx(shannon, abs=1e-4)
    assert 0 < shannon < math.log(2)


def test_divergence_of_a_model_from_itself_is_zero():
    for model in MODELS:
        assert kullback_leibler(model, model).value == pytest.approx(0, abs=1e-12)
        assert jensen_shannon(model, model).value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_conditional_probabilities(model):
    p = table(model)
    found = conditional_probabilities(model, np.array(ALL[::7]))
    for x, row in zip(ALL[::7], found, strict=True):
        for neuron in range(8):
            on, off = ((*x[:neuron], state, *x[neuron + 1 :]) for state in (1, 0))
            assert row[neuron] == pytest.approx(p[on] / (p[on] + p[off]), abs=1e-5)


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_statistics_of_a_model(model):
    p = table(model)
    patterns, weights = patterns_of(model)
    assert len(patterns) == 256
    rates = marginals(patterns, weights)
    for neuron in range(8):
        assert rates[neuron] == pytest.approx(math.fsum(p[x] for x in ALL if x[neuron]), abs=1e-5)
    counts = population_count(patterns, weights)
    assert counts == pytest.approx([math.fsum(p[x] for x in ALL if sum(x) == k) for k in range(9)], abs=1e-5)
    pairs, triplets = pairwise_correlations(patterns, weights), triplet_correlations(patterns, weights)
    for i, j in itertools.combinations(range(8), 2):
        both = math.fsum(p[x] for x in ALL if x[i] and x[j])
        scale = math.sqrt(rates[i] * (1 - rates[i]) * rates[j] * (1 - rates[j]))
        assert pairs[i, j] == pytest.approx((both - rates[i] * rates[j]) / scale, abs=1e-4)
    for (i, j, k), found in zip(itertools.combinations(range(8), 3), triplets, strict=True):
        terms = (p[x] * (x[i] - rates[i]) * (x[j] - rates[j]) * (x[k] - rates[k]) for x in ALL)
        assert found == pytest.approx(math.fsum(terms), abs=1e-5)
    if isinstance(model, Independent):
        assert pairs - np.eye(8) == pytest.approx(0, abs=1e-9)
        assert triplets == pytest.approx(0, abs=1e-9)


def test_statistics_of_data_are_numpys(monkeypatch):
    whole = triplet_correlations(SPIKES)
    monkeypatch.setattr(correlations, "_CHUNK", 700)
    assert pairwise_correlations(SPIKES) == pytest.approx(np.corrcoef(SPIKES.T))
    assert pairwise_correlations(SPIKES) == pytest.approx(of_recording(SPIKES), abs=1e-5)
    assert triplet_correlations(SPIKES) == pytest.approx(whole)
    assert population_count(SPIKES) == pytest.approx(np.bincount(SPIKES.sum(axis=1), minlength=9) / len(SPIKES))
    assert triplet_correlations(SPIKES[:, :2]).shape == (0,)
    monkeypatch.setattr(correlations, "available", lambda: 400)
    with pytest.raises(DataError, match="8 neurons have 56 triplets"):
        triplet_correlations(SPIKES)
    assert np.isnan(pairwise_correlations(np.array([[0, 1], [0, 0]]))[0, 1])


@pytest.mark.parametrize("count", [30, 51, 902, 1001])
def test_constant_neurons_have_no_correlation(count):
    spikes = (np.random.default_rng(0).random((count, 4)) < 0.3).astype(np.uint8)
    spikes[:, 1:3] = 1
    # A pattern without weight is none of the data's.
    weighted = np.concatenate([spikes, [[0, 0, 0, 1]]]), np.append(np.full(count, 1 / count), 0.0)
    for found in (pairwise_correlations(spikes), pairwise_correlations(*weighted)):
        assert np.isnan(found[1:3]).all() and np.isnan(found[:, 1:3]).all()
        assert found[0, 3] == pytest.approx(np.corrcoef(spikes[:, [0, 3]].T)[0, 1])


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_samples_agree_with_enumeration_within_their_error(model, monkeypatch):
    other = MODELS[0] if model is not MODELS[0] else MODELS[3]
    measures = [entropy, multi_information]
    exact = [measure(model) for measure in measures]
    between = [measure(model, other) for measure in (kullback_leibler, jensen_shannon)]
    monkeypatch.setattr(information, "EXACT", 0)
    sampled = [measure(model, n_samples=20_000, seed=3) for measure in measures]
    sampled += [measure(model, other, n_samples=20_000, seed=3) for measure in (kullback_leibler, jensen_shannon)]
    for truth, estimate in zip(exact + between, sampled, strict=True):
        assert 0 < estimate.error < 0.02 or isinstance(model, Independent)
        assert abs(estimate.value - truth.value) < 4.5 * estimate.error + 1e-4
    monkeypatch.setattr(correlations, "EXACT", 0)
    patterns, weights = patterns_of(model, n_samples=20_000)
    assert marginals(patterns, weights) == pytest.approx(marginals(*exact_patterns(model)), abs=0.02)


def exact_patterns(model):
    patterns = all_patterns(8)
    return patterns, np.exp(correlations.log_probabilities(model, patterns))


def test_an_annealed_log_partition_is_part_of_the_error(monkeypatch):
    model = RP(**SMALL).fit(SPIKES)
    monkeypatch.setattr(information, "EXACT", 0)
    exact = entropy(model, n_samples=2000)
    monkeypatch.setattr(type(model), "log_partition_error_", 0.5)
    assert entropy(model, n_samples=2000).error == pytest.approx(math.hypot(exact.error, 0.5))
    assert kullback_leibler(model, model, n_samples=2000).error == pytest.approx(math.sqrt(0.5))


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: kullback_leibler(MODELS[0], Independent().fit(SPIKES[:, :3])), "one has 8, the other 3"),
        (lambda: marginals(SPIKES, np.ones(5)), "one for each of the 3000 patterns"),
        (lambda: population_count(SPIKES[:2], np.array([1.0, 1.0])), "probabilities: not negative, with the sum 1"),
        (lambda: triplet_correlations(SPIKES[0]), "1 dimensions"),
        (lambda: conditional_probabilities(MODELS[0], SPIKES[:, :3]), "the model has 8 neurons, the patterns have 3"),
    ],
)
def test_what_cannot_be_is_a_sentence(call, sentence):
    with pytest.raises(DataError, match=sentence):
        call()


@pytest.mark.parametrize("wrong", [PairwiseMaxEnt(), "pairwise"])
def test_what_is_not_a_fitted_model(wrong):
    for measure in (entropy, multi_information, lambda model: conditional_probabilities(model, np.eye(3))):
        with pytest.raises(DataError, match=r"give a fitted model; this .* is not a fitted model"):
            measure(wrong)
    with pytest.raises(DataError, match="give a fitted model"):
        kullback_leibler(Independent().fit(np.eye(3)), wrong)
