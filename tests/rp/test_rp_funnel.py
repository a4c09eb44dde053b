"""Observed and predicted probabilities of patterns: counts, plain binomial sums, and the share outside by chance."""

import math
from itertools import product

import numpy as np
import pytest
from rp_examples import correlated_patterns

from homeostat.errors import DataError
from homeostat.rp import Independent, PairwiseMaxEnt
from homeostat.rp.correlations import patterns_of
from homeostat.rp.funnel import binomial_interval, funnel

SPIKES = correlated_patterns(3000)


def test_probabilities_are_shares_and_the_models():
    model = Independent().fit(SPIKES[:1000])
    found = funnel(model, SPIKES[1000:], seen=3)
    counts = dict.fromkeys(product((0, 1), repeat=8), 0)
    for pattern in SPIKES[1000:]:
        counts[tuple(pattern.tolist())] += 1
    frequent = {pattern: count for pattern, count in counts.items() if count >= 3}
    assert {tuple(each) for each in found.patterns.tolist()} == set(frequent)
    for pattern, observed, predicted in zip(found.patterns, found.observed, found.predicted, strict=True):
        assert observed == frequent[tuple(pattern.tolist())] / 2000
        assert math.log(predicted) == pytest.approx(model.score_samples(pattern[None])[0])


@pytest.mark.parametrize("level", [0.5, 0.95, 0.99])
def test_the_interval_is_that_of_binomial_sums(level):
    count = 40
    for p in (0.001, 0.1, 0.5, 0.97):
        mass = [math.comb(count, k) * p**k * (1 - p) ** (count - k) for k in range(count + 1)]
        low = next(k for k in range(count + 1) if math.fsum(mass[: k + 1]) >= (1 - level) / 2)
        high = next(k for k in range(count + 1) if math.fsum(mass[: k + 1]) >= (1 + level) / 2)
        found = binomial_interval(np.array([p]), count, level)
        assert (found[0][0] * count, found[1][0] * count) == (pytest.approx(low), pytest.approx(high))


def test_a_right_model_is_inside_as_often_as_chance_says_and_a_wrong_one_is_not():
    model = PairwiseMaxEnt(steps=20, chains=256).fit(SPIKES)
    patterns, weights = patterns_of(model)
    rng = np.random.default_rng(1)
    drawn = [patterns[rng.choice(len(patterns), size=20_000, p=weights / weights.sum())] for _ in range(5)]
    outside = np.mean([funnel(model, each, seen=5, level=0.95).outside for each in drawn])
    # Discrete counts leave at most 5 % outside.
    assert 0.01 < outside < 0.07
    assert np.mean([funnel(Independent().fit(SPIKES), each, seen=5, level=0.95).outside for each in drawn]) > 0.3


def test_what_cannot_be_is_a_sentence():
    model = Independent().fit(SPIKES)
    with pytest.raises(DataError, match="seen must be at least 1"):
        funnel(model, SPIKES, seen=0)
    with pytest.raises(DataError, match="level is 99"):
        funnel(model, SPIKES, level=99)
    with pytest.raises(DataError, match="the model has 8 neurons, the patterns have 3"):
        funnel(model, SPIKES[:, :3])
    assert math.isnan(funnel(model, SPIKES[:3], seen=3).outside)
