"""The figures of krishna2024 take the numbers that they name: of the phase, the networks and the measure."""

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pipeline import ROOT

from homeostat.claims import Tables, load_claims
from homeostat.figures.program import Given
from krishna2024.design import FAMILIES, FIGURES, NOISES
from krishna2024.table import MEASURES

PHASES = ("active", "quiescent", "same", "injected uniform", "injected gaussian")
OF_PHASES = (
    "explained", "path", "states", "output density", "state density", "KL floor", "total variance",
    "distance from centre", "bearing", "bearing range", "KL of bearings", "ring width", "ring order", "step, top3",
    "step, centroid", "turns", "mean turn, top3", "mean turn, centroid", "turns back, top3", "turns back, centroid",
    "turn SD, top3", "turn SD, centroid", "memory", "spread", "KL over time, active starts", "KL over time, one start",
    "late spread, active starts", "late spread, one start", "score slope, Gaussian", "score slope, kernel",
    "score R2, Gaussian", "score R2, kernel", "score cosine, Gaussian", "score cosine, kernel",
    "bound, loss", "bound, signal", "bound, tracking",
)  # fmt: skip
OF_TRAINING = ("loss", "error, top3", "error, centroid", "training loss")


def replayed(figure: str) -> tuple[pd.DataFrame, dict[float, tuple[str, str, str]]]:
    """Return what table.py writes for a figure, each number another one, and what each stands for."""
    labels = [condition.label for condition in FAMILIES[FIGURES[figure]]]
    pairs = [f"{q} | {p}" for q in (*labels, "uniform", *(f"random, {n}" for n in NOISES)) for p in labels]
    kinds = [(label, phase, measure) for label in labels for phase in PHASES for measure in OF_PHASES]
    kinds += [(pair, phase, measure) for pair in pairs for phase in PHASES for measure in ("KL", "KL, as published")]
    kinds += [(label, "training", measure) for label in labels for measure in OF_TRAINING]
    kinds = [kind for kind in kinds if kind[2].startswith(MEASURES[figure])]
    meaning = {float(number): kind for number, kind in enumerate(kinds, start=1)}
    frame = pd.DataFrame(kinds, columns=["condition", "phase", "measure"]).assign(y=list(meaning))
    frame = pd.concat([frame.assign(seed=seed, x=x) for seed in (0, 1) for x in (1.0, 10.0)])
    sizes = {"neurons": 4, "batches": 3, "batch": 2, "steps": 5, "runs": 6, "quiescent_steps": 9}
    return frame.assign(z=np.nan, data="simulated", scale="paper", device="cpu", **sizes), meaning


def source_data(figure: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[pd.DataFrame, dict[float, Any]]:
    """Run a figure's program up to its drawing; return its rows."""
    table, meaning = replayed(figure)
    table.to_csv(folder / "table.csv", index=False)
    module, caught = importlib.import_module(f"krishna2024.{figure}"), []
    monkeypatch.setattr(module, "draw", lambda *arguments: None)
    monkeypatch.setattr(Given, "write", lambda given, frame, figure: caught.append(frame))
    monkeypatch.setattr(sys, "argv", [figure, "--table", str(folder / "table.csv"), "--output", "none.pdf"])
    module.main()
    return caught[0], meaning


@pytest.mark.parametrize("figure", FIGURES)
def test_rows_hold_the_numbers_of_what_they_name(figure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame, meaning = source_data(figure, tmp_path, monkeypatch)
    assert len(frame)
    for row in frame.drop_duplicates(["panel", "condition", "measure", "y"]).itertuples():
        label, phase, measure = meaning[row.y]
        if measure.startswith("late spread, "):
            label, phase, measure = f"{label}, {phase}", measure.split(", ")[1], "late spread"
        elif measure == "spread":
            measure = "late spread"
        assert row.measure == measure
        named = label if " | " in label or phase == "training" or measure == "KL floor" else f"{label}, {phase}"
        assert row.condition in (named, f"{label}, {phase}")
        # Divergences have no phase in their names: they are of doubled noise, but for what shows that of training.
        if measure in ("KL", "KL, as published"):
            same = figure == "figC1" or (figure == "figC6" and row.panel in "def")
            assert phase == ("same" if same else "quiescent")
        if measure == "KL floor":
            assert (row.condition == label and phase == "active") or figure in ("fig1", "figC6")
    # One number for each point: nothing is there twice, and no two numbers stand for one.
    assert not frame.duplicated(["panel", "condition", "measure", "seed", "x"]).any()


def test_claims_are_computed_from_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meanings = {}
    for figure in FIGURES:
        (tmp_path / figure).mkdir()
        frame, meanings[figure] = source_data(figure, tmp_path / figure, monkeypatch)
        frame.to_csv(tmp_path / f"{figure}.csv", index=False)
    tables = Tables(tmp_path / f"{figure}.csv" for figure in FIGURES)
    for claim in load_claims(ROOT / "config/claims/krishna2024.yaml"):
        for term in (term for each in claim.each_reading() for term in each.terms.values()):
            if term.x == (-np.inf, np.inf) and term.read_at is None:
                found = {meanings[term.figure][y] for y in term.rows(tables)["y"]}
                # A term is of one condition, phase and measure.
                assert len(found) == 1, (claim.id, found)
                ((label, phase, measure),) = found
                assert measure.startswith(str(term.measure)) or measure in ("spread", "memory")
                for word in ("unbiased", "biased", "uniform", "gaussian", "matched", "none"):
                    names = (term.condition or ("",))[0]
                    assert (word in label.replace(", ", " ").split()) == (
                        word in names.replace(",", " ").split() and f"injected {word}" not in names
                    ) or " | " in label, (claim.id, label)
                if "injected" in str(term.condition):
                    assert phase in str(term.condition)
