"""Figure 3: homeostasis regulates the firing of projections (A likelihood, B course, C, D, E firing rates)."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import panels
from homeostat.figures.program import Given
from homeostat.figures.rows import where
from homeostat.figures.sheet import Sheet
from mayzel2024.colours import colours
from mayzel2024.panels import MEASURES, WHY, describe, detail_rows, panel_rows, reference


def likelihood(ax: Axes, rows: pd.DataFrame, labels: list[str]) -> None:
    """Draw panel A: mean and standard error for each budget, the RP model as a line."""
    for position, (label, colour) in enumerate(colours(labels).items()):
        chosen = where(rows, condition=label)
        panels.point(ax, position, chosen["y"], colour=colour, doubt=chosen["doubt"])
    reference(ax, rows, "RP", ls="--")
    ax.set_xticks(range(len(labels)), colours(labels), rotation=45, ha="right")
    ax.set(ylabel=MEASURES["log_likelihood"], xlim=(-0.6, len(labels) - 0.4))
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1)


def course(ax: Axes, rows: pd.DataFrame, labels: list[str]) -> None:
    """Draw panel B."""
    panels.curves(ax, rows.assign(doubt=""), colours(labels), labels, marker=None, lw=1.0)
    ax.set(xlabel="reshaping step", ylabel="mean firing rate (per bin)", xscale="symlog", xlim=(-0.1, rows["x"].max()))
    ax.legend(loc="upper right")


def histogram(ax: Axes, rows: pd.DataFrame, labels: list[str]) -> None:
    """Draw panel C: ridges, each to its own height."""
    limits = (0.0, max(0.5, rows["y"].quantile(0.999)))
    found, edges = [], np.linspace(*limits, 51)
    for label, colour in colours(labels).items():
        values = where(rows, condition=label)["y"]
        share = np.histogram(values, edges)[0] / len(values)
        found.append((f"{label}\nSD {values.std():.3f}", pd.Series(share, (edges[1:] + edges[:-1]) / 2), colour))
    panels.ridges(ax, found, limits=limits)
    ax.set(xlabel="firing rate of a projection (per bin)")


def means(ax: Axes, rows: pd.DataFrame, labels: list[str]) -> None:
    """Draw panel D: mean and SD over models."""
    for label, colour in colours(labels).items():
        at = where(rows, condition=label)
        panels.point(ax, at["x"], at["y"], colour=colour, label=label, error="sd", doubt=at["doubt"])
    panels.diagonal(ax, (0.0, 1.05 * max(rows["x"].max(), rows["y"].max())))
    ax.set(
        xlabel="initial mean firing rate (per bin)",
        ylabel="mean firing rate after learning\n(per bin; ± SD over models)",
        aspect="auto",
    )
    ax.legend()


def changes(ax: Axes, rows: pd.DataFrame, labels: list[str]) -> None:
    """Draw panel E: cumulative distributions."""
    for label, colour in colours(labels).items():
        panels.cumulative(ax, where(rows, condition=label)["y"], colour=colour, label=label)
    ax.set(xlabel="relative change of a projection's firing rate", ylabel="cumulative share")
    ax.set(xscale="log", xlim=(1e-2, 20))
    ax.legend()


def relative_changes(details: pd.DataFrame, labels: list[str]) -> pd.DataFrame:
    """Return |final - initial| / initial firing rate of each projection; silent initial ones are left out."""
    keys = ["label", "budget", "seed", "x", "data", "scale", "device", "doubt"]
    final = details[details["measure"] == "rate"].set_index(keys)["y"]
    initial = details[details["measure"] == "initial_rate"].set_index(keys)["y"]
    change = ((final - initial).abs() / initial.where(initial > 1e-6)).dropna().rename("y").reset_index()
    return panel_rows(change, "E", labels, x="x", y="y", measure="relative change of rate")


def draw(frame: pd.DataFrame, labels: list[str], note: str) -> Figure:
    """Draw the figure from its source data."""
    sheet = Sheet("AABBCC;DDDEEE", frame, height=115, why=WHY)
    for name, function in zip("ABCDE", (likelihood, course, histogram, means, changes), strict=True):
        sheet.draw(name, function, labels)
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "data", "table", "details")
    table, details = given.table(), given.table("details")
    labels = [label for label in dict.fromkeys(table["label"]) if label != "RP"]
    frame = pd.concat(
        [
            panel_rows(table, "A", [*labels, "RP"], x="available", y="log_likelihood"),
            detail_rows(details, "B", labels, "course of rate"),
            detail_rows(details, "C", labels, "rate"),
            panel_rows(table, "D", labels, x="initial_rate", y="rate"),
            relative_changes(details, labels),
        ]
    )
    given.write(frame, draw(frame, labels, describe(table, given.data()[1])))


if __name__ == "__main__":
    cli.run(main)
