"""What the study's figures share: colours, rows of source data, fields as pictures."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from homeostat.figures import panels, rows
from homeostat.figures.rows import where
from keck2012.colours import COLOURS as COLOURS

PANEL_COLUMNS = ["panel", "condition", "seed", "unit", "x", "y", "measure", "data", "scale", "device"]

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
