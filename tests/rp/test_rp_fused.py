"""The fused kernels against the plain formulas: on a GPU where there is one, else in Triton's interpreter."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from rp_examples import SLOPES, correlated_patterns, seeds, small_models
from scipy import stats

pytest.importorskip("triton", reason="Triton is not installed")

from enumeration import exact_probabilities, weighted_moments

from homeostat.rp.exact import all_patterns
from homeostat.rp.factory import make_engine
from homeostat.rp.fused import FusedEngine, pack, unpack
from homeostat.rp.partition import independent_bias
from homeostat.rp.projections import energy_values, random_models

GPU = torch.cuda.is_available()
if not GPU:
    from triton.runtime import interpreter

    _patch_tensors = interpreter._patch_lang_tensor

    def _with_index(tensor, scope):
        """Let loops run to a loaded number: Triton 3.6 converts it in a way that NumPy 2.4 refuses."""
        _patch_tensors(tensor, scope)
        scope.set_attr(tensor, "__index__", lambda self: int(self.handle.data.item()))

    interpreter._patch_lang_tensor = _with_index

DEVICE = "cuda" if GPU else "cpu:0"


def engine_of(models, tile=None):
    """Return the fused engine; the interpreter takes all chains in one program."""
    engine = FusedEngine(models, DEVICE)
    if tile is not None and not GPU:
        engine.tile = tile
    return engine


def varied(n_models=2, **sizes):
    """Return models with factors and biases of all signs."""
    models, rng = small_models(n_models, **sizes), np.random.default_rng(0)
    return replace(
        models,
        lam=rng.normal(size=models.lam.shape).astype(np.float32),
        bias=rng.normal(scale=0.5, size=models.bias.shape).astype(np.float32),
    )


@pytest.mark.parametrize("n_neurons", [1, 31, 32, 33, 64, 65, 130])
def test_packing_is_undone(n_neurons):
    patterns = np.random.default_rng(0).integers(0, 2, (70, n_neurons), dtype=np.uint8)
    words = pack(torch.as_tensor(patterns, device=DEVICE))
    assert words.shape == (-(-n_neurons // 32), 70)
    assert np.array_equal(unpack(words[None], n_neurons)[0].T.cpu().numpy(), patterns)


@pytest.mark.parametrize("n_neurons, slope", [(8, 3.0), (8, np.inf), (40, 3.0), (70, 3.0)])
def test_moments_and_energies_are_those_of_the_plain_formulas(n_neurons, slope):
    # Two models of different numbers of synapses; more projections than one program takes, the last tile partly empty.
    models = varied(2, n_neurons=n_neurons, n_projections=34, slope=slope)
    rng = np.random.default_rng(1)
    patterns = [(rng.random((1100, n_neurons)) < 0.3).astype(np.uint8) for _ in range(2)]
    engine = engine_of(models)
    data = engine.upload(patterns)
    for window, part in ((None, slice(None)), ((1, 3), slice(64, 192)), ((16, 99), slice(1024, None))):
        chosen = [each[part] for each in patterns]
        found = engine.data_moments(data, slopes=True, window=window)
        for index, each in enumerate(chosen):
            expected = weighted_moments(models[index], each, np.full((1, len(each)), 1 / len(each)))
            for name in ("f", "slope", "synapse"):
                value = engine.to_numpy(getattr(found, name))[index]
                assert value == pytest.approx(getattr(expected, name)[0], abs=2e-6), (name, window)
    chosen = [patterns[0], patterns[1][:700]]
    for index, found in enumerate(engine.energies(chosen)):
        assert found == pytest.approx(energy_values(models[index], chosen[index])[0], abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("acceptance", ["heat_bath", "metropolis"])
@pytest.mark.parametrize("slope", SLOPES.values(), ids=SLOPES)
def test_sampler_keeps_the_exact_distribution(acceptance, slope):
    models = varied(2, n_neurons=5, n_projections=8, slope=slope)
    engine, n_chains, rng = engine_of(models, tile=8192), 8192, np.random.default_rng(6)
    exact = exact_probabilities(models)
    starts = [all_patterns(5)[rng.choice(32, n_chains, p=p)] for p in exact]
    chains = engine.start_chains(starts, seeds(2, first=7))
    engine.sweep(chains, 3, metropolis=acceptance == "metropolis")
    for index, (p, patterns) in enumerate(zip(exact, engine.chain_patterns(chains), strict=True)):
        counts = np.bincount(patterns @ (1 << np.arange(5)), minlength=32)
        common = p * n_chains >= 5
        observed = np.append(counts[common], counts[~common].sum())
        expected = np.append(p[common], p[~common].sum()) * n_chains
        assert stats.chisquare(observed[expected > 0], expected[expected > 0]).pvalue > 1e-3
        assert ((patterns != starts[index]).mean(axis=0) > 0.1).all()


def test_sampler_reaches_the_exact_distribution():
    models = varied(2, n_neurons=5, n_projections=8)
    engine, n_chains = engine_of(models, tile=8192), 8192
    chains = engine.start_chains([np.zeros((n_chains, 5), np.uint8)] * 2, seeds(2, first=8))
    engine.sweep(chains, 15)
    for p, patterns in zip(exact_probabilities(models), engine.chain_patterns(chains), strict=True):
        counts = np.bincount(patterns @ (1 << np.arange(5)), minlength=32)
        # Independent samples of this size have a total variation of about sum sqrt(p / (2 pi N)).
        assert 0.5 * np.abs(counts / n_chains - p).sum() < 1.5 * np.sqrt(p / (2 * np.pi * n_chains)).sum()


@pytest.mark.slow
@pytest.mark.parametrize("n_neurons", [40, 70])
def test_sampler_of_many_neurons_keeps_what_the_compiled_one_found(n_neurons):
    """Beyond 32 neurons a chain has two words in registers, beyond 64 it has them in memory."""
    rng = np.random.default_rng(4)
    models = random_models(n_neurons, 20, [rng], in_degree=4, lam=0.8)
    models = replace(models, bias=rng.normal(scale=0.7, size=models.bias.shape).astype(np.float32))
    n_chains = 8192
    compiled, fused = make_engine(models), engine_of(models, tile=8192)
    chains = compiled.start_chains([np.zeros((n_chains, n_neurons), np.uint8)], seeds(1))
    compiled.sweep(chains, 40)
    before = compiled.chain_patterns(chains)[0]
    chains = fused.start_chains([before], seeds(1))
    fused.sweep(chains, 2)
    after = fused.chain_patterns(chains)[0]
    rates = before.mean(axis=0)
    score = (after.mean(axis=0) - rates) / np.sqrt(2 * rates * (1 - rates) / n_chains)
    assert np.abs(score).max() < 4.5
    assert ((before != after).mean(axis=0) > rates * (1 - rates)).all()
    outputs = [compiled.outputs([each])[0] for each in (before, after)]
    error = np.sqrt((outputs[0].var(axis=0) + outputs[1].var(axis=0)) / n_chains)
    assert np.abs((outputs[1] - outputs[0]).mean(axis=0) / error).max() < 4.5


def test_chains_do_not_depend_on_company_tile_or_how_sweeps_are_counted():
    models, starts = varied(3), [correlated_patterns(256, seed=index) for index in range(3)]
    together = engine_of(models, tile=256)
    chains = together.start_chains(starts, seeds(3))
    together.sweep(chains, 3)
    states = together.chain_patterns(chains)
    assert not np.array_equal(states[0], states[1])
    alone = engine_of(models[1], tile=128)
    lone = alone.start_chains(starts[1:2], seeds(3)[1:2])
    alone.sweep(lone, 1)
    saved = alone.chains_state(lone)
    alone.sweep(lone, 2)
    assert np.array_equal(alone.chain_patterns(lone)[0], states[1])
    resumed = alone.start_chains(starts[:1], seeds(1, first=99))
    alone.restore_chains(resumed, saved)
    alone.sweep(resumed, 2)
    assert np.array_equal(alone.chain_patterns(resumed)[0], states[1])
    both = together.chain_moments(chains, slopes=True)
    one = alone.chain_moments(lone, slopes=True)
    for name in ("f", "slope", "synapse"):
        assert torch.equal(getattr(both, name)[1], getattr(one, name)[0]), name


@pytest.mark.slow
@pytest.mark.parametrize("slope", SLOPES.values(), ids=SLOPES)
def test_annealing_finds_the_exact_log_partition(slope):
    models = varied(2, n_neurons=6, n_projections=8, slope=slope)
    energy = energy_values(models, all_patterns(6))
    exact = np.log(np.exp(-energy).sum(axis=1))
    rates = exact_probabilities(models) @ all_patterns(6)
    base = np.stack([independent_bias(each, 10_000) for each in rates])
    n_chains = 4096
    engine = engine_of(models, tile=n_chains)
    rng = np.random.default_rng(5)
    starts = [(rng.random((n_chains, 6)) < 1 / (1 + np.exp(b))).astype(np.uint8) for b in base]
    log_weight = engine.anneal(engine.start_chains(starts, seeds(2)), base, np.linspace(0, 1, 13))
    weight = np.exp(log_weight + np.logaddexp(0, -base).sum(axis=1)[:, None] - exact[:, None])
    error = weight.std(axis=1) / np.sqrt(n_chains)
    assert (error < 0.02).all()
    assert (np.abs(weight.mean(axis=1) - 1) < 4 * error).all()
