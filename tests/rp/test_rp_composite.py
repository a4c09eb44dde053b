"""RP + pairwise: features are what they stand for, moments of both kinds are met, and neither part alone is better."""

import numpy as np
import pytest
from enumeration import exact_log_likelihood, exact_moments
from rp_examples import SLOPES, correlated_patterns, small_models

from homeostat.errors import DataError
from homeostat.rp import RP, PairwiseMaxEnt, PairwiseRP
from homeostat.rp.composite import join, single_and_pair_features
from homeostat.rp.exact import all_patterns
from homeostat.rp.factory import make_engine
from homeostat.rp.projections import energy_values, feature_values

SPIKES = correlated_patterns(4000)
SMALL = {"n_projections": 10, "in_degree": 4, "steps": 60, "chains": 1024, "seed": 2}


@pytest.mark.parametrize("slope", [0.5, 3.0, np.inf])
def test_features_are_neurons_and_their_products(slope):
    models = single_and_pair_features(6, slope)
    patterns = all_patterns(6)
    first, second = np.triu_indices(6, 1)
    products = np.concatenate([patterns, patterns[:, first] * patterns[:, second]], axis=1)
    assert feature_values(models, patterns)[0] == pytest.approx(products, abs=1e-8)
    assert make_engine(models).outputs([patterns])[0] == pytest.approx(products, abs=1e-6)


@pytest.mark.parametrize("slope", SLOPES.values(), ids=SLOPES)
def test_energies_of_joined_models_add(slope):
    first, second = (small_models(2, n_projections=count, slope=slope) for count in (12, 5))
    patterns = all_patterns(8)
    together = energy_values(join(first, second), patterns)
    assert together == pytest.approx(energy_values(first, patterns) + energy_values(second, patterns), abs=1e-5)
    with pytest.raises(DataError, match="all three must be equal"):
        join(first, single_and_pair_features(8, slope))


@pytest.mark.parametrize("slope", SLOPES.values(), ids=SLOPES)
def test_moments_of_both_kinds_are_the_datas(slope):
    model = PairwiseRP(**SMALL, slope=slope).fit(SPIKES)
    assert not model.doubt_ and model.n_parameters_ == 10 + 8 + 28 == len(model.factors_)
    model_f = exact_moments(model.models_).f[0]
    data_f = feature_values(model.models_, SPIKES)[0].mean(axis=0)
    error = np.sqrt(np.maximum(data_f * (1 - data_f), 1 / len(SPIKES)) / len(SPIKES))
    # Within the standard error of the data's averages: the maximum of the likelihood meets them exactly.
    assert np.sqrt(np.mean(((model_f - data_f) / error) ** 2)) < 1
    parts = RP(**SMALL, slope=slope).fit(SPIKES), PairwiseMaxEnt(steps=60, chains=1024).fit(SPIKES)
    likelihood = exact_log_likelihood(model.models_, SPIKES)[0]
    assert likelihood == pytest.approx(model.score(SPIKES), abs=1e-5)
    for part in parts:
        assert likelihood > exact_log_likelihood(part.models_, SPIKES)[0]
    assert np.array_equal(parts[0].initial_.weight[0], model.initial_.weight[0, :10])


@pytest.mark.slow
def test_many_neurons_are_described_as_well_as_by_pairs():
    # More factors than the natural gradient of random projections has a matrix for.
    data = correlated_patterns(16_000, 50)
    both = PairwiseRP(20, steps=60, chains=1024).fit(data[:12_000])
    pairs = PairwiseMaxEnt(steps=60, chains=1024).fit(data[:12_000])
    assert not both.doubt_ and both.moment_error_ < 2
    assert both.score(data[12_000:]) > pairs.score(data[12_000:]) - 0.03
    assert both.gain_ > pairs.gain_ - 0.03


def test_couplings_are_those_of_their_pairs(tmp_path):
    model = PairwiseRP(**SMALL).fit(SPIKES)
    x = np.zeros((4, 8), np.uint8)
    x[1, 2] = x[2, 5] = x[3, 2] = x[3, 5] = 1
    energy = energy_values(model.models_, x)[0]
    # The random projections add what they have of the pair.
    random = feature_values(model.models_, x)[0][:, :10] @ model.factors_[:10]
    pair = (energy - random) @ [1, -1, -1, 1]
    assert model.couplings_[2, 5] == model.couplings_[5, 2] == pytest.approx(pair, abs=1e-4)
    assert model.fields_[2] == pytest.approx((energy - random)[1] - (energy - random)[0], abs=1e-4)
    model.save(tmp_path / "model.npz")
    assert np.array_equal(PairwiseRP.load(tmp_path / "model.npz").score_samples(SPIKES), model.score_samples(SPIKES))


def test_fields_are_those_of_the_fit_whatever_the_parameters_say_now():
    model = PairwiseRP(**SMALL | {"steps": 5, "chains": 64}).fit(SPIKES)
    fields, couplings = model.fields_.copy(), model.couplings_
    model.set_params(n_projections=2)
    assert np.array_equal(model.fields_, fields) and np.array_equal(model.couplings_, couplings)


def test_terms_of_neurons_are_not_counted_twice():
    with pytest.raises(DataError, match="PairwiseRP learns a term for every neuron already, its fields"):
        PairwiseRP(**SMALL, neuron_terms=True).fit(SPIKES)
