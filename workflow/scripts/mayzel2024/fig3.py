"""Figure 3: homeostasis regulates the firing of projections (A likelihood, B course, C, D, E firing rates)."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from mayzel2024.panels import (
    MEASURES,
    PANEL_COLUMNS,
    colour,
    describe,
    detail_rows,
    hollow,
    inputs,
    panel_rows,
    reference,
    try_panel,
)


def likelihood(ax: Axes, rows: pd.DataFrame, labels: list[str]) -> None:
    """Draw panel A: mean and standard error for each budget, the RP model as a line."""
    models = [label for label in labels if label != "RP"]
    for position, label in enumerate(models):
        chosen = rows[rows["condition"] == label]
        error = chosen["y"].sem() if len(chosen) > 1 else 0.0
        ax.errorbar(position, chosen["y"].mean(), error, fmt="o", ms=3, color=colour(label, labels), capsize=4)
        hollow(ax, chosen.assign(x=position), "x", colour(label, labels))
    reference(ax, rows, "RP", ls="--")
    ax.set_xticks(range(len(models)), models, rotation=45, ha="right", fontsize=6)
    ax.set(ylabel=MEASURES["log_likelihood"], xlim=(-0.6, len(models) - 0.4))
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1)


def course(ax: Axes, rows: pd.DataFrame, labels: list[str]) -> None:
    """Draw panel B."""
    for label in labels:
        points = rows[rows["condition"] == label].groupby("x")["y"]
        mean, error = points.mean(), points.sem().fillna(0.0)
        (line,) = ax.plot(mean.index, mean, color=colour(label, labels), label=label, lw=1.0)
        ax.fill_between(mean.index, mean - error, mean + error, color=line.get_color(), alpha=0.25, lw=0)
    ax.set(xlabel="reshaping step", ylabel="mean firing rate (per bin)", xscale="symlog")
    ax.legend(fontsize=6)


def histogram(ax: Axes, rows: pd.DataFrame, labels: list[str]) -> None:
    """Draw panel C."""
    edges = np.linspace(0.0, max(0.5, rows["y"].quantile(0.999)), 51)
    for label in labels:
        values = rows.loc[rows["condition"] == label, "y"]
        density, _ = np.histogram(values, bins=edges, density=True)
        name = f"{label}: SD {values.std():.3f}"
        ax.step(edges[:-1], density, where="post", color=colour(label, labels), label=name, lw=1.0)
    ax.set(xlabel="firing rate of a projection (per bin)", ylabel="density")
    ax.legend(fontsize=6)


def means(ax: Axes, rows: pd.DataFrame, labels: list[str]) -> None:
    """Draw panel D: mean and SD over models."""
    for label in labels:
        points = rows[rows["condition"] == label]
        ax.errorbar(points["x"].mean(), points["y"].mean(), points["y"].std() if len(points) > 1 else 0.0,
                    fmt="o", color=colour(label, labels), label=label, capsize=2)  # fmt: skip
        hollow(ax, points, "condition", colour(label, labels), ms=4)
    limits = [0.0, 1.05 * max(rows["x"].max(), rows["y"].max())]
    ax.plot(limits, limits, color=style.GREY, lw=0.8)
    ax.set(
        xlabel="initial mean firing rate (per bin)",
        ylabel="mean firing rate after learning\n(per bin; ± SD over models)",
        xlim=limits,
        ylim=limits,
    )
    ax.legend(fontsize=6)


def changes(ax: Axes, rows: pd.DataFrame, labels: list[str]) -> None:
    """Draw panel E: cumulative distributions."""
    for label in labels:
        values = np.sort(rows.loc[rows["condition"] == label, "y"])
        ax.plot(values, np.arange(1, len(values) + 1) / len(values), color=colour(label, labels), label=label)
    ax.set(
        xlabel="relative change of a projection's firing rate", ylabel="cumulative share", xscale="log", xlim=(1e-2, 20)
    )
    ax.legend(fontsize=6)


def relative_changes(details: pd.DataFrame, labels: list[str]) -> pd.DataFrame:
    """Return |final - initial| / initial firing rate of each projection; silent initial ones are left out."""
    keys = ["label", "budget", "seed", "x", "data", "scale", "device", "doubt"]
    final = details[details["measure"] == "rate"].set_index(keys)["y"]
    initial = details[details["measure"] == "initial_rate"].set_index(keys)["y"]
    change = ((final - initial).abs() / initial.where(initial > 1e-6)).dropna().rename("y").reset_index()
    return panel_rows(change, "E", labels, x="x", y="y", measure="relative change of rate")


def draw(frame: pd.DataFrame, labels: list[str], note: str) -> Figure:
    """Draw the figure from its source data."""
    figure, axes = style.mosaic("AABBCC;DDDEEE", width=9.5, height=5.8)
    panel = {name: frame[frame["panel"] == name] for name in "ABCDE"}
    try_panel(axes["A"], likelihood, panel["A"], [*labels, "RP"])
    for name, function in (("B", course), ("C", histogram), ("D", means), ("E", changes)):
        try_panel(axes[name], function, panel[name], labels)
    for name, ax in axes.items():
        style.letter(ax, name)
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    labels = [label for label in dict.fromkeys(given.table["label"]) if label != "RP"]
    frame = pd.concat(
        [
            panel_rows(given.table, "A", [*labels, "RP"], x="available", y="log_likelihood"),
            detail_rows(given.details, "B", labels, "course of rate"),
            detail_rows(given.details, "C", labels, "rate"),
            panel_rows(given.table, "D", labels, x="initial_rate", y="rate"),
            relative_changes(given.details, labels),
        ]
    )[PANEL_COLUMNS]
    write_figure(frame, draw(frame, labels, describe(given.table, given.meta)), given.output)


if __name__ == "__main__":
    cli.run(main)
