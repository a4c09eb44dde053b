"""What the study's figures share: arguments, rows of source data, fields as pictures, files of a figure."""

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from homeostat import cli
from homeostat.figures import style

PANEL_COLUMNS = ["panel", "condition", "seed", "unit", "x", "y", "measure", "data", "scale", "device"]
TITLE = "Keck, Savin & Lücke 2012: claims of the abstract (the paper's own figures were not available)"
_KEYS = ["seed", "unit", "x", "y", "data", "scale", "device"]
# Okabe-Ito colours, one for each way to learn.
COLOURS = {
    "network": "#D55E00",
    "network, decaying ε": "#E69F00",
    "network, S(W)": "#F0E442",
    "network, linear I": "#CC79A7",
    "network, I - ΣW": "#7F3C8D",
    "EM": "#0072B2",
    "EM, input": "#0072B2",
    "EM, points": "#56B4E9",
    "EM, uniform": "#332288",
    "EM from the truth": "#009E73",
    "predicted": "#000000",
}


def arguments(description: str | None, *more: str) -> argparse.Namespace:
    """Read the arguments of a figure's program; ``more`` are further input files. Settings are attributes, too."""
    job = cli.job(description, "table", *more)
    files = {name: job.path(name) for name in ("table", *more)}
    return argparse.Namespace(**files, **job.settings, output=job.outputs)


def where(table: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    """Return the rows whose columns have the wanted values."""
    chosen = pd.Series(True, index=table.index)
    for name, value in wanted.items():
        chosen &= table[name] == value
    return table[chosen]


def panel_rows(
    table: pd.DataFrame, panel: str, condition: str, source: str, *, measure: str | None = None, **changes: Any
) -> pd.DataFrame:
    """Return source data of a panel: the rows of one measure (``source``) of one condition, columns changed as said."""
    rows = table.loc[table["measure"] == source, _KEYS].assign(**changes)
    return rows.assign(panel=panel, condition=condition, measure=measure or source)[PANEL_COLUMNS]


def pixel_rows(panel: str, condition: str, images: NDArray[Any], measure: str, shared: pd.DataFrame) -> pd.DataFrame:
    """Return pictures (n, D) as source data; data, scale and device are those of the ``shared`` rows."""
    images = np.atleast_2d(images)
    unit, position = np.indices(images.shape)
    rows = pd.DataFrame({"unit": unit.ravel(), "x": position.ravel(), "y": images.ravel()})
    source = {name: shared[name].iloc[0] for name in ("data", "scale", "device")}
    return rows.assign(panel=panel, condition=condition, seed=0, measure=measure, **source)[PANEL_COLUMNS]


def pictures(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Return the pictures (n, D) that source data hold."""
    return rows.pivot(index="unit", columns="x", values="y").to_numpy()


def show_tiles(ax: Axes, fields: NDArray[np.float64], columns: int, **kwargs: Any) -> Any:
    """Draw square fields (n, D) side by side, ``columns`` to a row."""
    side = round(np.sqrt(fields.shape[1]))
    rows = -(-len(fields) // columns)
    sheet = np.full((rows * (side + 1) - 1, columns * (side + 1) - 1), np.nan)
    for index, field in enumerate(fields):
        row, column = (side + 1) * (index // columns), (side + 1) * (index % columns)
        sheet[row : row + side, column : column + side] = field.reshape(side, side)
    shown = ax.imshow(sheet, cmap="gray_r", interpolation="nearest", **kwargs)
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)
    return shown


def draw_curve(ax: Axes, rows: pd.DataFrame, condition: str, **kwargs: Any) -> None:
    """Draw mean and standard error over seeds of a condition."""
    points = rows[rows["condition"] == condition].pivot(index="seed", columns="x", values="y")
    settings = {"label": condition, "colour": COLOURS.get(condition, style.GREY)} | kwargs
    style.band(ax, points.columns, points.to_numpy(), **settings)


def seeds_of(rows: pd.DataFrame) -> str:
    """Return how many seeds curves are drawn from, and what their bands are."""
    count = rows["seed"].nunique()
    return f"mean ± SEM over {count} seeds" if count > 1 else "1 seed"


def finish(figure: Figure, frame: pd.DataFrame, axes: dict[str, Axes], said: Sequence[str]) -> None:
    """Add title, panel letters (capital keys of ``axes``) and the line under the figure."""
    for name, ax in axes.items():
        if len(name) == 1:
            style.letter(ax, name)
    figure.suptitle(TITLE, fontsize=8)
    first = frame.iloc[0]
    device = ", ".join(sorted(frame["device"].unique()))
    style.note(figure, "; ".join([*said, f"scale: {first['scale']}", f"device: {device}"]))
