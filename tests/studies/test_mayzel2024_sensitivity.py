"""Sensitivity figures: which fits they share and vary, and gains at equal training likelihood."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from pipeline import ROOT, TEST, overlay, plan

from homeostat.rp import registry
from mayzel2024 import sensitivity, sensitivity_design
from mayzel2024.variants import Variant

SETTINGS = yaml.safe_load((ROOT / "config/config.yaml").read_text())["mayzel2024"]


def test_what_is_as_in_other_figures_is_no_change() -> None:
    for name, usual in (("bins", "1"), ("threshold", "1"), ("slope", "3"), ("split", "random")):
        for each in sensitivity_design.fits(name, SETTINGS, "random"):
            varied = bool(each.changes) or each.condition.slope != SETTINGS["slope"]
            assert varied == (each.value != usual), each
    every = sensitivity_design.fits("training", SETTINGS, "random")
    assert {sensitivity.family(each.label) for each in every} >= set(sensitivity.REGULARIZERS)


def test_a_variant_changes_its_part_and_no_other() -> None:
    variant = Variant.parse("visual_50+bins~5+training~200+threshold~0.5+steps~9")
    assert variant.name == "visual_50+bins~5+training~200+threshold~0.5+steps~9"
    assert variant.of_recording.name == "visual_50+bins~5"
    assert variant.data({"train": 5, "test": 4, "split": "random"}) == {"train": 200, "test": 4, "split": "random"}
    fit = {"threshold": 1.0, "ais": 3, "training": {"steps": 4000, "stopping": "likelihood", "chains": 64}}
    assert variant.fit(fit) == {
        "threshold": 0.5,
        "ais": 3,
        "training": {"steps": 9, "stopping": "steps", "chains": 64},
    }
    assert Variant.parse("visual_50").fit(fit) == fit


def test_the_plan_shares_the_usual_fits_and_is_empty_by_default(tmp_path: Path) -> None:
    figures = ["bins", "training", "threshold"]
    more = overlay(tmp_path / "more.yaml", {"mayzel2024": {"sensitivity": {"figures": figures}}})
    targets = [f"mayzel2024_sensitivity_{name}" for name in figures]
    found = {path for path, _, _ in plan(tmp_path, *targets, configs=(TEST, more))}
    usual = {path for path, _, _ in plan(tmp_path, "mayzel2024", configs=(TEST,))}
    fits = {path for path in found if "/fits/" in path}
    kinds = {re.search(r"fits/([^/]+)/", path)[1] for path in fits}
    assert kinds >= {"prefrontal_surrogate", "prefrontal_surrogate+bins~5", "prefrontal_surrogate+threshold~0.5"}
    assert "prefrontal_surrogate+training~1000+steps~50" in kinds
    # At the usual value, what figure 2 has at this scale is not fitted again.
    assert fits & usual and not [path for path in usual if "+" in path or "sensitivity" in path]
    # Early stopping differs in the fit alone: its data are those of the other fits.
    assert not [path for path in found if "/data/" in path and "steps" in path]


def test_gains_at_equal_training_likelihood_are_read_off_the_other_regularizer() -> None:
    """Test likelihood is a known function of training likelihood; homeostatic models are 0.3 nats above it."""
    rows = []
    for seed in range(3):
        for place in (1000, 5000):
            shared = {"seed": seed, "place": place}
            for label, train in [(f"weight decay, α = {a}", -20 - a) for a in (1, 2, 3)] + [("reshaped", -20.0)]:
                rows.append(
                    shared | {"label": label, "train_log_likelihood": train, "log_likelihood": 2 * train + seed}
                )
            for budget, train in ((3, -21.5), (6, -30.0)):
                gain = {"train_log_likelihood": train, "log_likelihood": 2 * train + seed + 0.3}
                rows.append(shared | gain | {"label": f"homeostatic, φ = {budget}"})
    found = sensitivity.at_equal_training(pd.DataFrame(rows))
    decay = found[found["versus"] == "weight decay"]
    assert decay.loc[decay["label"].str.endswith("3"), "gain"].to_numpy() == pytest.approx([0.3] * 6)
    # No strength reaches so low a training likelihood.
    assert decay.loc[decay["label"].str.endswith("6"), "gain"].isna().all()


def test_weight_decay_is_the_gradient_of_its_penalty() -> None:
    free = np.random.default_rng(0).normal(size=(1, 3, 4))
    registry.load([ROOT / "workflow/scripts/mayzel2024/weight_decay.py"])
    decay, wiring = registry.constraint("decay", 0.1, 5), None
    penalties = []
    for move in (-1e-4, 1e-4):
        moved = free.copy()
        moved[0, 1, 2] += move
        penalties.append(-0.1 / 2 * (moved**2).sum())
    slope = decay.pullback(free, np.zeros_like(free), wiring)[0, 1, 2]
    assert slope == pytest.approx((penalties[1] - penalties[0]) / 2e-4, rel=1e-6)
    assert decay.weights(free, wiring) is free
