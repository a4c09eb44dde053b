"""What figures 3 and C.5 have in common: histograms of bearings and the ring of states, awake and quiescent."""

import pandas as pd
from matplotlib.axes import Axes

from krishna2024.design import NOISES
from krishna2024.panels import NAMES, of, polar, rows, scatter, title

_PANELS = {
    "a": ("bearing", "active"),
    "b": ("bearing", "quiescent"),
    "c": ("states", "active"),
    "d": ("states", "quiescent"),
}


def bearing_rows(table: pd.DataFrame, bias: str) -> pd.DataFrame:
    """Return source data of panels a to d."""
    labels = [f"{bias}, {noise}" for noise in NOISES]
    return pd.concat(
        rows(table, letter, measure, phases=[phase], labels=labels) for letter, (measure, phase) in _PANELS.items()
    )


def draw_bearings(axes: dict[str, Axes], frame: pd.DataFrame, bias: str) -> None:
    """Draw panels a to d for each kind of noise; the axes' names are ``LETTER NOISE``."""
    for noise in NOISES:
        states = of(frame, "c", f"{bias}, {noise}, active", measure="states")
        states = pd.concat([states, of(frame, "d", f"{bias}, {noise}, quiescent", measure="states")])
        for letter, (measure, phase) in _PANELS.items():
            ax, points = axes[f"{letter} {noise}"], of(frame, letter, f"{bias}, {noise}, {phase}", measure=measure)
            if measure == "bearing":
                polar(ax, points)
            else:
                scatter(ax, points, states, colours="twilight", label="decoded bearing (rad)")
            title(ax, letter, f"{phase}\n{NAMES[noise]}")
