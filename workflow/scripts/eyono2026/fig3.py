"""Figure 3: moments of activity without normalization, with subtractive and with both kinds of inhibition."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eyono2026.panels import CHOICES, COLOURS, best_rows, boxes, describe, last_epoch, panel_rows
from homeostat import cli
from homeostat.figures import panels
from homeostat.figures.program import Given
from homeostat.figures.sheet import Sheet

CONDITIONS = ("E/I", "I-Norm (sub)", "I-Norm")
PANELS = {"A": ("first moment", 0.0), "B": ("second moment", 1.0)}


def moments(ax: Axes, rows: pd.DataFrame, measure: str, target: float) -> None:
    """Draw a panel: the best configurations of all ε, chosen on validation (left) and on test images (right)."""
    for place, condition in enumerate(CONDITIONS):
        for shift, name in zip((-0.2, 0.2), CHOICES.values(), strict=True):
            chosen = rows[(rows["condition"] == condition) & (rows["measure"] == f"{measure}, {name}")]
            boxes(ax, [chosen["y"]], [place + shift], [COLOURS[condition]], spacing=0.4)
    ax.axhline(target, color="black", ls=":", lw=0.9)
    ax.set_xticks(range(len(CONDITIONS)), ["no normalization (E/I)", *CONDITIONS[1:]])
    ax.set(xlim=(-0.6, len(CONDITIONS) - 0.4))


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    sheet = Sheet("AB", frame, height=75)
    for name, (measure, target) in PANELS.items():
        sheet.draw(name, moments, measure, target)
    sheet["A"].set(ylabel="first moment: mean of z over units")
    sheet["B"].set(ylabel="second moment: variance of z over units", yscale="log")
    panels.log_ticks(sheet["B"], *sheet["B"].get_ylim(), axis="y")
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
        f"mean over both hidden layers and the last training batch; the {best} best configurations at each ε, "
        "of each pair of boxes on validation (left) and on test images (right, the paper's choice)"
    )
    given.write(frame, draw(frame, describe(table, note)))


if __name__ == "__main__":
    cli.run(main)
