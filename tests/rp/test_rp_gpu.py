"""The RP engine on a GPU: against exact enumeration, the CPU engine and itself in other company."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from enumeration import exact_log_likelihood, exact_probabilities, weighted_moments
from killed import Killed, kill_at
from rp_examples import SLOPES, correlated_patterns, seeds, small_models, well_conditioned

from homeostat.rp.constraints import Homeostatic
from homeostat.rp.factory import make_engine
from homeostat.rp.fitting import fit_many
from homeostat.rp.partition import ais_log_partition, exact_log_partition, independent_bias
from homeostat.rp.projections import energy_values, random_models
from homeostat.rp.pruning import Pruning, prune_and_replace
from homeostat.rp.registry import rule_of
from homeostat.rp.sampling import sample_patterns
from homeostat.rp.settings import Rule, Training

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]

ADAM = Training(steps=200, chains=2048, batch=None, learning_rate=0.05)
NATURAL = Training(steps=60, chains=2048, optimizer="natural")
CASES = {
    "rp": (rule_of("rp"), NATURAL),
    "reshaped": (rule_of("reshaped"), ADAM),
    "backprop, Metropolis": (rule_of("backprop"), replace(ADAM, acceptance="metropolis")),
    "homeostatic": (Rule(("weight",), Homeostatic(3.0)), ADAM),
    "homeostatic, by circuit": (Rule(("weight", "threshold"), Homeostatic(3.0, "circuit")), ADAM),
    "authors' SGD": (rule_of("backprop"), replace(ADAM, optimizer="sgd", learning_rate=0.01)),
}


def data(count, n_patterns=4000):
    return [correlated_patterns(n_patterns, seed=index) for index in range(count)]


def test_the_engine_is_the_fused_one():
    assert type(make_engine(small_models(1), "cuda")).__name__ == "FusedEngine"


@pytest.mark.parametrize("slope", SLOPES.values(), ids=SLOPES)
def test_energies_moments_and_log_partition_are_exact(slope):
    models = small_models(3, n_neurons=12, n_projections=40, slope=slope)
    patterns = [correlated_patterns(3000, 12, seed=index) for index in range(3)]
    engine = make_engine(models, "cuda")
    found = engine.data_moments(engine.upload(patterns), slopes=True)
    energies, outputs = engine.energies(patterns), engine.outputs(patterns)
    for index in range(3):
        expected = weighted_moments(models[index], patterns[index], np.full((1, 3000), 1 / 3000))
        for name in ("f", "slope", "synapse"):
            value = engine.to_numpy(getattr(found, name))[index]
            assert value == pytest.approx(getattr(expected, name)[0], abs=2e-6), name
        assert energies[index] == pytest.approx(energy_values(models[index], patterns[index])[0], abs=2e-5)
        plain = make_engine(models[index]).outputs(patterns[index : index + 1])[0]
        assert outputs[index] == pytest.approx(plain, abs=2e-6)
    exact = exact_log_partition(models)
    assert exact_log_partition(models, "cuda").value == pytest.approx(exact.value, abs=1e-5)
    base = np.stack([independent_bias(each.mean(axis=0), len(each)) for each in patterns])
    annealed = ais_log_partition(models, base, seeds(3), chains=2048, temperatures=100, device="cuda")
    on_cpu = ais_log_partition(models, base, seeds(3), chains=2048, temperatures=100)
    assert (np.abs(annealed.value - exact.value) < 4 * annealed.error).all()
    assert annealed.error == pytest.approx(on_cpu.error, rel=0.3)


@pytest.mark.parametrize("slope", SLOPES.values(), ids=SLOPES)
def test_samples_have_the_exact_probabilities(slope):
    models = small_models(2, n_neurons=10, n_projections=20, slope=slope)
    patterns = sample_patterns(models, 200_000, seeds(2), chains=65_536, burn_in=60, device="cuda")
    for p, each in zip(exact_probabilities(models), patterns, strict=True):
        counts = np.bincount(each @ (1 << np.arange(10)), minlength=1024) / len(each)
        assert 0.5 * np.abs(counts - p).sum() < 1.5 * np.sqrt(p / (2 * np.pi * len(each))).sum()


@pytest.mark.parametrize("rule, training", CASES.values(), ids=CASES)
def test_fits_are_as_likely_as_those_of_the_cpu(rule, training):
    models, patterns = small_models(3, lam=1.0), data(3)
    if rule == rule_of("rp"):
        models = replace(models, lam=np.zeros_like(models.lam))
    found = {
        device: [
            exact_log_likelihood(fit.models[index], patterns[index])[0]
            for fit in [fit_many(models, patterns, rule, training, seeds(3), device=device)]
            for index in range(3)
        ]
        for device in ("cpu", "cuda")
    }
    start = [exact_log_likelihood(models[index], patterns[index])[0] for index in range(3)]
    assert (np.array(found["cuda"]) > np.array(start) + 0.05).all()
    # Two runs of the CPU with other seeds differ by as much (Monte-Carlo noise of 2,048 chains).
    assert found["cuda"] == pytest.approx(found["cpu"], abs=4e-3)


def test_learned_factors_are_those_of_the_cpu():
    models, patterns = well_conditioned(), data(1, 5000)
    training = Training(steps=150, optimizer="natural", chains=4096)
    fits = [fit_many(models, patterns, rule_of("rp"), training, seeds(1), device=device) for device in ("cpu", "cuda")]
    assert fits[1].models.lam == pytest.approx(fits[0].models.lam, abs=0.06)


@pytest.mark.parametrize("rule, training", CASES.values(), ids=CASES)
def test_numbers_do_not_depend_on_the_company(rule, training):
    """To the last bit where all is elementwise; else a library's sums may run in another order."""
    models, patterns, streams = small_models(5, lam=1.0), data(5), seeds(5)
    training = replace(training, steps=40)
    together = fit_many(models, patterns, rule, training, streams, device="cuda").models
    alone = fit_many(models[3], patterns[3:4], rule, training, streams[3:4], device="cuda").models
    for name in ("weight", "threshold", "lam"):
        first, second = getattr(together, name)[3], getattr(alone, name)[0]
        if rule == rule_of("reshaped"):
            assert np.array_equal(first, second), name
        else:
            assert first == pytest.approx(second, abs=5e-3), name


@pytest.mark.parametrize("rule, training", CASES.values(), ids=CASES)
def test_a_killed_fit_goes_on_to_the_same_numbers(tmp_path, rule, training):
    models, patterns, streams = small_models(3, lam=1.0), data(3), seeds(3)
    training = replace(training, steps=40)
    undisturbed = fit_many(models, patterns, rule, training, streams, device="cuda")
    settings = {"device": "cuda", "checkpoint": tmp_path / "fit.npz", "checkpoint_seconds": 0.0}
    with pytest.raises(Killed):
        fit_many(models, patterns, rule, training, streams, progress=kill_at(20), **settings)
    resumed = fit_many(models, patterns, rule, training, streams, **settings)
    for name in ("weight", "threshold", "lam"):
        assert np.array_equal(getattr(undisturbed.models, name), getattr(resumed.models, name)), name


def test_stopping_by_likelihood():
    models, patterns = small_models(3, n_neurons=24, n_projections=30, lam=1.0), []
    patterns = [correlated_patterns(4000, 24, seed=index) for index in range(3)]
    training = Training(steps=2000, chains=1024, stopping="likelihood", check_every=25, tolerance=0.02)
    result = fit_many(models, patterns, rule_of("reshaped"), training, seeds(3), device="cuda")
    assert result.converged.all()
    assert (result.steps < 2000).all()


def test_pruning_is_the_same_in_any_company():
    models, patterns, streams = small_models(4, n_projections=20, lam=0.0), data(4), seeds(4)
    training, pruning = replace(NATURAL, steps=20), Pruning(1.0, 5, 4)
    settings = {"pruning": pruning, "in_degree": 3.0, "device": "cuda"}
    together = prune_and_replace(models, patterns, training, streams, **settings).models
    alone = prune_and_replace(models[2], patterns[2:3], training, streams[2:3], **settings).models
    assert np.array_equal(together.connectivity[2], alone.connectivity[0])
    assert together.lam[2] == pytest.approx(alone.lam[0], abs=5e-3)


def test_memory_of_a_job_of_the_paper_is_bounded():
    """100 models of 160,000 x 50 patterns: packed, 128 MB; no temporary array of all patterns and projections."""
    spikes = correlated_patterns(160_000, 50)
    models = random_models(50, 150, [np.random.default_rng(index) for index in range(100)], lam=1.0)
    training = Training(steps=3, batch=None)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    start = time.perf_counter()
    fit_many(models, [spikes] * 100, rule_of("reshaped"), training, seeds(100), device="cuda")
    assert torch.cuda.max_memory_allocated() < 2 * 2**30
    assert time.perf_counter() - start < 120
