"""The estimators: scikit-learn's conventions, exact scores, save and load."""

import numpy as np
import pytest
from enumeration import exact_log_likelihood, exact_probabilities
from rp_examples import correlated_patterns
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.utils import estimator_checks, get_tags
from sklearn.utils.validation import check_is_fitted

from homeostat.errors import ConfigError, DataError
from homeostat.files import load_npz, save_npz
from homeostat.recordings import Recording, Words, time_blocks
from homeostat.rp import (
    RP,
    BackpropRP,
    BoundedRP,
    HomeostaticRP,
    Independent,
    KPairwise,
    KSynchrony,
    PairwiseMaxEnt,
    ReshapedRP,
)
from homeostat.rp.exact import all_patterns

SPIKES = correlated_patterns(3000)
SMALL = {"n_projections": 12, "in_degree": 3, "steps": 40, "chains": 256, "seed": 1}
MODELS = [
    RP(**SMALL),
    ReshapedRP(**SMALL),
    ReshapedRP(**SMALL, tune_thresholds=True),
    BackpropRP(**SMALL),
    HomeostaticRP(**SMALL, budget=0.6, normalize="output"),
    BoundedRP(**SMALL, omega=0.8),
]


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_fitted_models_score_sample_and_come_back(model, tmp_path):
    model = clone(model).fit(SPIKES)
    assert model.score(SPIKES) == pytest.approx(exact_log_likelihood(model.models_, SPIKES)[0], abs=1e-5)
    assert model.score_samples(SPIKES).shape == (3000,)
    assert model.score_bits(SPIKES) == pytest.approx(model.score(SPIKES) / np.log(2))
    assert model.log_partition_error_ == 0.0
    assert model.sample(100).shape == (100, 8)
    assert model.project(SPIKES).shape == (3000, 12)
    assert -1 <= model.projection_correlation(SPIKES) <= 1
    model.save(tmp_path / "model.npz")
    again = type(model).load(tmp_path / "model.npz")
    assert again.get_params() == model.get_params()
    assert np.array_equal(again.score_samples(SPIKES), model.score_samples(SPIKES))
    assert again.synaptic_cost_ == model.synaptic_cost_


def test_equal_seeds_are_equal_and_share_initial_projections():
    first, second = ReshapedRP(**SMALL).fit(SPIKES), ReshapedRP(**SMALL).fit(SPIKES)
    assert np.array_equal(first.projections_, second.projections_)
    assert np.array_equal(first.initial_.weight, RP(**SMALL).fit(SPIKES).initial_.weight)
    other = ReshapedRP(**SMALL | {"seed": 2}).fit(SPIKES)
    assert not np.array_equal(first.projections_, other.projections_)


def test_in_degrees_of_one_value_draw_the_same_projections():
    whole, real = (RP(**SMALL | {"in_degree": degree, "steps": 1}).fit(SPIKES) for degree in (3, 3.0))
    assert np.array_equal(whole.initial_.weight, real.initial_.weight)


@pytest.mark.parametrize(
    "model, sentence",
    [
        (RP(steps=2.5), "steps must be an integer, got 2.5"),
        (RP(chains="64"), "chains must be an integer, got '64'"),
        (RP(n_projections=None), "n_projections must be an integer, got None"),
        (RP(seed=None), "seed must be an integer, got None"),
        (RP(verbose="no"), "verbose must be True or False, got 'no'"),
        (ReshapedRP(tune_thresholds=None), "tune_thresholds must be True or False, got None"),
        (RP(seed=-1), "seed must be an integer from 0 on, got -1"),
        (RP(threshold=float("nan")), "threshold must be a finite number, got nan"),
        (RP(threshold=float("inf")), "threshold must be a finite number"),
        (ReshapedRP(batch=0), "batch must be at least 1, or None"),
        (ReshapedRP(factor=0), "factor must not be 0"),
        (ReshapedRP(factor=float("nan")), "the factor lambda must be a finite number"),
        (HomeostaticRP(budget="half"), "budget must be a number"),
        (HomeostaticRP(phi=float("inf")), "positive and finite"),
        (BoundedRP(omega=None), "omega must be a number, got None"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_parameters_that_cannot_be_are_named(model, sentence):
    with pytest.raises(DataError, match=sentence):
        model.fit(SPIKES)


def test_a_budget_is_given_once():
    with pytest.raises(ConfigError, match="give budget or phi, not both"):
        HomeostaticRP(**SMALL, budget=1.0, phi=2.0).fit(SPIKES)


@pytest.mark.parametrize("terms", [False, True])
def test_terms_of_neurons_can_be_read(terms):
    model = RP(**SMALL, neuron_terms=terms).fit(SPIKES)
    assert model.neuron_terms_.shape == (SPIKES.shape[1],) and model.neuron_terms_.any() == terms


def test_numpy_numbers_are_numbers(tmp_path):
    grid = {"n_projections": np.int64(12), "in_degree": np.float32(3), "seed": np.int64(1), "steps": np.int32(2)}
    model = RP(chains=256, **grid).fit(SPIKES)
    model.save(tmp_path / "model.npz")
    assert RP.load(tmp_path / "model.npz").get_params() == model.get_params()


def test_samples_and_log_z_say_what_they_take():
    model = RP(**SMALL).fit(SPIKES)
    for wrong in (0, 2.5, None, True):
        with pytest.raises(DataError, match="n_samples must be an integer and at least 1"):
            model.sample(wrong)
        with pytest.raises(DataError, match="n_samples must be an integer and at least 1"):
            Independent().fit(SPIKES).sample(wrong)
    with pytest.raises(DataError, match="seed must be an integer from 0 on"):
        model.sample(3, seed=-1)
    with pytest.raises(DataError, match="auto, exact, ais, got 'exakt'"):
        model.compute_log_partition(method="exakt")
    with pytest.raises(DataError, match="temperatures must be an integer and at least 1, got 0"):
        model.compute_log_partition(method="ais", temperatures=0)
    for wrong in ("temperatures", "chains"):
        with pytest.raises(DataError, match=f"{wrong} must be an integer and at least 1, got 2.5"):
            model.compute_log_partition(method="ais", **{wrong: 2.5})


def test_a_pairwise_model_too_large_for_the_machine_is_refused_before_it_is_built():
    turned_round = np.zeros((8, 20_000), np.uint8)
    with pytest.raises(DataError, match=r"200,010,000 factors needs 60 GB, .* GB free.*transposed"):
        PairwiseMaxEnt().fit(turned_round)


def test_a_checkpoint_never_replaces_another_file(tmp_path):
    model = RP(**SMALL).fit(SPIKES)
    model.save(tmp_path / "model.npz")
    kept = (tmp_path / "model.npz").read_bytes()
    with pytest.raises(DataError, match="holds something else, which would be overwritten"):
        RP(**SMALL).fit(SPIKES, checkpoint=tmp_path / "model.npz")
    assert (tmp_path / "model.npz").read_bytes() == kept
    with pytest.raises(DataError, match="is a folder"):
        RP(**SMALL).fit(SPIKES, checkpoint=tmp_path)


def test_constraints_hold_in_the_fitted_model():
    budget = HomeostaticRP(**SMALL, phi=2.0).fit(SPIKES)
    assert np.abs(budget.projections_).sum(axis=1) == pytest.approx(2.0, rel=1e-5)
    assert np.abs(BoundedRP(**SMALL, omega=0.5).fit(SPIKES).projections_).max() <= 0.5
    fixed = RP(**SMALL).fit(SPIKES)
    assert fixed.synaptic_cost_ == pytest.approx(1.0)
    assert fixed.rotation_angles_ == pytest.approx(0.0, abs=0.05)


def test_the_former_name_of_omega_still_works():
    with pytest.warns(FutureWarning, match=r"BoundedRP\(omega=...\)") as warned:
        former = BoundedRP(**SMALL, bound=0.5).fit(SPIKES)
    assert warned[0].filename == __file__
    assert np.array_equal(former.projections_, BoundedRP(**SMALL, omega=0.5).fit(SPIKES).projections_)


@pytest.mark.parametrize("model", [BoundedRP(**SMALL, omega=0.5), HomeostaticRP(**SMALL, phi=2.0, normalize="output")])
def test_costs_and_angles_are_against_the_random_projections_as_drawn(model):
    """Not against what the constraint makes of them: so do the figures, and models of equal seeds can be compared."""
    random, learned = RP(**SMALL).fit(SPIKES).projections_, model.fit(SPIKES).projections_
    cosine = (random * learned).sum(axis=1) / np.linalg.norm(random, axis=1) / np.linalg.norm(learned, axis=1)
    angles = np.degrees(np.arccos(np.clip(cosine, -1, 1)))  # a projection of one synapse only grows or shrinks
    assert model.rotation_angles_ == pytest.approx(angles, abs=0.05)
    assert model.synaptic_cost_ == pytest.approx(np.abs(learned).sum() / np.abs(random).sum())


def test_ais_serves_larger_groups():
    spikes = correlated_patterns(2000, 24)
    model = RP(n_projections=30, steps=20, chains=256).fit(spikes)
    assert 0 < model.log_partition_error_ < 0.1
    assert model.check_log_partition(20_000)
    assert model.score(spikes) > -24 * np.log(2)


def test_given_wiring_is_kept():
    wiring = np.eye(8, dtype=bool)
    model = ReshapedRP(**SMALL | {"n_projections": 8}).fit(SPIKES, connectivity=wiring)
    assert np.array_equal(model.projections_ != 0, wiring)
    # The in-degree plays no part, and may be more than there are neurons.
    few = ReshapedRP(4, steps=5, chains=64).fit(SPIKES[:, :3], connectivity=np.ones((4, 3), bool))
    assert few.n_features_in_ == 3


def test_a_budget_is_that_of_the_wiring_which_is_used():
    mean = 1.1666302
    settings = {"steps": 3, "chains": 64, "budget": 1.0}
    pairs = np.eye(8, dtype=bool) | np.roll(np.eye(8, dtype=bool), 1, axis=1)
    given = HomeostaticRP(8, 0, **settings).fit(SPIKES, connectivity=pairs)
    assert np.abs(given.projections_).sum() == pytest.approx(mean * 16, rel=1e-5)
    # At one neuron to a projection on average, a third of the draws are empty, and drawn again.
    drawn = HomeostaticRP(400, 1, **settings).fit(SPIKES)
    assert np.abs(drawn.projections_).sum(axis=1) == pytest.approx(mean / (1 - 0.875**8), rel=1e-5)
    assert drawn.initial_.wiring.fan_in.mean() == pytest.approx(1 / (1 - 0.875**8), rel=0.07)
    absolute = HomeostaticRP(8, 5, steps=3, chains=64, phi=2.0).fit(SPIKES, connectivity=pairs)
    assert np.abs(absolute.projections_).sum() == pytest.approx(16, rel=1e-5)


@pytest.mark.parametrize(
    "model, sentence",
    [
        (RP(n_projections=0), "n_projections must be at least 1"),
        (RP(in_degree=9), "in_degree"),
        (RP(slope=-1.0), "slope"),
        (HomeostaticRP(budget=-1), "budget must be positive"),
        (HomeostaticRP(normalize="rows"), "input, output or circuit"),
        (BoundedRP(omega=0), "omega"),
        (BoundedRP(method="soft"), "projected or clamp"),
        (ReshapedRP(slope=float("inf")), "Heaviside"),
    ],
    ids=str,
)
def test_bad_parameters(model, sentence):
    with pytest.raises(DataError, match=sentence):
        model.fit(SPIKES)


def test_bad_files_and_unfitted_models(tmp_path):
    with pytest.raises(NotFittedError):
        RP().score(SPIKES)
    save_npz(tmp_path / "other.npz", {"x": np.zeros(3)}, {})
    with pytest.raises(DataError, match="not a RP"):
        RP.load(tmp_path / "other.npz")
    with pytest.raises(DataError, match="no such file"):
        RP.load(tmp_path / "none.npz")
    RP(**SMALL).fit(SPIKES).save(tmp_path / "model.npz")
    arrays, meta = load_npz(tmp_path / "model.npz")
    for name in ("rates", "lam"):
        save_npz(tmp_path / "part.npz", {key: value for key, value in arrays.items() if key != name}, meta)
        with pytest.raises(DataError, match=rf"part\.npz: holds no whole RP: .*'{name}'"):
            RP.load(tmp_path / "part.npz")
    meta["settings"]["parameters"]["novelty"] = 1
    save_npz(tmp_path / "newer.npz", arrays, meta)
    with pytest.raises(DataError, match=r"newer\.npz: was written by another version of RP: .*'novelty'"):
        RP.load(tmp_path / "newer.npz")


def test_verbose_shows_progress(capsys):
    RP(**SMALL, verbose=True).fit(SPIKES)
    assert "40/40 steps" in capsys.readouterr().err


def test_pairwise_model_reproduces_rates_and_correlations_exactly():
    """Maximum likelihood of an exponential family matches the data's moments: here rates and pair rates."""
    model = PairwiseMaxEnt(steps=150).fit(SPIKES)
    p = exact_probabilities(model.models_)[0]
    patterns = all_patterns(8).astype(float)
    pair_rates = (patterns * p[:, None]).T @ patterns
    assert pair_rates == pytest.approx(SPIKES.T.astype(float) @ SPIKES / len(SPIKES), abs=3e-3)
    assert np.array_equal(model.couplings_, model.couplings_.T)
    energy = patterns @ model.fields_ + 0.5 * np.einsum("ti,ij,tj->t", patterns, model.couplings_, patterns)
    assert model.score_samples(patterns) == pytest.approx(-energy - model.log_partition_, abs=1e-4)
    assert model.score(SPIKES) > Independent().fit(SPIKES).score(SPIKES) + 0.01


def test_independent_model_is_the_product_of_rates():
    model = Independent().fit(SPIKES)
    rates = SPIKES.mean(axis=0)
    expected = np.log(np.where(SPIKES == 1, rates, 1 - rates)).sum(axis=1)
    assert model.score_samples(SPIKES) == pytest.approx(expected)
    assert model.sample(20_000).mean(axis=0) == pytest.approx(rates, abs=0.02)


# These are scikit-learn's own checks of parameters and attributes. The others fit random real numbers,
# one-dimensional targets or pickles, and spike patterns are 0 or 1, have no target, and models are saved as NPZ.
CHECKS = [
    "check_parameters_default_constructible",
    "check_no_attributes_set_in_init",
    "check_get_params_invariance",
    "check_set_params",
    "check_estimator_repr",
    "check_estimator_cloneable",
]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "model", [*MODELS, PairwiseMaxEnt(), KPairwise(), KSynchrony(), Independent()], ids=lambda m: type(m).__name__
)
def test_scikit_learn_conventions(model, check):
    getattr(estimator_checks, check)(type(model).__name__, clone(model))


def test_scikit_learns_tools_take_the_models():
    grid = GridSearchCV(Pipeline([("model", RP(**SMALL))]), {"model__in_degree": [2, 3]}, cv=3).fit(SPIKES)
    best = grid.best_estimator_.named_steps["model"]
    assert best.in_degree in (2, 3) and best.score(SPIKES) == pytest.approx(grid.score(SPIKES))
    assert len(cross_val_score(Independent(), SPIKES, cv=4)) == 4
    assert get_tags(best).estimator_type == "density_estimator"
    check_is_fitted(best)
    assert str(RP(in_degree=3, n_projections=12)) == "RP(in_degree=3, n_projections=12)"


def test_cross_validation_by_blocks_of_time():
    recording = Recording(SPIKES, 20.0, list("abcdefgh"), "example", borders=(700,))
    blocks = time_blocks(recording.n_bins, block_bins=100, borders=recording.borders)
    folds = GroupKFold(4, shuffle=True, random_state=0)
    found = cross_val_score(Independent(), recording, groups=blocks, cv=folds)
    for value, (train, test) in zip(found, folds.split(SPIKES, groups=blocks), strict=True):
        assert not set(blocks[train]) & set(blocks[test])
        assert value == pytest.approx(Independent().fit(SPIKES[train]).score(SPIKES[test]))
    grid = GridSearchCV(RP(**SMALL), {"n_projections": [1, 12]}, cv=folds).fit(recording, groups=blocks)
    assert grid.best_params_ == {"n_projections": 12}
    assert list(grid.best_estimator_.feature_names_in_) == list("abcdefgh")


def test_words_of_a_pipeline_do_not_cross_the_borders_of_folds():
    class Seen(Independent):
        def fit(self, X, y=None):
            bins = X.spikes.reshape(len(X), 2, 12) @ (1 << np.arange(12))
            assert (np.diff(bins) == 1).all() and len(X) == len(bins)
            return super().fit(X)

    numbers = (np.arange(4096)[:, None] >> np.arange(12) & 1).astype(np.uint8)
    recording = Recording(numbers, 20.0, list("abcdefghijkl"), "numbers")
    blocks = time_blocks(4096, block_bins=51)
    pipeline = Pipeline([("words", Words(2)), ("model", Seen())])
    found = cross_val_score(pipeline, recording, groups=blocks, cv=GroupKFold(3), error_score="raise")
    assert len(found) == 3 and (found < 0).all()
    assert clone(pipeline).get_params()["words__window"] == 2


def test_unknown_parameter_is_named():
    with pytest.raises(DataError, match="RP has no parameter 'indegree'; did you mean 'in_degree'"):
        RP().set_params(indegree=3)


def test_a_refit_that_fails_leaves_no_model():
    model = RP(**SMALL | {"in_degree": 6}).fit(SPIKES)
    model.compute_log_partition()
    with pytest.raises(DataError, match="in_degree must be"):
        model.fit(SPIKES[:, :4])
    for asked in (
        lambda: model.score(SPIKES[:, :4]),
        lambda: model.score(SPIKES),
        lambda: model.sample(3),
        lambda: model.log_partition_,
    ):
        with pytest.raises(NotFittedError):
            asked()
    assert model.fit(SPIKES).score(SPIKES) == RP(**SMALL | {"in_degree": 6}).fit(SPIKES).score(SPIKES)
