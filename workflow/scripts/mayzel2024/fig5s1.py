"""Supplement 1 of figure 5: correlation (A), firing rate (B), rotation angles (C) and weights (D) of projections."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import panels, style
from homeostat.figures.program import Given
from homeostat.figures.rows import where
from homeostat.figures.sheet import Sheet
from mayzel2024.colours import COLOURS
from mayzel2024.panels import WHY, describe, detail_rows, draw_budgets, log_axis, panel_rows

KINDS = ("input", "output", "circuit")


def budgets(ax: Axes, rows: pd.DataFrame, *, legend: bool) -> None:
    """Draw panels A and B."""
    draw_budgets(ax, rows, KINDS, x="used", legend=legend)
    log_axis(ax, rows)


def densities(ax: Axes, rows: pd.DataFrame, kind: str, xlabel: str, limits: tuple[float, float]) -> None:
    """Draw a density, averaged over seeds, per budget, and that of the unconstrained model, as ridges."""
    known = sorted(where(rows, condition=kind)["budget"].unique())
    mean = where(rows, condition=kind).groupby(["budget", "x"])["y"].mean()
    found = [(f"φ = {budget:g}", mean[budget], style.shade(index, len(known))) for index, budget in enumerate(known)]
    free = where(rows, condition="unconstrained").groupby("x")["y"].mean()
    panels.ridges(ax, [*found, ("unconstrained", free, COLOURS["unconstrained"])], limits=limits)
    ax.set(xlabel=xlabel, title=f"{kind} normalization")


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    layout = [[[["A", "B"]]], [[["C input", "C circuit", "D input", "D circuit"]]]]
    sheet = Sheet(layout, frame, height=150, why=WHY, height_ratios=[1, 1.25])
    for name in "AB":
        sheet.draw(name, budgets, legend=name == "A")
    for kind in ("input", "circuit"):
        sheet.draw(f"C {kind}", densities, kind, "rotation angle (degrees)", (0.0, 180.0))
        sheet.draw(f"D {kind}", densities, kind, "weight of a synapse", (-2.5, 2.5))
        sheet[f"C {kind}"].set_xticks([0, 90, 180])
    for name in ("C circuit", "D input", "D circuit"):
        sheet[name].set_yticklabels([])
    sheet["C input"].set_ylabel("density (each to its own height)")
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "data", "table", "details")
    table, details = given.table(), given.table("details")
    shown = ["input", "circuit", "unconstrained"]
    frame = pd.concat(
        [
            panel_rows(table, "A", KINDS, x="used", y="correlation"),
            panel_rows(table, "B", KINDS, x="used", y="rate"),
            detail_rows(details, "C", shown, "angle density"),
            detail_rows(details, "D", shown, "weight density"),
        ]
    )
    figure = draw(frame, describe(table, given.data()[1]))
    # In the table the budget of a density is part of its condition, as claims name them.
    named = frame["condition"] + ", φ = " + frame["budget"].map("{:g}".format)
    frame["condition"] = frame["condition"].mask(frame["panel"].isin(["C", "D"]) & (frame["budget"] > 0), named)
    given.write(frame, figure)


if __name__ == "__main__":
    cli.run(main)
