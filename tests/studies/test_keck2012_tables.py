"""The numbers of keck2012's tables and figures, from fits and images of which they are known."""

import argparse

import numpy as np
import pandas as pd
import pytest

from homeostat.images import ImageSet
from homeostat.mixture.inputs import as_inputs
from homeostat.mixture.model import log_likelihoods
from homeostat.mixture.trainer import Learned
from keck2012 import digits, fig1, fig3, table
from keck2012.conditions import Condition


def learned(weights: list[list[float]], likelihood: float) -> dict[str, np.ndarray]:
    """Return the arrays of one fit."""
    values = np.array(weights)
    sums = values.sum(axis=1)
    return {
        "weights": values[None, None], "epoch": np.array([[[0, 5]]]),
        "log_likelihood": np.array([[[-9.0, likelihood]]]),
        "totals": np.array([[[[1.0, 2.0, 3.0], [sums.min(), sums.mean(), sums.max()]]]]),
    }  # fmt: skip


def test_recovery_is_measured_against_em_from_the_generating_fields() -> None:
    truth = Condition("em", 3, 10.0, start="truth")
    fields = [[8.0, 1.0, 1.0], [1.0, 8.0, 1.0], [1.0, 1.0, 8.0]]
    found = table.references([([truth], range(4, 5), learned(fields, -5.0))])
    assert list(found) == [(("normalized", 0.0, 10.0), 4)]
    reference = found[("normalized", 0.0, 10.0), 4]
    # Two fields in another order and of other sums, the third not there.
    fit = np.array([[2.0, 16.0, 2.0], [4.0, 0.5, 0.5], [5.0, 5.0, 0.0]])
    rows = {measure: y for measure, _, _, y in table.recovery(fit, -7.0, reference)}
    assert rows["gap"] == pytest.approx(-2.0)
    assert rows["fields found"] == 2 and rows["all found"] == 0
    assert rows["field distance"] == pytest.approx((0 + 0 + 0.4 + 0.4 + 0.8) / 3)
    perfect = {measure: y for measure, _, _, y in table.recovery(np.array(fields)[::-1] * 2, -5.0, reference)}
    assert perfect == {"gap": 0.0, "fields found": 3, "all found": 1.0, "field distance": 0.0}
    # Equal fields are not a reference, and nothing is found in them.
    same = table.references([([truth], range(1), learned([[1.0, 1.0, 1.0]] * 3, -5.0))])
    refused = table.recovery(fit, -7.0, same[("normalized", 0.0, 10.0), 0])
    assert all(np.isnan(y) for _, _, _, y in refused)


def source(**columns: object) -> pd.DataFrame:
    """Return rows of a table, with what every table has."""
    fixed = {"unit": 0, "data": "bars", "scale": "test", "device": "cpu"}
    return pd.DataFrame({**columns, **fixed})


def test_likelihoods_are_shown_below_the_truths_of_the_same_seed() -> None:
    truth = source(seed=[0, 1], measure="log_likelihood", x=9.0, y=[-50.0, -60.0])
    network = source(
        seed=[0, 1, 0, 1], measure="course of log_likelihood", x=[0.0, 0.0, 9.0, 9.0], y=[-70.0, -80.0, -51.0, -63.0]
    )
    parts = {"network": network, "EM from the truth": truth}
    shown = pd.concat(fig1.likelihoods(parts)).query("measure == 'nats below'")
    assert shown.set_index(["x", "seed"])["y"].to_dict() == {(0, 0): 20, (0, 1): 20, (9, 0): 1, (9, 1): 3}


def test_predicted_distance_shrinks_by_one_minus_rate_for_each_pattern_won() -> None:
    epochs = np.arange(5.0)
    rows = pd.concat(
        source(seed=0, measure=f"course of {name}", x=epochs, y=[300.0, 200.0, 200.0, 350.0, 390.0])
        for name in fig1.TOTALS
    ).assign(rate=0.01, units=4, switch=400.0)
    shown = pd.concat(fig1.totals(rows, 200.0, 80)).query("measure == 'distance from A'")
    network, predicted = (shown[shown["condition"] == name].set_index("x")["y"] for name in ("network", "predicted"))
    assert network.to_dict() == pytest.approx({0.0: 0.5, 1.0: 0.125, 2.0: 0.025})
    assert predicted.to_dict() == pytest.approx({0.0: 0.5, 1.0: 0.5 * 0.99**20, 2.0: 0.5 * 0.99**40})
    norm = pd.concat(fig1.totals(rows, 200.0, 80)).query("measure == 'total weight' and condition == 'input'")
    assert norm["y"].tolist() == [200, 200, 400, 400, 400]


def test_networks_that_miss_a_field_are_left_out_of_the_distance_of_those_that_do_not() -> None:
    kind = {"learner": "network", "scaling": "normalized", "gain": 0.0, "weight": 0.0, "switch": 0.0, "start": "input"}
    kind |= {"current": "log", "rate": 0.01}
    values = {"gap": [-3.0, -0.5], "all found": [0.0, 1.0], "fields found": [9, 10], "field distance": [0.1, 0.01]}
    values |= {"final largest total": [250.1, 251.0], "final smallest total": [249.9, 250.0]}
    rows = pd.concat(source(seed=[0, 1], measure=name, x=0.0, y=y) for name, y in values.items())
    both = [rows.assign(**kind, schedule=schedule) for schedule in ("constant", "decaying")]
    shown = (
        pd.concat(fig3.rates(pd.concat(both), 250.0))
        .query("condition == 'network'")
        .set_index(["measure", "seed"])["y"]
    )
    assert shown["nats below"].tolist() == [3.0, 0.5]
    assert np.isnan(shown["nats below, all found", 0]) and shown["nats below, all found", 1] == 0.5
    assert shown["settled"].tolist() == [1.0, 0.0]


def test_classes_are_read_out_on_test_images_that_were_not_learned() -> None:
    rng = np.random.default_rng(0)
    labels = {"train": rng.integers(0, 2, 60), "test": rng.integers(0, 2, 40)}
    pictures = {part: np.where(k[:, None] == [0, 0, 1, 1], 200, 20).astype(np.uint8) for part, k in labels.items()}
    # In the test images one in four has the other class's label: the best there is.
    wrong = labels["test"].copy()
    wrong[::4] = 1 - wrong[::4]
    images = ImageSet(
        "two", pictures["train"].reshape(-1, 2, 2), labels["train"], pictures["test"].reshape(-1, 2, 2), wrong
    )
    made = digits.Digits(images, 50, 40)
    condition = Condition("em", 2, 40.0)
    weights = np.array([[18.0, 18.0, 2.0, 2.0], [2.0, 2.0, 18.0, 18.0]])
    fit = Learned(weights, np.array([0]), np.array([0.0]), np.zeros((1, 3)))
    said = digits.measure(made, argparse.Namespace(labels=[4, 500]), condition, 0, fit)
    assert said["labels"] == [4, 50] and said["error"] == pytest.approx([0.25, 0.25])
    train = made.patterns(condition, 0)
    assert train.shape == (50, 4) and train.sum(axis=1) == pytest.approx(np.full(50, 40.0))
    one = log_likelihoods(as_inputs(train.astype(float)), train.mean(axis=0, keepdims=True).astype(float)).mean()
    assert said["baseline"] == pytest.approx(one)
    # Without normalization intensity stays, and only its mean is that of the others.
    raw = made.patterns(Condition("em", 2, 40.0, scaling="raw", gain=0.8), 0)
    sums = raw.sum(axis=1)
    assert sums.std() > 5 and sums.mean() == pytest.approx(40.0, rel=0.15) and raw.min() >= 1.0
