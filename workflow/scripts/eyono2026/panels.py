"""What the study's figures share: arguments, rows of source data, scatter plots, boxes, histograms, tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from homeostat import cli
from homeostat.figures import style

PANEL_COLUMNS = ["panel", "condition", "seed", "network", "x", "y", "measure", "data", "scale", "device"]
ACCURACY = "test accuracy"
# Below this many per cent a network is at chance (10 %); such runs are no part of a box whose median is learning.
CHANCE, LEARNING = 15.0, 50.0
COLOURS = {
    "E/I": "#999999",
    "E/I, LN+": "#CC6677",
    "E-only, LN+": "#000000",
    "E-only, LN forward only": "#E69F00",
    "I-Norm (sub)": "#56B4E9",
    "I-Norm": "#0072B2",
    "I-Norm + full": "#D55E00",
    "I-Norm + center": "#009E73",
    "I-Norm + scale": "#CC79A7",
    "I-Norm + decorrelate": "#F0E442",
    "I-Norm + lateral inhibition": "#332288",
}
CHOICES = {"validation accuracy": "best on validation", "test accuracy": "best on test (the paper's choice)"}


@dataclass(frozen=True)
class Inputs:
    """The table of a figure's runs, how many configurations count as the best, and the files to write."""

    table: pd.DataFrame
    best: int
    output: list[Path]

    @property
    def last(self) -> pd.DataFrame:
        """The rows of the last epoch."""
        return self.table[self.table["epoch"] == self.table["epoch"].max()]


def inputs(description: str | None) -> Inputs:
    """Read the arguments and the table of a figure's program."""
    job = cli.job(description, "table")
    return Inputs(pd.read_csv(job.path("table")), job.settings["best"], job.outputs)


def averaged(table: pd.DataFrame, x: str = "epsilon") -> pd.DataFrame:
    """Return one row for each condition, ``x`` and configuration: means over its networks that have a number."""
    keys = ["condition", x, "seed"]
    numbers = [name for name in table.select_dtypes("number") if name not in keys]
    means = table.groupby(keys, sort=False)[numbers].mean()
    return means.join(table.groupby(keys, sort=False)[["data", "scale", "device"]].first()).reset_index()


def panel_rows(
    table: pd.DataFrame, panel: str, measure: str, conditions: Sequence[str], *, x: str = "epsilon"
) -> pd.DataFrame:
    """Return source data: ``measure`` of each configuration, the mean over its networks, and of each network."""
    chosen = table[table["condition"].isin(conditions)]
    single = chosen.assign(measure=f"{measure} of a network")
    rows = pd.concat([averaged(chosen, x).assign(measure=measure, network=np.nan), single])
    rows = rows.assign(panel=panel, x=rows[x], y=rows[measure])[PANEL_COLUMNS]
    return rows.astype({"network": "Int64"})


def best_rows(table: pd.DataFrame, panel: str, measure: str, conditions: Sequence[str], count: int) -> pd.DataFrame:
    """Return ``measure`` of the ``count`` best configurations of each condition and ε, by each of the two choices."""
    means = averaged(table[table["condition"].isin(conditions)])
    parts = []
    for judge, name in CHOICES.items():
        rank = means.groupby(["condition", "epsilon"])[judge].rank(method="first", ascending=False)
        chosen = means[rank <= count]
        parts.append(chosen.assign(measure=f"{measure}, {name}", x=chosen["epsilon"], y=chosen[measure]))
    return pd.concat(parts).assign(panel=panel, network=np.nan)[PANEL_COLUMNS].astype({"network": "Int64"})


def mann_whitney(rows: pd.DataFrame, panel: str, reference: str, conditions: Sequence[str]) -> pd.DataFrame:
    """Return U and two-sided p of each condition against the reference, at each x, over configurations.

    A small U says that the condition is below the reference.
    """
    found = []
    for (_, x), group in rows[rows["condition"].isin(conditions)].groupby(["condition", "x"], sort=False):
        other = rows.loc[(rows["condition"] == reference) & (rows["x"] == x), "y"]
        test = stats.mannwhitneyu(group["y"], other, alternative="two-sided")
        for measure, value in (("Mann-Whitney U", test.statistic), ("Mann-Whitney p", test.pvalue)):
            found.append(group.iloc[0].to_dict() | {"seed": 0, "x": x, "y": value, "measure": measure})
    return pd.DataFrame(found).assign(panel=panel)[PANEL_COLUMNS].astype({"network": "Int64"})


def epsilon_colour(epsilon: float, epsilons: Sequence[float]) -> str | tuple[float, ...]:
    """Return the colour of an ε."""
    return style.shade(list(epsilons).index(epsilon), len(epsilons))


def scatter(ax: Axes, rows: pd.DataFrame, across: str, up: str, *, marker: str = "o", legend: bool = True) -> None:
    """Draw accuracies of one condition over those of another: a point for each configuration, dots for its networks."""
    epsilons = sorted(rows["x"].unique())
    for measure, size, alpha in ((f"{ACCURACY} of a network", 1.5, 0.35), (ACCURACY, 4.5, 0.9)):
        table = rows[rows["measure"] == measure]
        pairs = table.pivot_table(index=["x", "seed", "network"], columns="condition", values="y", dropna=False)
        if measure == ACCURACY:
            pairs = table.pivot_table(index=["x", "seed"], columns="condition", values="y")
        for epsilon in epsilons:
            points = pairs.xs(epsilon, level="x")
            label = f"ε = {epsilon:g}" if legend and measure == ACCURACY else None
            ax.plot(
                points[across], points[up], marker, ms=size, alpha=alpha, mew=0.8, label=label,
                color=epsilon_colour(epsilon, epsilons), mfc="none" if marker != "o" else None,
            )  # fmt: skip
    ax.set(xlabel=f"{across} (test accuracy, %)", ylabel=f"{up} (test accuracy, %)")


def diagonal(ax: Axes) -> None:
    """Draw y = x over the range of both axes."""
    low, high = min(ax.get_xlim()[0], ax.get_ylim()[0]), max(ax.get_xlim()[1], ax.get_ylim()[1])
    ax.plot([low, high], [low, high], color=style.GREY, lw=0.8, zorder=0)
    ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")


def boxes(
    ax: Axes, groups: Sequence[pd.Series], positions: Sequence[float], colours: Sequence[str], *, spacing: float
) -> None:
    """Draw a box and the points of each group, ``spacing`` apart.

    Where a group's median says that it holds accuracies of networks that learn, those at chance are counted below
    the box (~), as in the paper.
    """
    for values, position, colour in zip(groups, positions, colours, strict=True):
        known = values.dropna()
        kept = known[known >= CHANCE] if known.median() >= LEARNING else known
        if kept.empty:
            continue
        ax.boxplot(
            [kept], positions=[position], widths=0.75 * spacing, showfliers=False, patch_artist=True,
            boxprops={"facecolor": colour, "alpha": 0.45, "lw": 0.6}, medianprops={"color": "black", "lw": 1.2},
            whiskerprops={"lw": 0.6}, capprops={"lw": 0.6}, manage_ticks=False,
        )  # fmt: skip
        spread = np.linspace(-0.18, 0.18, len(kept)) * spacing
        ax.plot(position + spread, kept, ".", ms=2.5, color="black", alpha=0.6)
        if len(kept) < len(known):
            ax.annotate(f"~{len(known) - len(kept)}", (position, kept.min()), (0, -9), textcoords="offset points",
                        ha="center", fontsize=6)  # fmt: skip


def boxes_by_epsilon(ax: Axes, rows: pd.DataFrame, conditions: Sequence[str], reference: str) -> None:
    """Draw boxes of each condition at each ε, with the reference's median as a dotted line."""
    rows = rows[rows["measure"] == ACCURACY]
    epsilons = sorted(rows["x"].unique())
    width = 0.8 / len(conditions)
    for place, epsilon in enumerate(epsilons):
        here = rows[rows["x"] == epsilon].groupby("condition")["y"]
        positions = [place + width * (index - (len(conditions) - 1) / 2) for index in range(len(conditions))]
        boxes(ax, [here.get_group(name) for name in conditions], positions,
              [COLOURS[name] for name in conditions], spacing=width)  # fmt: skip
        median = here.get_group(reference).median()
        ax.plot([place - 0.45, place + 0.45], [median, median], ":", color="black", lw=1.2,
                label=f"median of {reference}" if place == 0 else None)  # fmt: skip
    for name in conditions:
        ax.plot([], [], "s", color=COLOURS[name], alpha=0.6, label=name)
    ax.set_xticks(range(len(epsilons)), [f"ε = {epsilon:g}" for epsilon in epsilons])
    ax.set(ylabel="test accuracy (%)", xlim=(-0.55, len(epsilons) - 0.45))
    ax.legend(fontsize=6, loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=3)


def tests_table(ax: Axes, rows: pd.DataFrame, conditions: Sequence[str], reference: str) -> None:
    """Write U and p of each condition at each x as a table."""
    ax.axis("off")
    epsilons = sorted(rows["x"].unique())
    cells = []
    for name in conditions:
        row = [name.removeprefix("I-Norm + ")]
        for epsilon in epsilons:
            here = rows[(rows["condition"] == name) & (rows["x"] == epsilon)].set_index("measure")["y"]
            row.append(f"{here['Mann-Whitney U']:g}, {here['Mann-Whitney p']:.2g}")
        cells.append(row)
    columns = ["", *(f"ε = {epsilon:g}" for epsilon in epsilons)]
    table = ax.table(cells, colLabels=columns, loc="upper center", cellLoc="center", edges="horizontal")
    table.auto_set_font_size(False)
    table.set_fontsize(6.5)
    table.scale(1.0, 1.3)
    ax.set_title(f"Mann-Whitney test against {reference}: U, two-sided p", fontsize=7, pad=3)


def histogram(ax: Axes, rows: pd.DataFrame, measure: str, conditions: Sequence[str], bins: np.ndarray) -> None:
    """Draw histograms of a cosine over networks, at the largest ε; more bins where values lie beyond ``bins``."""
    rows = rows[(rows["measure"] == f"{measure} of a network") & (rows["x"] == rows["x"].max())]
    known, width = rows.loc[rows["condition"].isin(conditions), "y"].dropna(), bins[1] - bins[0]
    while len(known) and known.min() < bins[0]:
        bins = np.insert(bins, 0, bins[0] - width)
    while len(known) and known.max() > bins[-1]:
        bins = np.append(bins, bins[-1] + width)
    for name in conditions:
        values = rows.loc[rows["condition"] == name, "y"].dropna()
        ax.hist(values, bins=bins, color=COLOURS[name], alpha=0.6, label=name, ec="black", lw=0.4)
    ax.yaxis.get_major_locator().set_params(integer=True)
    ax.set(xlabel=f"{measure} (cosine), ε = {rows['x'].max():g}", ylabel="number of networks")


def describe(table: pd.DataFrame, settings: str = "") -> str:
    """Return the line under a figure: data, sizes of the sweep, scale and device."""
    first = table.iloc[0]
    widths = table["width"]
    diverged = table[table["diverged"]].drop_duplicates(["condition", "epsilon", "seed", "network"])
    return (
        f"data: {first['data']}; {table['seed'].nunique()} hyper-parameter configurations x "
        f"{table['network'].nunique()} networks, {table['epoch'].max()} epochs (the paper: 50), hidden layers of "
        f"{widths.min()} to {widths.max()} units; a point is a configuration, the mean over its networks; "
        f"{len(diverged)} networks diverged; {settings}scale: {first['scale']}; "
        f"device: {', '.join(sorted(table['device'].unique()))}"
    )
