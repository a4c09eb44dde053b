"""Claims over recordings: published numbers, coverage by simulation, counts and verdicts with planted effects."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from claims_examples import GRID, curves, noisy, one_claim, tables
from scipy import stats

from homeostat.claims import ROW, judge
from homeostat.claims.judge import sample_of
from homeostat.claims.pool import pool
from homeostat.claims.recordings import distinct, effect, judge_over, over
from homeostat.errors import DataError

REAL = ("a", "b", "c", "d")


def of_recording(name: str, gain: float, seed: int = 0, n: int = 10, noise: float = 0.3) -> pd.DataFrame:
    return curves(noisy(gain, noise=noise, seed=seed), seeds=range(n), data=name)


def over_gains(folder: Path, gains: dict[str, float], contents: dict[str, str] | None = None, **claim: Any) -> dict:
    found = {}
    for seed, (name, gain) in enumerate(gains.items()):
        (folder / name).mkdir(exist_ok=True)
        found[name] = tables(folder / name, of_recording(name, gain, seed))
    return judge_over(one_claim(folder, **claim), found, REAL, contents)


def test_published_example() -> None:
    """Nine laboratories of a key comparison: DerSimonian and Kacker 2007, table 1 (τ), and metafor's method PM."""
    values = [61.0, 61.4, 62.21, 62.3, 62.34, 62.6, 62.7, 62.84, 65.9]
    variances = [0.2025, 1.21, 0.09, 0.2025, 0.3844, 0.5625, 0.0676, 0.0225, 1.8225]
    found = pool(values, np.sqrt(variances))
    assert found.spread == pytest.approx(0.8399, abs=6e-5)
    assert found.value == pytest.approx(62.4076199113286, rel=1e-6)
    half = stats.t.ppf(0.975, 8) * 0.338030602684471
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half), rel=1e-6)


def test_equal_errors_give_the_t_interval_of_the_mean() -> None:
    values = np.array([0.1, 0.5, 0.9, -0.4, 0.3])
    for error in (0.01, 0.0):
        found = pool(values, np.full(5, error))
        low, high = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
        assert found[:3] == pytest.approx((values.mean(), low, high), rel=1e-6)
        assert found.spread**2 == pytest.approx(values.var(ddof=1) - error**2, rel=1e-6)


def test_recordings_that_agree_are_no_surer_than_their_errors() -> None:
    found = pool([1.0, 1.001, 0.999], [0.1, 0.1, 0.1])
    assert found.spread == 0
    assert found.high - found.value == pytest.approx(stats.t.ppf(0.975, 2) * 0.1 / np.sqrt(3), rel=1e-6)


@pytest.mark.parametrize("m", [3, 5, 10])
@pytest.mark.parametrize("spread", [0.0, 0.5, 2.0])
def test_the_interval_covers(m: int, spread: float) -> None:
    """Gains of ten seeds, with errors that differ fivefold between recordings and are estimated from the seeds."""
    random = np.random.default_rng(17)
    trials, seeds = 1000, 10
    scale = np.geomspace(0.3, 1.5, m)
    hits = 0
    for _ in range(trials):
        gains = 1 + spread * random.normal(size=m) + scale * random.normal(size=(seeds, m))
        found = pool(gains.mean(axis=0), gains.std(axis=0, ddof=1) / np.sqrt(seeds))
        hits += found.low <= 1 <= found.high
    # Three binomial standard deviations below 95 %; without spread the interval may cover more, never less.
    assert hits / trials > 0.95 - 3 * np.sqrt(0.95 * 0.05 / trials)
    assert hits / trials < 0.97 or spread < 2


def test_a_spread_is_never_lost_in_rounding() -> None:
    """τ is the root of Paule and Mandel's equation wherever the numbers differ more than their errors say."""
    random = np.random.default_rng(5)
    for _ in range(3000):
        m = int(random.integers(2, 12))
        errors = 10 ** random.uniform(-4, 1, m)
        values = random.normal(0, 10 ** random.uniform(-2, 1), m) + random.normal(0, errors)
        found = pool(values, errors)

        def excess(variance: float, values: np.ndarray = values, errors: np.ndarray = errors) -> float:
            weights = 1 / (errors**2 + variance)
            return float(np.sum(weights * (values - np.average(values, weights=weights)) ** 2) - len(values) + 1)

        assert excess(found.spread**2) == pytest.approx(0, abs=2e-5) if found.spread else excess(0) <= 1e-5


def test_one_recording_and_none() -> None:
    alone = pool([0.3], [0.1])
    assert alone.value == 0.3 and np.isnan([alone.low, alone.high, alone.spread]).all() and alone.n == 1
    assert np.isnan(pool([], []).value)


@pytest.mark.parametrize(
    ("values", "errors", "said"),
    [
        ([1.0, 2.0], [0.1], "2 numbers of recordings, but 1 standard errors"),
        ([1.0, np.nan], [0.1, 0.1], "no finite number"),
        ([1.0, 2.0], [0.1, -0.1], "no finite number"),
    ],
)
def test_numbers_that_cannot_be_pooled(values: list[float], errors: list[float], said: str) -> None:
    with pytest.raises(DataError, match=said):
        pool(values, errors)


def test_counts_and_verdicts(tmp_path: Path) -> None:
    everywhere = over_gains(tmp_path, {"a": 2.0, "b": 3.0, "c": 4.0})
    assert [everywhere[name] for name in ("verdict", "holds", "fails", "of")] == ["everywhere", 3, 0, 3]
    assert set(ROW) <= set(everywhere) and not everywhere["preview"]
    assert everywhere["low"] < 3 < everywhere["high"] and everywhere["value"] == pytest.approx(3, abs=0.2)
    assert everywhere["spread"] == pytest.approx(1, abs=0.2)
    assert everywhere["interval"] == "random effects over 3 recordings, t"
    assert [row["recording"] for row in everywhere["recordings"]] == ["a", "b", "c"]
    nowhere = over_gains(tmp_path, {"a": -2.0, "b": -3.0})
    assert [nowhere[name] for name in ("verdict", "holds", "fails")] == ["nowhere", 0, 2]
    depends = over_gains(tmp_path, {"a": 2.0, "b": -3.0, "c": 4.0})
    assert [depends[name] for name in ("verdict", "holds", "fails", "of")] == ["depends", 2, 1, 3]
    assert depends["reason"] == "reproduced in a, c; not reproduced in b"
    assert over_gains(tmp_path, {"a": 2.0, "b": 0.0})["verdict"] == "inconclusive"


def test_a_pooled_number_is_that_of_the_seeds(tmp_path: Path) -> None:
    gains = {"a": 0.2, "b": 0.5, "c": 1.5}
    row = over_gains(tmp_path, gains)
    claim = one_claim(tmp_path)
    effects = [effect(sample_of(claim, tables(tmp_path / name, of_recording(name, gain, seed))), 0)
               for seed, (name, gain) in enumerate(gains.items())]  # fmt: skip
    expected = pool(*zip(*effects, strict=True))
    assert (row["value"], row["low"], row["high"]) == pytest.approx(expected[:3])
    # The error of one recording is that of the interval that the claim has there.
    alone = judge(claim, tables(tmp_path / "a", of_recording("a", 0.2, 0)), REAL)
    half = stats.t.ppf(0.975, 9) * effects[0][1]
    assert (alone["low"], alone["high"]) == pytest.approx((effects[0][0] - half, effects[0][0] + half))


def test_the_jackknife_error_of_a_mean_is_its_standard_error(tmp_path: Path) -> None:
    rows = tables(tmp_path, of_recording("a", 1.0, 3))
    plain, averaged = (sample_of(one_claim(tmp_path, **more), rows) for more in ({}, {"seeds": "averaged"}))
    assert averaged.whole is not None
    assert effect(averaged, 0) == pytest.approx(effect(plain, 0))


def test_one_recording_never_counts_as_two(tmp_path: Path) -> None:
    gains = {"a": 2.0, "b": 2.0, "c": -3.0}
    row = over_gains(tmp_path, gains, contents={"a": "x", "b": "x", "c": "y"})
    assert (row["holds"], row["fails"], row["of"]) == (1, 1, 2)
    assert "b has the words of a and does not count again" in row["reason"]
    copies = over_gains(tmp_path, {"a": 2.0, "b": 2.0}, contents={"a": "x", "b": "x"})
    assert copies["verdict"] == "inconclusive" and copies["low"] is None
    assert copies["reason"].startswith("one recording (a) says nothing of others")
    assert distinct(["a", "b"], {}) == (["a", "b"], [])


def test_previews_and_what_is_missing(tmp_path: Path) -> None:
    row = over_gains(tmp_path, {"a": 2.0, "generated": 3.0})
    assert row["verdict"] == "everywhere" and row["preview"]
    found = {name: tables(tmp_path / name, of_recording(name, 2.0)) for name in ("a",)}
    (tmp_path / "b").mkdir()
    found["b"] = tables(tmp_path / "b", of_recording("b", 2.0).query("condition == 'better'"))
    row = judge_over(one_claim(tmp_path), found, REAL)
    assert (row["verdict"], row["of"]) == ("inconclusive", 1) and "missing in b" in row["reason"]
    assert judge_over(one_claim(tmp_path), {"b": found["b"]}, REAL)["verdict"] == "missing"


def test_every_x_is_pooled_by_itself_and_the_worst_is_shown(tmp_path: Path) -> None:
    def rows(name: str, extra: float) -> pd.DataFrame:
        random = np.random.default_rng(len(name))
        grid = [*GRID, 200] if extra else GRID
        return curves(
            lambda condition, _, x: (condition == "better") * (1 + (x != 20)) + 0.1 * random.normal(),
            data=name,
            grid=grid,
        )

    found = {}
    for name, extra in (("a", 0.0), ("b", 1.0)):
        (tmp_path / name).mkdir()
        found[name] = tables(tmp_path / name, rows(name, extra))
    row = judge_over(one_claim(tmp_path, value="better - worse", relation={"above": 0, "every": "x"}), found, REAL)
    assert row["verdict"] == "everywhere" and row["value"] == pytest.approx(1, abs=0.1)
    assert row["reason"] == "the number is that of x = 20"


def test_readings_are_counted_apart(tmp_path: Path) -> None:
    def rows(name: str, second: float) -> pd.DataFrame:
        random = np.random.default_rng(len(name))
        gain = {"better": 2.0, "other": second, "worse": 0.0}
        return curves(lambda condition, _, x: gain[condition] + 0.1 * random.normal(), tuple(gain), data=name)

    found = {}
    for name, second in (("a", 2.0), ("b", -2.0)):
        (tmp_path / name).mkdir()
        found[name] = tables(tmp_path / name, rows(name, second))
    changes = {"terms": {"better": "{reading}", "worse": "worse"}, "readings": ["better", "other"]}
    row = judge_over(one_claim(tmp_path, **changes), found, REAL)
    assert row["verdict"] == "depends" and row["value"] is None
    assert [each["verdict"] for each in row["recordings"]] == ["reproduced", "depends"]
    assert [(each["reading"], each["verdict"]) for each in row["readings"]] == [
        ("better", "everywhere"),
        ("other", "depends"),
    ]


def test_verdicts_of_many() -> None:
    assert over(["points to", "reproduced"]) == ("everywhere", 2, 0)
    assert over(["points away", "not reproduced", "missing"]) == ("nowhere", 0, 2)
    assert over(["open", "not reproduced"]) == ("inconclusive", 0, 1)
