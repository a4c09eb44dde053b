"""The study keck2012: names of conditions, its claims, and the way to its figures at the size of config/test.yaml."""

import json
import os
import sys
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from pipeline import PROGRAMS, ROOT, build, run

from homeostat.claims import Claim, Tables, judge, load_claims
from homeostat.conditions import Grid
from homeostat.errors import ConfigError
from homeostat.files import load_npz
from keck2012 import design, jobs
from keck2012.conditions import Condition

COLUMNS = ["panel", "condition", "seed", "x", "y", "measure", "data", "scale", "device"]
MIRROR = Path(os.environ.get("HOMEOSTAT_MIRROR", "nowhere"))
BASE = Condition("network", 10, 250.0, rate=0.003)


def settings(overlay: str | None = None) -> dict[str, Any]:
    merged: dict[str, Any] = yaml.safe_load((ROOT / "config/config.yaml").read_text())["keck2012"]
    other = yaml.safe_load((ROOT / f"config/{overlay}.yaml").read_text())["keck2012"] if overlay else {}
    for data, values in other.items():
        for key, value in values.items():
            merged[data][key] = merged[data][key] | value if isinstance(value, dict) else value
    return merged


def test_a_grid_is_named_by_all_it_holds() -> None:
    name = Grid.over(BASE, start=["input", "truth"], gain=[0.0, 0.9]).name
    assert name == "learner~network_units~10_total~250_gain~0+0.9_start~input+truth_rate~0.003"
    found = list(Grid.parse(Condition, name))
    assert len(found) == 4 and found[0] == BASE and found[3] == BASE.but(gain=0.9, start="truth")
    assert list(Grid.parse(Condition, BASE.name)) == [BASE]
    for wrong, sentence in (
        ("learner~em_colour~red", "unknown part 'colour~red'"),
        ("learner~me_units~3_total~9", "em"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            Grid.parse(Condition, wrong)


def grids_of(figure: str, data: str, chosen: dict[str, Any]) -> list[Grid[Condition]]:
    return [entry.condition for entry in design.fits(figure, chosen) if entry.data == data]


@pytest.mark.parametrize("overlay", [None, "real", "paper", "test"])
def test_no_condition_is_fitted_twice_and_names_survive_a_file_system(overlay: str | None) -> None:
    chosen = settings(overlay)
    for data in ("bars", "digits"):
        grids = {grid.name for figure in ("fig1", "fig2", "fig3") for grid in grids_of(figure, data, chosen)}
        conditions = [condition for name in grids for condition in Grid.parse(Condition, name)]
        assert len(conditions) == len(set(conditions))
        assert all(len(name) < 220 for name in grids)
        # The truth of each kind of patterns is there to compare with.
        if data == "bars":
            kinds = {(each.scaling, each.gain) for each in conditions}
            assert kinds == {(each.scaling, each.gain) for each in conditions if each.start == "truth"}
        for each in conditions:
            assert each.rate * each.batch <= 1


def table(panel: str, measure: str, values: dict[str, Any], x: Any = (0.0,), data: str = "bars") -> pd.DataFrame:
    """Return rows of one panel and measure: for each condition a value, or one for each x, with little noise."""
    rng = np.random.default_rng(0)
    rows = [
        {
            "panel": panel,
            "condition": name,
            "seed": seed,
            "x": place,
            "y": y * (1 + 1e-3 * rng.normal()),
            "measure": measure,
        }
        for name, value in values.items()
        for seed in range(12)
        for place, y in zip(x, np.broadcast_to(value, len(x)), strict=True)
    ]
    return pd.DataFrame(rows).assign(data=data, scale="default", device="cpu")


def planted(good: bool) -> dict[str, pd.DataFrame]:
    """Return tables in which everything is as the claims say (``good``), or nothing is."""
    epochs, units = (0.0, 24.0, 50.0), (10, 40)
    totals = np.array([500, 250, 500]) * (1.0 if good else 1.2)
    fig1 = [
        table("A", "all found", {"network": float(good)}),
        table("A", "field distance", {"network": 0.001 if good else 0.3}),
        table("B", "nats below", {"network": [100, 1, 0.001 if good else 3]}, epochs),
        table("B", "log_likelihood", {"network": [-200, -60, -58], "EM": [-150, -60, -58 if good else -70]}, epochs),
        table("C", "total weight", {"input": [250, 250, 500]}, epochs),
        table("C", "total weight", dict.fromkeys(("smallest total", "largest total"), totals), epochs),
        table("C", "distance from A", {"network": [0.5, 0.27 if good else 0.45], "predicted": [0.5, 0.27]}, (0.0, 1.0)),
    ]  # fmt: skip
    fig1[1]["y"] = fig1[1]["y"].abs()
    for part in fig1[:1] + fig1[3:6]:  # exact where noise would hide what is planted
        part["y"] = part["y"].round(0)
    fig2 = []
    for count in units:
        em, network = f"EM, C = {count}", f"network, C = {count}"
        fig2 += [
            table("E", "above one component", {em: [0, 8], network: [0, 7.9 if good else 5]}, (0.0, 40.0), "mnist"),
            table("E", "smallest total / A", {network: 1.0}, data="mnist").assign(y=1.0 if good else 0.98),
            table("E", "largest total / A", {network: 1.0}, data="mnist").assign(y=1.0001 if good else 1.05),
            table("F", "test error", {em: [0.6, 0.1], network: [0.6, 0.1 if good else 0.3]}, (10.0, 1000.0), "mnist"),
        ]
    rates = np.array([0.001, 0.003, 0.01, 0.03, 0.1, 0.3])
    noise, decaying = (rates, 0.01 * rates) if good else (rates**3, 2 * rates**3)
    fig3 = [
        table("G", "nats below, all found", {"network": noise, "network, decaying ε": decaying}, rates),
        table("G", "all found", {"network": 0.95 if good else 0.4}, rates),
    ]  # fmt: skip
    better, worse = (9.0, 6.0) if good else (6.0, 9.0)
    for label in ("EM, input", "EM, uniform", "EM, points", "network"):
        for extra in ("", ", varied"):
            values = {f"{label}: normalized{extra}": better, f"{label}: raw{extra}": worse}
            fig3.append(table("H", "fields found", values))
    arms = ("scaling, normalized", "scaling, raw", "no scaling, normalized", "no scaling, raw")
    found = (9.0, 5.0, 1.0, 1.0) if good else (9.0, 5.0, 8.0, 1.0)
    fig3.append(table("J", "fields found", dict(zip(arms, found, strict=True)), (0.6, 0.9)))
    errors = (0.2, 0.4, 0.9, 0.9) if good else (0.2, 0.4, 0.2, 0.9)
    fig3.append(table("J", "test error", dict(zip(arms, errors, strict=True)), (0.8,), "mnist"))
    for label in ("EM", "network"):
        errors = (0.2, 0.2, 0.25, 0.4) if good else (0.2, 0.4, 0.4, 0.3)
        arms = ("normalized", "normalized, varied", "raw", "raw, varied")
        fig3.append(
            table(
                "I", "test error", {f"{label}: {name}": e for name, e in zip(arms, errors, strict=True)}, data="mnist"
            )
        )
    return {"fig1": pd.concat(fig1), "fig2": pd.concat(fig2), "fig3": pd.concat(fig3)}


def verdicts(folder: Path, tables: dict[str, pd.DataFrame], claims: list[Claim]) -> dict[str, str]:
    paths = []
    for figure, rows in tables.items():
        paths.append(folder / f"{figure}.csv")
        rows.to_csv(paths[-1], index=False)
    judged = [judge(claim, Tables(paths), ["mnist"]) for claim in claims]
    return {
        row["id"]: row["verdict"] + (f" ({row['reason']})" if row["verdict"] == "missing" else "") for row in judged
    }


def test_likelihoods_are_taken_along_the_way_only_where_a_figure_shows_them() -> None:
    chosen = settings()
    found, shown = (
        {(each.data, each.condition.name) for figure in figures for each in design.fits(figure, chosen)}
        for figures in (("fig1", "fig2", "fig3"), ("fig1", "fig2"))
    )
    assert shown < found
    for data, name in found:
        given = jobs.fit(chosen, name, data)
        assert given["every"] == (chosen[data]["every"] if (data, name) in shown else given["passes"])


def test_claims_find_what_is_planted_and_only_that(tmp_path: Path) -> None:
    claims = load_claims(ROOT / "config/claims/keck2012.yaml")
    assert {claim.id[:2] for claim in claims} == {f"K{number}" for number in range(7)}
    for good, word in ((True, "reproduced"), (False, "not reproduced")):
        found = verdicts(tmp_path, planted(good), claims)
        assert {name: verdict for name, verdict in found.items() if verdict != word} == {}


@pytest.mark.slow
def test_figures_are_built_and_blocks_change_no_number(tmp_path: Path) -> None:
    digits = (MIRROR / "mnist" / "train-images-idx3-ubyte").is_file()
    panels = {"fig1": set("ABC"), "fig2": set("DEF"), "fig3": set("GHIJ")} if digits else {"fig1": set("ABC")}
    build(tmp_path, *(f"results/figures/keck2012/{name}.png" for name in panels), timeout=600)
    for name, letters in panels.items():
        rows = pd.read_csv(tmp_path / f"results/figures/keck2012/{name}.csv")
        assert set(COLUMNS) <= set(rows.columns)
        assert set(rows["panel"]) == letters
        assert set(rows["scale"]) == {"test"} and set(rows["device"]) == {"cpu"}
        assert set(rows["seed"]) == {0, 1}
        assert set(rows["data"]) == {"fig1": {"bars"}, "fig2": {"mnist"}, "fig3": {"bars", "mnist"}}[name]
        if name == "fig1":  # the switch is half-way through the 6 epochs of config/test.yaml
            after = rows[rows["measure"] == "distance from A"]
            assert set(after["x"]) == {0.0, 1.0, 2.0, 3.0} and set(after["condition"]) == {"network", "predicted"}
        known = rows[~rows["measure"].isin(["nats below, all found"])]
        assert np.isfinite(known[["x", "y"]]).all(axis=None)
        for kind in ("pdf", "png"):
            assert (tmp_path / f"results/figures/keck2012/{name}.{kind}").stat().st_size > 5000
    assert not list(tmp_path.rglob("*.part*")) and not list(tmp_path.glob("results/checkpoints/**/*.npz"))
    wanted = ["bars", "digits"] if digits else ["bars"]
    figure = list(panels)[-1]
    grids = [(data, grid.name) for data in wanted for grid in grids_of(figure, data, settings("test"))]
    chosen = grids[-3:]
    single = ("seeds_per_job=1", 'keck2012={"bars": {"seeds_per_job": 1}}')
    build(tmp_path, f"results/figures/keck2012/{figure}.csv", config=single, timeout=600)
    for (data, name), array in product(chosen, ("weights", "log_likelihood", "totals")):
        folder = tmp_path / "results/store/keck2012/fits" / data / name
        found = [list(folder.glob(f"seeds~{seeds}.*.npz")) for seeds in ("0-1", "1-1")]
        assert [len(files) for files in found] == [1, 1]
        both, one = (load_npz(files[0])[0][array] for files in found)
        assert np.array_equal(both[:, 1:], one)


def test_impossible_sizes_are_told_in_a_sentence(tmp_path: Path) -> None:
    settings = json.dumps({"side": 5, "background": 0.1, "total": 20, "samples": 100})
    words = [sys.executable, "-m", "keck2012.data", "--settings", settings, "--output", str(tmp_path / "bars.npz")]
    status, printed = run(words, **PROGRAMS)
    assert status == 1
    assert "error: the total input A is 20, with 25 inputs it must be larger than 25" in printed
    assert "Traceback" not in printed and not list(tmp_path.iterdir())
