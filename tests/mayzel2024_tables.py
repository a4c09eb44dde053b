"""Tables of mayzel2024's figures as the workflow writes them, with what the paper says planted in them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from pipeline import ROOT

from homeostat.claims.curves import Array
from homeostat.rp.projections import MEAN_ABSOLUTE_WEIGHT

FIGURES = ("fig1", "fig1s1", "fig1s2", "fig2", "fig2s1", "fig3", "fig4", "fig5", "fig5s1")
MEASURES = ["log_likelihood", "rate", "correlation"]
CURVES = {
    "fig1": {
        "D": ["RP", "reshaped", "backprop"],
        "E": ["RP", "reshaped", "backprop"],
        "F": ["RP", "reshaped", "backprop"],
    },
    "fig1s1": {"A": ["step RP", "RP"], "B": ["RP", "reshaped", "pruned RP"]},
    "fig1s2": {"A": ["reshaped", "reshaped, tuned", "backprop", "backprop, tuned"], "B": []},
}
# Distance of the log-likelihood from its best value at 10 projections, rate and correlation, as the paper has them.
OVER_PROJECTIONS = {
    "step RP": (70.0, 0.30, 0.07),
    "RP": (60.0, 0.33, 0.08),
    "pruned RP": (10.0, 0.30, 0.07),
    "reshaped": (5.0, 0.240, 0.03),
    "reshaped, tuned": (5.0, 0.245, 0.03),
    "backprop": (4.5, 0.252, 0.06),
    "backprop, tuned": (4.5, 0.248, 0.06),
}
# Log-likelihood, correlation and rate of models without and with a constraint (figures 2 to 5).
RP, FREE, HOMEOSTATIC, BOUNDED = (-20.1, 0.08, 0.33), (-19.8, 0.01, 0.13), (-19.79, 0.012, 0.131), (-20.6, 0.06, 0.2)
# Independent neurons: below reshaped models of 50 projections or more.
INDEPENDENT = -20.5
KINDS = ("input", "output", "circuit")
# No claim asks for more seeds than this, and tables of a hundred are long to read.
MOST_SEEDS = 12
_UNIT = 5 * MEAN_ABSOLUTE_WEIGHT

# One curve: panel, condition, measure, x and y, each the same for all seeds or one row per seed.
Rows = Iterator[tuple[str, str, str, Any, Any]]


def settings(scale: str) -> dict[str, Any]:
    """Return the study's section of the configuration at a scale."""
    merged = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["mayzel2024"]
    overlay = {}
    if scale != "default":
        overlay = yaml.safe_load((ROOT / "config" / f"{scale}.yaml").read_text())["mayzel2024"]
    for key, value in overlay.items():
        merged[key] = merged[key] | value if isinstance(value, dict) else value
    return merged | {"seeds": min(merged["seeds"], MOST_SEEDS)}


def write_tables(folder: Path, scale: str, data: str) -> list[Path]:
    """Write the tables of all figures at a scale; return their paths."""
    chosen, random = settings(scale), np.random.default_rng(0)
    makers: dict[str, Callable[[dict[str, Any]], Rows]] = {
        "fig2": fig2, "fig2s1": fig2s1, "fig3": fig3, "fig4": fig4, "fig5": fig5, "fig5s1": fig5s1
    }  # fmt: skip
    for figure in FIGURES:
        rows = makers[figure](chosen) if figure in makers else over_projections(figure, chosen)
        source = {"data": f"{data}-teacher" if figure == "fig4" else data, "scale": scale, "device": "cpu"}
        parts = []
        for panel, condition, measure, x, y in rows:
            shape = (chosen["seeds"], np.broadcast_shapes(np.shape(np.atleast_1d(x)), np.shape(np.atleast_1d(y)))[-1])
            noisy = np.broadcast_to(y, shape) + 1e-4 * random.normal(size=shape)
            columns = {
                "seed": np.repeat(np.arange(shape[0]), shape[1]),
                "x": np.broadcast_to(x, shape).ravel(),
                "y": noisy.ravel(),
            }
            parts.append(
                pd.DataFrame({"panel": panel, "condition": condition, "measure": measure, **columns, **source})
            )
        pd.concat(parts).to_csv(folder / f"{figure}.csv", index=False)
    return [folder / f"{figure}.csv" for figure in FIGURES]


def over_projections(figure: str, chosen: dict[str, Any]) -> Rows:
    """Yield figure 1 and its supplements."""
    counts = np.array(chosen["fig1"]["projections"], float)
    for panel, labels in CURVES[figure].items():
        for label in labels or [f"reshaped, λ = {factor:g}" for factor in chosen["fig1"]["lambdas"]]:
            for measure in [MEASURES["DEF".index(panel)]] if figure == "fig1" else MEASURES:
                yield panel, label, measure, counts, _over_projections(label, measure, 10 / counts)
    if figure == "fig1":
        yield "D", "independent", "log_likelihood", chosen["neurons"], INDEPENDENT
        for label, share in (("RP", 0.1), ("reshaped", 0.02), ("backprop", 0.018)):
            yield "C", label, "share outside 99 %", 1000, share


def _over_projections(label: str, measure: str, few: Array) -> Array:
    if "λ" in label:
        factor = float(label.split("=")[1])
        return {
            "log_likelihood": -20 - 5 * few**2 / factor - 0.05 * factor,
            "rate": 0.3 - 0.05 * np.log2(factor) + 0 * few,
            "correlation": 0.05 - 0.01 * np.log2(factor) + 0 * few,
        }[measure]
    distance, rate, correlation = OVER_PROJECTIONS[label]
    falls = 0.03 * np.log2(1 / few) if "reshaped" in label else 0.0
    return {
        "log_likelihood": -20.05 - distance * (few if "RP" in label else few**2),
        "rate": rate - falls + 0 * few,
        "correlation": correlation + 0 * few,
    }[measure]


def fig2(chosen: dict[str, Any]) -> Rows:
    """Yield the constraints: bounded models are bad until the bound is high, and then are as without it."""
    rp = (RP[0] + 0.05 * np.random.default_rng(1).normal(size=chosen["seeds"]))[:, None]
    for label, values, used in (("RP", RP, 1.0), ("reshaped", FREE, 0.6)):
        y = rp if label == "RP" else values[0]
        yield from (("B", label, "log_likelihood", used, y), ("C", label, "used", used, used))
        yield from (("E", label, "correlation", used, values[1]), ("F", label, "rate", used, values[2]))
    sets = {"": chosen["budgets"], ", SGD": chosen["fig2"]["sgd_budgets"]}
    for suffix, budgets in sets.items():
        available = np.array(budgets) / _UNIT
        for label in ("homeostatic", "bounded (clamp)", "bounded (projected)") if budgets else ():
            bounded = "bounded" in label
            high = available > 2.2
            used = np.where(high, 0.6, 0.9 * np.minimum(available, 1)) if bounded else available
            values = [np.where(high, *pair) for pair in zip(FREE, BOUNDED, strict=True)] if bounded else HOMEOSTATIC
            yield "B", label + suffix, "log_likelihood", available, values[0]
            yield "C", label + suffix, "used", available, used
            yield "E", label + suffix, "correlation", used, values[1]
            yield "F", label + suffix, "rate", used, values[2]
    for label, values in (("homeostatic", HOMEOSTATIC), ("bounded (clamp)", BOUNDED), ("bounded (projected)", BOUNDED)):
        yield "D", label, "log_likelihood", np.repeat(rp, 2, axis=1), values[0]


def fig2s1(chosen: dict[str, Any]) -> Rows:
    """Yield the fixed factors: homeostasis helps high ones, and 2 is best."""
    available = np.array(chosen["fig2"]["lambda_budgets"]) / _UNIT
    for factor in chosen["fig1"]["lambdas"]:
        best = -19.7 - 0.1 * np.log2(factor / 2) ** 2
        yield "A", f"reshaped, λ = {factor:g}", "log_likelihood", 1.6 if factor < 0.5 else 0.6, best
        yield "A", f"homeostatic, λ = {factor:g}", "log_likelihood", available, best + (0.02 if factor > 1 else -0.01)


def fig3(chosen: dict[str, Any]) -> Rows:
    """Yield models whose rates begin apart and end together, with spreads that grow with the budget."""
    ranks = np.linspace(-1, 1, 150)
    yield "A", "RP", "log_likelihood", 0, RP[0]
    for budget in (None, *chosen["fig3"]["budgets"]):
        free = budget is None
        label, initial = ("unconstrained", 0.34) if free else (f"φ = {budget:g}", 0.04 * (1 + budget))
        spread, changed = (0.1, 0.4) if free else (0.03 + 0.02 * np.log2(budget), 0.2)
        yield "A", label, "log_likelihood", 0 if free else budget / _UNIT, FREE[0] if free else HOMEOSTATIC[0]
        steps = np.arange(0, 300 if free else 400, 10)
        yield "B", label, "course of rate", steps, 0.13 + (initial - 0.13) * np.exp(-steps / 20)
        yield "C", label, "rate", np.arange(150), 0.13 + spread * ranks
        yield "D", label, "rate", initial, 0.13
        yield "E", label, "relative change of rate", np.arange(150), changed * (1 + ranks)


def fig4(chosen: dict[str, Any]) -> Rows:
    """Yield students: known and random wiring alike, full wiring worse at low costs, one best weight per synapse."""
    available = np.array(chosen["budgets"]) / _UNIT
    lost = 0.5 * np.exp(-2 * available)
    for label, y in (("true", -20.3), ("random", -20.31), ("full", -20.31 - lost)):
        yield "C", label, "log_likelihood", available, y
    for panel, measure, values in (("D", "rate", (0.13, 0.131, 0.09)), ("E", "correlation", (0.02, 0.021, 0.15))):
        for label, y in zip(("true", "random", "full"), values, strict=True):
            yield panel, label, measure, available, y
    degrees = np.array(chosen["fig4"]["degrees"], float)
    for budget in chosen["fig4"]["degree_budgets"]:
        share = budget / degrees / MEAN_ABSOLUTE_WEIGHT
        y = -20.3 - 0.3 * np.log2(share / 0.5) ** 2
        for panel, x in (("F", degrees / chosen["neurons"]), ("G", share)):
            yield panel, f"in-degree, φ = {budget:g}", "log_likelihood", x, y


def fig5(chosen: dict[str, Any]) -> Rows:
    """Yield normalizations that are alike but for the projections that they rotate."""
    budgets, angles = np.array(chosen["budgets"]), np.linspace(20, 90, 150)
    for kind in KINDS:
        yield "B", kind, "log_likelihood", budgets / _UNIT, HOMEOSTATIC[0]
        yield "E", kind, "angle", budgets / _UNIT, 45 + 8 * np.log2(budgets / 1.75) ** 2
    for label in ("other noise", "bounded"):
        wobble = 4 * np.random.default_rng(3).normal(size=150)
        yield "D", f"unconstrained v {label}", "angle", angles, angles + wobble
    shuffled = np.random.default_rng(2).permutation(angles)
    for label in ("input 4 v circuit 4", "unconstrained v circuit 4", "input 4 v input 2"):
        yield "D", label, "angle", angles, shuffled


def fig5s1(chosen: dict[str, Any]) -> Rows:
    """Yield rates and correlations that are alike, and histograms of angles and weights that are not."""
    budgets = chosen["budgets"]
    for panel, measure, y in (("A", "correlation", HOMEOSTATIC[1]), ("B", "rate", HOMEOSTATIC[2])):
        for kind in KINDS:
            yield panel, kind, measure, np.array(budgets) / _UNIT, y
    angles, weights = np.arange(1.5, 180, 3), np.arange(-3.975, 4, 0.05)
    named = {
        f"{kind}, φ = {b:g}": (kind, 0.9 - 0.05 * np.log2(1 + b)) for kind in ("input", "circuit") for b in budgets
    }
    for label, (kind, pruned) in (named | {"unconstrained": ("unconstrained", 0.7)}).items():
        rotated = {"input": 45, "circuit": 60, "unconstrained": 75}[kind]
        yield "C", label, "angle density", angles, _normal(angles, rotated, 12)
        density = pruned * _normal(weights, 0, 0.05) + (1 - pruned) * _normal(weights, 1, 0.1)
        yield "D", label, "weight density", weights, density


def _normal(x: Array, mean: float, sd: float) -> Array:
    values: Array = np.exp(-(((x - mean) / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi))
    return values


def mirrored(table: pd.DataFrame) -> pd.DataFrame:
    """Return what was high as low, and the other way round."""
    return table.assign(y=2 * table.groupby("measure")["y"].transform("mean") - table["y"])


def apart(table: pd.DataFrame) -> pd.DataFrame:
    """Return each condition far from the others, with spreads in the reverse order."""
    span = table.groupby("measure")["y"].transform(lambda y: np.ptp(y) + 1e-6)
    curves = table.groupby(["panel", "measure", "condition"])["y"]
    mean, sd = curves.transform("mean"), curves.transform("std").clip(lower=1e-6)
    order = table.groupby("measure")["condition"].transform(lambda names: pd.factorize(names)[0])
    # What others are measured against stays below them all.
    order = (order % 5).mask(table["condition"] == "independent", -1)
    return table.assign(y=mean + 0.01 * (table["y"] - mean) * (span / sd) ** 2 + 4 * order * span)


def alike(table: pd.DataFrame) -> pd.DataFrame:
    """Return all conditions as one, at every x."""
    noise = 1e-3 * table["y"].std() * np.random.default_rng(1).normal(size=len(table))
    return table.assign(y=table.groupby("measure")["y"].transform("mean") + noise)


def diagonal(table: pd.DataFrame) -> pd.DataFrame:
    """Return y = x, and models that all begin with one firing rate."""
    initial = (table["panel"] == "D") & (table["measure"] == "rate")
    return table.assign(y=table["x"], x=table["x"].mask(initial, 1.0))


WRONG_WORLDS = (mirrored, apart, alike, diagonal)
