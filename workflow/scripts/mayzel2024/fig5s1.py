"""Supplement 1 of figure 5: correlation (A), firing rate (B), rotation angles (C) and weights (D) of projections."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from mayzel2024.panels import (
    PANEL_COLUMNS,
    describe,
    detail_rows,
    draw_budgets,
    inputs,
    log_axis,
    panel_rows,
    try_panel,
)

KINDS = ("input", "output", "circuit")


def densities(ax: Axes, rows: pd.DataFrame, kind: str, xlabel: str) -> None:
    """Draw a density, averaged over seeds, per budget, and that of the unconstrained model."""
    budgets = sorted(rows.loc[rows["condition"] == kind, "budget"].unique())
    for index, budget in enumerate(budgets):
        chosen = rows[(rows["condition"] == kind) & (rows["budget"] == budget)]
        mean = chosen.groupby("x")["y"].mean()
        ax.plot(mean.index, mean, color=style.shade(index, len(budgets)), lw=1.0, label=f"φ = {budget:g}")
    mean = rows[rows["condition"] == "unconstrained"].groupby("x")["y"].mean()
    ax.plot(mean.index, mean, color="black", lw=1.0, ls="--", label="unconstrained")
    ax.set(xlabel=xlabel, ylabel="density", title=f"{kind} normalization")


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    figure, axes = style.mosaic([["A", "B"], ["C1", "D1"], ["C2", "D2"]], width=7.2, height=8.0)
    panel = {name: frame[frame["panel"] == name] for name in "ABCD"}
    for name in "AB":
        try_panel(axes[name], draw_budgets, panel[name], KINDS, x="used", legend=name == "A")
        log_axis(axes[name], panel[name])
    for row, kind in (("1", "input"), ("2", "circuit")):
        try_panel(axes[f"C{row}"], densities, panel["C"], kind, "rotation angle (degrees)")
        try_panel(axes[f"D{row}"], densities, panel["D"], kind, "weight of a synapse (existing ones)")
        axes[f"D{row}"].set(xlim=(-2.5, 2.5), yscale="log")
    axes["C1"].legend(fontsize=5.5)
    for name, ax in (("A", "A"), ("B", "B"), ("C", "C1"), ("D", "D1")):
        style.letter(axes[ax], name)
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    shown = ["input", "circuit", "unconstrained"]
    frame = pd.concat(
        [
            panel_rows(given.table, "A", KINDS, x="used", y="correlation"),
            panel_rows(given.table, "B", KINDS, x="used", y="rate"),
            detail_rows(given.details, "C", shown, "angle density"),
            detail_rows(given.details, "D", shown, "weight density"),
        ]
    )[PANEL_COLUMNS]
    figure = draw(frame, describe(given.table, given.meta))
    # In the table the budget of a density is part of its condition, as claims name them.
    named = frame["condition"] + ", φ = " + frame["budget"].map("{:g}".format)
    frame["condition"] = frame["condition"].mask(frame["panel"].isin(["C", "D"]) & (frame["budget"] > 0), named)
    write_figure(frame, figure, given.output)


if __name__ == "__main__":
    cli.run(main)
