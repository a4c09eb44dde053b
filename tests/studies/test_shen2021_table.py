"""The numbers of shen2021's tables, from arrays of which they are known."""

import numpy as np
import pytest

from homeostat.normalization import CONDITIONS
from homeostat.normalization.lenet import parameter_count, parts
from shen2021 import table
from shen2021.conditions import Condition

SCALING = Condition("SynapticScaling", 32, 0.003, 100, 10)
P1, P2 = np.array([0.5, 0.25, 0.0, 1.0]), np.array([0.1, 0.3])


def arrays() -> dict[str, np.ndarray]:
    """Return what train.py writes of two networks, of which the second is looked at."""
    rng = np.random.default_rng(0)
    found = {
        "evaluated_at": np.array([50, 100]), "accuracy": np.array([[1.0, 2.0], [10.0, 60.0]]),
        "row_at": np.array([10, 20, 30]), "row_loss": np.array([[9.0] * 3, [2.3, 1.0, 0.5]]),
        "final_accuracy": np.array([[0.0, 0.0], [60.0, 58.0]]), "finite": np.array([False, True]),
        "rows": rng.normal(size=(2, parameter_count(CONDITIONS["SynapticScaling"]))),
    }  # fmt: skip
    for layer, p in (("fc1", P1), ("fc2", P2)):
        found[f"{layer}_rows"] = np.stack([np.zeros((3, len(p))), np.array([[0.1], [0.2], [1.0]]) * p])
        found[f"{layer}_probability"] = np.stack([np.zeros(len(p)), p])
        found[f"{layer}_mean_active"] = np.stack([np.ones(len(p)), np.where(p > 0, 2.0 * p, np.nan)])
        found[f"{layer}_mean"] = np.stack([np.ones(len(p)), p * p])
        found[f"{layer}_distinct"], found[f"{layer}_joint"] = (
            np.array([1.0, 1000.0 * len(p)]),
            np.array([0.0, p.mean()]),
        )
    alpha = parts(CONDITIONS["SynapticScaling"], found["rows"])["fc1.alpha"]
    alpha[:] = 0.5
    alpha[1, :30] = np.repeat([-0.1, 0.0, 1.0], 10)
    return found


def numbers(made: table.Numbers) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return x and y by measure; rows of heat maps come one after the other."""
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for measure, _, x, y in made:
        assert measure not in found or measure.startswith("probability in a batch")
        found[measure] = np.atleast_1d(x), np.atleast_1d(y)
    return found


def test_measures_of_units_are_of_both_layers_or_of_the_one_they_name() -> None:
    found = numbers(table.units(arrays(), 1, SCALING, heat=True))
    both = np.concatenate([P1, P2])
    for layer, p in (("fc1", P1), ("fc2", P2), ("both", both)):
        cv = p.std() / p.mean()
        assert found[f"CV on the test set, {layer}"][1] == pytest.approx(cv)
        assert found[f"CV of a batch, {layer}"][1] == pytest.approx(cv)  # the last row, of all that were recorded
        inside = p[(p > 0) & (p < 1)]
        bits = -(inside * np.log2(inside) + (1 - inside) * np.log2(1 - inside)).sum() / len(p)
        assert found[f"coding capacity, {layer}"][1] == pytest.approx(bits)
    floor = found["sampling floor, both"][1]
    assert 0 < floor < np.sqrt((both * (1 - both)).mean() / 32) / both.mean()  # the batch's mean is taken out
    x, y = found["mean output when active, fc1"]
    assert x.tolist() == [0, 1, 3] and y == pytest.approx([1.0, 0.5, 2.0])
    assert found["units never active, fc1"][1] == 1 and found["units never active, fc2"][1] == 0
    assert found["mean output, fc1"][1] == pytest.approx(P1**2)
    assert found["probability in a batch, fc1"][1] == pytest.approx(P1)
    assert found["distinct codes, fc1"][1] == 4000 and found["joint capacity, fc2"][1] == pytest.approx(P2.mean())


def test_batch_normalization_adds_two_parameters_to_a_unit_and_scaling_one() -> None:
    units = 6 + 16 + 120 + 84
    for name, more in (("Vanilla", 0), ("MeanOnly", 0), ("SynapticScaling", 1), ("WeightNorm", 1), ("BatchNorm", 2)):
        (found,) = numbers(table.parameters(Condition(name, 32, 0.003, 100, 10))).values()
        assert found[1] == more * units


def test_accuracies_and_alphas_are_those_of_the_network() -> None:
    found = numbers(table.accuracies(arrays(), 1, [1000, 32]))
    assert found["test accuracy"][1].tolist() == [10.0, 60.0] and found["test accuracy"][0].tolist() == [50, 100]
    assert found["final test accuracy"][0].tolist() == [1000, 32]
    assert found["final test accuracy"][1].tolist() == [60.0, 58.0]
    assert found["diverged"][1] == 0 and numbers(table.accuracies(arrays(), 0, [1000, 32]))["diverged"][1] == 1
    alphas = numbers(table.alphas(arrays(), 1, SCALING))
    # Neither 0 nor 1 nor what lies beyond counts.
    assert alphas["share of alphas between 0 and 1, fc1"][1] == pytest.approx(90 / 120)
    assert len(alphas["alpha, fc1"][1]) == 120 and len(alphas["alpha, fc2"][1]) == 84
    assert not numbers(table.alphas(arrays(), 1, Condition("BatchNorm", 32, 0.003, 100, 10)))


def test_a_heat_map_shows_at_most_twenty_rows_and_the_last_of_them() -> None:
    for count in (1, 19, 20, 21, 450):
        rows = table.shown(count)
        assert len(rows) <= 20 and rows[-1] == count - 1 and len(set(np.diff(rows))) <= 1
    assert not len(table.shown(0))


def test_heat_maps_are_of_the_network_of_median_accuracy() -> None:
    """A network that died (10 %) or diverged (NaN) is shown only where most are like it; blocks of seeds are joined."""

    def block(first: int, *final: float) -> dict[str, np.ndarray]:
        return {"seed": first + np.arange(len(final)), "accuracy": np.array([[50.0, each] for each in final])}

    fits = [("a", block(0, 10.0, 60.0)), ("a", block(2, 58.0)), ("b", block(0, np.nan, 10.0, 10.5, 61.0))]
    assert table.median_seeds(fits) == {"a": 2, "b": 1}
