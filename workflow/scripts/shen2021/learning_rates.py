"""Robustness to the learning rate: A accuracy of batch normalization and synaptic scaling, B their alphas."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import panels
from homeostat.figures.program import Given
from homeostat.figures.rows import where
from homeostat.figures.sheet import Sheet
from shen2021.panels import COLOURS, LAYERS, WHY, describe, panel_rows, present

ALPHAS = [f"share of alphas between 0 and 1, {layer}" for layer in LAYERS]


def over_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Return source data with the learning rate as x: the final accuracy, and the share of alphas in (0, 1)."""
    final = where(table[table["iteration"] == table["n_steps"]], measure="test accuracy")
    rows = pd.concat([final, where(table, measure=ALPHAS)])
    return panel_rows(rows.assign(x=rows["learning_rate"]), {"A": ["test accuracy"], "B": ALPHAS})


def rate_axis(ax: Axes, frame: pd.DataFrame, label: str) -> None:
    """Name the axes; ticks are the rates."""
    panels.plain_ticks(ax, sorted(frame["x"].unique()))
    ax.set(xlabel="learning rate of Adam", ylabel=label)
    ax.legend()


def accuracy(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw panel A."""
    panels.curves(ax, frame, COLOURS, present(frame), error="sd", bars=True)
    rate_axis(ax, frame, "test accuracy after training (%)")


def alphas(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw panel B."""
    for (layer, which), dash, fill in zip(LAYERS.items(), ("-", "--"), (None, "white"), strict=True):
        rows = where(frame, measure=f"share of alphas between 0 and 1, {layer}")
        panels.curve(ax, rows, colour=COLOURS["SynapticScaling"], label=f"{which} fully connected layer", error="sd",
                     bars=True, ls=dash, mfc=fill)  # fmt: skip
    rate_axis(ax, frame, "share of units with 0 < α < 1\n(SynapticScaling)")
    ax.set_ylim(-0.03, 1.05)


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    sheet = Sheet("AB", frame, height=75, width=150, why=WHY)
    sheet.draw("A", accuracy)
    sheet.draw("B", alphas)
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table = given.table()
    frame = over_rates(table)
    given.write(frame, draw(frame, describe(table)))


if __name__ == "__main__":
    cli.run(main)
