"""What figures 3 and C.5 have in common: histograms of bearings and the ring of states, awake and quiescent."""

import pandas as pd

from homeostat.figures.sheet import Sheet
from krishna2024.design import NOISES
from krishna2024.panels import NAMES, polar, rows, scatter, supplement, title

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


def draw_bearings(sheet: Sheet, bias: str) -> None:
    """Draw panels a to d for each kind of noise; the axes' names are ``LETTER NOISE``."""
    for noise in NOISES:
        both = [f"{bias}, {noise}, {phase}" for phase in ("active", "quiescent")]
        states = pd.concat([sheet.rows(letter, condition=both, measure="states") for letter in "cd"])
        for letter, (measure, phase) in _PANELS.items():
            ax, points = (
                sheet[f"{letter} {noise}"],
                sheet.rows(letter, condition=f"{bias}, {noise}, {phase}", measure=measure),
            )
            if measure == "bearing":
                polar(ax, points)
            else:
                label = "decoded bearing (rad)" if noise == NOISES[0] else ""
                scatter(ax, points, states, colours="twilight", label=label)
            title(ax, f"{phase}\n{NAMES[noise]}")
    supplement(sheet, "abcd", NOISES[1])
