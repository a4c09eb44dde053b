"""Robustness to the learning rate: A accuracy of batch normalization and synaptic scaling, B their alphas."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from shen2021.panels import COLOURS, LAYERS, describe, inputs, panel_rows, present, select, try_panel

ALPHAS = [f"share of alphas between 0 and 1, {layer}" for layer in LAYERS]


def over_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Return source data with the learning rate as x: the final accuracy, and the share of alphas in (0, 1)."""
    final = table[(table["measure"] == "test accuracy") & (table["iteration"] == table["iterations"])]
    rows = pd.concat([final, table[table["measure"].isin(ALPHAS)]])
    return panel_rows(rows.assign(x=rows["learning_rate"]), {"A": ["test accuracy"], "B": ALPHAS})


def points(ax: Axes, rows: pd.DataFrame, label: str, **kwargs: Any) -> None:
    """Draw mean and SD over seeds along the rates."""
    groups = rows.groupby("x")["y"]
    ax.errorbar(groups.mean().index, groups.mean(), groups.std().fillna(0.0), label=label, capsize=2, elinewidth=0.8,
                marker="o", **kwargs)  # fmt: skip


def rate_axis(ax: Axes, frame: pd.DataFrame, label: str) -> None:
    """Name the axes; ticks are the rates."""
    rates = sorted(frame["x"].unique())
    ax.set(xlabel="learning rate of Adam", ylabel=label, xscale="log")
    ax.set_xticks(rates, [f"{rate:g}" for rate in rates])
    ax.minorticks_off()
    ax.legend()


def accuracy(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw panel A."""
    for name in present(frame):
        points(ax, select(frame, "test accuracy", name), name, color=COLOURS[name])
    rate_axis(ax, frame, "test accuracy after training (%)")


def alphas(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw panel B."""
    for (layer, which), line, fill in zip(LAYERS.items(), ("-", "--"), (None, "white"), strict=True):
        rows = select(frame, f"share of alphas between 0 and 1, {layer}")
        points(ax, rows, f"{which} fully connected layer", color=COLOURS["SynapticScaling"], ls=line, mfc=fill)
    rate_axis(ax, frame, "share of units with 0 < α < 1\n(SynapticScaling)")
    ax.set_ylim(-0.03, 1.05)


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    figure, axes = style.mosaic("AB", width=7.6, height=3.4)
    for name, function in (("A", accuracy), ("B", alphas)):
        try_panel(axes[name], function, frame[frame["panel"] == name])
        style.letter(axes[name], name)
    style.note(figure, note)
    return figure


def main() -> None:
    table, files = inputs(__doc__)
    frame = over_rates(table)
    write_figure(frame, draw(frame, describe(table)), files)


if __name__ == "__main__":
    cli.run(main)
