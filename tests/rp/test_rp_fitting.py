"""Fits of many models: the same alone and together, interrupted and not; stopping rules; pruning."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from enumeration import exact_log_likelihood, weighted_moments
from killed import Killed, kill_at
from rp_examples import correlated_patterns, seeds, small_models, well_conditioned

from homeostat.errors import DataError
from homeostat.rp.fitting import fit_many
from homeostat.rp.pruning import Pruning, _replace_weakest, prune_and_replace
from homeostat.rp.registry import rule_of
from homeostat.rp.sampling import sample_patterns
from homeostat.rp.settings import Rule, Training
from homeostat.rp.trainer import Trainer, batch_windows

ENGINES = ("cpu", "cpu:0")
QUICK = Training(steps=30, chains=256, batch=512, learning_rate=0.05)
NATURAL = Training(steps=30, chains=256, optimizer="natural")
CASES = [
    (rule_of("rp"), NATURAL),
    (rule_of("reshaped"), QUICK),
    (rule_of("backprop"), replace(QUICK, optimizer="sgd")),
    (Rule(("weight", "threshold")), QUICK),
]


def data(count):
    return [correlated_patterns(1500, seed=index) for index in range(count)]


def assert_equal(a, b, exactly=True):
    for name in ("weight", "threshold", "lam"):
        first, second = getattr(a.models, name), getattr(b.models, name)
        if exactly:
            assert np.array_equal(first, second), name
        else:
            assert first == pytest.approx(second, abs=1e-4), name
    assert np.array_equal(a.trace_rate, b.trace_rate, equal_nan=True) or not exactly


@pytest.mark.parametrize("rule, training", CASES, ids=str)
def test_numbers_do_not_depend_on_the_company(rule, training):
    models, patterns, streams = small_models(3, lam=1.0), data(3), seeds(3)
    together = fit_many(models, patterns, rule, training, streams, models_at_once=3)
    one_by_one = fit_many(models, patterns, rule, training, streams, models_at_once=1)
    alone = fit_many(models[1], patterns[1:2], rule, training, streams[1:2])
    assert_equal(together, one_by_one)
    assert np.array_equal(together.models.weight[1], alone.models.weight[0])
    assert np.array_equal(together.models.lam[1], alone.models.lam[0])


@pytest.mark.parametrize("rule, training", CASES, ids=str)
def test_tensor_engine_is_the_same_in_any_company(rule, training):
    models, patterns, streams = small_models(2, lam=1.0), data(2), seeds(2)
    together = fit_many(models, patterns, rule, training, streams, device="cpu:0")
    alone = [
        fit_many(models[i], patterns[i : i + 1], rule, training, streams[i : i + 1], device="cpu:0") for i in (0, 1)
    ]
    for index in (0, 1):
        # Matrix products of other shapes may add in another order.
        assert together.models.weight[index] == pytest.approx(alone[index].models.weight[0], abs=2e-3)


@pytest.mark.parametrize("device", ENGINES)
@pytest.mark.parametrize("rule, training", CASES, ids=str)
def test_a_killed_fit_goes_on_to_the_same_numbers(tmp_path, device, rule, training, monkeypatch):
    models, patterns, streams = small_models(3, lam=1.0), data(3), seeds(3)
    checkpoint = tmp_path / "fit.npz"
    undisturbed = fit_many(models, patterns, rule, training, streams, device=device, models_at_once=1)
    for kill in (17, 45, 46, 80):
        with pytest.raises(Killed):
            fit_many(
                models, patterns, rule, training, streams, device=device, models_at_once=1,
                checkpoint=checkpoint, checkpoint_seconds=0.0, progress=kill_at(kill),
            )  # fmt: skip
        assert checkpoint.exists()
    taken = []
    advance = Trainer.advance
    monkeypatch.setattr(Trainer, "advance", lambda self: (taken.append(1), advance(self))[1])
    resumed = fit_many(
        models, patterns, rule, training, streams, device=device, models_at_once=1, checkpoint=checkpoint
    )
    assert_equal(undisturbed, resumed)
    assert len(taken) <= 90 - 78
    assert not checkpoint.exists()


def test_a_checkpoint_of_another_fit_or_a_damaged_one_is_not_used(tmp_path):
    models, patterns, streams = small_models(2, lam=1.0), data(2), seeds(2)
    checkpoint = tmp_path / "fit.npz"
    with pytest.raises(Killed):
        fit_many(
            models,
            patterns,
            rule_of("reshaped"),
            QUICK,
            streams,
            checkpoint=checkpoint,
            checkpoint_seconds=0.0,
            progress=kill_at(40),
        )
    whole = checkpoint.read_bytes()
    other = replace(QUICK, learning_rate=0.01)
    expected = fit_many(models, patterns, rule_of("reshaped"), other, streams)
    assert_equal(expected, fit_many(models, patterns, rule_of("reshaped"), other, streams, checkpoint=checkpoint))
    checkpoint.write_bytes(whole[: len(whole) // 2])
    expected = fit_many(models, patterns, rule_of("reshaped"), QUICK, streams)
    assert_equal(expected, fit_many(models, patterns, rule_of("reshaped"), QUICK, streams, checkpoint=checkpoint))


def test_data_may_come_one_model_at_a_time():
    patterns, asked = data(2), []

    def get(index):
        asked.append(index)
        return patterns[index]

    models = small_models(2, lam=1.0)
    assert_equal(
        fit_many(models, get, rule_of("reshaped"), QUICK, seeds(2)),
        fit_many(models, patterns, rule_of("reshaped"), QUICK, seeds(2)),
    )
    assert asked == [0, 1]


def test_clopper_pearson_rule_stops_at_a_good_fit():
    models, patterns = well_conditioned(), correlated_patterns(5000)
    training = Training(steps=400, optimizer="natural", stopping="clopper_pearson")
    result = fit_many(models, [patterns], rule_of("rp"), training, seeds(1))
    assert result.converged.all() and 49 <= result.steps[0] < 400
    longer = fit_many(models, [patterns], rule_of("rp"), replace(training, stopping="steps"), seeds(1))
    gap = exact_log_likelihood(longer.models, patterns) - exact_log_likelihood(result.models, patterns)
    assert gap[0] < 1e-3


def test_the_trace_has_the_rates_over_the_data_and_how_far_the_models_are_off():
    models, patterns = small_models(2, lam=1.0), data(2)
    training = Training(steps=21, chains=256, batch=None, log_every=10)
    trainer = Trainer(models, patterns, rule_of("reshaped"), training, seeds(2))
    trainer.advance()
    first = trainer.result()
    weights = [np.full((1, len(each)), 1 / len(each)) for each in patterns]
    for index in (0, 1):
        f = weighted_moments(models[index], patterns[index], weights[index]).f
        assert first.trace_rate[index, 0] == pytest.approx(f.mean(), abs=1e-5)
        # The chains have made one sweep from the data, so they are near to them, yet not the same.
        assert 0 < first.trace_error[index, 0] < 0.1
    while not trainer.done:
        trainer.advance()
    assert trainer.result().trace_step.tolist() == [0, 10, 20]


def test_models_stop_one_by_one_in_a_batch():
    """A model that has met the rule stays as it is while its neighbours go on."""
    models, patterns, streams = small_models(3, n_projections=5, lam=0.0), data(3), seeds(3)
    training = Training(steps=200, optimizer="natural", stopping="clopper_pearson", chains=512)
    together = fit_many(models, patterns, rule_of("rp"), training, streams, models_at_once=3)
    apart = fit_many(models, patterns, rule_of("rp"), training, streams, models_at_once=1)
    assert together.steps.tolist() == apart.steps.tolist()
    assert np.array_equal(together.models.lam, apart.models.lam)


def test_pruning_keeps_the_size_and_finds_better_projections():
    models = small_models(4, n_neurons=14, n_projections=16, lam=0.0)
    patterns = [correlated_patterns(4000, 14)] * 4
    training = replace(NATURAL, chains=1024, steps=60)
    plain = fit_many(models, patterns, rule_of("rp"), training, seeds(4))
    pruned = prune_and_replace(
        models, patterns, training, seeds(4), pruning=Pruning(replacements=4, per_round=1), in_degree=3
    )
    assert pruned.models.shape == models.shape
    assert (pruned.models.connectivity != models.connectivity).any()
    gain = exact_log_likelihood(pruned.models, patterns[0]) - exact_log_likelihood(plain.models, patterns[0])
    assert gain.mean() > 0.1


def test_the_projections_with_factors_nearest_to_zero_are_drawn_anew():
    models = replace(small_models(1, n_projections=4), lam=np.array([[-2.0, 0.1, 3.0, -0.05]], np.float32))
    after = _replace_weakest(models, 2, 3.0, np.random.default_rng(0))
    assert after.lam.tolist() == [[-2.0, 0.0, 3.0, 0.0]]
    same = (after.weight == models.weight).all(axis=2)[0]
    assert same.tolist() == [True, False, True, False]
    assert np.array_equal(after.connectivity, after.weight != 0)
    assert after.threshold.tolist() == models.threshold.tolist()


def test_samples_have_the_statistics_of_the_model():
    models = small_models(2)
    samples = sample_patterns(models, 20_000, seeds(2), chains=2048, burn_in=60, thin=5)
    from enumeration import exact_probabilities

    from homeostat.rp.exact import all_patterns

    for p, drawn in zip(exact_probabilities(models), samples, strict=True):
        assert drawn.mean(axis=0) == pytest.approx(p @ all_patterns(8), abs=0.02)
    again = sample_patterns(models[1], 20_000, seeds(2)[1:], chains=2048, burn_in=60, thin=5)
    assert np.array_equal(again[0], samples[1])


def test_diverged_fits_are_named():
    models, patterns = small_models(1, lam=1.0), correlated_patterns(500)
    broken = replace(models, synapses=models.synapses * np.float32(np.nan))
    with pytest.raises(DataError, match="diverged"):
        fit_many(broken, [patterns], rule_of("reshaped"), QUICK, seeds(1))


def test_likelihood_rule_stops_when_nothing_is_gained():
    models, patterns = small_models(2, lam=1.0), data(2)
    training = Training(steps=3000, chains=512, batch=None, learning_rate=0.05, stopping="likelihood", check_every=50)
    result = fit_many(models, patterns, rule_of("reshaped"), training, seeds(2), models_at_once=2)
    assert result.converged.all() and (result.steps < 1500).all() and (result.steps >= 300).all()
    longer = replace(training, stopping="steps", steps=3000)
    best = fit_many(models, patterns, rule_of("reshaped"), longer, seeds(2), models_at_once=2)
    for index in (0, 1):
        gap = exact_log_likelihood(best.models[index], patterns[index]) - exact_log_likelihood(
            result.models[index], patterns[index]
        )
        assert gap[0] < 0.01


def test_likelihood_rule_ends_fits_of_the_tensor_engine_too():
    training = Training(steps=400, chains=64, batch=256, stopping="likelihood", check_every=20, tolerance=0.2)
    result = fit_many(small_models(1, lam=1.0), data(1), rule_of("reshaped"), training, seeds(1), device="cpu:0")
    assert result.converged.all() and result.steps[0] < 400


def test_likelihood_rule_survives_a_kill_and_company(tmp_path):
    models, patterns, streams = small_models(2, lam=1.0), data(2), seeds(2)
    training = Training(steps=600, chains=256, batch=512, stopping="likelihood", check_every=30, tolerance=0.05)
    undisturbed = fit_many(models, patterns, rule_of("reshaped"), training, streams, models_at_once=1)
    together = fit_many(models, patterns, rule_of("reshaped"), training, streams, models_at_once=2)
    assert undisturbed.steps.tolist() == together.steps.tolist()
    assert np.array_equal(undisturbed.models.weight, together.models.weight)
    checkpoint = tmp_path / "fit.npz"
    with pytest.raises(Killed):
        fit_many(
            models, patterns, rule_of("reshaped"), training, streams, models_at_once=1,
            checkpoint=checkpoint, checkpoint_seconds=0.0, progress=kill_at(115),
        )  # fmt: skip
    resumed = fit_many(
        models, patterns, rule_of("reshaped"), training, streams, models_at_once=1, checkpoint=checkpoint
    )
    assert_equal(undisturbed, resumed)


@pytest.mark.parametrize("n_patterns, batch, sizes", [(1279, 640, [10, 10]), (12_000, 8192, [94, 94])])
def test_batches_take_every_pattern(n_patterns, batch, sizes):
    windows = batch_windows(n_patterns, batch)
    assert [last - first for first, last in windows] == sizes
    training = replace(QUICK, steps=2, chains=64, batch=batch)
    patterns = correlated_patterns(n_patterns, seed=3)

    def weights(rows):
        changed = patterns.copy()
        changed[rows] = 1 - changed[rows]
        return fit_many(
            small_models(1, lam=1.0), [changed], rule_of("reshaped"), training, seeds(1), check=False
        ).models.weight

    unchanged = weights([])
    # The first rows start the chains, and would change the weights in any case.
    for row in np.random.default_rng(0).choice(np.arange(64, n_patterns), 12, replace=False):
        assert not np.array_equal(weights([row]), unchanged), row
    trainer = Trainer(small_models(1, lam=1.0), [patterns], rule_of("reshaped"), training, seeds(1))
    assert trainer._course._batch == 64 * sizes[0] <= batch


@pytest.mark.parametrize(
    "n_patterns, batch, count, size", [(160_000, 2048, 78, 32), (40_000, 4096, 10, 63), (2000, 512, 4, 8)]
)
def test_batches_are_equal_and_at_most_what_is_asked_for(n_patterns, batch, count, size):
    windows = batch_windows(n_patterns, batch)
    assert [last - first for first, last in windows[:-1]] == [size] * (count - 1)
    assert all(before[1] == after[0] for before, after in pairwise(windows))
    assert windows[0][0] == 0 and 0.99 * n_patterns <= windows[-1][1] * 64
    assert windows[-1][1] - windows[-1][0] <= size


def test_any_number_of_patterns_is_covered_by_batches():
    for n_patterns in range(1, 700, 7):
        for batch in (1, 64, 100, 130, 200, 320):
            windows = batch_windows(n_patterns, batch)
            size = windows[0][1]
            assert min(windows[-1][1] * 64, n_patterns) >= 0.99 * n_patterns
            assert all(0 < last - first <= size for first, last in windows) and size <= max(1, batch // 64)
