"""What the study's figures share: colours, rows of source data, scatter plots, boxes, histograms, tests."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from eyono2026.colours import COLOURS as COLOURS
from homeostat.figures import panels, rows, style
from homeostat.figures.rows import footer, where

PANEL_COLUMNS = ["panel", "condition", "seed", "network", "x", "y", "measure", "data", "scale", "device"]
ACCURACY = "test accuracy"
# What other networks are tested against.
REFERENCE = "E-only, LN+"
TESTED = "p: Mann-Whitney test against LN+ (dotted: its median); ~: configurations at chance, in the tests alone"
# Below this many per cent a network is at chance (10 %); such runs are not part of a box whose median is learning.
CHANCE, LEARNING = 15.0, 50.0
CHOICES = {"validation accuracy": "best on validation", "test accuracy": "best on test (the paper's choice)"}


def last_epoch(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the last epoch."""
    return where(table, epoch=table["epoch"].max())


def averaged(table: pd.DataFrame, x: str = "epsilon") -> pd.DataFrame:
    """Return one row for each condition, ``x`` and configuration: means over its networks that have a number."""
    keys = ["condition", x, "seed"]
    numbers = [name for name in table.select_dtypes("number") if name not in keys]
    means = table.groupby(keys, sort=False)[numbers].mean()
    return means.join(table.groupby(keys, sort=False)[["data", "scale", "device"]].first()).reset_index()


def _columns(frame: pd.DataFrame, panel: str, **values: Any) -> pd.DataFrame:
    return rows.panel_rows(frame, panel, PANEL_COLUMNS, **values).astype({"network": "Int64"})


def panel_rows(
    table: pd.DataFrame, panel: str, measure: str, conditions: Sequence[str], *, x: str = "epsilon"
) -> pd.DataFrame:
    """Return source data: ``measure`` of each configuration, the mean over its networks, and of each network."""
    chosen = where(table, condition=conditions)
    single = chosen.assign(measure=f"{measure} of a network")
    both = pd.concat([averaged(chosen, x).assign(measure=measure, network=np.nan), single])
    return _columns(both, panel, x=both[x], y=both[measure])


def best_rows(table: pd.DataFrame, panel: str, measure: str, conditions: Sequence[str], count: int) -> pd.DataFrame:
    """Return ``measure`` of the ``count`` best configurations of each condition and ε, by each of the two choices."""
    means = averaged(where(table, condition=conditions))
    parts = []
    for judge, name in CHOICES.items():
        rank = means.groupby(["condition", "epsilon"])[judge].rank(method="first", ascending=False)
        chosen = means[rank <= count]
        parts.append(chosen.assign(measure=f"{measure}, {name}", x=chosen["epsilon"], y=chosen[measure]))
    return _columns(pd.concat(parts), panel, network=np.nan)


def mann_whitney(frame: pd.DataFrame, panel: str, reference: str, conditions: Sequence[str]) -> pd.DataFrame:
    """Return U and two-sided p of each condition against the reference, at each x, over configurations.

    A small U says that the condition is below the reference.
    """
    found = []
    for (_, x), group in where(frame, condition=conditions).groupby(["condition", "x"], sort=False):
        other = where(frame, condition=reference, x=x)["y"]
        test = stats.mannwhitneyu(group["y"], other, alternative="two-sided")
        for measure, value in (("Mann-Whitney U", test.statistic), ("Mann-Whitney p", test.pvalue)):
            found.append(group.iloc[0].to_dict() | {"seed": 0, "x": x, "y": value, "measure": measure})
    return _columns(pd.DataFrame(found), panel)


def tested_rows(table: pd.DataFrame, panel: str, conditions: Sequence[str]) -> pd.DataFrame:
    """Return source data: final accuracies of LN+ and of other conditions, and the tests against it."""
    accuracy = panel_rows(last_epoch(table), panel, ACCURACY, [REFERENCE, *conditions])
    return pd.concat([accuracy, mann_whitney(where(accuracy, measure=ACCURACY), panel, REFERENCE, conditions)])


def scatter(ax: Axes, frame: pd.DataFrame, across: str, up: str, *, marker: str = "o", legend: bool = True) -> None:
    """Draw accuracies of one condition over those of another: a point for each configuration, dots for its networks."""
    epsilons = sorted(frame["x"].unique())
    for measure, size, alpha in ((f"{ACCURACY} of a network", 1.5, 0.35), (ACCURACY, 4.5, 0.9)):
        keys = ["x", "seed"] if measure == ACCURACY else ["x", "seed", "network"]
        # A network that diverged has no accuracy, and its place.
        table, all_there = where(frame, measure=measure), measure == ACCURACY
        pairs = table.pivot_table(index=keys, columns="condition", values="y", dropna=all_there)
        for index, epsilon in enumerate(epsilons):
            points = pairs.xs(epsilon, level="x")
            label = f"ε = {epsilon:g}" if legend and measure == ACCURACY else None
            ax.plot(
                points[across], points[up], marker, ms=size, alpha=alpha, mew=0.8, label=label,
                color=style.shade(index, len(epsilons)), mfc="none" if marker != "o" else None,
            )  # fmt: skip
    ax.set(xlabel=f"{across} (test accuracy, %)", ylabel=f"{up} (test accuracy, %)")


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
        panels.box(ax, kept, position, colour, width=0.75 * spacing)
        if len(kept) < len(known):
            ax.annotate(f"~{len(known) - len(kept)}", (position, kept.min()), (0, -9), textcoords="offset points",
                        ha="center", fontsize=6)  # fmt: skip


def boxes_by_epsilon(ax: Axes, frame: pd.DataFrame, conditions: Sequence[str], reference: str) -> None:
    """Draw a box of the reference and of each condition at each ε, with p of the test against it over the box."""
    accuracy, tests = where(frame, measure=ACCURACY), where(frame, measure="Mann-Whitney p")
    shown, epsilons = [reference, *conditions], sorted(accuracy["x"].unique())
    width = 0.84 / len(shown)
    for place, epsilon in enumerate(epsilons):
        here = where(accuracy, x=epsilon).groupby("condition")["y"]
        positions = [place + width * (index - (len(shown) - 1) / 2) for index in range(len(shown))]
        boxes(ax, [here.get_group(name) for name in shown], positions, [COLOURS[name] for name in shown], spacing=width)
        ax.plot([place - 0.44, place + 0.44], [here.get_group(reference).median()] * 2, ":", color="black", lw=0.8)
        for name, position in zip(conditions, positions[1:], strict=True):
            p = where(tests, condition=name, x=epsilon)["y"].iloc[0]
            top = (position, here.get_group(name).max())
            ax.annotate(f"p = {p:.2g}", top, (0, 4), textcoords="offset points", ha="center", fontsize=style.SMALL,
                        bbox={"fc": "white", "ec": "none", "pad": 0.5})  # fmt: skip
    for name in shown:
        ax.plot([], [], "s", color=COLOURS[name], alpha=0.6, label=name)
    ax.set_xticks(range(len(epsilons)), [f"ε = {epsilon:g}" for epsilon in epsilons])
    ax.set(xlabel="", ylabel="test accuracy (%)", xlim=(-0.5, len(epsilons) - 0.5))
    ax.margins(y=0.08)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=min(3, len(shown)))


def histogram(ax: Axes, frame: pd.DataFrame, measure: str, conditions: Sequence[str], bins: np.ndarray) -> None:
    """Draw histograms of a cosine over networks, at the largest ε; more bins where values lie beyond ``bins``."""
    frame = where(frame, measure=f"{measure} of a network", x=frame["x"].max(), condition=conditions)
    known, width = frame["y"].dropna(), bins[1] - bins[0]
    while len(known) and known.min() < bins[0]:
        bins = np.insert(bins, 0, bins[0] - width)
    while len(known) and known.max() > bins[-1]:
        bins = np.append(bins, bins[-1] + width)
    for name in conditions:
        values = where(frame, condition=name)["y"]
        panels.distribution(ax, values, bins, colour=COLOURS[name], label=name, stat="count", fill=True)
    ax.yaxis.get_major_locator().set_params(integer=True)
    ax.set(xlabel=f"{measure} (cosine), ε = {frame['x'].max():g}", ylabel="number of networks")


def describe(table: pd.DataFrame, settings: str = "") -> str:
    """Return the line under a figure: data, sizes of the sweep, scale and device."""
    widths = table["width"]
    diverged = where(table, diverged=True).drop_duplicates(["condition", "epsilon", "seed", "network"])
    return footer(
        table,
        f"data: {table['data'].iloc[0]}",
        f"{table['seed'].nunique()} configurations x {table['network'].nunique()} networks, "
        f"{table['epoch'].max()} epochs (the paper: 50), layers of {widths.min()} to {widths.max()} units",
        "a point is a configuration, the mean over its networks",
        f"{len(diverged)} networks diverged" if len(diverged) else "",
        settings,
    )
