"""Tables of shen2021's figures as the workflow writes them, with what the paper says planted, or its opposite."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from homeostat.normalization import CONDITIONS

FIGURES = ("fig2", "fig3", "learning_rates")
SEEDS = 10
# Accuracy; CV of a batch; probability and its SD over units; output and its SD; coding capacity; alphas in (0, 1).
PAPER: dict[str, tuple[float, ...]] = {
    "Vanilla": (59.3, 1.65, 0.10, 0.15, 13.36, 7.36, 0.3, 1.0),
    "WeightNorm": (63.8, 1.38, 0.17, 0.23, 0.76, 0.23, 0.5, 1.0),
    "BatchNorm": (65.8, 0.20, 0.41, 0.05, 0.89, 0.14, 0.97, 1.0),
    "SynapticScaling": (66.0, 0.11, 0.51, 0.02, 0.63, 0.11, 0.99, 1.0),
    "MeanOnly": (62.0, 0.30, 0.50, 0.05, 2.00, 0.60, 0.90, 1.0),
    "ScaleOnly": (60.0, 1.30, 0.20, 0.20, 2.00, 0.80, 0.50, 1.0),
}
# Everything turned round: what was best is worst, and no number is near the paper's.
OPPOSITE: dict[str, tuple[float, ...]] = {
    "Vanilla": (75.0, 0.10, 0.50, 0.01, 0.30, 0.02, 0.99, 0.0),
    "WeightNorm": (50.0, 0.40, 0.02, 0.06, 2.00, 2.00, 0.20, 0.0),
    "BatchNorm": (54.0, 0.50, 0.70, 0.02, 3.00, 2.00, 0.30, 0.0),
    "SynapticScaling": (40.0, 0.60, 0.80, 0.10, 2.00, 1.60, 0.10, 0.0),
    "MeanOnly": (70.0, 0.20, 0.50, 0.02, 0.60, 0.02, 0.20, 0.0),
    "ScaleOnly": (72.0, 0.20, 0.50, 0.02, 0.60, 0.02, 0.95, 0.0),
}
RATES = {
    "paper": {"BatchNorm": (65.8, 67.0, 67.0, 58.0), "SynapticScaling": (66.0, 64.0, 56.0, 20.0)},
    "opposite": {"BatchNorm": (60.0, 60.0, 40.0, 30.0), "SynapticScaling": (60.0, 70.0, 75.0, 75.0)},
}
PARAMETERS = {
    "paper": {"BatchNorm": 408, "SynapticScaling": 204},
    "opposite": {"BatchNorm": 204, "SynapticScaling": 204},
}
UNITS = 120


def write_tables(folder: Path, scale: str, *, planted: str = "paper", second: str = "svhn") -> list[Path]:
    """Write the tables of all figures; return their paths."""
    rng = np.random.default_rng(0)
    for figure in FIGURES:
        rows = over_rates(planted) if figure == "learning_rates" else six(planted, figure)
        source = {"data": second if figure == "fig3" else "cifar10", "scale": scale, "device": "cpu"}
        parts = []
        for panel, condition, measure, x, y in rows:
            x, y = np.atleast_1d(x).astype(float), np.atleast_1d(y).astype(float)
            for seed in range(SEEDS):
                # Shares and numbers of units carry no noise; the rest differs a little between seeds.
                noise = 0.0 if "share" in measure or "parameters" in measure else 1e-3 * rng.normal()
                columns: dict[str, Any] = {"panel": panel, "condition": condition, "seed": seed, "x": x}
                parts.append(pd.DataFrame({**columns, "y": y * (1 + noise), "measure": measure, **source}))
        pd.concat(parts).to_csv(folder / f"{figure}.csv", index=False)
    return [folder / f"{figure}.csv" for figure in FIGURES]


def six(planted: str, figure: str) -> Iterator[tuple[str, str, str, Any, Any]]:
    """Yield panel, condition, measure, x and y of figures 2 and 3."""
    ranks = np.linspace(-1, 1, UNITS) * np.sqrt(3)
    for name in CONDITIONS:
        accuracy, cv, p, spread, level, width, capacity, inside = (PAPER if planted == "paper" else OPPOSITE)[name]
        # On the first image set, taking out the mean alone has more than batch normalization; on the second, less.
        if (name, figure, planted) == ("MeanOnly", "fig2", "paper"):
            capacity = 0.98
        at = np.array([50, 100, 200, 500, 1000, 45_000])
        yield "A", name, "test accuracy", at, accuracy - 200 / at
        yield "A", name, "final test accuracy", [1000, 32, 10_000], [accuracy, accuracy - 1, accuracy]
        yield "A", name, "added parameters", 0, PARAMETERS[planted].get(name, 0)
        yield "B", name, "CV of a batch, both", 0, cv
        yield "B", name, "CV on the test set, both", 0, 0.8 * cv
        yield "B", name, "sampling floor, both", 0, (0.5 if planted == "paper" else 0.95) * cv
        # Three quarters of the units without normalization are silent.
        if name == "Vanilla" and planted == "paper":
            values = np.where(np.arange(UNITS) < 0.75 * UNITS, 0.0, 4 * p)
        else:
            values = p + spread * ranks
        yield "C", name, "probability, fc1", np.arange(UNITS), values
        yield "C", name, "coding capacity, both", 0, capacity
        yield "C", name, "joint capacity, fc1", 0, capacity
        yield "D", name, "mean output when active, fc1", np.arange(UNITS), level + width * ranks
        if CONDITIONS[name].weights == "scaled":
            for layer in ("fc1", "fc2"):
                yield "E", name, f"share of alphas between 0 and 1, {layer}", 0, inside


def over_rates(planted: str) -> Iterator[tuple[str, str, str, Any, Any]]:
    """Yield the figure of learning rates."""
    for name, values in RATES[planted].items():
        yield "A", name, "test accuracy", [0.003, 0.01, 0.02, 0.1], values
