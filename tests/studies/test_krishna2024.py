"""The study krishna2024: its programs one after the other, blocks of seeds, lost networks, and a build of a figure."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pipeline import build, call

from homeostat.errors import ConfigError
from homeostat.figures import style
from homeostat.figures.sheet import Sheet
from homeostat.files import load_npz
from krishna2024 import data, replay, table, train
from krishna2024.bearings import draw_bearings
from krishna2024.conditions import Condition
from krishna2024.design import FAMILIES, FIGURES, NOISES

SCHEDULE = {"batches": 4, "batch": 6, "steps": 8, "evaluate_every": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the test trajectories of seeds 0 and 1."""
    where = tmp_path_factory.mktemp("krishna")
    sizes = {"steps": {"position": 8, "heading": 8}, "cells": {"position": 30, "heading": 30}}
    call(data, "--output", where / "data.npz", settings={"first": 0, "last": 1, "trajectories": 12, **sizes})
    return where


def trained(folder: Path, condition: Condition, seeds: tuple[int, int], *, rate: float = 1e-3) -> Path:
    """Train a condition; return the file."""
    path = folder / f"{condition.name}-{seeds}-{rate:g}.npz"
    settings = {
        "condition": condition.name, "first": seeds[0], "last": seeds[1], "threads": 1, "neurons": 12, "noise": 0.01,
        "schedule": SCHEDULE | {"learning_rate": rate},
    }  # fmt: skip
    files = ("--data", folder / "data.npz", "--checkpoint", folder / "checkpoint.npz", "--output", path)
    call(train, "--device=cpu", *files, settings=settings)
    return path


def test_names_of_conditions_are_read_back() -> None:
    names = [condition.name for family in FAMILIES.values() for condition in family]
    assert len(set(names)) == len(names) == 15
    assert [Condition.parse(name).name for name in names] == names
    assert all(condition.family == family for family, members in FAMILIES.items() for condition in members)
    assert set(FIGURES.values()) == set(FAMILIES)
    with pytest.raises(ConfigError, match="not a condition"):
        Condition.parse("task~position")
    with pytest.raises(ConfigError, match="noise must be one of"):
        Condition("position", "relu", "biased", "loud")


def test_a_seed_alone_is_the_same_as_in_company(folder: Path) -> None:
    condition = FAMILIES["position_relu"][2]
    both, alone = (load_npz(trained(folder, condition, seeds))[0] for seeds in ((0, 1), (1, 1)))
    np.testing.assert_array_equal(both["weights"][1], alone["weights"][0])
    np.testing.assert_array_equal(both["curve_1"], alone["curve_1"])
    assert not np.array_equal(both["weights"][0], both["weights"][1])
    assert not list(folder.glob("checkpoint*"))


def test_networks_that_diverged_are_named_and_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    conditions = FAMILIES["position_relu"]
    fits = [trained(folder, c, (0, 1), rate=1e18 if c.label == "biased, gaussian" else 1e-3) for c in conditions]
    assert "noise~gaussian, seed 0: diverged at batch" in capsys.readouterr().err
    given = ("--data", folder / "data.npz", "--fits", *fits, "--device=cpu", "--output", folder / "replay.npz")
    call(replay, *given, settings={"runs": 6, "steps": 20, "samples": 50})
    frame = pd.DataFrame(load_npz(folder / "replay.npz")[0])
    lost = frame[frame["condition"].str.contains("biased, gaussian") & ~frame["condition"].str.contains("unbiased")]
    assert set(lost["phase"]) == {"training"} and set(lost.loc[lost["measure"] == "diverged", "seed"]) == {0, 1}
    kept = frame[frame["measure"] == "KL"]
    assert {"unbiased, uniform | unbiased, uniform", "uniform | biased, none"} <= set(kept["condition"])
    assert np.isfinite(kept.loc[kept["condition"] == "uniform | biased, none", "y"]).all()
    published = frame[(frame["measure"] == "KL, as published") & (frame["condition"] == "uniform | biased, none")]
    true = kept[(kept["condition"] == "uniform | biased, none")]
    np.testing.assert_allclose(published["y"].to_numpy() - true["y"].to_numpy(), np.log(2.2))
    given = ("--replays", folder / "replay.npz", "--output", folder / "t.csv")
    call(table, *given, settings={"figure": "fig2", "scale": "test"})
    assert "diverged" in set(pd.read_csv(folder / "t.csv")["measure"])


def test_awake_and_asleep_are_drawn_to_the_same_measure_and_networks_are_not_averaged() -> None:
    angles = np.linspace(-np.pi, np.pi, 20, endpoint=False) + np.pi / 20
    parts = []
    for noise in NOISES:
        for letters, phase, radius in (("ac", "active", 1.0), ("bd", "quiescent", 2.0)):
            shared = {"condition": f"unbiased, {noise}, {phase}", "z": angles}
            for seed in (0, 1):  # each network prefers another bearing; their mean prefers two half as much
                density = np.where(np.arange(20) == 5 + 10 * seed, 2.0, 0.05)
                rows = {"panel": letters[0], "measure": "bearing", "seed": seed, "x": angles, "y": density}
                parts.append(pd.DataFrame(rows | shared))
            ring = {"x": radius * np.cos(angles), "y": radius * np.sin(angles)}
            parts.append(pd.DataFrame({"panel": letters[1], "measure": "states", "seed": 0} | ring | shared))
    polar = {f"{letter} {noise}": {"projection": "polar"} for letter in "ab" for noise in NOISES}
    layout = [[f"{letter} {noise}" for letter in "abcd"] for noise in NOISES]
    axes = Sheet(layout, pd.concat(parts), height=120, per_subplot_kw=polar)
    draw_bearings(axes, "unbiased")
    axes.figure.canvas.draw()
    style.plt.close(axes.figure)
    for noise in NOISES:
        awake, asleep = axes[f"c {noise}"], axes[f"d {noise}"]
        np.testing.assert_allclose([*awake.get_xlim(), *awake.get_ylim()], [*asleep.get_xlim(), *asleep.get_ylim()])
        assert awake.get_xlim()[1] >= 2.0
        histogram = axes[f"b {noise}"]
        assert max(bar.get_height() for bar in histogram.patches) == 2.0
        assert max(line.get_ydata().max() for line in histogram.lines) == 2.0


@pytest.mark.slow
def test_a_figure_is_built_from_nothing(tmp_path: Path) -> None:
    build(tmp_path, "krishna2024_fig3", config=("studies=krishna2024",))
    stem = tmp_path / "results/figures/krishna2024/fig3"
    rows = pd.read_csv(stem.with_suffix(".csv"))
    assert {"panel", "condition", "seed", "x", "y", "measure", "data", "scale", "device"} <= set(rows.columns)
    assert set(rows["panel"]) == set("abcde") and set(rows["seed"]) == {0, 1}
    assert set(rows["scale"]) == {"test"} and set(rows["data"]) == {"simulated"}
    bearings = rows[rows["measure"] == "bearing"]
    sums = bearings.groupby(["condition", "seed"])["y"].sum() * 2 * np.pi / 20
    np.testing.assert_allclose(sums, 1, rtol=1e-5)
    assert {condition.split(", ")[1] for condition in bearings["condition"]} == {"uniform", "gaussian"}
    for kind in ("pdf", "png"):
        assert stem.with_suffix(f".{kind}").stat().st_size > 5000
    assert not list(tmp_path.rglob("*.part*"))
