"""Source data of figures: tidy rows, which the plot, the claims and the page are made from."""

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd

COLUMNS = ["panel", "condition", "seed", "x", "y", "measure", "data", "scale", "device"]
"""The columns that all source data have; studies have more."""


def where(rows: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    """Return the rows whose columns have the wanted values, or one of a collection of values.

    >>> rows = pd.DataFrame({"panel": ["A", "A", "B"], "y": [1, 2, 3]})
    >>> where(rows, panel="A", y=[2, 3])["y"].tolist()
    [2]
    """
    chosen = pd.Series(True, index=rows.index)
    for name, value in wanted.items():
        several = isinstance(value, Collection) and not isinstance(value, str)
        chosen &= rows[name].isin(list(value)) if several else rows[name] == value
    return rows[chosen]


def panel_rows(table: pd.DataFrame, panel: str, columns: Sequence[str] = COLUMNS, **values: Any) -> pd.DataFrame:
    """Return source data of a panel: rows of a table, with some columns set to new ``values``."""
    return table.assign(panel=panel, **values)[list(columns)]


def pixel_rows(images: Any, panel: str, condition: str, columns: Sequence[str], **values: Any) -> pd.DataFrame:
    """Return pictures (n, D) as source data: ``x`` is the pixel, ``y`` its value, ``unit`` the picture."""
    frame = pd.DataFrame(images).rename_axis("unit").melt(var_name="x", value_name="y", ignore_index=False)
    frame = frame.reset_index().sort_values(["unit", "x"], kind="stable")
    return panel_rows(frame, panel, columns, condition=condition, seed=0, **values)


def seeds_of(rows: pd.DataFrame, error: str = "SEM") -> str:
    """Return how many seeds curves are drawn from, and what their intervals are."""
    count = rows["seed"].nunique()
    return f"mean ± {error} over {count} seeds" if count > 1 else "1 seed"


def footer(rows: pd.DataFrame, *said: str) -> str:
    """Return the line under a figure: what is ``said``, then scale and device."""
    devices = ", ".join(sorted(rows["device"].unique()))
    return "; ".join([*filter(None, said), f"scale: {rows['scale'].iloc[0]}", f"device: {devices}"])
