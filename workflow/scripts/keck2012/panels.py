"""What the study's figures share: colours, rows of source data, fields as pictures."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from homeostat.figures import panels, rows
from homeostat.figures.palette import Palette
from homeostat.figures.rows import where

PANEL_COLUMNS = ["panel", "condition", "seed", "unit", "x", "y", "measure", "data", "scale", "device"]
# One for each way to learn; EM from other starts has shades of EM's.
COLOURS = Palette(
    {
        "network": "#D55E00",
        "network, decaying ε": "#E69F00",
        "network, S(W)": "#999933",
        "network, linear I": "#CC79A7",
        "network, I - ΣW": "#7F3C8D",
        "network, uniform": "#8C3B00",
        "no scaling": "#8c8c8c",
        "EM": "#0072B2",
        "EM, input": "#0072B2",
        "EM, points": "#56B4E9",
        "EM, uniform": "#332288",
        "EM from the truth": "#009E73",
        "predicted": "#000000",
    }
)

WORDS = {
    "network": "network",
    "network, decaying ε": "network, rate decays",
    "network, S(W)": "network, shifted current",
    "network, linear I": "network, linear current",
    "network, I - ΣW": "network, exact posterior",
    "network, uniform": "network from flat noise",
    "EM": "EM",
    "EM, input": "EM from the input's mean",
    "EM, uniform": "EM from flat noise",
    "EM, points": "EM from single patterns",
    "EM from the truth": "EM from the truth",
}
"""Conditions as legends write them."""


def panel_rows(
    table: pd.DataFrame, panel: str, condition: str, source: str, *, measure: str | None = None, **changes: Any
) -> pd.DataFrame:
    """Return source data of a panel: the rows of one measure (``source``) of one condition, columns changed as said."""
    values = {"condition": condition, **changes, "measure": measure or source}
    return rows.panel_rows(where(table, measure=source), panel, PANEL_COLUMNS, **values)


def pixel_rows(panel: str, condition: str, images: NDArray[Any], measure: str, shared: pd.DataFrame) -> pd.DataFrame:
    """Return pictures (n, D) as source data; data, scale and device are those of the ``shared`` rows."""
    source = {name: shared[name].iloc[0] for name in ("data", "scale", "device")}
    return rows.pixel_rows(images, panel, condition, PANEL_COLUMNS, measure=measure, **source)


def pictures(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Return the pictures (n, D) that source data hold."""
    return frame.pivot(index="unit", columns="x", values="y").to_numpy()


def show_tiles(ax: Axes, fields: NDArray[np.float64], columns: int, **look: Any) -> Any:
    """Draw square fields (n, D) side by side, ``columns`` to a row."""
    side = round(np.sqrt(fields.shape[1]))
    return panels.tiles(ax, fields.reshape(-1, side, side), columns, **look)
