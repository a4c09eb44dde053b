"""The Poisson mixture against closed forms, SciPy, numerical gradients, and data with known causes."""

import numpy as np
import pytest
from scipy.stats import poisson

from homeostat.mixture.bars import bar_fields, draw
from homeostat.mixture.em import EM, maximized
from homeostat.mixture.fields import distances, match, separation
from homeostat.mixture.inputs import as_inputs, normalized, scaled, to_numpy
from homeostat.mixture.model import expectation, log_likelihoods, responsibilities, sample
from homeostat.mixture.network import Network
from homeostat.mixture.readout import choose_labelled, classify, label_units
from homeostat.mixture.starts import initial_weights
from homeostat.seeds import child

TOTAL = 250.0
SEED = np.random.SeedSequence(3)


def random_patterns(n=40, d=6, seed=0):
    return np.random.default_rng(seed).gamma(2.0, 2.0, (n, d))


def bars(n=1500, seed=0):
    counts, units = draw(bar_fields(5, TOTAL), n, np.random.default_rng(seed))
    return normalized(counts, TOTAL), units


def start(values, n_units=10, seed=1, kind="input", weight=0.0):
    return initial_weights(kind, values, n_units, np.random.default_rng(seed), weight=weight)


def run(learner):
    while not learner.done:
        learner.advance()
    return learner.result()


def constrained(weights, total):
    return total * weights / weights.sum(axis=1, keepdims=True)


def test_normalized_patterns_have_the_total_and_keep_their_direction():
    patterns = random_patterns()
    values = normalized(patterns, 20.0)
    np.testing.assert_allclose(values.sum(axis=1), 20.0)
    assert values.min() >= 1
    np.testing.assert_allclose((values - 1)[:, 0] / (values - 1)[:, 1], patterns[:, 0] / patterns[:, 1])
    np.testing.assert_allclose(normalized(7.0 * patterns, 20.0), values)
    raw = scaled(patterns, 20.0, patterns.sum(axis=1).mean())
    assert np.ptp(raw.sum(axis=1)) > 1
    np.testing.assert_allclose(raw.sum(axis=1).mean(), 20.0)


def test_likelihood_of_counts_is_scipys():
    weights = np.random.default_rng(1).gamma(2.0, 3.0, (4, 6))
    counts = np.random.default_rng(2).poisson(5.0, (30, 6))
    expected = np.log(np.exp(poisson.logpmf(counts[:, None, :], weights).sum(axis=2)).mean(axis=1))
    np.testing.assert_allclose(log_likelihoods(as_inputs(counts), weights), expected, rtol=1e-12)


def test_gamma_continues_the_factorial_to_real_input():
    weights = np.array([[2.0, 3.0]])
    counts = np.array([[4.0, 1.0], [4.5, 1.0], [5.0, 1.0]])
    four, between, five = log_likelihoods(as_inputs(counts), weights)
    assert min(four, five) < between < max(four, five)
    np.testing.assert_allclose([four, five], poisson.logpmf(counts[[0, 2]], weights).sum(axis=1))


def test_zeros_and_very_large_counts_stay_finite():
    weights = np.array([[0.0, 1.0, 1e6], [1.0, 0.0, 1e6]])
    inputs = as_inputs(np.array([[0.0, 1.0, 1e6], [1.0, 0.0, 1.01e6], [3.0, 2.0, 0.0]]))
    values = log_likelihoods(inputs, weights)
    assert np.isfinite(values).all()
    expected = poisson.logpmf(inputs.values[:2], [[0.0, 1.0, 1e6], [1.0, 0.0, 1e6]]).sum(axis=1) - np.log(2)
    np.testing.assert_allclose(values[:2], expected, rtol=1e-9)
    active = responsibilities(inputs.values, weights)
    np.testing.assert_allclose(active[:2], [[1.0, 0.0], [0.0, 1.0]], atol=1e-300)
    np.testing.assert_allclose(active.sum(axis=1), 1.0)


@pytest.mark.parametrize("current, exact", [("posterior", True), ("log", True), ("linear", False)])
def test_winner_take_all_is_the_posterior_when_weights_have_equal_sums(current, exact):
    values = normalized(random_patterns(), 20.0)
    weights = constrained(np.random.default_rng(1).gamma(1.0, 1.0, (3, 6)), 20.0)
    log_joint = poisson.logpmf(np.round(values)[:, None, :], weights).sum(axis=2)
    posterior = np.exp(log_joint - np.logaddexp.reduce(log_joint, axis=1, keepdims=True))
    assert np.allclose(responsibilities(np.round(values), weights, current), posterior) == exact


def test_large_sets_in_pieces_are_the_same(monkeypatch):
    values, _ = bars(200)
    weights = start(values)
    whole = expectation(as_inputs(values), weights)
    monkeypatch.setattr("homeostat.mixture.model._MOST", 70)
    pieces = expectation(as_inputs(values), weights)
    np.testing.assert_allclose(pieces.weighted, whole.weighted)
    np.testing.assert_allclose(pieces.mass, whole.mass)
    assert pieces.log_likelihood == pytest.approx(whole.log_likelihood)


@pytest.mark.parametrize("total", [TOTAL, None])
def test_em_never_lowers_the_likelihood(total):
    values, _ = bars(400)
    for kind in ("input", "uniform", "points"):
        found = run(EM(start(values, 7, kind=kind), as_inputs(values), total=total, epochs=30))
        assert (np.diff(found.log_likelihood) > -1e-9).all()
        assert found.log_likelihood[-1] > found.log_likelihood[0] + 1


def test_m_step_is_the_formula_and_keeps_a_unit_that_explains_nothing():
    values, _ = bars(100)
    weights = start(values, 4)
    found = expectation(as_inputs(values), weights)
    active = responsibilities(values, weights)
    summed = active.T @ values
    np.testing.assert_allclose(maximized(weights, found, TOTAL), constrained(summed, TOTAL))
    np.testing.assert_allclose(maximized(weights, found, None), summed / active.sum(axis=0)[:, None])
    mass = np.array(found.mass)
    mass[2] = 0.0
    assert np.array_equal(maximized(weights, found._replace(mass=mass), None)[2], weights[2])


def constrained_gradient(weights, inputs, step=1e-4):
    """Numerical gradient of the mean log-likelihood along the simplex sum_d W_cd = A, one direction per weight."""
    found = np.empty_like(weights)
    for index in np.ndindex(weights.shape):
        moved = []
        for sign in (1, -1):
            shifted = weights.copy()
            shifted[index] += sign * step
            moved.append(log_likelihoods(inputs, constrained(shifted, TOTAL)).mean())
        found[index] = (moved[0] - moved[1]) / (2 * step)
    return found


def test_the_networks_fixed_point_is_stationary_and_ems():
    values, _ = bars(600)
    inputs = as_inputs(values)
    first = constrained(start(values), TOTAL)
    settled = run(Network(start(values), inputs, epochs=60, rate=0.1, seed=SEED, schedule="decaying")).weights
    for _ in range(2000):  # the expected change of the rule, so that no sampling noise is left
        active = responsibilities(values, settled, "log")
        change = active.T @ values - active.sum(axis=0)[:, None] * settled
        settled = settled + 0.01 * change
    assert (
        np.abs(constrained_gradient(settled, inputs)).max() < 1e-5 < np.abs(constrained_gradient(first, inputs)).max()
    )
    np.testing.assert_allclose(settled.sum(axis=1), TOTAL)
    again = maximized(settled, expectation(inputs, settled), TOTAL)
    np.testing.assert_allclose(again, settled, rtol=1e-8)


@pytest.mark.parametrize("batch", [1, 20])
def test_total_weight_goes_to_the_norm_of_the_input_from_any_start(batch):
    values, _ = bars(1000)
    for weight in (0.1, 1.0, 4.0):
        found = run(
            Network(start(values, weight=weight), as_inputs(values), epochs=60, rate=0.01, seed=SEED, batch=batch)
        )
        active = responsibilities(values, found.weights, "log").sum(axis=0) > 10
        np.testing.assert_allclose(found.weights[active].sum(axis=1), TOTAL, rtol=1e-3)
        assert active.any()


def test_a_step_shrinks_the_distance_to_the_norm_by_one_minus_rate_times_activity():
    values, _ = bars(1)
    weights = np.random.default_rng(0).uniform(5, 15, (3, 25))
    active = responsibilities(values, weights, "log")[0]
    for batch in (1, 2):
        learner = Network(weights, as_inputs(np.repeat(values, 3, axis=0)[:3]), epochs=1, rate=0.3, seed=SEED)
        learner.inputs = as_inputs(values)
        if batch == 2:
            learner.batch = 2
        learner._learn()
        before, after = TOTAL - weights.sum(axis=1), TOTAL - learner.weights.sum(axis=1)
        np.testing.assert_allclose(after, (1 - 0.3 * active) * before)


def test_total_weight_follows_when_the_norm_changes():
    counts, _ = draw(bar_fields(5, TOTAL), 1000, np.random.default_rng(0))
    first, second = (as_inputs(normalized(counts, total)) for total in (TOTAL, 2 * TOTAL))
    weights = start(first.values)
    found = run(Network(weights, first, epochs=60, rate=0.01, seed=SEED, later=(30, second)))
    np.testing.assert_allclose(found.totals[30], TOTAL, rtol=2e-3)
    np.testing.assert_allclose(found.totals[-1], 2 * TOTAL, rtol=2e-3)
    # The first epoch with the new norm is the one that begins at the switch.
    assert found.totals[31, 1] > 1.5 * TOTAL


def test_online_and_batch_form_and_plain_python_are_one_rule():
    values, _ = bars(50)
    weights, rate = start(values, 4), 0.02
    for current in ("log", "shifted", "linear", "posterior"):
        learner = Network(weights, as_inputs(values), epochs=2, rate=rate, seed=SEED, current=current)
        plain, step = weights.copy(), 0
        for epoch in range(2):
            learner.advance()
            for index in np.random.default_rng(child(SEED, epoch)).permutation(50):
                active = responsibilities(values[index : index + 1], plain, current)[0]
                plain += rate * (active[:, None] * values[index] - active[:, None] * plain)
                step += 1
        np.testing.assert_allclose(learner.weights, plain, rtol=1e-10)
    one = Network(weights, as_inputs(values), epochs=1, rate=rate, seed=SEED, batch=50)
    one.advance()
    active = responsibilities(values, weights, "log")
    expected = weights + rate * (active.T @ values - active.sum(axis=0)[:, None] * weights)
    np.testing.assert_allclose(one.weights, expected, rtol=1e-12)


def test_known_fields_are_recovered_and_likelihood_is_ems():
    values, _ = bars()
    inputs = as_inputs(values)
    truth = run(EM(normalized(bar_fields(5, TOTAL), TOTAL), inputs, total=TOTAL, epochs=40))
    assert separation(truth.weights) > 0.5
    found = run(Network(start(values), inputs, epochs=50, rate=0.05, seed=SEED, schedule="decaying"))
    assert match(found.weights, truth.weights).found == 10
    sampling_error = log_likelihoods(inputs, truth.weights).std() / np.sqrt(len(values))
    assert abs(found.log_likelihood[-1] - truth.log_likelihood[-1]) < 0.1 * sampling_error
    batched = run(Network(start(values), inputs, epochs=100, rate=0.01, seed=SEED, batch=20))
    assert match(batched.weights, truth.weights).found == 10
    np.testing.assert_allclose(batched.log_likelihood[-1], truth.log_likelihood[-1], atol=0.2)


def test_total_near_the_number_of_inputs_makes_equal_fields_which_are_refused_as_reference():
    counts, _ = draw(bar_fields(5, 30.0), 1500, np.random.default_rng(0))
    values = normalized(counts, 30.0)
    collapsed = run(EM(normalized(bar_fields(5, 30.0), 30.0), as_inputs(values), total=30.0, epochs=300)).weights
    assert separation(collapsed) < 0.1
    with pytest.raises(ValueError, match="would say nothing"):
        match(collapsed, collapsed)


def test_matching_undoes_a_permutation_and_ignores_sums():
    fields = bar_fields(5, TOTAL)
    order = np.random.default_rng(0).permutation(10)
    found = match(3.0 * fields[order], fields)
    assert np.array_equal(order[found.unit], np.arange(10)) and found.found == 10
    np.testing.assert_allclose(found.distance, 0.0, atol=1e-12)
    missing = fields.copy()
    missing[4] = missing[5]
    assert match(missing, fields).found == 9
    assert match(np.concatenate([missing, fields[4:5]]), fields).found == 10
    assert distances([[1.0, 0.0]] * np.ones((1, 2)), np.array([[0.0, 2.0]])) == 2.0


def test_drawn_bars_have_their_rates_and_gains():
    fields = bar_fields(5, TOTAL)
    np.testing.assert_allclose(fields.sum(axis=1), TOTAL)
    counts, units = draw(fields, 40_000, np.random.default_rng(0), gain=0.9)
    for unit in (0, 9):
        mean = counts[units == unit].mean(axis=0)
        np.testing.assert_allclose(mean, fields[unit], atol=6 * np.sqrt(fields.max() * 12 / 4000))
    sums = counts.sum(axis=1)
    assert sums.min() < 0.2 * TOTAL and sums.max() > 1.8 * TOTAL


def test_samples_are_the_models():
    weights = np.random.default_rng(0).gamma(3.0, 2.0, (3, 4))
    counts, units = sample(weights, 30_000, np.random.default_rng(1))
    for unit in range(3):
        chosen = counts[units == unit]
        np.testing.assert_allclose(chosen.mean(axis=0), weights[unit], atol=0.2)
        np.testing.assert_allclose(chosen.var(axis=0), weights[unit], rtol=0.1)


@pytest.mark.parametrize("learner", ["em", "network"])
def test_torch_computes_the_same(learner):
    values, _ = bars(300)
    found = []
    for device in ("cpu", "cpu:0"):  # any name but "cpu" means a tensor
        inputs = as_inputs(values, device)
        shared = {"epochs": 5, "device": device}
        if learner == "em":
            found.append(run(EM(start(values), inputs, total=TOTAL, **shared)))
        else:
            found.append(run(Network(start(values), inputs, rate=0.01, seed=SEED, batch=20, **shared)))
    np.testing.assert_allclose(found[1].weights, found[0].weights, rtol=1e-9)
    np.testing.assert_allclose(found[1].log_likelihood, found[0].log_likelihood, rtol=1e-9)
    assert isinstance(to_numpy(inputs.values), np.ndarray)


def test_single_precision_is_close_enough():
    values, _ = bars(500)
    double = run(EM(start(values), as_inputs(values), total=TOTAL, epochs=10))
    single = run(EM(start(values), as_inputs(values.astype(np.float32)), total=TOTAL, epochs=10))
    assert single.weights.dtype == np.float32
    np.testing.assert_allclose(single.log_likelihood, double.log_likelihood, atol=1e-3)


@pytest.mark.parametrize("current", ["log", "shifted", "linear", "posterior"])
@pytest.mark.parametrize("batch", [1, 5])
def test_a_decaying_rate_and_weights_below_one_follow_the_formulas(current, batch):
    """eps_t = eps / (1 + t / (0.1 T)) with T patterns in all; S(W) = W - 1 below 1 and log W above."""
    values = 0.4 * random_patterns(40, 6)
    weights, rate, epochs = np.random.default_rng(2).uniform(0.2, 2.0, (3, 6)), 0.05, 3
    assert (weights < 0.5).any() and ((weights > 0.6) & (weights < 0.9)).any() and (weights > 1.5).any()
    learner = Network(
        weights,
        as_inputs(values),
        epochs=epochs,
        rate=rate,
        seed=SEED,
        current=current,
        schedule="decaying",
        batch=batch,
    )
    plain = weights.copy()
    for epoch in range(epochs):
        learner.advance()
        order = np.random.default_rng(child(SEED, epoch)).permutation(40)
        for first in range(0, 40, batch):
            y = values[order[first : first + batch]]
            synapses = {
                "log": np.log(plain), "shifted": np.where(plain < 1, plain - 1, np.log(plain)), "linear": plain,
                "posterior": np.log(plain),
            }[current]  # fmt: skip
            received = y @ synapses.T - (plain.sum(axis=1) if current == "posterior" else 0)
            active = np.exp(received - received.max(axis=1, keepdims=True))
            active /= active.sum(axis=1, keepdims=True)
            now = rate / (1 + (40 * epoch + first) / (0.1 * 40 * epochs))
            plain = plain + now * (active.T @ y - active.sum(axis=0)[:, None] * plain)
        np.testing.assert_allclose(learner.weights, plain, rtol=1e-9)


def test_initial_weights_are_drawn_as_they_say():
    values = random_patterns(500, 6, seed=4)
    mean, sd = values.mean(axis=0), values.std(axis=0)
    drawn = initial_weights("input", values, 400, np.random.default_rng(0))
    share = (drawn - mean) / sd
    assert 0 <= share.min() < 0.02 and 1.98 < share.max() <= 2
    assert share.mean() == pytest.approx(1, abs=0.05)
    uniform = initial_weights("uniform", values, 400, np.random.default_rng(0))
    np.testing.assert_allclose(uniform.sum(axis=1), mean.sum())
    parts = uniform / uniform.max(axis=1, keepdims=True)
    assert parts.min() < 0.02  # spread over the whole range
    points = initial_weights("points", values, 5, np.random.default_rng(0))
    patterns = 2 * points - mean
    for pattern in patterns:
        assert np.abs(values - pattern).sum(axis=1).min() < 1e-9
    for kind in ("input", "uniform", "points"):
        scaled_to = initial_weights(kind, values, 5, np.random.default_rng(0), weight=1.5)
        np.testing.assert_allclose(scaled_to.sum(axis=1), 1.5 * mean.sum())


def test_classes_are_weighted_by_how_active_units_are():
    # The most active unit says 0, the two others together say 1 more firmly.
    table = np.array([[0.6, 0.1, 0.1], [0.4, 0.9, 0.9]])
    assert classify(np.array([[0.4, 0.3, 0.3], [0.9, 0.05, 0.05]]), table).tolist() == [1, 0]
    # And by how sure each is of its class.
    assert classify(np.array([[0.5, 0.5]]), np.array([[0.55, 0.3], [0.45, 0.7]])).tolist() == [1]


def test_labels_are_read_out_as_counted():
    active = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 1.0, 0.0]])
    table = label_units(active, np.array([0, 0, 1]), 2)
    np.testing.assert_allclose(table, [[1.0, 1 / 3, 0.5], [0.0, 2 / 3, 0.5]])
    assert np.array_equal(classify(active, table), [0, 0, 1])
    labels = np.repeat(np.arange(5), 20)
    chosen = choose_labelled(labels, 12, 5, np.random.default_rng(0))
    assert len(set(chosen)) == 12 and np.ptp(np.bincount(labels[chosen], minlength=5)) <= 1
    for count in (1, 11, 13, 14, 15):
        chosen = choose_labelled(labels, count, 5, np.random.default_rng(count))
        assert len(set(chosen)) == count and np.ptp(np.bincount(labels[chosen], minlength=5)) <= 1
    assert np.array_equal(choose_labelled(labels, 100, 5, np.random.default_rng(0)), np.arange(100))
