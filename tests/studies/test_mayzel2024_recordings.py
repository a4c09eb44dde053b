"""The figure over recordings: paired gains, budgets at the edge of a grid, counts of recordings as judged."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mayzel2024_tables import write_tables
from PIL import Image
from pipeline import ROOT, call

from homeostat.recordings import Recording
from homeostat.rp.projections import MEAN_ABSOLUTE_WEIGHT
from mayzel2024 import recordings as program
from report import claims as judging

RATES = {"busy": 0.2, "quiet": 0.05, "silent": 0.02}
BUDGETS = (0.6, 1.75, 3.0, 6.0, 24.0)
# Nats that homeostatic models are above RP ones at each budget; in `silent` they still grow at the largest.
GAINS = {"busy": (-6, 0.2, 0.4, 0.3, -0.2), "quiet": (-8, -1, 0.1, 0.2, 0.1), "silent": (-9, -3, -1, 0.1, 0.3)}


def table(name: str) -> pd.DataFrame:
    random, rows = np.random.default_rng(0), []
    for seed in range(3):
        level = -20 + random.normal()
        shared = {"seed": seed, "independent": level, "data": name, "scale": "real", "device": "cpu", "doubt": ""}
        free = {"budget": 0.0, "available": 0.0}
        rows += [shared | free | {"label": "RP", "used": 1.0, "log_likelihood": level - 0.1}]
        rows += [shared | free | {"label": "reshaped", "used": 0.7, "log_likelihood": level + 0.4}]
        for budget, gain in zip(BUDGETS, GAINS[name], strict=True):
            available = budget / (5 * MEAN_ABSOLUTE_WEIGHT)
            for label in program.CURVES:
                its = {"label": label, "budget": budget, "available": available, "used": available}
                rows.append(shared | its | {"log_likelihood": level - 0.1 + gain - 0.5 * (label != "homeostatic")})
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, Path]:
    folder = tmp_path_factory.mktemp("recordings")
    tables, fits, data = [], [], []
    for name, rate in RATES.items():
        (folder / name).mkdir()
        tables += write_tables(folder / name, "real", name)
        fits.append(folder / name / "fits.csv")
        table(name).to_csv(fits[-1], index=False)
        spikes = np.zeros((1000, 5), np.uint8)
        spikes[: int(rate * 1000)] = 1
        data.append(folder / name / "data.npz")
        Recording(spikes, 20, list("abcde"), name).save(data[-1], {})
    names = list(RATES)
    claims = ROOT / "config/claims/mayzel2024.yaml"
    settings = {"real": names, "recordings": names}
    call(judging, "--definitions", claims, "--tables", *tables, "--output", folder / "claims.json", settings=settings)
    outputs = [folder / f"recordings.{kind}" for kind in ("pdf", "png", "csv")]
    inputs = ["--tables", *fits, "--data", *data, "--claims", folder / "claims.json"]
    call(program, *inputs, "--output", *outputs, settings={"recordings": names, "threshold": 0.5})
    rows = {row["id"]: row for row in json.loads((folder / "claims.json").read_text())["rows"]}
    assert rows["C2.1e"]["of"] == 3
    return pd.read_csv(outputs[2]), outputs[1]


def test_gains_are_those_of_the_same_seed(drawn: tuple[pd.DataFrame, Path]) -> None:
    frame, _ = drawn
    over_random = frame[frame["panel"].eq("B") & frame["condition"].eq("homeostatic")]
    for name, gains in GAINS.items():
        for budget, gain in zip(BUDGETS, gains, strict=True):
            its = over_random[over_random["data"].eq(name) & over_random["budget"].eq(budget)]
            # Levels differ by a nat between seeds: paired, nothing is left of it.
            assert its["y"].to_numpy() == pytest.approx([gain] * 3)
    over_independent = frame[frame["panel"].eq("A") & frame["condition"].eq("RP")]
    assert over_independent["y"].to_numpy() == pytest.approx([-0.1] * 9)


def test_recordings_are_in_the_order_of_their_rates_and_relative_budgets_use_them(
    drawn: tuple[pd.DataFrame, Path],
) -> None:
    frame, _ = drawn
    assert list(dict.fromkeys(frame.loc[frame["panel"] == "A", "data"])) == ["silent", "quiet", "busy"]
    for name, rate in RATES.items():
        its = frame[frame["panel"].eq("D") & frame["data"].eq(name) & frame["seed"].eq(0)]
        assert its["x"].to_numpy() == pytest.approx(np.array(BUDGETS) * rate / 0.5)
    assert program.edges(frame) == ["silent (φ = 24)"]


def test_the_forest_has_each_recording_and_the_pooled_number(drawn: tuple[pd.DataFrame, Path]) -> None:
    frame, picture = drawn
    claim = frame[frame["panel"].eq("E") & frame["condition"].eq("C1.2a")].set_index("data")
    assert set(claim.index) == {*RATES, "pooled"}
    pooled = claim.loc["pooled"]
    assert pooled["low"] <= pooled["y"] <= pooled["high"]
    with Image.open(picture) as image:
        assert image.size[0] <= 180 / 25.4 * 300 + 1
