"""Figure 4: activity is normalized and errors are not (A accuracy, B alignments, C, D accuracy over epochs)."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eyono2026.panels import (
    ACCURACY,
    COLOURS,
    describe,
    diagonal,
    histogram,
    inputs,
    panel_rows,
    scatter,
)
from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure

REFERENCE, INORM, FORWARD, NONE = "E-only, LN+", "I-Norm", "E-only, LN forward only", "E/I"
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
    rows = rows[rows["measure"] == ACCURACY]
    for name in (REFERENCE, INORM, FORWARD, NONE):
        points = rows[rows["condition"] == name].pivot(index="seed", columns="x", values="y")
        style.band(ax, points.columns, points.to_numpy(), label=name, colour=COLOURS[name])
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set(xlabel=f"epoch, ε = {epsilon:g}", ylabel="test accuracy (%)")


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    figure, axes = style.mosaic([["A", "B1", "C"], ["A", "B2", "D"]], width=10.5, height=4.8)
    panel = {name: frame[frame["panel"] == name] for name in "ABCD"}
    scatter(axes["A"], panel["A"], REFERENCE, INORM)
    scatter(axes["A"], panel["A"], REFERENCE, FORWARD, marker="x", legend=False)
    diagonal(axes["A"])
    axes["A"].plot([], [], "o", color=style.GREY, label=INORM)
    axes["A"].plot([], [], "x", color=style.GREY, label=FORWARD)
    axes["A"].set(ylabel="I-Norm, or LN forward only (test accuracy, %)")
    axes["A"].legend(fontsize=6)
    for place, measure in zip(("B1", "B2"), COSINES, strict=True):
        histogram(axes[place], panel["B"], measure, [INORM], np.linspace(0.0, 1.0, 41))
    epsilons = panel["A"]["x"]
    course(axes["C"], panel["C"], epsilons.min())
    course(axes["D"], panel["D"], epsilons.max())
    axes["C"].legend(fontsize=6)
    for name, place in (("A", "A"), ("B", "B1"), ("C", "C"), ("D", "D")):
        style.letter(axes[place], name)
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    frame = pd.concat(
        [
            panel_rows(given.last, "A", ACCURACY, [REFERENCE, INORM, FORWARD, NONE]),
            *(panel_rows(given.last, "B", measure, [INORM]) for measure in COSINES),
            courses(given.table),
        ]
    )
    note = (
        "A: small, its networks; C, D (not in the paper): mean ± SEM over configurations; whether I-Norm gains over "
        "E/I is judged at the end of the paper's 50 epochs only; "
    )
    write_figure(frame, draw(frame, describe(given.table, note)), given.output)


if __name__ == "__main__":
    cli.run(main)
