"""Verdicts: planted effects are found, chance is not; intervals cover; the unfair and the missing are told apart."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from claims_examples import curves, judged, noisy, one_claim, tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from homeostat.claims import ROW, confirmation, counted, flat, group, judge, missing, summary
from homeostat.claims.claim import Relation
from homeostat.claims.intervals import jackknife_interval, mean_interval, share_interval
from homeostat.claims.sample import Sample
from homeostat.claims.verdict import decide

ABOVE = Relation(0.0, np.inf, "> 0")
LARGE = 5.0
in_a_folder = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def verdict(relation: Relation, values: np.ndarray) -> str:
    values = values if values.ndim == 2 else values[:, None]
    return decide(relation, Sample(values, None, [f"x = {case}" for case in range(values.shape[1])], [])).name


@in_a_folder
@given(seed=st.integers(0, 10_000), n=st.integers(4, 40), sign=st.sampled_from([1, -1]))
def test_planted_effect_is_reproduced_and_its_opposite_is_not(seed: int, n: int, sign: int, tmp_path: Path) -> None:
    rows = curves(noisy(sign * LARGE, noise=0.5, seed=seed), seeds=range(n))
    row = judged(tmp_path, rows)
    assert row["verdict"] == ("reproduced" if sign > 0 else "not reproduced")
    assert row["low"] < row["value"] < row["high"]
    assert row["low"] - 1 < sign * LARGE < row["high"] + 1
    assert row["n_seeds"] == n


@in_a_folder
@given(seed=st.integers(0, 10_000), bound=st.sampled_from(["above", "below"]))
def test_planted_effect_at_every_x_and_in_every_seed(seed: int, bound: str, tmp_path: Path) -> None:
    rows = curves(noisy(LARGE, noise=0.3, seed=seed))
    expected = "reproduced" if bound == "above" else "not reproduced"
    relation = {bound: 0, "every": "x"}
    assert judged(tmp_path, rows, value="better - worse", relation=relation)["verdict"] == expected
    relation["seeds"] = "every"
    row = judged(tmp_path, rows, value="better - worse", relation=relation)
    assert row["verdict"] == expected
    assert row["value"] == (1 if bound == "above" else 0)
    assert row["unit"] == "share of seeds"


@pytest.mark.parametrize("n", [3, 5, 10, 100])
@pytest.mark.parametrize("cases", [1, 5])
def test_no_effect_is_almost_always_inconclusive(n: int, cases: int) -> None:
    random = np.random.default_rng(n)
    found = Counter(verdict(ABOVE, random.normal(size=(n, cases))) for _ in range(1000))
    assert found["inconclusive"] >= 930
    # Chance at one x is not agreement at every x.
    assert found["reproduced"] <= (50 if cases == 1 else 5)


def test_a_curve_that_dips_at_one_x_is_not_above_at_every_x() -> None:
    values = np.random.default_rng(0).normal(size=(10, 4)) + np.array([5, 5, -5, 5])
    assert verdict(ABOVE, values) == "not reproduced"
    found = decide(ABOVE, Sample(values, None, ["x = 1", "x = 2", "x = 3", "x = 4"], []))
    assert found.reason == "worst x = 3"
    assert "all 4 together (Bonferroni)" in found.method


def test_the_case_that_is_shown_is_the_one_nearest_to_an_end_of_the_claim() -> None:
    values = 0.01 * np.random.default_rng(0).normal(size=(10, 3)) + np.array([0.1, 0.9, -0.8])
    found = decide(Relation(-1.0, 1.0, "between -1 and 1"), Sample(values, None, ["x = 1", "x = 2", "x = 3"], []))
    assert (found.name, found.reason) == ("reproduced", "worst x = 2")
    assert found.interval.value == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize("n", [3, 5, 10, 100])
@pytest.mark.parametrize(
    ("draw", "least"),
    [("normal", 0.94), ("uniform", 0.90), ("lognormal", 0.90), ("standard_t", 0.94)],
)
def test_interval_of_a_mean_covers_it(n: int, draw: str, least: float) -> None:
    parameters = {"lognormal": (0, 0.5), "standard_t": (3,)}.get(draw, ())
    truth = {"uniform": 0.5, "lognormal": np.exp(0.125)}.get(draw, 0.0)
    samples = getattr(np.random.default_rng(n), draw)(*parameters, size=(4000, n))
    intervals = map(mean_interval, samples)
    assert np.mean([interval.low <= truth <= interval.high for interval in intervals]) >= least


def test_bootstrap_would_be_overconfident_with_few_seeds() -> None:
    samples = np.random.default_rng(0).normal(size=(500, 5))
    intervals = [
        stats.bootstrap((sample,), np.mean, n_resamples=499, method="percentile", random_state=0).confidence_interval
        for sample in samples
    ]
    assert np.mean([interval.low <= 0 <= interval.high for interval in intervals]) < 0.9


@pytest.mark.parametrize("n", [3, 5, 10, 100])
def test_jackknife_interval_of_a_ratio_covers_it(n: int) -> None:
    random = np.random.default_rng(n)
    covered = 0
    for _ in range(2000):
        above, below = random.normal(1, 0.3, n), random.normal(2, 0.3, n)
        without = (above.sum() - above) / (below.sum() - below)
        interval = jackknife_interval(above.mean() / below.mean(), without)
        covered += interval.low <= 0.5 <= interval.high
    assert covered / 2000 >= 0.93


def test_jackknife_of_a_mean_is_the_interval_of_the_mean() -> None:
    values = np.random.default_rng(0).normal(size=7)
    without = (values.sum() - values) / 6
    assert jackknife_interval(float(values.mean()), without) == pytest.approx(mean_interval(values))


@pytest.mark.parametrize("n", [3, 5, 10, 100])
def test_interval_of_a_share_covers_it(n: int) -> None:
    for share in (0.1, 0.5, 0.9):
        hits = np.arange(n + 1)
        covered = [share_interval(int(k), n).low <= share <= share_interval(int(k), n).high for k in hits]
        assert stats.binom.pmf(hits, n, share)[covered].sum() >= 0.95
    assert share_interval(10, 10) == (1.0, pytest.approx(0.025 ** (1 / 10)), 1.0)


@pytest.mark.parametrize(
    ("hits", "n", "expected"),
    [
        (100, 100, "reproduced"),
        (10, 10, "reproduced"),
        (9, 10, "reproduced"),
        (8, 10, "inconclusive"),
        (5, 10, "not reproduced"),
        (5, 5, "inconclusive"),
        (3, 3, "inconclusive"),
        (0, 3, "not reproduced"),
        (1, 1, "inconclusive"),
        (0, 2, "inconclusive"),
        (75, 100, "not reproduced"),
    ],
)
def test_every_seed_means_nine_of_ten_and_not_a_coin(hits: int, n: int, expected: str) -> None:
    relation = Relation(0.0, np.inf, "> 0 in every seed", every_seed=True)
    assert verdict(relation, np.where(np.arange(n) < hits, 1.0, -1.0)) == expected


def test_two_seeds_or_five_equal_ones_tell_nothing() -> None:
    assert verdict(ABOVE, np.array([1.0, 1.1])) == "inconclusive"
    assert verdict(ABOVE, np.full(5, 0.1 + 0.2)) == "inconclusive"
    assert verdict(ABOVE, np.full(6, 0.1 + 0.2)) == "reproduced"
    assert verdict(ABOVE, np.zeros(6)) == "inconclusive"


@pytest.mark.parametrize(
    ("effect", "expected"),
    [(0.0, "reproduced"), (1.0, "not reproduced"), (0.2, "inconclusive"), (-1, "not reproduced")],
)
def test_equal_within_a_tolerance(effect: float, expected: str, tmp_path: Path) -> None:
    rows = curves(noisy(effect, noise=0.1), seeds=range(10))
    assert judged(tmp_path, rows, relation={"between": [-0.2, 0.2]})["verdict"] == expected


def test_near_the_papers_number(tmp_path: Path) -> None:
    paper = {"value": 3.0, "spread": 0.2, "spread_kind": "SD of 10 networks"}
    rows = curves(noisy(3.1, noise=0.1))
    row = judged(tmp_path, rows, relation={"near_paper": 0.5}, paper=paper, unit="nats")
    assert row["verdict"] == "reproduced"
    assert row["relation"] == "within 0.5 of the paper's 3"
    assert (row["paper"], row["paper_spread"], row["unit"]) == (3.0, 0.2, "nats")
    paper["value"] = 9.0
    assert judged(tmp_path, rows, relation={"near_paper": 0.5}, paper=paper)["verdict"] == "not reproduced"


@pytest.mark.parametrize(
    ("columns", "changes", "expected"),
    [
        ({}, {}, "reproduced"),
        ({"data": "prefrontal_surrogate"}, {}, "points to"),
        ({"data": "prefrontal_surrogate"}, {"data": "any"}, "reproduced"),
        ({"scale": "default"}, {}, "points to"),
        ({"scale": "default"}, {"relation": {"below": 0}}, "points away"),
        ({"scale": "default"}, {"relation": {"above": LARGE}}, "open"),
        ({"scale": "default"}, {"scale": "default"}, "reproduced"),
        ({"scale": "paper"}, {}, "reproduced"),
        ({"scale": "mine"}, {}, "points to"),
        ({"scale": "custom: seeds 50 (at least real)"}, {}, "reproduced"),
        ({"scale": "custom: seeds 50 (at least real)"}, {"scale": "paper"}, "points to"),
        ({"scale": "custom: projections 100 (at least test)"}, {}, "points to"),
    ],
)
def test_what_is_unfair_to_judge_is_a_preview(
    columns: dict[str, str], changes: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    row = judged(tmp_path, curves(noisy(LARGE), **columns), **changes)
    assert row["verdict"] == expected
    assert row["value"] > 0 and row["low"] < row["high"]
    if not expected.endswith("reproduced"):
        assert "fair from " in row["reason"] or "only real data can tell" in row["reason"]


def test_no_claim_rests_on_a_doubtful_fit(tmp_path: Path) -> None:
    rows = curves(noisy(LARGE)).assign(doubt="")
    assert judged(tmp_path, rows)["verdict"] == "reproduced"
    rows.loc[rows["condition"].eq("worse") & rows["seed"].isin([3, 4]) & rows["x"].eq(20), "doubt"] = "log Z unknown"
    row = judged(tmp_path, rows)
    assert row["verdict"] == "missing" and row["value"] is None
    assert row["reason"] == "doubtful fit: worse, seed 3: log Z unknown (and 1 more)"
    # One that the claim does not use changes nothing.
    assert judged(tmp_path, rows, select={"x": [50, 100]})["verdict"] == "reproduced"


def test_seeds_without_a_number_are_left_out_and_named(tmp_path: Path) -> None:
    rows = curves(noisy(LARGE))
    rows.loc[(rows["seed"] == 3) & (rows["x"] == 20) & (rows["condition"] == "worse"), "y"] = np.nan
    row = judged(tmp_path, rows)
    assert (row["verdict"], row["n_seeds"]) == ("reproduced", 9)
    assert row["reason"] == "without seeds 3, which have no number"
    rows.loc[rows["seed"] < 4, "y"] = np.inf
    row = judged(tmp_path, rows)
    assert (row["verdict"], row["value"]) == ("missing", None)
    assert row["reason"] == "4 of 10 seeds have no number (0, 1, 2, 3)"
    rows["y"] = np.nan
    assert judged(tmp_path, rows)["verdict"] == "missing"


def test_a_point_without_an_x_leaves_its_seed_without_a_number(tmp_path: Path) -> None:
    rows = curves(noisy(LARGE))
    rows.loc[(rows["seed"] == 3) & (rows["x"] == 20), "x"] = np.nan
    for changes in ({}, {"select": {"read_at": [15, 60]}}, {"terms": {"better": "better"}, "value": "mean(better)"}):
        assert judged(tmp_path, rows, **changes)["reason"] == "without seeds 3, which have no number"


def test_seeds_are_paired(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    level = random.normal(0, 100, 10)
    rows = curves(lambda condition, seed, x: level[seed] + (condition == "better") + 0.01 * random.normal())
    assert judged(tmp_path, rows)["verdict"] == "reproduced"
    fewer = rows[(rows["condition"] == "better") | (rows["seed"] >= 4)]
    assert judged(tmp_path, fewer)["n_seeds"] == 6
    none = rows[(rows["condition"] == "better") == (rows["seed"] < 5)]
    assert judged(tmp_path, none)["reason"] == "the terms have no seed in common"


def test_curves_averaged_over_seeds_leave_one_seed_out_at_a_time(tmp_path: Path) -> None:
    """For a linear formula the jackknife's interval is that of the mean; for a ratio it is worked out here."""
    rows = curves(noisy(0.3))
    plain, averaged = judged(tmp_path, rows), judged(tmp_path, rows, seeds="averaged")
    for name in ("value", "low", "high", "n_seeds"):
        assert averaged[name] == pytest.approx(plain[name])
    ratio = {"value": "mean(better) / mean(worse)", "seeds": "averaged", "relation": {"above": 0}}
    row = judged(tmp_path, rows, **ratio)
    means = rows.pivot_table("y", "seed", "condition")
    whole = means["better"].mean() / means["worse"].mean()
    without = [(m := means.drop(seed))["better"].mean() / m["worse"].mean() for seed in means.index]
    pseudo = 10 * whole - 9 * np.array(without)
    half = stats.t.ppf(0.975, 9) * pseudo.std(ddof=1) / np.sqrt(10)
    assert (row["low"], row["value"], row["high"]) == pytest.approx((whole - half, whole, whole + half))


def test_same_tables_same_row(tmp_path: Path) -> None:
    rows = curves(noisy(0.3))
    shuffled = rows.sample(frac=1, random_state=0)
    for changes in ({}, {"seeds": "averaged"}, {"value": "better - worse", "relation": {"above": 0, "every": "x"}}):
        first = judged(tmp_path, rows, **changes)
        assert judged(tmp_path, rows, **changes) == first
        assert judged(tmp_path, shuffled, **changes)["value"] == pytest.approx(first["value"])


def test_missing_tables_and_parts_are_told(tmp_path: Path) -> None:
    claim = one_claim(tmp_path)
    there = tables(tmp_path, curves(noisy(1.0)))
    assert judge(claim, there, [])["verdict"] in ("points to", "open")
    (tmp_path / "fig1.csv").unlink()
    for row, reason in (
        (judge(claim, type(there)([tmp_path / "fig1.csv"]), []), "fig1.csv is not there"),
        (judge(claim, type(there)([]), []), "there is no figure 'fig1'"),
        (missing(claim, "no run"), "no run"),
    ):
        assert (row["verdict"], row["reason"], row["value"]) == ("missing", reason, None)
        assert tuple(row) == ROW


def headline(verdict: str, **changes: Any) -> dict[str, Any]:
    row = {"study": "study", "id": "C1", "source": "text", "rank": "headline", "verdict": verdict, "readings": []}
    return row | changes


def test_summary_counts_the_papers_headlines_only() -> None:
    names = ["reproduced", "reproduced", "not reproduced", "depends", "points to", "missing"]
    rows = [headline(name) for name in names]
    others = [
        headline("not reproduced", rank="detail"),
        headline("not reproduced", rank="check"),
        headline("not reproduced", source="ours", rank="detail"),
    ]
    said = "2 reproduced, 1 depends, 1 not, 0 inconclusive; previews: 1 point to it; 1 missing"
    assert summary("study", [*rows, *others]) == f"study: of 6 headlines {said}"
    assert [group(row) for row in others] == ["details", "checks and ours", "checks and ours"]
    assert counted([headline("open"), headline("points away")]) == "none judged; previews: 1 point away, 1 open"


READINGS = {
    ("reproduced", "reproduced"): "reproduced",
    ("not reproduced", "not reproduced"): "not reproduced",
    ("reproduced", "not reproduced"): "depends",
    ("reproduced", "inconclusive"): "inconclusive",
    ("not reproduced", "inconclusive"): "inconclusive",
    ("inconclusive", "inconclusive"): "inconclusive",
}
EFFECTS = {"reproduced": LARGE, "not reproduced": -LARGE, "inconclusive": 0.0}


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("each", "expected"), READINGS.items())
def test_readings_are_judged_each_and_combined(
    each: tuple[str, str], expected: str, reverse: bool, tmp_path: Path
) -> None:
    """What holds under all readings is reproduced, under none is not, and what is left open stays open."""
    each = (each[1], each[0]) if reverse else each
    random = np.random.default_rng(0)
    effects = {f"better ({name})": EFFECTS[verdict] for name, verdict in zip("ab", each, strict=True)}
    # Values that cancel leave an inconclusive mean whatever the draw.
    rows = curves(
        lambda condition, seed, x: effects.get(condition, 0.0) + (-1) ** seed + 0.01 * random.normal(),
        ("worse", *effects),
    )
    rows.loc[rows["condition"] == "worse", "y"] = 0.01 * random.normal(size=(rows["condition"] == "worse").sum())
    changes: dict[str, Any] = {"readings": ["a", "b"], "terms": {"better": "better ({reading})", "worse": "worse"}}
    row = judged(tmp_path, rows, **changes)
    assert [(one["reading"], one["verdict"]) for one in row["readings"]] == list(zip("ab", each, strict=True))
    assert row["verdict"] == expected
    # The number shown is that of the reading which speaks most against the claim.
    assert row["value"] == min(one["value"] for one in row["readings"])
    assert tuple(row) == ROW and flat(row)["readings"].startswith(f"a: {each[0]} (")
    # Below the fair scale the same numbers are a preview, and what differs between readings is open.
    preview = {"reproduced": "points to", "not reproduced": "points away"}.get(expected, "open")
    assert judged(tmp_path, rows.assign(scale="default"), **changes)["verdict"] == preview
    lost = judged(tmp_path, rows[rows["condition"] != "better (a)"], **changes)
    assert lost["verdict"] == "missing" and "there is no condition 'better (a)'" in lost["reason"]


def test_share_of_previews_that_a_larger_run_confirmed() -> None:
    two = [{"reading": "a", "verdict": "points to"}, {"reading": "b", "verdict": "points away"}]
    small = [
        headline("points to", id="C1"),
        headline("points away", id="C2"),
        headline("points to", id="C3"),
        headline("points to", id="C4"),
        headline("open", id="C5"),
        headline("reproduced", id="C6"),
        headline("points to", id="C7"),
        headline("open", id="C8", readings=two),
    ]
    judged_two = [{"reading": "a", "verdict": "reproduced"}, {"reading": "b", "verdict": "reproduced"}]
    large = [
        headline("reproduced", id="C1"),
        headline("not reproduced", id="C2"),
        headline("not reproduced", id="C3"),
        headline("inconclusive", id="C4"),
        headline("reproduced", id="C5"),
        headline("not reproduced", id="C6"),
        headline("depends", id="C8", readings=judged_two),
    ]
    found = confirmation(small, large)
    assert found.confirmed == ("study C1", "study C2", "study C8 a")
    assert found.refuted == ("study C3", "study C8 b")
    assert (found.undecided, found.share) == (2, 3 / 5)
    assert np.isnan(confirmation([], large).share)


def test_one_case_without_spread_does_not_hide_another_that_refutes() -> None:
    random = np.random.default_rng(0)
    same, against, unclear = np.zeros((4, 1)), random.normal(-5, 0.1, (4, 1)), random.normal(0, 1, (4, 1))
    assert verdict(ABOVE, np.hstack([same, against])) == "not reproduced"
    assert verdict(ABOVE, np.hstack([same, unclear])) == "inconclusive"
    assert verdict(ABOVE, same) == "inconclusive"
