"""Supplement 1 of figure 5: correlation (A), firing rate (B), rotation angles (C) and weights (D) of projections."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
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


def densities(ax: Axes, rows: pd.DataFrame, kind: str, xlabel: str) -> None:
    """Draw a density, averaged over seeds, per budget, and that of the unconstrained model."""
    known = sorted(where(rows, condition=kind)["budget"].unique())
    for index, budget in enumerate(known):
        mean = where(rows, condition=kind, budget=budget).groupby("x")["y"].mean()
        ax.plot(mean.index, mean, color=style.shade(index, len(known)), lw=1.0, label=f"φ = {budget:g}")
    mean = where(rows, condition="unconstrained").groupby("x")["y"].mean()
    ax.plot(mean.index, mean, color=COLOURS["unconstrained"], lw=1.0, ls="--", label="unconstrained")
    ax.set(xlabel=xlabel, ylabel="density", title=f"{kind} normalization")


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    sheet = Sheet([["A", "B"], ["C input", "D input"], ["C circuit", "D circuit"]], frame, height=170, why=WHY)
    for name in "AB":
        sheet.draw(name, budgets, legend=name == "A")
    for kind in ("input", "circuit"):
        sheet.draw(f"C {kind}", densities, kind, "rotation angle (degrees)")
        sheet.draw(f"D {kind}", densities, kind, "weight of a synapse (existing ones)")
        sheet[f"D {kind}"].set(xlim=(-2.5, 2.5), yscale="log")
    sheet["C input"].legend()
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
