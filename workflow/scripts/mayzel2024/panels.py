"""What the study's figures share: rows of source data, curves over seeds, files of a figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat.figures import style
from homeostat.files import atomic_path

MEASURES = {
    "log_likelihood": "log-likelihood (nats / bin)",
    "rate": "projection firing rate (per bin)",
    "correlation": "projection correlation",
}
PANEL_COLUMNS = ["panel", "condition", "seed", "x", "y", "measure", "data", "scale", "device"]


def curve_rows(table: pd.DataFrame, panel: str, measure: str, labels: Sequence[str]) -> pd.DataFrame:
    """Return source data of a panel that shows a measure over the number of projections."""
    chosen = table[table["label"].isin(labels)]
    return pd.DataFrame(
        {
            "panel": panel,
            "condition": chosen["label"],
            "seed": chosen["seed"],
            "x": chosen["projections"],
            "y": chosen[measure],
            "measure": measure,
            "data": chosen["data"],
            "scale": chosen["scale"],
            "device": chosen["device"],
        }
    )


def colour(label: str, labels: Sequence[str]) -> Any:
    """Return the colour of a condition; fixed factors lambda take a sequential scale in their order."""
    if "λ" in label:
        factors = [each for each in labels if "λ" in each]
        position = factors.index(label) / max(1, len(factors) - 1)
        return matplotlib.colormaps[style.SEQUENTIAL](0.05 + 0.85 * position)
    names = {"pruned RP": "pruned"}
    return style.COLOURS[names.get(label, label)]


def draw_curves(ax: Axes, rows: pd.DataFrame, labels: Sequence[str], *, legend: bool) -> None:
    """Draw mean and standard error over seeds of each condition, over the number of projections."""
    for label in labels:
        points = rows[rows["condition"] == label].pivot(index="seed", columns="x", values="y")
        short = label.split(", ")[-1] if "λ" in label else label
        style.band(ax, points.columns, points.to_numpy(), label=short, colour=colour(label, labels))
    grid = sorted(rows.loc[rows["condition"].isin(labels), "x"].unique())
    ax.set_xscale("log")
    ax.set_xticks(grid, [f"{value:g}" for value in grid])
    ax.minorticks_off()
    ax.set(xlabel="number of projections", ylabel=MEASURES[rows["measure"].iloc[0]])
    if legend:
        ax.legend()


def describe(table: pd.DataFrame, meta: Mapping[str, Any]) -> str:
    """Return the line under a figure: data, sizes, seeds, scale and device."""
    settings, recording = meta["settings"], meta["recording"]
    neurons = int(table["neurons"].max())
    all_neurons = len(recording["units"])
    group = (
        f"all {neurons} neurons, seeds differ in split and projections"
        if neurons == all_neurons
        else f"random groups of {neurons} of {all_neurons} neurons, one per seed"
    )
    first = table.iloc[0]
    return (
        f"data: {first['data']} ({group}); {settings['n_train']:,} training and {settings['n_test']:,} test bins "
        f"of {recording['bin_ms']:g} ms; mean ± SEM over {table['seed'].nunique()} seeds; "
        f"scale: {first['scale']}; device: {', '.join(sorted(table['device'].unique()))}"
    )


def write_figure(frame: pd.DataFrame, figure: Figure, outputs: Sequence[Path]) -> None:
    """Write source data (CSV) and pictures (PDF, PNG), each by its suffix, atomically."""
    for path in outputs:
        with atomic_path(path) as temporary:
            if path.suffix == ".csv":
                frame.to_csv(temporary, index=False)
            else:
                figure.savefig(temporary, metadata={"CreationDate": None} if path.suffix == ".pdf" else None)
