"""What the study's figures share: arguments, rows of source data, kinds of panels, files of a figure."""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from homeostat.figures import style
from homeostat.reactivation.tasks import SIDE

COLUMNS = ["panel", "condition", "seed", "x", "y", "z", "measure", "data", "scale", "device"]
# Okabe-Ito colours, one per kind of noise.
COLOURS = {"uniform": "#D55E00", "gaussian": "#0072B2", "matched": "#009E73", "none": "#555555"}
NAMES = {
    "uniform": "uniform noise (code)",
    "gaussian": "Gaussian noise (text)",
    "matched": "Gaussian, variance of uniform",
    "none": "no noise",
}
MOST_KL = 10.0
_PAPER = {"real": "reduced from the paper's sizes", "paper": "the paper's sizes"}


class Given(NamedTuple):
    """A figure's table and the files to write."""

    table: pd.DataFrame
    output: list[Path]


def inputs(description: str | None) -> Given:
    """Read the arguments and the table of a figure's program."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--output", type=Path, nargs="+", required=True)
    options = parser.parse_args()
    return Given(pd.read_csv(options.table), options.output)


def noise_of(condition: str) -> str:
    """Return the noise of a label: the second word of ``unbiased, uniform, active``."""
    return condition.split(", ")[1]


def rows(
    table: pd.DataFrame,
    panel: str,
    measure: str,
    *,
    phases: Iterable[str] = (),
    labels: Iterable[str] = (),
    named: bool = True,
) -> pd.DataFrame:
    """Return a panel's source data: a measure, of some phases and labels (by default of all).

    The condition is ``LABEL, PHASE``, or with ``named`` false the label alone.
    """
    chosen = table[table["measure"] == measure]
    if phases:
        chosen = chosen[chosen["phase"].isin(list(phases))]
    if labels:
        chosen = chosen[chosen["condition"].isin(list(labels))]
    condition = chosen["condition"] + ", " + chosen["phase"] if named else chosen["condition"]
    return chosen.assign(panel=panel, condition=condition)[COLUMNS]


def of(frame: pd.DataFrame, panel: str, *conditions: str, measure: str | None = None) -> pd.DataFrame:
    """Return the rows of a panel, of some conditions and of one measure."""
    chosen = frame[frame["panel"] == panel]
    if conditions:
        chosen = chosen[chosen["condition"].isin(conditions)]
    return chosen if measure is None else chosen[chosen["measure"] == measure]


def curve(ax: Axes, points: pd.DataFrame, **kwargs: Any) -> None:
    """Draw mean and standard deviation over seeds, of which no less than the lowest seed on a logarithmic axis."""
    values = points.pivot_table(index="x", columns="seed", values="y", dropna=False)
    if values.empty:
        return
    mean, sd = values.mean(axis=1), values.std(axis=1).fillna(0.0)
    (line,) = ax.plot(mean.index, mean, **kwargs)
    low = mean - sd
    if ax.get_yscale() == "log":  # where the band would go on to 0
        low = low.clip(lower=values.min(axis=1))
    ax.fill_between(mean.index, low, mean + sd, color=line.get_color(), alpha=0.2, lw=0)


def paths(ax: Axes, points: pd.DataFrame) -> None:
    """Draw decoded trajectories in the box."""
    for number, path in points.groupby("z"):
        ax.plot(path["x"], path["y"], lw=0.6, color=style.shade(int(number), 12))
        ax.plot(path["x"].iloc[0], path["y"].iloc[0], "o", ms=2, color=style.shade(int(number), 12))
    _box(ax)


def scatter(ax: Axes, points: pd.DataFrame, within: pd.DataFrame, *, colours: str, label: str) -> None:
    """Draw states on the first two components of the active states, coloured by what was decoded.

    Axes and colours have room for the states ``within``, so that panels that share these can be compared.
    """
    if points.empty:
        _nothing(ax)
        return
    # Circular maps have pale colours, which an edge sets off from the paper.
    edge = {"s": 5, "lw": 0.25, "edgecolors": "0.55"} if colours == "twilight" else {"s": 2, "lw": 0}
    drawn = ax.scatter(
        points["x"], points["y"], c=points["z"], cmap=colours, rasterized=True,
        vmin=within["z"].min(), vmax=within["z"].max(), **edge,
    )  # fmt: skip
    ax.update_datalim(within[["x", "y"]].to_numpy())
    ax.set(xlabel="PC 1 of active states", ylabel="PC 2", aspect="equal", adjustable="datalim")
    ax.figure.colorbar(drawn, ax=ax, label=label, shrink=0.8)


def density(ax: Axes, points: pd.DataFrame, *, box: bool = True) -> None:
    """Draw a density on its grid."""
    if points.empty:
        _nothing(ax)
        return
    grid = points.pivot_table(index="y", columns="x", values="z")
    drawn = ax.pcolormesh(grid.columns, grid.index, grid, cmap=style.SEQUENTIAL, rasterized=True)
    ax.figure.colorbar(drawn, ax=ax, shrink=0.8, label="density")
    ax.set_aspect("equal")
    if box:
        _box(ax)
    else:
        ax.set(xlabel="PC 1 of active states", ylabel="PC 2")


def explained(ax: Axes, frame: pd.DataFrame, labels: Sequence[str]) -> None:
    """Draw the cumulative explained variance of active and quiescent states."""
    for label in labels:
        colour = COLOURS[noise_of(label)]
        for phase, line in (("active", "-"), ("quiescent", "--")):
            points = frame[frame["condition"] == f"{label}, {phase}"]
            curve(ax, points, color=colour, ls=line, marker="o", ms=2, label=f"{noise_of(label)}, {phase}")
    ax.set(xlabel="principal components", ylabel="explained variance (cumulative)", ylim=(0, 1.02), xticks=(1, 5, 10))
    ax.legend(fontsize=5.5)


def learning(ax: Axes, frame: pd.DataFrame, labels: Sequence[str], *, log: bool, ylabel: str) -> None:
    """Draw a curve of training for each condition."""
    if log:
        ax.set_yscale("log")
    for label in labels:
        curve(ax, frame[frame["condition"] == label], color=COLOURS[noise_of(label)], label=noise_of(label))
    ax.set(xlabel="batches", ylabel=ylabel, **({} if log else {"ylim": (0, None)}))
    ax.legend(fontsize=5.5, title="noise", title_fontsize=5.5)


def bars(
    ax: Axes, frame: pd.DataFrame, conditions: Sequence[str], names: Sequence[str], colours: Sequence[str]
) -> None:
    """Draw one bar per condition: the mean over seeds, and a point for each seed.

    On a logarithmic axis, where bars would have no foot, the mean is a line.
    """
    log = ax.get_yscale() == "log"
    for place, (condition, colour) in enumerate(zip(conditions, colours, strict=True)):
        values = frame.loc[frame["condition"] == condition, "y"].dropna()
        if len(values):
            if log:
                ax.plot([place - 0.375, place + 0.375], [values.mean()] * 2, color=colour, lw=2.5)
            else:
                ax.bar(place, values.mean(), color=colour, alpha=0.6, width=0.75)
            ax.plot(np.full(len(values), place), values, "o", ms=2.5, color="black")
    ax.set_xticks(range(len(names)), names, rotation=50, ha="right", fontsize=6)


def matrix(ax: Axes, frame: pd.DataFrame, noise: str, columns: dict[str, str], active: dict[str, str]) -> None:
    """Draw the divergence of each quiescent distribution (columns) from each active one (rows), mean over seeds."""
    means = frame.groupby("condition")["y"].mean()
    table = np.array([[means.get(f"{q} | {p}", np.nan) for q in columns] for p in active])
    drawn = ax.imshow(table, cmap="viridis_r", vmin=0, vmax=MOST_KL, aspect="auto")
    for (row, column), value in np.ndenumerate(table):
        if np.isfinite(value):
            dark = value > 0.55 * MOST_KL
            ax.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=6, color="w" if dark else "k")
    ax.set_xticks(range(len(columns)), list(columns.values()), fontsize=7)
    ax.set_yticks(range(len(active)), list(active.values()), fontsize=7)
    ax.set(xlabel="quiescent", ylabel="active")
    ax.figure.colorbar(drawn, ax=ax).set_label("KL(quiescent || active), nats", fontsize=7)
    ax.text(1, 1.03, NAMES[noise], ha="right", fontsize=6.5, transform=ax.transAxes)


def polar(ax: Axes, points: pd.DataFrame) -> None:
    """Draw histograms of bearings, bars of the first seed and outlines of the others; dotted: the uniform density.

    Not their mean, which is more even than any of them: each network prefers other bearings.
    """
    for seed, bins in points.groupby("seed"):
        width = 2 * np.pi / len(bins)
        if seed == points["seed"].min():
            ax.bar(bins["x"], bins["y"], width=width, color="#56B4E9", edgecolor="white", lw=0.3)
        else:
            around = np.add.outer(bins["x"].to_numpy(), (-width / 2, width / 2)).ravel()
            ax.plot(around, bins["y"].repeat(2), color="#333333", lw=0.6)
    ax.plot(np.linspace(-np.pi, np.pi, 100), np.full(100, 1 / (2 * np.pi)), ":", color="black", lw=0.8)
    ax.set_yticks([])
    ax.tick_params(labelsize=5.5, pad=-1)


def title(ax: Axes, panel: str, text: str = "") -> None:
    """Write the panel's letter, and what it shows."""
    style.letter(ax, panel)
    ax.set_title(text, loc="right", fontsize=6.5)


def describe(table: pd.DataFrame) -> str:
    """Return the line under a figure: data, sizes, seeds, scale and device, and what went wrong."""
    first, seeds = table.iloc[0], table["seed"].nunique()
    lost = table.loc[table["measure"] == "diverged", ["condition", "seed", "x"]].drop_duplicates()
    text = (
        f"data: simulated; networks of {first['neurons']:g} neurons, {first['batches']:,.0f} batches of "
        f"{first['batch']:g} trajectories of {first['steps']:g} steps; {first['runs']:g} quiescent runs of "
        f"{first['quiescent_steps']:,.0f} steps; "
        f"{f'{seeds} seeds: curves are mean ± SD, bars means, dots seeds; ' if seeds > 1 else ''}maps"
        f"{', filled bearings' if (table['measure'] == 'bearing').any() else ''} and trajectories are of seed 0; "
        f"scale: {first['scale']} "
        f"({_PAPER.get(first['scale'], 'far below the paper’s sizes: most claims get previews only')}); "
        f"device: {', '.join(sorted(table['device'].unique()))}"
    )
    for _, row in lost.iterrows():
        text += f"; diverged at batch {row['x']:g} and left out: {row['condition']}, seed {row['seed']}"
    return text


def _box(ax: Axes) -> None:
    corners = SIDE / 2 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
    ax.plot(*corners.T, color=style.GREY, lw=0.6)
    ax.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), aspect="equal", xlabel="x (m)", ylabel="y (m)")


def _nothing(ax: Axes) -> None:
    ax.text(0.5, 0.5, "no density:\nall in one place", ha="center", va="center", fontsize=6, transform=ax.transAxes)
    ax.set(xticks=[], yticks=[])
