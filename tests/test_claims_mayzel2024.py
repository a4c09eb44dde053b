"""The claims of mayzel2024: each is computed from tables as the workflow writes them, at every scale."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from homeostat.claims import ROW, Claim, Tables, judge, load_claims

ROOT = Path(__file__).resolve().parents[1]
DEFINITIONS = ROOT / "config" / "claims" / "mayzel2024.yaml"
MEASURES = ["log_likelihood", "rate", "correlation"]
FIGURES = ("fig1", "fig1s1", "fig1s2")
PANELS = {
    "fig1": {
        "D": ["RP", "reshaped", "backprop"],
        "E": ["RP", "reshaped", "backprop"],
        "F": ["RP", "reshaped", "backprop"],
    },
    "fig1s1": {"A": ["step RP", "RP"], "B": ["RP", "reshaped", "pruned RP"]},
    "fig1s2": {"A": ["reshaped", "reshaped, tuned", "backprop", "backprop, tuned"], "B": []},
}
# Distance of the log-likelihood from its best value at 10 projections, rate and correlation, as the paper has them.
PLANTED = {
    "step RP": (70.0, 0.30, 0.07),
    "RP": (60.0, 0.33, 0.08),
    "pruned RP": (10.0, 0.30, 0.07),
    "reshaped": (5.0, 0.240, 0.03),
    "reshaped, tuned": (5.0, 0.245, 0.03),
    "backprop": (4.5, 0.252, 0.06),
    "backprop, tuned": (4.5, 0.248, 0.06),
}


def settings(scale: str) -> dict[str, Any]:
    """Return the study's section of the configuration at a scale."""
    merged = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["mayzel2024"]
    if scale != "default":
        overlay = yaml.safe_load((ROOT / "config" / f"{scale}.yaml").read_text())["mayzel2024"]
        merged |= overlay | {"fig1": merged["fig1"] | overlay["fig1"]}
    return merged


def planted(label: str, measure: str, projections: float) -> float:
    """Return what the paper would have us find."""
    few = 10 / projections
    if "λ" in label:
        factor = float(label.split("=")[1])
        return {
            "log_likelihood": -20 - 5 * few**2 / factor - 0.05 * factor,
            "rate": 0.3 - 0.05 * np.log2(factor),
            "correlation": 0.05 - 0.01 * np.log2(factor),
        }[measure]
    distance, rate, correlation = PLANTED[label]
    falls = 0.03 * np.log2(1 / few) if "reshaped" in label else 0.0
    slow = "RP" in label
    return {
        "log_likelihood": -20.05 - distance * (few if slow else few**2),
        "rate": rate - falls,
        "correlation": correlation,
    }[measure]


def write_tables(folder: Path, scale: str, data: str) -> list[Path]:
    """Write the figures' tables as the workflow does at a scale, with what the paper says planted in them."""
    chosen, random = settings(scale), np.random.default_rng(0)
    rows: dict[str, list[dict[str, Any]]] = {figure: [] for figure in FIGURES}

    def add(figure: str, value: float, noise: float, **columns: Any) -> None:
        for seed in range(chosen["seeds"]):
            source = {"seed": seed, "data": data, "scale": scale, "device": "cpu"}
            rows[figure].append({**columns, **source, "y": value + noise * random.normal()})

    factors = [f"reshaped, λ = {factor:g}" for factor in chosen["fig1"]["lambdas"]]
    for figure in FIGURES:
        for panel, labels in PANELS[figure].items():
            measures = [MEASURES["DEF".index(panel)]] if figure == "fig1" else MEASURES
            for label in labels or factors:
                for measure in measures:
                    for count in chosen["fig1"]["projections"]:
                        value = planted(label, measure, count)
                        add(figure, value, 1e-4, panel=panel, condition=label, x=count, measure=measure)
    for label, share in (("RP", 0.1), ("reshaped", 0.02), ("backprop", 0.018)):
        add("fig1", share, 1e-3, panel="C", condition=label, x=1000, measure="share outside 99 %")
    for figure in FIGURES:
        pd.DataFrame(rows[figure]).to_csv(folder / f"{figure}.csv", index=False)
    return [folder / f"{figure}.csv" for figure in FIGURES]


@pytest.fixture(scope="module")
def claims() -> list[Claim]:
    return load_claims(DEFINITIONS)


def test_claims_load_in_order_with_one_relation_each(claims: list[Claim]) -> None:
    assert len(claims) >= 30
    assert [claim.id for claim in claims] == sorted(claim.id for claim in claims)
    assert {claim.study for claim in claims} == {"mayzel2024"}
    assert {f"C1.{number}" for number in range(1, 10)} <= {claim.id[:4] for claim in claims}


@pytest.mark.parametrize("scale", ["real", "paper"])
def test_what_the_paper_says_is_reproduced_where_it_was_planted(
    scale: str, claims: list[Claim], tmp_path: Path
) -> None:
    tables = Tables(write_tables(tmp_path, scale, "prefrontal_50"))
    rows = [judge(claim, tables, ["prefrontal_50"]) for claim in claims if claim.figure in FIGURES]
    assert not [(row["id"], row["verdict"], row["reason"]) for row in rows if row["verdict"] != "reproduced"]


def test_surrogate_is_shown_and_not_judged(claims: list[Claim], tmp_path: Path) -> None:
    tables = Tables(write_tables(tmp_path, "default", "prefrontal_surrogate"))
    rows = [judge(claim, tables, []) for claim in claims if claim.figure in FIGURES]
    assert {row["verdict"] for row in rows} == {"not judged"}
    assert all(row["value"] is not None and row["low"] < row["high"] for row in rows)


def run(program: str, *arguments: str | Path) -> str:
    """Run one of the report's programs; return what it printed."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'workflow' / 'scripts'}"}
    command = [sys.executable, "-m", f"report.{program}", *map(str, arguments)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def judge_files(tables: list[Path], output: Path, *real: str) -> str:
    """Run report.claims."""
    outputs = [output / "mayzel2024.csv", output / "mayzel2024.json"]
    return run("claims", "--definitions", DEFINITIONS, "--tables", *tables, "--real", *real, "--output", *outputs)


def test_programs_make_a_scorecard_even_of_a_run_that_failed_in_part(claims: list[Claim], tmp_path: Path) -> None:
    tables = write_tables(tmp_path, "test", "prefrontal_surrogate")
    tables[1].unlink()
    printed = judge_files(tables, tmp_path / "first")
    lost = sum(claim.figure == "fig1s1" for claim in claims)
    assert (
        f"mayzel2024: 0 reproduced, 0 not, 0 inconclusive, {len(claims) - lost} not judged, {lost} missing" in printed
    )
    assert "C1.6a: missing (fig1s1.csv is not there)" in printed
    judge_files(tables, tmp_path / "second")
    for name in ("mayzel2024.csv", "mayzel2024.json"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()

    card = [tmp_path / f"scorecard.{kind}" for kind in ("csv", "json", "txt")]
    studies = [tmp_path / "first" / "mayzel2024.json", tmp_path / "second" / "other.json"]
    other = tmp_path / "other.yaml"
    other.write_text(DEFINITIONS.read_text().replace("study: mayzel2024", "study: other"))
    run("scorecard", "--claims", *studies, "--definitions", DEFINITIONS, other, "--output", *card)
    rows = json.loads(card[1].read_text())
    assert len(rows) == 2 * len(claims)
    assert all(set(row) == set(ROW) for row in rows)
    assert {row["verdict"] for row in rows if row["study"] == "other"} == {"missing"}
    with open(card[0], newline="") as stream:
        assert [row["id"] for row in csv.DictReader(stream)] == [row["id"] for row in rows]
    assert card[2].read_text().splitlines()[1].startswith("other: 0 reproduced, 0 not")
