"""Figure 4: activity is normalized and errors are not (A accuracy, B alignments, C, D accuracy over epochs)."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eyono2026.panels import (
    ACCURACY,
    COLOURS,
    REFERENCE,
    describe,
    histogram,
    last_epoch,
    panel_rows,
    scatter,
)
from homeostat import cli
from homeostat.figures import panels, style
from homeostat.figures.program import Given
from homeostat.figures.rows import where
from homeostat.figures.sheet import Sheet

INORM, FORWARD, NONE = "I-Norm", "E-only, LN forward only", "E/I"
COSINES = ("output alignment", "gradient alignment")


def courses(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows of panels C and D: accuracy over epochs at the smallest and the largest ε."""
    ends = {"C": table["epsilon"].min(), "D": table["epsilon"].max()}
    parts = [
        panel_rows(table[table["epsilon"] == epsilon], panel, ACCURACY, [REFERENCE, INORM, FORWARD, NONE], x="epoch")
        for panel, epsilon in ends.items()
    ]
    return pd.concat(parts)


def course(ax: Axes, rows: pd.DataFrame, epsilon: float) -> None:
    """Draw panels C and D."""
    shown = (REFERENCE, INORM, FORWARD, NONE)
    panels.curves(ax, where(rows, measure=ACCURACY), COLOURS, shown)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set(xlabel=f"epoch, ε = {epsilon:g}", ylabel="test accuracy (%)")


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    sheet = Sheet([["A", "B 1", "C"], ["A", "B 2", "D"]], frame, height=95)
    sheet.draw("A", scatter, REFERENCE, INORM)
    sheet.draw("A", scatter, REFERENCE, FORWARD, marker="x", legend=False)
    panels.diagonal(sheet["A"])
    sheet["A"].plot([], [], "o", color=style.GREY, label=INORM)
    sheet["A"].plot([], [], "x", color=style.GREY, label=FORWARD)
    sheet["A"].set(ylabel="I-Norm, or LN forward only (test accuracy, %)")
    sheet["A"].legend()
    for name, measure in zip(("B 1", "B 2"), COSINES, strict=True):
        sheet.draw(name, histogram, measure, [INORM], np.linspace(0.0, 1.0, 41))
    epsilons = sheet.rows("A")["x"]
    sheet.draw("C", course, epsilons.min())
    sheet.draw("D", course, epsilons.max())
    sheet["C"].legend()
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table = given.table()
    frame = pd.concat(
        [
            panel_rows(last_epoch(table), "A", ACCURACY, [REFERENCE, INORM, FORWARD, NONE]),
            *(panel_rows(last_epoch(table), "B", measure, [INORM]) for measure in COSINES),
            courses(table),
        ]
    )
    note = (
        "A: small, its networks; C, D (not in the paper): mean ± SEM over configurations; whether I-Norm gains over "
        "E/I is judged at the end of the paper's 50 epochs only"
    )
    given.write(frame, draw(frame, describe(table, note)))


if __name__ == "__main__":
    cli.run(main)
