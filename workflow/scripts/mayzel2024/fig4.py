"""Figure 4: students of a teacher with known wiring (A, B schematics; C-E over budgets; F, G over in-degrees)."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import panels, style
from homeostat.figures.program import Given
from homeostat.figures.rows import where
from homeostat.figures.sheet import Sheet
from mayzel2024.panels import MEASURES, PANEL_COLUMNS, WHY, describe, draw_budgets, log_axis, panel_rows
from mayzel2024.schematics import students, teacher

WIRINGS = ("true", "random", "full")


def budgets(ax: Axes, rows: pd.DataFrame, *, legend: bool) -> None:
    """Draw panels C to E."""
    draw_budgets(ax, rows, WIRINGS, x="used", legend=legend)
    log_axis(ax, rows)


def in_degrees(ax: Axes, rows: pd.DataFrame, xlabel: str) -> None:
    """Draw panels F and G: one curve per budget."""
    known = sorted(rows["budget"].unique())
    for index, budget in enumerate(known):
        chosen = where(rows, budget=budget)
        label = f"budget {chosen['available'].iloc[0]:.2g}"
        panels.curve(ax, chosen, colour=style.shade(index, len(known)), label=label, by="degree")
    ax.set(xlabel=xlabel, ylabel=MEASURES["log_likelihood"])
    log_axis(ax, rows)


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    sheet = Sheet("AAABBB;CCDDEE;FFFGGG", frame, height=135, why=WHY, height_ratios=[0.42, 1, 1])
    teacher(sheet["A"])
    students(sheet["B"])
    for name in "CDE":
        sheet.draw(name, budgets, legend=name == "C")
    sheet.draw("F", in_degrees, "in-degree / number of neurons")
    sheet.draw("G", in_degrees, "budget / in-degree (of one synapse, units of E|a|)")
    if len(sheet.rows("F")):
        sheet["F"].legend()
    return sheet.finish(note)


def source(table: pd.DataFrame) -> pd.DataFrame:
    """Return the figure's source data from the table of its fits."""
    # A smaller recording than configured has fewer neurons than some in-degrees.
    swept = table[(table["label"] == "in-degree") & (table["degree"] <= table["neurons"])]
    usual = float(table.loc[table["label"] == "random", "degree"].iloc[0])
    unit = table["budget"].max() / table["available"].max()
    # A synapse's share of the budget, in units of the mean absolute weight of random projections.
    swept = swept.assign(
        label=[f"in-degree, φ = {budget:g}" for budget in swept["budget"]],
        fraction=swept["degree"] / swept["neurons"],
        share=swept["budget"] / swept["degree"] / (unit / usual),
    )
    kinds = swept["label"].unique()
    sizes = swept[["degree", "available"]]
    return pd.concat(
        [
            panel_rows(table, "C", WIRINGS, x="used", y="log_likelihood"),
            panel_rows(table, "D", WIRINGS, x="used", y="rate"),
            panel_rows(table, "E", WIRINGS, x="used", y="correlation"),
            panel_rows(swept, "F", kinds, x="fraction", y="log_likelihood").join(sizes),
            panel_rows(swept, "G", kinds, x="share", y="log_likelihood").join(sizes),
        ]
    )[[*PANEL_COLUMNS, *sizes]]


def main() -> None:
    given = Given(__doc__, "data", "table")
    table = given.table()
    frame = source(table)
    given.write(frame, draw(frame, describe(table, given.data()[1])))


if __name__ == "__main__":
    cli.run(main)
