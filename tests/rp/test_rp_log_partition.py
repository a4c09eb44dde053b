"""What is said of log Z and of samples where they may be wrong: against enumeration, on models with several modes."""

import re
import warnings

import numpy as np
import pytest
from enumeration import exact_probabilities
from rp_examples import correlated_patterns, ising_models, seeds, small_models
from sklearn.exceptions import ConvergenceWarning

from homeostat.ising.models import stack
from homeostat.rp import RP, PairwiseMaxEnt
from homeostat.rp.annealing import anneal_down, independent_patterns, log_mean_exp, scattered_patterns, spread_out
from homeostat.rp.exact import all_patterns
from homeostat.rp.factory import make_engine
from homeostat.rp.partition import (
    ais_log_partition,
    check_ais,
    check_silent,
    exact_log_partition,
    independent_bias,
    log_partition,
    silent_log_partition,
)
from homeostat.rp.sampling import sample_patterns

ENGINES = ("cpu", "cpu:0")


def ferromagnet(n_neurons, seed, tilt):
    """Return a model that is silent or all active, nearly never between; ``tilt`` is log odds per neuron of all active.

    Every coupling is -0.5 or below, and fields balance them.
    """
    rng = np.random.default_rng(seed)
    first, second = np.triu_indices(n_neurons, 1)
    couplings = -0.5 - rng.uniform(0, 0.3, len(first))
    field = np.full(n_neurons, -tilt)
    np.subtract.at(field, first, couplings / 2)
    np.subtract.at(field, second, couplings / 2)
    return ising_models(np.concatenate([field, couplings]))


def dense_share(models):
    """Return the exact probability of more than ten active neurons of 20."""
    patterns = all_patterns(20)
    energies = make_engine(models).energies([patterns] * models.shape[0])
    dense = patterns.sum(axis=1) > 10
    return np.array([np.exp(-e[dense] - np.logaddexp.reduce(-e)).sum() for e in energies])


def sparse(n_neurons, models=1):
    return np.full((models, n_neurons), np.log(19.0))  # a rate of .05


def test_ferromagnets_are_right_within_the_stated_error_or_marked():
    models = stack([ferromagnet(20, seed, np.random.default_rng(seed).uniform(0.0, 0.2)) for seed in range(20)])
    exact = exact_log_partition(models).value
    naive = ais_log_partition(models, sparse(20, 20), seeds(20), temperatures=200)
    gap = exact - naive.value
    assert gap.min() > 0.6 and gap.max() > 3 and np.nanmax(naive.error) < 0.02  # wrong, and sure of itself
    found = log_partition(models, sparse(20, 20), seeds(20), method="ais", temperatures=200)
    right = np.abs(found.value - exact) < 4 * found.error
    marked = np.isnan(found.error)
    assert (right | marked).all()
    assert [bool(each) for each in found.doubt] == marked.tolist()
    # What is returned with a mark is the better of two lower bounds.
    assert (np.abs(found.value - exact) < 0.8).all()


def test_a_missed_mode_counts_by_its_share():
    """Chains of all densities come to the dense mode; it speaks against log Z only where it adds to it."""
    models = stack([ferromagnet(20, 0, tilt) for tilt in np.linspace(-0.6, 0.1, 8)])
    share = dense_share(models)
    assert share.min() < 1e-4 and share.max() > 0.8
    found = log_partition(models, sparse(20, 8), seeds(8), method="ais", temperatures=200)
    marked = np.isnan(found.error)
    assert marked[share > 0.02].all() and not marked[share < 0.004].any()
    assert np.abs(found.value - exact_log_partition(models).value)[~marked].max() < 0.03
    assert any("misses a mode" in each for each in found.doubt)


def test_models_that_diverged_have_an_unknown_error():
    rng = np.random.default_rng(0)
    models = stack([ising_models(rng.normal(2, 6, size=16 * 17 // 2)) for _ in range(10)])
    naive = ais_log_partition(models, sparse(16, 10), seeds(10), chains=128, temperatures=10)
    found = log_partition(models, sparse(16, 10), seeds(10), method="ais", chains=128, temperatures=10)
    assert np.isnan(naive.error).sum() >= 5
    assert re.search(r"of 128 annealing runs only \d+\.\d count", naive.doubt[int(np.isnan(naive.error).argmax())])
    gap = np.abs(found.value - exact_log_partition(models).value)
    assert gap[np.isnan(found.error)].max() > 1  # rightly marked
    assert (gap < 4 * found.error)[~np.isnan(found.error)].all()


def test_errors_of_fits_stay_known_and_honest():
    """On fits the check marks nothing, changes no number, and the errors cover the exact log Z as they should."""
    scores = []
    for seed in range(4):
        spikes = correlated_patterns(4000, 12, seed)
        for model in (RP(n_projections=20, in_degree=4, steps=40, chains=512), PairwiseMaxEnt(steps=40, chains=512)):
            model.fit(spikes)
            exact = exact_log_partition(model.models_).value[0]
            base = independent_bias(spikes.mean(axis=0), 4000)[None]
            for draw in range(5):
                given = {"method": "ais", "chains": 256, "temperatures": 60}
                with_kept = log_partition(model.models_, base, seeds(1, draw), samples=[model.chains_], **given)
                alone = log_partition(model.models_, base, seeds(1, draw), **given)
                plain = log_partition(model.models_, base, seeds(1, draw), check=False, **given)
                assert with_kept.doubt == alone.doubt == plain.doubt == ("",)
                assert with_kept[:2] == alone[:2] == plain[:2]
                scores.append((plain.value[0] - exact) / plain.error[0])
    assert 0.6 < np.std(scores) < 1.5
    assert np.mean(np.abs(scores) < 2) > 0.85


@pytest.mark.parametrize("device", ENGINES)
@pytest.mark.parametrize("temperatures", [2, 10])
def test_annealing_samples_back_is_unbiased_however_few_temperatures_there_are(device, temperatures):
    models = small_models(1)
    count = 64 * 300
    drawn = np.random.default_rng(1).choice(256, count, p=exact_probabilities(models)[0])
    down = anneal_down(models, np.zeros((1, 8)), [all_patterns(8)[drawn]], seeds(1), temperatures, device)
    found = log_mean_exp(-down)
    assert found.error[0] < 0.02
    assert abs(-found.value[0] - exact_log_partition(models).value[0]) < 4 * found.error[0]


def test_samples_that_lie_elsewhere_contradict_the_estimate():
    """A mode that annealing and chains from all densities miss is seen by samples of it."""
    models, base = ferromagnet(20, 0, 0.1), sparse(20)
    plain = ais_log_partition(models, base, seeds(1), temperatures=100)
    found = check_ais(plain, models, base, seeds(1), samples=[np.ones((3, 20), np.uint8)], temperatures=100)
    assert "annealing samples of the model back" in found.doubt[0]


def test_the_mean_of_exponentials_and_how_many_count():
    values = np.log(np.array([[1.0, 1.0, 1.0, 1.0], [4.0, 1e-300, 1e-300, 1e-300]]))
    found = log_mean_exp(values)
    assert found.value == pytest.approx([0.0, 0.0])
    assert found.effective == pytest.approx([4.0, 1.0])
    assert found.error == pytest.approx([0.0, 1.0])


def test_starts_have_the_densities_that_they_should():
    base = np.log(np.array([[9.0, 1.0, 1 / 9.0]]))
    assert independent_patterns(base, 20_000, seeds(1))[0].mean(axis=0) == pytest.approx([0.1, 0.5, 0.9], abs=0.02)
    density = scattered_patterns(400, 64, seeds(1))[0].mean(axis=1)
    assert density == pytest.approx((np.arange(64) + 0.5) / 64, abs=0.12)
    patterns = np.arange(5)[:, None].astype(np.uint8)
    assert spread_out(patterns, 3).ravel().tolist() == [0, 1, 3]
    assert spread_out(patterns, 10).ravel().tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_samples_start_at_the_independent_model():
    """The dense mode has next to no probability; chains that begin at one half end there, and stay."""
    models = ferromagnet(20, 0, -0.5)
    assert dense_share(models)[0] < 1e-3
    with pytest.warns(UserWarning, match="samples depend on where the chains start"):
        found = sample_patterns(models, 2048, seeds(1), base=sparse(20))[0]
    assert (found.sum(axis=1) > 10).mean() < 0.005
    with pytest.warns(UserWarning, match="samples depend on where the chains start"):
        found = sample_patterns(models, 2048, seeds(1))[0]
    assert (found.sum(axis=1) > 10).mean() > 0.2  # all densities


def test_starts_that_agree_are_no_news_and_a_kept_mode_is():
    models = ferromagnet(20, 0, -0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sample_patterns(models, 2048, seeds(1), base=sparse(20), second=[np.zeros((10, 20), np.uint8)])
        for seed in range(10):
            sample_patterns(small_models(2), 512, seeds(2, seed))
    with pytest.warns(UserWarning, match="neurons are active on average from the first start and"):
        sample_patterns(models, 2048, seeds(1), base=sparse(20), second=[np.ones((10, 20), np.uint8)])


def test_an_exact_log_partition_accuses_the_samples():
    models = ferromagnet(18, 0, 0.0)
    with pytest.warns(UserWarning, match="depend on where the chains start"):
        samples = sample_patterns(models, 4096, seeds(1), base=sparse(18))
    with pytest.warns(UserWarning, match="log Z is exact, so the samples are not those of the model"):
        assert not check_silent(exact_log_partition(models), silent_log_partition(models, samples))


def test_an_estimator_says_that_its_log_partition_is_not_known(tmp_path):
    spikes = correlated_patterns(2000, 24)
    model = PairwiseMaxEnt(steps=5, chains=256).fit(spikes)
    model._set_models(ferromagnet(24, 0, 0.1))
    with pytest.warns(ConvergenceWarning, match="the error of log Z is not known"):
        assert np.isnan(model.log_partition_error_)
    assert "second start" in model.log_partition_doubt_
    with pytest.warns(UserWarning, match="not known"):
        assert not model.check_log_partition(2000)
    model.save(tmp_path / "model.npz")
    again = PairwiseMaxEnt.load(tmp_path / "model.npz")
    assert np.isnan(again.log_partition_error_) and again.log_partition_doubt_ == model.log_partition_doubt_
    assert np.array_equal(again.chains_, model.chains_)
    sound = RP(n_projections=30, steps=20, chains=256).fit(spikes)
    assert sound.log_partition_error_ < 0.1 and sound.log_partition_doubt_ == "" and sound.check_log_partition(5000)
