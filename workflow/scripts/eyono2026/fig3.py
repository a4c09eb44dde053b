"""Figure 3: moments of activity without normalization, with subtractive and with both kinds of inhibition."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eyono2026.panels import CHOICES, COLOURS, best_rows, boxes, describe, last_epoch, panel_rows
from homeostat import cli
from homeostat.figures import panels
from homeostat.figures.program import Given
from homeostat.figures.rows import where
from homeostat.figures.sheet import Sheet

CONDITIONS = ("E/I", "I-Norm (sub)", "I-Norm")
PANELS = {"A": ("first moment", 0.0), "B": ("second moment", 1.0)}


def moments(ax: Axes, rows: pd.DataFrame, measure: str, target: float) -> None:
    """Draw a box of the configurations that are best on test images, as the paper chose; a mark where others are.

    The mark is the median of those that are best on validation images.
    """
    validation, test = (f"{measure}, {name}" for name in CHOICES.values())
    ax.axhline(target, color="black", ls=":", lw=0.9, label=f"target of I-Norm: {target:g}")
    for place, condition in enumerate(CONDITIONS):
        boxes(ax, [where(rows, condition=condition, measure=test)["y"]], [place], [COLOURS[condition]], spacing=0.7)
        other = where(rows, condition=condition, measure=validation)["y"].median()
        ax.plot(place, other, "D", ms=4, mfc="white", color="black", zorder=5,
                label=None if place else "median if chosen on validation")  # fmt: skip
    ax.set_xticks(range(len(CONDITIONS)), ["no normalization\n(E/I)", "I-Norm,\nsubtractive only", "I-Norm"])
    ax.set(xlim=(-0.6, len(CONDITIONS) - 0.4))


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    sheet = Sheet("AB", frame, height=72)
    for name, (measure, target) in PANELS.items():
        sheet.draw(name, moments, measure, target)
    sheet["A"].set(ylabel="first moment: mean of z over units")
    sheet["B"].set(ylabel="second moment: variance of z over units", yscale="log")
    panels.log_ticks(sheet["B"], *sheet["B"].get_ylim(), axis="y")
    sheet["A"].legend(loc="best")
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table, best = given.table(), given.settings["best"]
    frame = pd.concat(
        [
            rows
            for name, (measure, _) in PANELS.items()
            for rows in (
                panel_rows(last_epoch(table), name, measure, CONDITIONS),
                best_rows(last_epoch(table), name, measure, CONDITIONS, best),
            )
        ]
    )
    note = (
        f"mean over both hidden layers and the last training batch; boxes: the {best} best configurations at each ε, "
        "chosen on test images as in the paper"
    )
    given.write(frame, draw(frame, describe(table, note)))


if __name__ == "__main__":
    cli.run(main)
