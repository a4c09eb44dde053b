"""Two runs beside each other: the numbers that differ are those that were planted."""

import numpy as np
import pandas as pd
import pytest

from homeostat.comparison import Pair, Place, Point, changed_settings, changed_verdicts, counted, curves, pairs

SHARED = {"data": "d", "scale": "test", "device": "cpu"}


def table(shift: float = 0.0, seeds: int = 5, spread: float = 0.1, conditions: tuple[str, ...] = ("RP", "reshaped")):
    """Return curves y = x over x = 1, 2, 3; condition RP is shifted at x = 2."""
    random = np.random.default_rng(0)
    rows = []
    for condition in conditions:
        for seed in range(seeds):
            for x in (1.0, 2.0, 3.0):
                y = x + spread * random.standard_normal() + (shift if (condition, x) == ("RP", 2.0) else 0.0)
                rows.append({"panel": "A", "condition": condition, "seed": seed, "x": x, "y": y, "measure": "rate"})
    return pd.DataFrame(rows).assign(**SHARED)


def states(a: pd.DataFrame, b: pd.DataFrame) -> dict[tuple[str, str], str]:
    return {(pair.place.condition, pair.place.x): pair.state for pair in pairs(curves(a), curves(b))}


def test_only_the_planted_number_differs_beyond_its_interval() -> None:
    found = states(table(), table(shift=1.0))
    assert found.pop(("RP", "2")) == "beyond"
    assert set(found.values()) == {"same"} and len(found) == 5


def test_a_shift_within_the_intervals_is_no_difference() -> None:
    assert states(table(), table(shift=0.05))["RP", "2"] == "within"
    assert states(table(), table(shift=0.05))["RP", "1"] == "same"


def test_gap_is_the_distance_over_both_half_widths() -> None:
    """Values 0, 1, 2 have the mean 1 and a half-width of t(2) / sqrt(3) = 2.4841."""
    low, high = Point(1, ("0", "1", "2"), (0.0, 1.0, 2.0)), Point(1, ("0", "1", "2"), (6.0, 7.0, 8.0))
    assert Pair(Place("A", "m", "c"), low, high).gap == pytest.approx(6 / (2 * 4.302653 / np.sqrt(3)), rel=1e-6)
    assert Pair(Place("A", "m", "c"), low, high).state == "beyond"


def test_two_seeds_have_no_interval() -> None:
    assert states(table(seeds=2), table(seeds=2, shift=5.0))["RP", "2"] == "no interval"


def test_points_and_conditions_of_one_run_only_are_named() -> None:
    found = states(table(conditions=("RP", "old")), table(conditions=("RP", "new")))
    assert found["old", "1"] == "only in A" and found["new", "3"] == "only in B"
    assert counted(pairs(curves(table(conditions=("old",))), {})) == {
        "beyond": 0, "within": 0, "no interval": 0, "only in A": 3, "only in B": 0, "same": 0,
    }  # fmt: skip


def test_more_seeds_of_the_same_are_not_the_same_but_within() -> None:
    assert set(states(table(seeds=5), table(seeds=8)).values()) <= {"within"}


def test_a_measured_x_is_known_by_its_budget() -> None:
    random = np.random.default_rng(1)
    rows = [
        {"panel": "C", "condition": "homeostatic", "budget": budget, "seed": seed, "x": budget * random.uniform(0.5, 1),
         "y": budget + 0.01 * random.standard_normal(), "measure": "used"}
        for budget in (1.0, 3.0) for seed in range(4)
    ]  # fmt: skip
    found = curves(pd.DataFrame(rows))
    assert [(place.budget, place.x) for place in found] == [("1", ""), ("3", "")]
    first = next(iter(found.values()))
    assert first.x == pytest.approx(np.mean([row["x"] for row in rows if row["budget"] == 1.0]))


def test_rows_of_a_seed_at_one_x_are_averaged() -> None:
    doubled = pd.concat([table(), table().assign(y=lambda rows: rows["y"] + 2)])
    one, two = curves(table()), curves(doubled)
    assert all(np.allclose(np.add(one[place].values, 1), two[place].values) for place in one)


def test_pictures_paths_and_scatter_plots_are_no_curves() -> None:
    random = np.random.default_rng(2)
    picture = pd.DataFrame({"x": np.repeat(np.arange(25), 10), "seed": 0})
    scatter = pd.DataFrame({"x": random.random(90), "seed": np.repeat([0, 1, 2], 30)})
    wide = pd.DataFrame({"x": np.tile(np.arange(784), 3), "seed": np.repeat([0, 1, 2], 784)})
    for each in (picture, scatter, wide):
        assert curves(each.assign(panel="A", measure="m", condition="c", y=random.random(len(each)))) == {}


def test_what_has_no_number_is_left_out() -> None:
    rows = table()
    rows.loc[rows["x"] == 1.0, "y"] = np.nan
    assert {place.x for place in curves(rows)} == {"2", "3"}


def test_changed_settings() -> None:
    a = {"run": "a", "mayzel2024": {"seeds": 3, "budgets": [1.0, 3.0], "steps": {"rp": 1}}, "old": 1}
    b = {"run": "a", "mayzel2024": {"seeds": 3, "budgets": [1.0], "steps": {"rp": 2}}, "new": {"x": 1}}
    assert changed_settings(a, b) == [
        ("mayzel2024.budgets", [1.0, 3.0], [1.0]), ("mayzel2024.steps.rp", 1, 2), ("old", 1, None),
        ("new", None, {"x": 1}),
    ]  # fmt: skip
    assert changed_settings(a, a) == []


def test_changed_verdicts() -> None:
    def row(number: int, verdict: str) -> dict[str, str]:
        return {"study": "s", "id": f"C{number}", "verdict": verdict}

    a, b = [row(1, "reproduced"), row(2, "missing"), row(3, "missing")], [row(1, "inconclusive"), row(2, "missing")]
    assert changed_verdicts(a, b) == [(a[0], b[0]), (a[2], None)]
