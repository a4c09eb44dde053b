"""The RP engine against exact enumeration: gradients, sampler, learned parameters, partition function."""

from dataclasses import replace

import numpy as np
import pytest
from enumeration import exact_log_likelihood, exact_moments, exact_probabilities, weighted_moments
from rp_examples import SLOPES, correlated_patterns, seeds, small_models, well_conditioned
from scipy import optimize, stats

from homeostat.rp.constraints import Clamped, Free, Homeostatic, Projected
from homeostat.rp.exact import all_patterns
from homeostat.rp.factory import make_engine
from homeostat.rp.fitting import fit_many
from homeostat.rp.measures import log_likelihoods
from homeostat.rp.partition import (
    ais_log_partition,
    check_silent,
    exact_log_partition,
    independent_bias,
    silent_log_partition,
)
from homeostat.rp.projections import VALUES, RPModels, energy_values, feature_values, random_models
from homeostat.rp.registry import rule_of
from homeostat.rp.sampling import sample_patterns
from homeostat.rp.settings import Rule, Training
from homeostat.rp.trainer import likelihood_gradients
from homeostat.rp.wiring import Wiring

# "cpu" is the engine of compiled kernels, "cpu:0" the tensor engine (the one for GPUs) run on the CPU.
ENGINES = ("cpu", "cpu:0")


def float64_models(**kwargs):
    """Return models whose arrays are float64, for finite differences."""
    models = small_models(1, **kwargs)
    return replace(models, **{name: getattr(models, name).astype(float) for name in VALUES})


def uniform_weights(patterns):
    return np.full((1, len(patterns)), 1.0 / len(patterns))


@pytest.mark.parametrize("name", ["lam", "weight", "threshold"])
def test_gradients_equal_finite_differences_of_the_exact_likelihood(name):
    models, patterns = float64_models(), correlated_patterns(500)
    rng = np.random.default_rng(3)
    models = replace(models, lam=rng.normal(size=models.lam.shape))
    data = weighted_moments(models, patterns, uniform_weights(patterns))
    gradient = likelihood_gradients([name], models.lam, exact_moments(models), data)[name]
    field = "synapses" if name == "weight" else name
    values = getattr(models, field)
    entries = np.argwhere(models.wiring.slots) if name == "weight" else np.argwhere(np.ones_like(values))
    for entry in map(tuple, entries):
        step = np.zeros_like(values)
        step[entry] = 1e-5
        up = exact_log_likelihood(replace(models, **{field: values + step}), patterns)[0]
        down = exact_log_likelihood(replace(models, **{field: values - step}), patterns)[0]
        assert gradient[entry] == pytest.approx((up - down) / 2e-5, abs=1e-7)
    if name == "weight":
        assert not gradient[~models.wiring.slots].any()


@pytest.mark.parametrize(
    "constraint",
    [
        Homeostatic(3.0, "input"),
        Homeostatic(2.0, "output"),
        Homeostatic(4.0, "circuit"),
        Clamped(0.9),
        Free(),
    ],
    ids=str,
)
def test_constraint_gradients_equal_finite_differences(constraint):
    models, patterns = float64_models(), correlated_patterns(500)
    free, wiring = models.synapses, models.wiring

    def likelihood(values):
        return exact_log_likelihood(replace(models, synapses=constraint.weights(values, wiring)), patterns)[0]

    constrained = replace(models, synapses=constraint.weights(free, wiring))
    data = weighted_moments(constrained, patterns, uniform_weights(patterns))
    by_weight = likelihood_gradients(["weight"], models.lam, exact_moments(constrained), data)["weight"]
    gradient = constraint.pullback(free, by_weight, wiring)
    for entry in map(tuple, np.argwhere(wiring.slots)):
        step = np.zeros_like(free)
        step[entry] = 1e-5
        expected = (likelihood(free + step) - likelihood(free - step)) / 2e-5
        assert gradient[entry] == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("normalize, axes", [("input", 2), ("output", 1), ("circuit", (1, 2))])
def test_homeostatic_budgets_hold_and_cost_the_same(normalize, axes):
    models = small_models(2)
    weights = Homeostatic(3.0, normalize).weights(models.synapses.astype(float), models.wiring)
    weight = models.wiring.scatter(weights)
    sums = np.abs(weight).sum(axis=axes)
    fed = models.connectivity.any(axis=axes)
    expected = {"input": 3.0, "output": 3.0 * 12 / 8, "circuit": 3.0 * 12}[normalize]
    assert sums[fed] == pytest.approx(expected)


def test_projected_constraint_clips_and_keeps_learning():
    constraint = Projected(0.5)
    free, wiring = np.array([[[2.0, -3.0, 0.2]]]), Wiring.of(np.ones((1, 1, 3), bool))
    assert constraint.project(free, wiring).tolist() == [[[0.5, -0.5, 0.2]]]
    assert constraint.pullback(free, np.ones_like(free), wiring).all()
    assert Clamped(0.5).pullback(free, np.ones_like(free), wiring).tolist() == [[[0.0, 0.0, 1.0]]]


@pytest.mark.parametrize("device", ENGINES)
@pytest.mark.parametrize("acceptance", ["heat_bath", "metropolis"])
@pytest.mark.parametrize("slope", SLOPES.values(), ids=SLOPES)
def test_sampler_leaves_the_exact_distribution(device, acceptance, slope):
    models = small_models(1, slope=slope)
    p = exact_probabilities(models)[0]
    engine = make_engine(models, device)
    n_chains = 64 * 300
    chains = engine.start_chains([np.zeros((n_chains, 8), np.uint8)], seeds(1, first=7))
    engine.sweep(chains, 60, metropolis=acceptance == "metropolis")
    codes = engine.chain_patterns(chains)[0] @ (1 << np.arange(8))
    counts = np.bincount(codes, minlength=256)
    # Rare patterns are pooled, as the chi-square test wants at least about five expected counts.
    common = p * n_chains >= 5
    observed = np.append(counts[common], counts[~common].sum())
    expected = np.append(p[common], p[~common].sum()) * n_chains
    assert stats.chisquare(observed[expected > 0], expected[expected > 0]).pvalue > 1e-3
    # Independent samples of this size have a total variation of about sum sqrt(p / (2 pi N)).
    noise = np.sqrt(p / (2 * np.pi * n_chains)).sum()
    assert 0.5 * np.abs(counts / n_chains - p).sum() < 1.5 * noise


@pytest.mark.parametrize("device", ENGINES)
@pytest.mark.parametrize("slope", SLOPES.values(), ids=SLOPES)
def test_engine_agrees_with_the_plain_formulas(device, slope):
    models = small_models(3, slope=slope)
    rng = np.random.default_rng(0)
    models = replace(
        models,
        lam=rng.normal(size=models.lam.shape).astype(np.float32),
        bias=rng.normal(size=models.bias.shape).astype(np.float32),
    )
    # 150 patterns: the last block of 64 is partly padding.
    patterns = correlated_patterns(150)
    engine = make_engine(models, device)
    for index in range(3):
        assert engine.energies([patterns] * 3)[index] == pytest.approx(energy_values(models, patterns)[index], abs=1e-5)
        assert engine.outputs([patterns] * 3)[index] == pytest.approx(feature_values(models, patterns)[index], abs=1e-6)
    found = engine.data_moments(engine.upload([patterns] * 3), slopes=True)
    expected = weighted_moments(models, patterns, np.full((3, 150), 1 / 150))
    for name in ("f", "slope", "synapse"):
        assert engine.to_numpy(getattr(found, name)) == pytest.approx(getattr(expected, name), abs=1e-6), name


@pytest.mark.parametrize("device", ENGINES)
@pytest.mark.parametrize("slope", SLOPES.values(), ids=SLOPES)
def test_moments_over_the_chains_are_numpys(device, slope):
    models = small_models(2, slope=slope)
    engine = make_engine(models, device)
    chains = engine.start_chains([correlated_patterns(128, seed=index) for index in (0, 1)], seeds(2))
    engine.sweep(chains, 2)
    moments = engine.chain_moments(chains, slopes=True)
    uniform = np.full((1, 128), 1 / 128)
    for index, words in enumerate(engine.chain_patterns(chains)):
        expected = weighted_moments(models[index], words, uniform)
        for name in ("f", "slope", "synapse"):
            assert engine.to_numpy(getattr(moments, name))[index] == pytest.approx(getattr(expected, name)[0], abs=1e-5)


@pytest.mark.parametrize("device", ENGINES)
def test_a_step_projection_that_only_reaches_its_threshold_is_silent(device):
    models = small_models(1, slope=np.inf)
    models = replace(models, synapses=models.wiring.slots.astype(np.float32))  # u is 0 with one active input
    words = all_patterns(8)
    expected = (words.astype(int) @ models.connectivity[0].T > 1).astype(float)
    assert np.array_equal(feature_values(models, words)[0], expected)
    engine = make_engine(models, device)
    assert np.array_equal(engine.outputs([words])[0], expected)
    moments = engine.data_moments(engine.upload([words]), slopes=False)
    assert engine.to_numpy(moments.f)[0] == pytest.approx(expected.mean(axis=0))
    # As silent in the chains: their states have the probabilities of the formula.
    chains = engine.start_chains([np.zeros((64 * 200, 8), np.uint8)], seeds(1))
    engine.sweep(chains, 40)
    rates = engine.chain_patterns(chains)[0].mean(axis=0)
    assert rates == pytest.approx(exact_probabilities(models)[0] @ words, abs=0.02)


@pytest.mark.parametrize("window", [(1, 3), (3, 5)], ids=("whole blocks", "a block of 44"))
@pytest.mark.parametrize("device", ENGINES)
def test_window_of_the_data_covers_the_named_blocks(device, window):
    models, patterns = small_models(1), correlated_patterns(300)
    engine = make_engine(models, device)
    found = engine.data_moments(engine.upload([patterns]), slopes=True, window=window)
    inside = patterns[64 * window[0] : 64 * window[1]]
    expected = weighted_moments(models, inside, np.full((1, len(inside)), 1 / len(inside)))
    assert engine.to_numpy(found.synapse) == pytest.approx(expected.synapse, abs=1e-6)


def exact_best_factors(models, patterns):
    """Return the maximum-likelihood lambda of one model, by a quasi-Newton search on the exact likelihood."""
    features = feature_values(models, all_patterns(models.shape[2]))[0]
    target = feature_values(models, patterns)[0].mean(axis=0)

    def loss(lam):
        energy = features @ lam
        log_z = np.logaddexp.reduce(-energy)
        return lam @ target + log_z, target - np.exp(-energy - log_z) @ features

    return optimize.minimize(loss, np.zeros(features.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-9}).x


@pytest.mark.parametrize("optimizer, steps, tolerance", [("natural", 150, 0.05), ("adam", 1500, 0.12)])
def test_learned_factors_reach_the_exact_maximum(optimizer, steps, tolerance):
    models, patterns = well_conditioned(), correlated_patterns(5000)
    best = exact_best_factors(models, patterns)
    training = Training(steps=steps, optimizer=optimizer, chains=4096, sweeps=2, learning_rate=0.05)
    result = fit_many(models, [patterns], rule_of("rp"), training, seeds(1))
    assert result.models.lam[0] == pytest.approx(best, abs=tolerance)
    at_best = replace(models, lam=best[None].astype(np.float32))
    loss = exact_log_likelihood(at_best, patterns) - exact_log_likelihood(result.models, patterns)
    assert 0 <= loss[0] + 1e-6 < 2e-4


def test_authors_sgd_climbs_to_the_exact_maximum():
    models, patterns = well_conditioned(), correlated_patterns(5000)
    training = Training(steps=800, optimizer="sgd", learning_rate=0.1, chains=2048)
    result = fit_many(models, [patterns], rule_of("rp"), training, seeds(1))
    at_best = replace(models, lam=exact_best_factors(models, patterns)[None].astype(np.float32))
    loss = exact_log_likelihood(at_best, patterns) - exact_log_likelihood(result.models, patterns)
    assert loss[0] < 2e-3


@pytest.mark.parametrize(
    "rule",
    [
        rule_of("reshaped"),
        rule_of("backprop"),
        Rule(("weight", "threshold")),
        Rule(("weight",), Homeostatic(3.0)),
        Rule(("weight",), Projected(1.0)),
    ],
    ids=str,
)
def test_learning_climbs_to_a_stationary_point(rule):
    """At the end, no small step along the exact gradient improves the likelihood by more than a trace."""
    models = small_models(1, lam=1.0)
    patterns = correlated_patterns(4000)
    training = Training(steps=600, chains=2048, sweeps=1, batch=None, learning_rate=0.05)
    result = fit_many(models, [patterns], rule, training, seeds(1))
    start = replace(models, synapses=np.asarray(rule.constraint.weights(models.synapses, models.wiring), np.float32))
    gain = exact_log_likelihood(result.models, patterns) - exact_log_likelihood(start, patterns)
    assert gain[0] > 0.1
    if isinstance(rule.constraint, Free):
        data = weighted_moments(result.models, patterns, uniform_weights(patterns))
        gradients = likelihood_gradients(rule.learn, result.models.lam, exact_moments(result.models), data)
        for name, gradient in gradients.items():
            assert np.abs(gradient).max() < 0.01, name


def test_chains_lag_so_that_the_usual_momentum_overshoots():
    """After as many steps from the same start, momentum 0.9 ends well below 0.5 (log Z is exact)."""
    patterns = correlated_patterns(5000, 12)
    initial = random_models(12, 40, [np.random.default_rng(seed) for seed in range(3)], in_degree=4, lam=1.0)
    training = Training(steps=150, learning_rate=0.1, chains=512, sweeps=1, batch=2048)
    few, usual = (
        exact_log_likelihood(fit_many(initial, [patterns] * 3, rule_of("reshaped"), each, seeds(3)).models, patterns)
        for each in (training, replace(training, momentum=0.9))
    )
    assert (few - usual > 0.01).all(), few - usual


def test_ais_errors_cover_the_exact_log_partition():
    """Over 20 seeds the exact log Z lies within two standard errors about 95 % of the time."""
    models = small_models(1, n_neurons=12, n_projections=20)
    exact = exact_log_partition(models).value[0]
    rates = exact_probabilities(models)[0] @ all_patterns(12)
    base = independent_bias(rates, 10_000)[None]
    scores = []
    for seed in range(20):
        found = ais_log_partition(models, base, seeds(1, first=seed), chains=256, temperatures=60)
        scores.append((found.value[0] - exact) / found.error[0])
        assert found.error[0] < 0.02
    assert np.abs(np.mean(scores)) < 4 / np.sqrt(20)
    assert 0.5 < np.std(scores) < 1.6
    assert np.sum(np.abs(scores) < 2) >= 16


@pytest.mark.parametrize("device", ENGINES)
@pytest.mark.parametrize("temperatures", [2, 4])
def test_ais_is_unbiased_however_few_temperatures_there_are(device, temperatures):
    """The mean weight is Z exactly if every sweep leaves the model of its own temperature as it is."""
    models = small_models(1)
    exact = exact_log_partition(models).value[0]
    base = np.zeros((1, 8))  # uniform: far from the model
    found = ais_log_partition(models, base, seeds(1), chains=64 * 400, temperatures=temperatures, device=device)
    assert found.error[0] < 0.02
    assert abs(found.value[0] - exact) < 4 * found.error[0]


def test_log_likelihood_is_the_same_by_every_route():
    models, patterns = small_models(2), correlated_patterns(1000)
    plain = exact_log_likelihood(models, patterns)
    exact = exact_log_partition(models).value
    by_engine = [each.mean() for each in log_likelihoods(models, [patterns] * 2, exact)]
    by_probability = [np.log(p[patterns @ (1 << np.arange(8))]).mean() for p in exact_probabilities(models)]
    base = np.stack([independent_bias(patterns.mean(axis=0), 1000)] * 2)
    ais = ais_log_partition(models, base, seeds(2), chains=1024, temperatures=200)
    by_ais = np.array([each.mean() for each in log_likelihoods(models, [patterns] * 2, ais.value)])
    assert by_engine == pytest.approx(plain, abs=1e-6)
    assert by_probability == pytest.approx(plain, abs=1e-9)
    assert (np.abs(by_ais - plain) < 4 * ais.error).all()


def test_silent_state_agrees_and_warns_when_it_does_not():
    models = small_models(2)
    samples = sample_patterns(models, 20_000, seeds(2), burn_in=50, thin=3)
    silent = silent_log_partition(models, samples)
    exact = exact_log_partition(models)
    assert (np.abs(silent.value - exact.value) < 4 * silent.error).all()
    assert check_silent(exact, silent)
    with pytest.warns(UserWarning, match="the samples are not those of the model"):
        assert not check_silent(exact._replace(value=exact.value + 0.5), silent)
    with pytest.warns(UserWarning, match="more chains or temperatures"):
        assert not check_silent(exact._replace(value=exact.value + 0.5, method="ais"), silent)
    # Samples that are all silent do not contradict a model that is nearly always.
    quiet = replace(models, lam=0 * models.lam, bias=np.full_like(models.bias, 14.0))
    silent = silent_log_partition(quiet, [np.zeros((1000, 8), np.uint8)] * 2)
    assert silent.error == pytest.approx(0.001)
    assert check_silent(exact_log_partition(quiet), silent)


def test_neuron_order_does_not_matter():
    models, patterns = small_models(1, lam=1.0), correlated_patterns(4000)
    order = np.random.default_rng(5).permutation(8)
    shuffled = RPModels.dense(
        models.weight[:, :, order],
        models.connectivity[:, :, order],
        models.threshold,
        models.lam,
        models.bias[:, order],
        models.slope,
    )
    assert exact_log_partition(shuffled).value == pytest.approx(exact_log_partition(models).value, abs=1e-6)
    training = Training(steps=400, chains=2048, batch=None, learning_rate=0.05)
    likelihoods = []
    for each, data in ((models, patterns), (shuffled, patterns[:, order])):
        fitted = fit_many(each, [data], rule_of("reshaped"), training, seeds(1)).models
        likelihoods.append(exact_log_likelihood(fitted, data)[0])
    # The chains differ, so the fits agree to their Monte-Carlo noise.
    assert likelihoods[0] == pytest.approx(likelihoods[1], abs=2e-3)


def test_small_slope_gives_the_independent_family():
    """As beta -> 0 with lambda ~ 1 / beta, E becomes linear in x: for K >= n the RP model is the independent one."""
    rng = np.random.default_rng(2)
    models = random_models(5, 8, [rng], in_degree=3, slope=1e-3)
    models = replace(models, lam=(rng.normal(size=(1, 8)) / 1e-3).astype(np.float32))
    p = exact_probabilities(models)[0]
    patterns = all_patterns(5).astype(float)
    rates = p @ patterns
    independent = np.prod(np.where(patterns == 1, rates, 1 - rates), axis=1)
    assert np.abs(p - independent).max() < 1e-3
