"""The language of claims: formulas compute what they say, selections name what is there, mistakes are told."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from claims_examples import GRID, SOURCE, curves, definition, judged, noisy, one_claim, tables, written

from homeostat.claims import load_claims
from homeostat.claims.curves import Curve, Curves
from homeostat.claims.formula import Formula
from homeostat.claims.load import SCHEMA
from homeostat.claims.sample import measure
from homeostat.config import load_schema
from homeostat.errors import ConfigError, DataError

X = np.array([1.0, 2.0, 4.0, 8.0])
TERMS = {
    "a": Curves((Curve("a", np.array([1.0, 4.0, 3.0, 2.0]), X),)),
    "b": Curves((Curve("b", np.array([0.0, 1.0, 2.0, 3.0]), X),)),
    "two": Curves((Curve("low", X, X), Curve("high", 10 * X, X))),
    "scatter": Curves(tuple(Curve(str(k), np.array([2.0 * k]), np.array([float(k)])) for k in (1, 2, 4))),
    "elsewhere": Curves((Curve("c", np.ones(2), np.array([1.0, 3.0])),)),
    "unknown": Curves((Curve("d", np.array([1.0, np.nan, 2.0, 3.0]), X),)),
}


def value(text: str) -> list[float]:
    names = tuple(name for name in TERMS if name in text.replace("(", " ").replace(")", " ").replace(",", " ").split())
    return [number for _, _, number in Formula(text, names)(TERMS).cases()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mean(a - b)", [1.0]),
        ("a - b", [1.0, 3.0, 1.0, -1.0]),
        ("min(a - b) / max(b)", [-1 / 3]),
        ("- first(a) + 2 * last(b)", [5.0]),
        ("median(a)", [2.5]),
        ("sd(b)", [np.std([0, 1, 2, 3], ddof=1)]),
        ("rise(b)", [3.0]),
        ("argmax(a)", [2.0]),
        ("argmin(a)", [1.0]),
        ("slope(b)", [1.0]),
        ("steps(b)", [1.0, 1.0, 1.0]),
        ("max(steps(a)) - min(steps(a))", [4.0]),
        ("x(steps(a))", [2.0, 4.0, 8.0]),
        ("argmin(steps(a))", [4.0]),
        ("x(steps(two, conditions))", [1.0, 2.0, 4.0, 8.0]),
        ("mean(a > b)", [0.75]),
        ("mean(a < b)", [0.25]),
        ("abs(last(a - b))", [1.0]),
        ("log(first(a))", [0.0]),
        ("correlation(b, log(x(b)))", [1.0]),
        ("correlation(x(a), x(a))", [1.0]),
        ("centre(b)", [(2 + 8 + 24) / 6]),
        ("width(b)", [np.sqrt((4 + 32 + 192) / 6 - (34 / 6) ** 2)]),
        ("mean(two)", [3.75, 37.5]),
        ("mean(two, conditions)", list(5.5 * X)),
        ("steps(mean(two), conditions)", [33.75]),
        ("at(a, elsewhere)", [1.0, 3.5]),
        ("at(a, two)", [1.0, 4.0, 3.0, 2.0, 1.0, 4.0, 3.0, 2.0]),
        ("at(elsewhere, a)", [1.0, 1.0, np.nan, np.nan]),
        ("mean(at(a, elsewhere) - elsewhere)", [1.25]),
        ("when(a, 2.5)", [1.5]),
        ("when(b, 1.5)", [3.0]),
        ("when(a, last(b) + 9)", [8.0]),
        ("when(two, first(a))", [1.0, 1.0]),
        ("when(two, mean(two))", [3.75, 3.75]),
        ("when(unknown, 2)", [np.nan]),
        ("last(two - a, conditions)", [9.0, 16.0, 37.0, 78.0]),
        ("max(two / first(two))", [8.0, 8.0]),
        ("sd(scatter, conditions) / sd(x(scatter), conditions)", [2.0]),
        ("mean(unknown)", [np.nan]),
        ("mean(unknown > 0)", [np.nan]),
        ("last(a) / first(b)", [np.inf]),
        ("correlation(a, a * 0)", [np.nan]),
        ("centre(a * 0)", [np.nan]),
        ("width(a * 0)", [np.nan]),
    ],
)
def test_formula(text: str, expected: list[float]) -> None:
    assert value(text) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a - elsewhere",
            "'a' has x = 1, 2, 4, 8 and 'c' has x = 1, 3: select common ones, or read both at the same x",
        ),
        ("two - scatter", "2 conditions meet 3: give as many, or one"),
        ("max(scatter + 1, x) + x(mean(a))", "'a' is reduced already and stands at no x"),
        ("sd(last(a))", "sd needs two values or more"),
        ("rise(last(a))", "rise needs two values or more"),
        ("max(steps(last(a)))", "steps needs two points or more"),
        ("max(steps(a, conditions))", "steps needs two conditions or more"),
        ("correlation(elsewhere, elsewhere)", "three points or more"),
        ("at(two, a)", "at: 2 conditions meet 1"),
        ("at(mean(a), b)", "'a' is reduced already and stands at no x"),
        ("when(a, b)", "when: give one level, or one for each condition"),
        ("slope(elsewhere * 0 + elsewhere) - slope(a - a) + slope(x(first(b)))", "stands at no x"),
    ],
)
def test_terms_that_do_not_fit(text: str, expected: str) -> None:
    with pytest.raises(DataError, match="x = 1, 2, 4, 8" if "select common" in expected else None) as caught:
        value(text)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mean(beter)", "there is no term 'beter'; did you mean 'better'?"),
        ("maen(better)", "there is no function 'maen'; did you mean 'mean'?"),
        ("mean(better", "is not a formula ("),
        ("mean(better, seeds)", "mean goes over x or over conditions, not over 'seeds'"),
        ("slope(better, conditions)", "slope is given too many things"),
        ("correlation(better)", "correlation is given too few things"),
        ("mean()", "'mean()' cannot stand in a formula"),
        ("better ** 2", "'better ** 2' cannot stand in a formula"),
        ("better if better else better", "cannot stand in a formula"),
        ("better < better < better", "cannot stand in a formula"),
        ("better.__class__", "'better.__class__' cannot stand in a formula"),
        ("__import__('os')", "cannot stand in a formula"),
        ("(lambda: better)()", "cannot stand in a formula"),
        ("better + True", "'True' cannot stand in a formula"),
        ("1 + 2", "does not use the term 'better'"),
    ],
)
def test_what_is_no_formula(text: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        one_claim(tmp_path, terms={"better": "better"}, value=text)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"figur": "fig2"}, "C1: there is no such key as 'figur'; did you mean 'figure'?"),
        ({"zzz": 1}, "C1: there is no such key as 'zzz'; known here: id, figure, panel,"),
        (
            {"panel": None},
            "C1: the key 'panel' is missing; needed are id, figure, panel, source, rank, claim, terms, value,",
        ),
        ({"relation": None}, "C1: the key 'relation' is missing; needed are id,"),
        ({"id": "first"}, "first.id: 'first' is not allowed"),
        ({"scale": "huge"}, "C1.scale: 'huge' is not allowed; give one of test, default, real, paper"),
        ({"relation": {}}, "C1.relation: give exactly one of above, below, between, near_paper"),
        ({"relation": {"above": 0, "below": 1}}, "C1.relation: give exactly one of above"),
        ({"relation": {"abov": 0}}, "C1.relation: there is no such key as 'abov'; did you mean 'above'?"),
        ({"relation": {"above": "0"}}, "C1.relation.above: '0' is not allowed; give a number"),
        ({"relation": {"above": float("nan")}}, "C1: relation: no number is > nan"),
        ({"relation": {"between": [1, 1]}}, "C1: relation: no number is between 1 and 1"),
        ({"relation": {"near_paper": 1}}, "C1: relation.near_paper: the paper's number is missing"),
        ({"paper": {"value": float("inf")}}, "C1: paper: give finite numbers"),
        ({"terms": {"better": {"conditon": "x"}}}, "C1.terms.better: there is no such key as 'conditon'"),
        ({"terms": {"better": {"x": [1]}}}, "C1.terms.better.x: [1] is not allowed"),
        ({"terms": {"mean": "better"}, "value": "mean(mean)"}, "C1: a term cannot be called 'mean'"),
        ({"terms": {"a b": "better"}, "value": "a"}, "C1: a term cannot be called 'a b'"),
        ({"select": "better"}, "C1.select: 'better' is not allowed; give a section of keys"),
        ({"seeds": "averaged", "relation": {"above": 0, "seeds": "every"}}, "cannot ask of every seed"),
        ({"source": "me"}, "C1.source: 'me' is not allowed; give one of text, figure, code, reviews, ours"),
        ({"source": "ours"}, "C1: rank: a headline must be the paper's; give a rank of detail or check"),
        ({"readings": ["a", "b"]}, "C1: readings: two of them select the same; write {reading} in the selections"),
        ({"readings": ["a"]}, "C1.readings: ['a'] is not allowed"),
        ({"terms": {"better": "better {reading}"}, "value": "mean(better)"}, "{reading} stands in a claim that has no"),
        ({"where": {"curve": "better"}}, "C1.where: the key 'above' is missing; needed are curve, above"),
    ],
)
def test_mistakes_in_a_claim_are_told_with_its_id_and_key(
    changes: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        one_claim(tmp_path, **changes)
    assert expected in str(caught.value)
    assert "claims.yaml" in str(caught.value)


def test_mistakes_in_a_file(tmp_path: Path) -> None:
    twice = written(tmp_path, definition(), definition())
    with pytest.raises(ConfigError, match="C1: this id is used twice"):
        load_claims(twice)
    with pytest.raises(ConfigError, match="there is no such file"):
        load_claims(tmp_path / "none.yaml")
    twice.write_text("claims: [")
    with pytest.raises(ConfigError, match="cannot be read as YAML"):
        load_claims(twice)
    twice.write_text("")
    with pytest.raises(ConfigError, match="the whole file: None is not allowed; give a section of keys"):
        load_claims(twice)
    with pytest.raises(ConfigError, match="claim 1: the key 'id' is missing"):
        load_claims(written(tmp_path, {}))


def test_schema_describes_each_key() -> None:
    def nodes(schema: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, Any]]]:
        found = [(f"{path}.{key}", child) for key, child in schema.get("properties", {}).items()]
        return found + [pair for where, child in found for pair in nodes(child, where)]

    schema = load_schema(SCHEMA)
    parts = {"": schema, **schema["$defs"]}
    for name, part in parts.items():
        assert part["description"], name
        for path, node in nodes(part, name):
            assert "$ref" in node or (node.get("description") and node.get("type")), path


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"figure": "fig2"}, "there is no figure 'fig2'; did you mean 'fig1'?"),
        ({"panel": "B"}, "fig1: there is no panel 'B'. There are 'A'."),
        ({"select": {"measure": "scores"}}, "fig1 A: there is no measure 'scores'; did you mean 'score'?"),
        (
            {"terms": {"better": "bettr", "worse": "worse"}},
            "fig1 A: there is no condition 'bettr'; did you mean 'better'? There are 'better', 'worse'.",
        ),
        ({"select": {"x": [200, None]}}, "fig1 A: no x from 200 to inf. There are x = 10, 20, 50, 100."),
        ({"value": "better - worse"}, "'better - worse' leaves 4 numbers, one for every x"),
        (
            {"value": "better - worse", "relation": {"above": 0, "every": "condition"}},
            "leaves 4 numbers, one for every x",
        ),
        ({"terms": {"all": {}}, "value": "mean(all)"}, "'mean(all)' leaves 2 numbers, one for every condition"),
    ],
)
def test_what_the_table_lacks_is_missing_and_named(changes: dict[str, Any], expected: str, tmp_path: Path) -> None:
    row = judged(tmp_path, curves(noisy(1.0)), **changes)
    assert row["verdict"] == "missing"
    assert expected in row["reason"]


def test_two_numbers_at_one_place_are_not_one(tmp_path: Path) -> None:
    twice = pd.concat([curves(noisy(1.0)), curves(noisy(-9.0))])
    row = judged(tmp_path, twice, value="better - worse", relation={"above": 0, "every": "x"})
    assert row["verdict"] == "missing" and "leaves two numbers at x = 10" in row["reason"]


def test_measure_must_be_named_where_there_are_several(tmp_path: Path) -> None:
    rows = pd.concat([curves(noisy(1.0)), curves(noisy(1.0), measure="rate")])
    assert judged(tmp_path, rows)["reason"] == "fig1 A: name a measure. There are 'score', 'rate'."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "fig1.csv is not a table"),
        ("a,b\n1,2\n", "fig1.csv lacks the column 'panel'"),
        ("panel,condition,seed,x,y,measure,data,scale,device\nA,better,one,1,2,score,d,real,cpu\n", "without a seed"),
        ("a,b\n1,2,3\n1\n", "fig1.csv"),
    ],
)
def test_damaged_table_is_missing(text: str, reason: str, tmp_path: Path) -> None:
    claim, there = one_claim(tmp_path), tables(tmp_path, curves(noisy(1.0)))
    (tmp_path / "fig1.csv").write_text(text)
    with pytest.raises(DataError, match=reason):
        there["fig1"]
    with pytest.raises(DataError):
        claim.terms["better"].rows(there)


def numbers(folder: Path, rows: pd.DataFrame, **changes: Any) -> list[float]:
    """Return the numbers of the first seed."""
    claim, there = one_claim(folder, **changes), tables(folder, rows)
    sample = measure(claim, {name: term.rows(there) for name, term in claim.terms.items()})
    return sample.values[0].tolist()


def test_selections(tmp_path: Path) -> None:
    names = ("k = 0.5", "k = 1", "k = 2", "other [1]", "None")
    rows = curves(lambda condition, seed, x: names.index(condition) + x / 1000, names, seeds=[0, 1, 2])
    every = {"relation": {"above": 0, "every": "point"}}
    for term, expected in (
        ("k = 1", [1.01, 1.02, 1.05, 1.1]),
        ({"condition": "k = 1", "x": 50}, [1.05]),
        ({"condition": "k = 1", "x": [20, 50]}, [1.02, 1.05]),
        ({"condition": ["k = 2", "k = 1"], "x": 10}, [2.01, 1.01]),
        ({"condition": "k = *", "x": [50, 50]}, [0.05, 1.05, 2.05]),
        ({"condition": "other [1]", "x": [None, 10]}, [3.01]),
        ({"condition": "other [*", "x": 10}, [3.01]),
        ({"condition": "None", "x": 10}, [4.01]),
        ({"x": 10}, [0.01, 1.01, 2.01, 3.01, 4.01]),
        ({"condition": "k = 1", "read_at": [30, 15]}, [1.015, 1.03]),
    ):
        assert numbers(tmp_path, rows, terms={"a": term}, value="a", **every) == pytest.approx(expected)


def test_curves_on_different_x_are_read_at_common_ones(tmp_path: Path) -> None:
    left = curves(lambda _, seed, x: x, ["better"], grid=[0, 10])
    right = curves(lambda _, seed, x: x - 1, ["worse"], grid=[2, 7, 30])
    rows = pd.concat([left, right])
    assert "read both at the same x" in judged(tmp_path, rows)["reason"]
    shared = {"select": {"read_at": [3, 8]}, "value": "better - worse", "relation": {"above": 0, "every": "x"}}
    assert numbers(tmp_path, rows, **shared) == pytest.approx([1, 1])
    shared["select"] = {"read_at": [1, 8]}
    assert judged(tmp_path, rows, **shared)["reason"].startswith("10 of 10 seeds have no number")
    twice = pd.concat([rows, left])
    assert "has two values at one x" in judged(tmp_path, twice, **shared)["reason"]


LARGE = 5.0
WHERE = {"where": {"curve": {"condition": "better", "measure": "score"}, "above": {"condition": "floor"}}}


@pytest.mark.parametrize(
    ("change", "expected", "reason"),
    [
        (
            0.0,
            "reproduced",
            "judged at x = 50, 100, where 'better' is above 'floor'; the claim fails at x = 10; x = 20",
        ),
        (-9.0, "not reproduced", "the claim fails at x = 10; x = 20"),
    ],
)
def test_a_claim_is_judged_where_one_curve_is_above_another(
    change: float, expected: str, reason: str, tmp_path: Path
) -> None:
    """The claim holds at large x only, which is where the better curve passes the floor; both parts are told."""
    random = np.random.default_rng(0)

    def planted(condition: str, seed: int, x: float) -> float:
        gain = {"better": (5.0 if x >= 50 else -5.0) + change, "worse": 0.0}[condition]
        return x + gain + 0.1 * random.normal()

    floor = curves(lambda *_: 30.0, ["floor"], grid=[7.0])
    rows = pd.concat([curves(planted), floor])
    every = {"value": "better - worse", "relation": {"above": 0, "every": "x"}}
    row = judged(tmp_path, rows, **every, **WHERE)
    assert row["verdict"] == expected and reason in row["reason"], row["reason"]
    assert judged(tmp_path, rows, **every)["verdict"] == "not reproduced"
    mean = judged(tmp_path, rows, **WHERE)
    assert mean["value"] == pytest.approx(5.0 + change, abs=0.1)
    assert "the claim fails at x = 10, 20 (" in mean["reason"]


def test_where_no_curve_is_above_another_there_is_nothing_to_judge(tmp_path: Path) -> None:
    rows = pd.concat([curves(noisy(1.0)), curves(lambda *_: 100.0, ["floor"], grid=[7.0])])
    row = judged(tmp_path, rows, **WHERE)
    assert row["verdict"] == "missing"
    assert row["reason"] == "at no x = 10, 20, 50, 100 is 'better' above 'floor'"
    below = pd.concat([rows[rows["condition"] != "floor"], curves(lambda *_: -100.0, ["floor"], grid=[7.0])])
    assert judged(tmp_path, below, **WHERE) == judged(tmp_path, below)
    # A floor that is a curve itself is met at each x.
    slope = pd.concat([rows[rows["condition"] != "floor"], curves(lambda _, seed, x: x / 10, ["floor"])])
    assert "judged at x = 10, 20, where 'better'" in judged(tmp_path, slope, **WHERE)["reason"]


def test_readings_may_differ_in_panel(tmp_path: Path) -> None:
    rows = pd.concat([curves(noisy(LARGE), panel=panel) for panel in ("A", "B")])
    readings = {"first": {"panel": "A"}, "second": {"panel": "B"}}
    row = judged(tmp_path, rows, panel="A, B", readings=readings)
    assert (row["verdict"], row["panel"]) == ("reproduced", "A, B")
    assert [each["panel"] for each in row["readings"]] == ["A", "B"]
    assert (
        "fig1: there is no panel 'C'" in judged(tmp_path, rows, readings=readings | {"third": {"panel": "C"}})["reason"]
    )


def test_terms_of_other_panels_and_figures(tmp_path: Path) -> None:
    first = curves(noisy(0.0, noise=0), ["better"])
    second = curves(noisy(0.0, noise=0), ["better"], panel="B")
    terms = {"a": "better", "b": {"panel": "B", "condition": "better"}}
    row = judged(tmp_path, pd.concat([first, second]), terms=terms, value="mean(a - b)", relation={"below": 1})
    assert (row["verdict"], row["value"]) == ("reproduced", 0)


def test_averaged_curves(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = curves(lambda condition, seed, x: (2 if condition == "better" else 1) * x * (1 + 0.2 * random.normal()))
    row = judged(tmp_path, rows, value="mean(better) / mean(worse)", seeds="averaged", relation={"between": [1, 3]})
    mean = rows.groupby(["condition", "x"])["y"].mean().groupby("condition").mean()
    assert row["value"] == pytest.approx(mean["better"] / mean["worse"])
    assert row["interval"] == "jackknife t, 95 %"
    assert row["verdict"] == "reproduced"
    one = judged(tmp_path, rows[rows["seed"] == 0], value="mean(better) / mean(worse)", seeds="averaged")
    assert (one["verdict"], one["n_seeds"], one["low"]) == ("inconclusive", 1, None)
    moved = rows.assign(x=rows["x"] + rows["seed"])
    assert "different x and cannot be averaged" in judged(tmp_path, moved, seeds="averaged")["reason"]


# Shapes of the claims that are to come: each can be written, and finds what was planted.
PLANTED: list[tuple[str, dict[str, Any], Any]] = [
    (
        "a curve that rises and falls again",
        {"terms": {"a": "better"}, "value": "max(a) - last(a)", "relation": {"above": 5}},
        lambda condition, seed, x: -((x - 50) ** 2) / 100,
    ),
    (
        "an optimum that moves with a parameter",
        {"terms": {"all": "*"}, "value": "steps(argmax(all), conditions)", "relation": {"above": 0}},
        lambda condition, seed, x: -abs(x - (20 if condition == "better" else 50)),
    ),
    (
        "minima at the same x",
        {"terms": {"all": "*"}, "value": "max(argmin(all), conditions) - min(argmin(all), conditions)",
         "relation": {"below": 1}},
        lambda condition, seed, x: abs(x - 50) * (1 if condition == "better" else 2),
    ),
    (
        "a spread over conditions that shrinks",
        {"terms": {"all": "*"}, "value": "last(sd(all, conditions)) / first(sd(all, conditions))",
         "relation": {"below": 0.5}},
        lambda condition, seed, x: (condition == "better") / x,
    ),
    (
        "stochastic order of two distributions",
        {"value": "better - worse", "relation": {"above": 0, "every": "x"}},
        lambda condition, seed, x: 1 - np.exp(-x / (20 if condition == "better" else 40)),
    ),
    (
        "a scatter on the diagonal",
        {"terms": {"a": "better"}, "value": "correlation(x(a), a)", "relation": {"above": 0.95}},
        lambda condition, seed, x: x + 0.001 * (seed * x) % 0.7,
    ),
    (
        "every model above the diagonal",
        {"terms": {"a": {"condition": "better", "x": 50}}, "value": "a - x(a)",
         "relation": {"above": 0, "seeds": "every"}},
        lambda condition, seed, x: x + 1,
    ),
    (
        "a narrower histogram",
        {"value": "width(better) / width(worse)", "relation": {"below": 1}},
        lambda condition, seed, x: np.exp(-((x - 50) ** 2) / (200 if condition == "better" else 2000)),
    ),
    (
        "for every condition, no loss",
        {"terms": {"all": "*", "one": "worse"}, "value": "max(all) - max(one)",
         "relation": {"above": -0.1, "every": "condition"}},
        lambda condition, seed, x: x + (condition == "better"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "planted"), PLANTED, ids=[name for name, _, _ in PLANTED])
def test_claims_to_come_can_be_written(name: str, changes: dict[str, Any], planted: Any, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = curves(lambda *place: planted(*place) * (1 + 1e-4 * random.normal()), ["better", "worse"])
    row = judged(tmp_path, rows, **changes)
    assert row["verdict"] == "reproduced", row["reason"]
    assert row["data"] == SOURCE["data"]
    assert len(GRID) == rows["x"].nunique()
