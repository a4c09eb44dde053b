"""The mixture's learners as a user meets them: bad input, one interface, equal seeds, runs that go on after a kill."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from killed import Killed
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from homeostat.errors import HomeostatError
from homeostat.files import save_npz
from homeostat.mixture import HebbianNetwork, PoissonMixture
from homeostat.mixture.bars import bar_fields, draw, intensities
from homeostat.mixture.em import EM
from homeostat.mixture.fields import match
from homeostat.mixture.fitting import fit_all
from homeostat.mixture.inputs import as_inputs, normalized, scaled
from homeostat.mixture.model import sample
from homeostat.mixture.network import Network
from homeostat.mixture.readout import choose_labelled, label_units
from homeostat.mixture.starts import initial_weights
from homeostat.mixture.trainer import Learned, Learner

SEED = np.random.SeedSequence(5)
LEARNERS = [PoissonMixture, HebbianNetwork]


@pytest.fixture(scope="module")
def patterns() -> np.ndarray:
    return draw(bar_fields(4, 160), 600, np.random.default_rng(0))[0]


def weights_for(values, n_units=8):
    return initial_weights("input", values, n_units, np.random.default_rng(1))


def changed(patterns, value):
    wrong = patterns.astype(float)
    wrong[3, 5] = value
    return wrong


@pytest.mark.parametrize("kind", LEARNERS)
@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda p: changed(p, -1), "pattern 3, input 5 is -1.0"),
        (lambda p: changed(p, np.nan), "pattern 3, input 5 is nan"),
        (lambda p: changed(p, np.inf), "pattern 3, input 5 is inf"),
        (lambda p: p * (np.arange(len(p)) != 7)[:, None], "pattern 7 is all zero"),
        (lambda p: p[:0], "there are no patterns"),
        (lambda p: p[0], "must be a matrix of numbers"),
        (lambda p: p.astype(str), "must be a matrix of numbers"),
        (lambda p: p[:4], "8 units cannot be learned from 4 patterns"),
    ],
)
def test_bad_patterns_are_named(kind, change, sentence, patterns):
    with pytest.raises(HomeostatError, match=sentence):
        kind(8).fit(change(patterns))


@pytest.mark.parametrize("kind", LEARNERS)
@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"total": 16}, "A is 16, with 16 inputs it must be larger than 16"),
        ({"total": float("nan")}, "A is nan"),
        ({"n_components": 0}, "at least one unit"),
        ({"start": "inputs"}, "start must be one of input, uniform, points"),
        ({"start_weight": -1.0}, "must not be negative"),
        ({"epochs": 0}, "at least 1"),
        ({"device": "gpu"}, "device must be one of"),
    ],
)
def test_bad_settings_are_named(kind, options, sentence, patterns):
    with pytest.raises(HomeostatError, match=sentence):
        kind(**({"n_components": 8} | options)).fit(patterns)


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"rate": 0.0}, "must be above 0 and at most 1"),
        ({"rate": 0.02, "batch": 100}, "0.02 x 100"),
        ({"schedule": "slow"}, "schedule must be one of"),
        ({"current": "square"}, "current must be one of"),
    ],
)
def test_bad_learning_is_named(options, sentence, patterns):
    with pytest.raises(HomeostatError, match=sentence):
        HebbianNetwork(8, **options).fit(patterns)


def test_other_bad_input_is_named(patterns):
    fields = bar_fields(4, 160)
    values = normalized(patterns, 160)
    for call, sentence in (
        (lambda: bar_fields(1, 160), "a side of 2 or more"),
        (lambda: bar_fields(4, 10), "must be larger than 16"),
        (lambda: intensities(3, 1.0, np.random.default_rng(0)), "below 1, got 1"),
        (lambda: scaled(patterns, 160, 0.0), "must be positive"),
        (lambda: match(fields[:3], fields), "3 units cannot show 8 fields"),
        (lambda: label_units(np.ones((0, 2)), np.array([], int), 2), "no labelled patterns"),
        (lambda: label_units(np.ones((2, 2)), np.array([0, 2]), 2), "from 0 to 1, got 0 to 2"),
        (lambda: label_units(np.ones((2, 2)), np.array([0]), 2), "1 labels for 2 patterns"),
        (lambda: choose_labelled(np.zeros(5, int), 4, 2, np.random.default_rng(0)), "labels of class"),
        (lambda: choose_labelled(np.zeros(5, int), 0, 2, np.random.default_rng(0)), "at least one label"),
        (lambda: sample(fields, 0, np.random.default_rng(0)), "at least one pattern"),
        (lambda: EM(fields, as_inputs(values), total=0.0, epochs=1), "must be positive"),
        (lambda: EM(fields[:, :5], as_inputs(values), total=None, epochs=1), "do not fit patterns of 16 inputs"),
        (
            lambda: Network(fields, as_inputs(values.astype(np.float32)), epochs=1, rate=0.1, seed=SEED),
            "use a batch above 1",
        ),
    ):
        with pytest.raises(HomeostatError, match=sentence):
            call()


@pytest.mark.parametrize("kind", LEARNERS)
def test_learners_have_one_interface(kind, patterns):
    model = kind(8, total=160, epochs=15, seed=2)
    assert clone(model).get_params() == model.get_params()
    model.fit(patterns)
    assert model.weights_.shape == (8, 16) and model.n_features_in_ == 16 and model.total_ == pytest.approx(160)
    active = model.responsibilities(patterns)
    assert active.shape == (600, 8)
    np.testing.assert_allclose(active.sum(axis=1), 1.0)
    assert np.array_equal(model.predict(patterns), active.argmax(axis=1))
    assert model.score(patterns) == pytest.approx(model.score_samples(patterns).mean())
    assert model.score(patterns) == pytest.approx(model.course_.log_likelihood[-1])
    assert model.score(patterns) > model.course_.log_likelihood[0]
    drawn, units = model.sample(500, seed=1)
    assert drawn.shape == (500, 16) and drawn.min() >= 0 and set(units) <= set(range(8))
    assert (model.predict(drawn) == units).mean() > 0.9
    with pytest.raises(HomeostatError, match="the model has 16 inputs, the patterns have 5"):
        model.score(patterns[:, :5])


@pytest.mark.parametrize("kind", LEARNERS)
def test_equal_seeds_give_equal_numbers_and_others_do_not(kind, patterns):
    fits = [kind(8, epochs=3, seed=seed).fit(patterns).weights_ for seed in (1, 1, 2)]
    assert np.array_equal(fits[0], fits[1])
    assert not np.array_equal(fits[0], fits[2])


def test_learners_agree_on_known_fields(patterns):
    network = HebbianNetwork(8, total=160, epochs=60, schedule="decaying", rate=0.05, seed=0).fit(patterns)
    truth = EM(normalized(bar_fields(4, 160), 160), as_inputs(normalized(patterns, 160)), total=160, epochs=30)
    (best,) = fit_all([lambda: truth])
    assert match(network.weights_, best.weights).found == 8
    assert network.score(patterns) == pytest.approx(best.log_likelihood[-1], abs=0.02)


def test_without_normalization_em_keeps_the_means(patterns):
    model = PoissonMixture(8, normalize=False, epochs=20).fit(patterns)
    shares = model.responsibilities(patterns).mean(axis=0)
    np.testing.assert_allclose(shares @ model.weights_, patterns.mean(axis=0), rtol=0.02)
    assert np.isnan(model.total_)


@pytest.mark.parametrize("batch", [1, 50])
def test_without_scaling_weights_grow_by_what_scaling_takes_off(batch, patterns):
    """One step from equal weights: scaled minus Hebbian is -rate s W, and a Hebbian total grows by rate s A."""
    values = normalized(patterns[:batch], 160.0)
    weights = initial_weights("input", normalized(patterns, 160.0), 1, np.random.default_rng(1))
    learned = {}
    for plasticity in ("scaled", "hebbian"):
        network = Network(
            weights, as_inputs(values), epochs=1, rate=0.01, seed=SEED, plasticity=plasticity, batch=batch
        )
        network.advance()
        learned[plasticity] = network.result().weights
    # A single unit always wins: s = 1.
    assert learned["hebbian"] == pytest.approx(weights + 0.01 * values.sum(axis=0))
    assert learned["scaled"] == pytest.approx(learned["hebbian"] - 0.01 * batch * weights)
    assert learned["hebbian"].sum() == pytest.approx(weights.sum() + 0.01 * batch * 160.0)


def test_partial_fit_goes_on_and_follows_another_total(patterns):
    model = HebbianNetwork(8, total=160, rate=0.02, seed=1)
    for _ in range(20):
        model.partial_fit(patterns)
    np.testing.assert_allclose(model.weights_.sum(axis=1), 160, rtol=1e-3)
    model.set_params(total=320)
    for _ in range(20):
        model.partial_fit(patterns)
    np.testing.assert_allclose(model.weights_.sum(axis=1), 320, rtol=1e-3)
    with pytest.raises(HomeostatError, match="partial_fit has no end"):
        HebbianNetwork(8, schedule="decaying").partial_fit(patterns)


def makers(patterns):
    values = normalized(patterns, 160)
    inputs, later = as_inputs(values), as_inputs(normalized(patterns, 320))
    first = weights_for(values)
    shared = {"epochs": 8, "every": 3}
    network = {"rate": 0.01, "seed": SEED, "schedule": "decaying", **shared}
    return [
        lambda: Network(first, inputs, later=(4, later), **network),
        lambda: EM(first, inputs, total=160, **shared),
        lambda: Network(first, inputs, batch=10, **network),
    ]


def same(left: list[Learned], right: list[Learned]) -> bool:
    return all(
        np.array_equal(getattr(a, name), getattr(b, name))
        for a, b in zip(left, right, strict=True)
        for name in Learned.__dataclass_fields__
    )


@pytest.mark.parametrize("stop", [3, 6, 8, 11, 19])
def test_a_killed_run_goes_on_to_the_same_numbers(stop, patterns, tmp_path):
    whole = fit_all(makers(patterns))
    assert whole[0].epoch.tolist() == [0, 3, 6, 8]
    path, seen = tmp_path / "checkpoint.npz", []

    def kill(done: int, total: int) -> None:
        seen.append((done, total))
        if done == stop:
            raise Killed

    options = {"identity": "mine", "checkpoint": path, "checkpoint_seconds": 0.0}
    with pytest.raises(Killed):
        fit_all(makers(patterns), progress=kill, **options)
    assert path.exists()
    before = len(seen)
    again = fit_all(makers(patterns), progress=lambda *step: seen.append(step), **options)
    assert same(again, whole)
    assert seen[before][0] >= stop - 1 and seen[-1] == (24, 24)  # it did not start again
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"PK damaged", None])
def test_a_damaged_checkpoint_or_that_of_other_runs_is_not_used(content, patterns, tmp_path: Path):
    path = tmp_path / "checkpoint.npz"
    if content is None:
        save_npz(path, {"run_weights": np.ones(3)}, {"identity": "another's", "finished": 0})
    else:
        path.write_bytes(content)
    found = fit_all(makers(patterns), identity="mine", checkpoint=path)
    assert same(found, fit_all(makers(patterns)))


@pytest.mark.parametrize("kind", LEARNERS)
def test_a_checkpoint_of_other_patterns_is_not_used(kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Binary patterns all have the same sum of log y!, which is 0, and so have permuted ones."""
    monkeypatch.setenv("HOMEOSTAT_CHECKPOINT_SECONDS", "0")
    former, others = (np.random.default_rng(seed).integers(0, 2, (60, 12)) for seed in (1, 2))
    model, path = kind(3, normalize=False, epochs=6), tmp_path / "checkpoint.npz"

    def kill(learner):
        advance(learner)
        if learner.step == 5:
            raise Killed

    advance = Learner.advance
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Learner, "advance", kill)
        model.fit(former, checkpoint=path)
    assert path.exists()
    assert np.array_equal(model.fit(others, checkpoint=path).weights_, clone(model).fit(others).weights_)


def test_partial_fit_counts_from_the_last_fit(patterns):
    once = HebbianNetwork(8, epochs=2).fit(patterns).partial_fit(patterns)
    again = clone(once).fit(patterns).partial_fit(patterns).fit(patterns).partial_fit(patterns)
    assert np.array_equal(once.weights_, again.weights_) and again.extra_epochs_ == 1


def test_a_learner_is_the_same_alone_and_in_company(patterns):
    alone = [fit_all([maker])[0] for maker in makers(patterns)]
    assert same(alone, fit_all(makers(patterns)))


def test_a_checkpoint_never_replaces_another_file(patterns, tmp_path: Path):
    path = tmp_path / "data.npz"
    np.savez(path, patterns=patterns)
    kept = path.read_bytes()
    with pytest.raises(HomeostatError, match="holds something else"):
        PoissonMixture(4, epochs=1).fit(patterns, checkpoint=path)
    assert path.read_bytes() == kept


@pytest.mark.parametrize("wrong", [{"epochs": 2.5}, {"n_components": "4"}, {"total": "many"}, {"seed": None}])
def test_parameters_of_the_wrong_type_are_named(wrong, patterns):
    with pytest.raises(HomeostatError, match=f"{next(iter(wrong))} must be"):
        PoissonMixture(**wrong).fit(patterns)


def test_a_fit_says_where_it_ends_below_its_start():
    # Units that keep the last pattern only, at rate 1, predict the others worse than two random units.
    noise = np.random.default_rng(0).poisson(3.0, (200, 16)).astype(float)
    with pytest.warns(ConvergenceWarning, match="below its own start"):
        worse = HebbianNetwork(2, epochs=1, rate=1.0).fit(noise)
    assert worse.gain_ == worse.course_.log_likelihood[-1] - worse.course_.log_likelihood[0] < -1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert PoissonMixture(2, epochs=2).fit(noise).gain_ > 0
