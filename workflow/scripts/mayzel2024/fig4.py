"""Figure 4: students of a teacher with known wiring (A, B schematics; C-E over budgets; F, G over in-degrees)."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from mayzel2024.panels import (
    MEASURES,
    PANEL_COLUMNS,
    describe,
    draw_budgets,
    hollow,
    inputs,
    log_axis,
    panel_rows,
    try_panel,
)
from mayzel2024.schematics import students, teacher

WIRINGS = ("true", "random", "full")


def in_degrees(ax: Axes, rows: pd.DataFrame, xlabel: str) -> None:
    """Draw panels F and G: one curve per budget."""
    budgets = sorted(rows["budget"].unique())
    for index, budget in enumerate(budgets):
        chosen = rows[rows["budget"] == budget]
        points = chosen.pivot_table(index="seed", columns="degree", values="y")
        x = chosen.groupby("degree")["x"].mean().reindex(points.columns)
        label = f"budget {chosen['available'].iloc[0]:.2g}"
        style.band(ax, x, points.to_numpy(), label=label, colour=style.shade(index, len(budgets)))
        hollow(ax, chosen, "degree", style.shade(index, len(budgets)))
    ax.set(xlabel=xlabel, ylabel=MEASURES["log_likelihood"])
    log_axis(ax, rows)


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    figure, axes = style.mosaic("AAABBB;CCDDEE;FFFGGG", width=9.5, height=7.6)
    panel = {name: frame[frame["panel"] == name] for name in "CDEFG"}
    teacher(axes["A"])
    students(axes["B"])
    for name in "CDE":
        try_panel(axes[name], draw_budgets, panel[name], WIRINGS, x="used", legend=name == "C")
        log_axis(axes[name], panel[name])
    try_panel(axes["F"], in_degrees, panel["F"], "in-degree / number of neurons")
    try_panel(axes["G"], in_degrees, panel["G"], "budget / in-degree (of one synapse, units of E|a|)")
    axes["F"].legend(fontsize=6)
    for name, ax in axes.items():
        style.letter(ax, name)
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    table = given.table
    # A smaller recording than configured has fewer neurons than some in-degrees.
    swept = table[(table["label"] == "in-degree") & (table["degree"] <= table["neurons"])]
    usual = float(table.loc[table["label"] == "random", "degree"].iloc[0])
    unit = table["budget"].max() / table["available"].max()
    # A synapse's share of the budget, in units of the mean absolute weight of random projections.
    swept = swept.assign(
        label="in-degree, φ = " + swept["budget"].map("{:g}".format),
        fraction=swept["degree"] / swept["neurons"],
        share=swept["budget"] / swept["degree"] / (unit / usual),
    )
    budgets = swept["label"].unique()
    sizes = swept[["degree", "available"]]
    frame = pd.concat(
        [
            panel_rows(table, "C", WIRINGS, x="used", y="log_likelihood"),
            panel_rows(table, "D", WIRINGS, x="used", y="rate"),
            panel_rows(table, "E", WIRINGS, x="used", y="correlation"),
            panel_rows(swept, "F", budgets, x="fraction", y="log_likelihood").join(sizes),
            panel_rows(swept, "G", budgets, x="share", y="log_likelihood").join(sizes),
        ]
    )[[*PANEL_COLUMNS, *sizes]]
    write_figure(frame, draw(frame, describe(table, given.meta)), given.output)


if __name__ == "__main__":
    cli.run(main)
