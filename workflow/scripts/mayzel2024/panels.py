"""What the study's figures share: arguments, rows of source data, curves over seeds, files of a figure."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from homeostat.figures import style
from homeostat.files import load_npz
from homeostat.recordings.left_out import from_records, summary
from mayzel2024.colours import COLOURS, SPARE
from mayzel2024.conditions import Condition

MEASURES = {
    "log_likelihood": "log-likelihood (nats / bin)",
    "rate": "projection firing rate (per bin)",
    "correlation": "projection correlation",
    "available": "available synaptic budget",
    "used": "used synaptic budget",
    "projections": "number of projections",
    "angle": "rotation angle (degrees)",
}
# What the curves over the number of projections show of a model.
MODEL_MEASURES = ("log_likelihood", "rate", "correlation")
PANEL_COLUMNS = ["panel", "condition", "budget", "seed", "x", "y", "measure", "data", "scale", "device", "doubt"]
# Nats per bin: the paper's models differ by some tenths.
_OVERFITTING = 0.025
_SOURCE = ["data", "scale", "device", "doubt"]
_CONDITION = Condition.columns()


@dataclass(frozen=True)
class Inputs:
    """Tables of a figure: of its fits, of their details where it shows some, and the record of its data."""

    table: pd.DataFrame
    details: pd.DataFrame
    meta: dict[str, Any]
    output: list[Path]


def inputs(description: str | None) -> Inputs:
    """Read the arguments and tables of a figure's program."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--details", type=Path)
    parser.add_argument("--output", type=Path, nargs="+", required=True)
    options = parser.parse_args()
    details = read_table(options.details) if options.details else pd.DataFrame()
    return Inputs(read_table(options.table), details, load_npz(options.data)[1], options.output)


def read_table(path: Path) -> pd.DataFrame:
    """Read a table of the study; the column ``doubt`` is text, empty for sound fits."""
    return pd.read_csv(path, dtype={"doubt": str}).fillna({"doubt": ""})


def panel_rows(
    table: pd.DataFrame, panel: str, labels: Sequence[str], *, x: str, y: str, measure: str | None = None
) -> pd.DataFrame:
    """Return source data of a panel: columns ``x`` and ``y`` of the conditions ``labels`` of a table."""
    chosen = table[table["label"].isin(labels)]
    values = {"condition": chosen["label"], "x": chosen[x], "y": chosen[y]}
    shared = {name: chosen[name] for name in ("budget", "seed", *_SOURCE)}
    return pd.DataFrame({"panel": panel, "measure": measure or y, **values, **shared})[PANEL_COLUMNS]


def curve_rows(table: pd.DataFrame, panel: str, measure: str, labels: Sequence[str]) -> pd.DataFrame:
    """Return source data of a panel that shows a measure over the number of projections."""
    return panel_rows(table, panel, labels, x="projections", y=measure)


def detail_rows(details: pd.DataFrame, panel: str, labels: Sequence[str], measure: str) -> pd.DataFrame:
    """Return source data of a panel that shows one measure of single projections, synapses or steps."""
    return panel_rows(details[details["measure"] == measure], panel, labels, x="x", y="y", measure=measure)


def colour(label: str, labels: Sequence[str]) -> Any:
    """Return the colour of a condition; families of values (λ, φ) take a sequential scale in their order.

    Conditions that have no colour of their own take a spare one.
    """
    for sign in "λφ":
        if sign in label:
            family = [each for each in labels if sign in each]
            return style.shade(family.index(label), len(family))
    kind = label.removesuffix(", SGD")
    if kind not in COLOURS:
        others = list(
            dict.fromkeys(each.removesuffix(", SGD") for each in labels if "λ" not in each and "φ" not in each)
        )
        return SPARE[[each for each in others if each not in COLOURS].index(kind) % len(SPARE)]
    return COLOURS[kind]


def short(label: str) -> str:
    """Return a label's part for the legend: ``λ = 2`` of ``reshaped, λ = 2``."""
    return label.split(", ")[-1] if "λ" in label else label


def independent(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each seed with the independent model's likelihood, which rests on no fit."""
    return table.drop_duplicates("seed").assign(
        label="independent", log_likelihood=lambda t: t["independent"], doubt=""
    )


def hollow(ax: Axes, rows: pd.DataFrame, by: str, colour: Any, marker: str = "o", ms: float = 3) -> None:
    """Draw hollow marks over those means (of rows with the same ``by``) that rest on a doubtful fit."""
    groups = rows.groupby(by)
    doubtful = groups["doubt"].agg(lambda each: each.ne("").any())
    points = groups[["x", "y"]].mean()[doubtful]
    if len(points):
        ax.plot(points["x"], points["y"], marker, mfc="white", mec=colour, ms=ms, zorder=4)


def draw_curves(ax: Axes, rows: pd.DataFrame, labels: Sequence[str], *, legend: bool) -> None:
    """Draw mean and standard error over seeds of each condition, over the number of projections."""
    for label in labels:
        points = rows[rows["condition"] == label].pivot(index="seed", columns="x", values="y")
        style.band(ax, points.columns, points.to_numpy(), label=short(label), colour=colour(label, labels))
        hollow(ax, rows[rows["condition"] == label], "x", colour(label, labels))
    grid = sorted(rows.loc[rows["condition"].isin(labels), "x"].unique())
    ax.set_xscale("log")
    ax.set_xticks(grid, [f"{value:g}" for value in grid])
    ax.minorticks_off()
    ax.set(xlabel=MEASURES["projections"], ylabel=MEASURES[rows["measure"].iloc[0]])
    if legend:
        ax.legend()


def draw_budgets(ax: Axes, rows: pd.DataFrame, labels: Sequence[str], *, x: str, legend: bool = False) -> None:
    """Draw mean and standard error over seeds along the budgets of each condition; one budget is a point.

    Where x was measured (the used budget), it is the mean over seeds.
    """
    for label in labels:
        chosen = rows[rows["condition"] == label]
        groups = chosen.groupby("budget")
        mean, error = groups[["x", "y"]].mean(), groups["y"].sem().fillna(0.0)
        slow = label.endswith("SGD")
        # Hollow marks are those of doubtful fits.
        marker, size = ("D" if slow else "s", 5) if len(mean) == 1 else ("^" if slow else "o", 3)
        ax.errorbar(
            mean["x"], mean["y"], yerr=error, label=short(label), color=colour(label, labels),
            capsize=2, elinewidth=0.8,
            marker=marker, ms=size, ls="--" if slow else "-",
        )  # fmt: skip
        hollow(ax, chosen, "budget", colour(label, labels), marker, size)
    ax.set(xlabel=MEASURES[x], ylabel=MEASURES[rows["measure"].iloc[0]])
    if legend:
        ax.legend()


def log_axis(ax: Axes, rows: pd.DataFrame) -> None:
    """Make the x axis logarithmic, with plain numbers at 1, 2 and 5 of each decade; at more if that leaves few."""
    x = rows.loc[np.isfinite(rows["y"].astype(float)), "x"].to_numpy(float)
    if not len(x):
        return
    for within in ((1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
        ticks = [m * 10.0**e for e in range(-3, 4) for m in within]
        ticks = [tick for tick in ticks if 0.8 * x.min() <= tick <= 1.25 * x.max()]
        if len(ticks) > 2:
            break
    ax.set_xscale("log")
    ax.set_xticks(ticks)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.minorticks_off()


def reference(ax: Axes, rows: pd.DataFrame, label: str, **kwargs: Any) -> None:
    """Draw the mean over seeds of a condition as a horizontal line."""
    chosen = rows[rows["condition"] == label]
    values = chosen["y"]
    if len(values):
        settings = {
            "color": COLOURS[label],
            "ls": "--" if label == "independent" else ":",
            "lw": 1.0,
            # A line has no marks that could be hollow.
            "label": f"{label} (doubtful)" if chosen["doubt"].ne("").any() else label,
        }
        ax.axhline(float(values.mean()), **settings | kwargs)


def try_panel(ax: Axes, draw: Callable[..., None], rows: pd.DataFrame, *args: Any, **kwargs: Any) -> None:
    """Draw a panel from its rows, or say on it that the recording is too small or too silent for it."""
    usable = rows[np.isfinite(rows["y"].astype(float))] if len(rows) else rows
    if len(usable):
        draw(ax, usable, *args, **kwargs)
    else:
        style.unavailable(ax, "not shown: the recording is too small or too silent for this panel")


def convergence(table: pd.DataFrame) -> str:
    """Say whether the models that learn weights had stopped improving; others have a fixed number of steps."""
    learned = table[table["model"].isin(["reshaped", "backprop"])].drop_duplicates([*_CONDITION, "seed"])
    growing = int((~learned["converged"].astype(bool)).sum())
    if not len(learned):
        return ""
    if growing == len(learned):
        steps = sorted(set(learned["steps"].astype(int)))
        said = f"{steps[0]:,}" if len(steps) == 1 else f"{steps[0]:,} to {steps[-1]:,}"
        return f"learning: {said} steps, whether or not the likelihood still grew; "
    limit = f"; {growing} of {len(learned)} fits reached the step limit first" if growing else ""
    return f"learning: until the likelihood stopped growing{limit}; "


def overfitting(table: pd.DataFrame, n_train: int) -> str:
    """Say what a small training set costs the models of a figure: p parameters lose about p / 2n nats per test bin.

    RP models have a parameter per projection; models that learn weights, one per synapse; the pairwise model, one
    per neuron and pair.
    """
    learned, pairwise = table["model"].isin(["reshaped", "backprop"]), table["model"] == "pairwise"
    synapses = table[["degree", "neurons"]].min(axis=1).where(learned, 1.0)
    parameters = (table["projections"] * synapses).where(~pairwise, table["neurons"] * (table["neurons"] + 1) / 2)
    cost = parameters / (2 * n_train)
    if cost.max() < _OVERFITTING:
        return ""
    return f"overfitting costs up to about {cost.max():.2g} nats / bin ({table.loc[cost.idxmax(), 'label']}); "


def no_use(table: pd.DataFrame) -> str:
    """Say when no condition of a figure predicts test bins better than independent neurons."""
    gains = (table["log_likelihood"] - table["independent"]).groupby(table["label"]).mean()
    return "no model predicts test bins better than the independent one; " if gains.max() <= 0 else ""


def doubts(table: pd.DataFrame) -> str:
    """Say how many fits of a figure are doubtful, and of the worst one why."""
    fits = table.drop_duplicates([*_CONDITION, "seed"])
    doubtful = fits[fits["doubt"] != ""]
    if not len(doubtful):
        return ""
    # Moments that are far from the data's are worst; those that are not known come last.
    worst = doubtful.sort_values("moment_error", ascending=False, na_position="last", kind="stable").iloc[0]
    return (
        f"; doubtful fits, hollow marks: {len(doubtful)} of {len(fits)}, the worst {worst['label']}, "
        f"seed {worst['seed']}: {worst['doubt']}"
    )


def describe(table: pd.DataFrame, meta: Mapping[str, Any]) -> str:
    """Return the line under a figure: data, sizes, seeds, convergence, scale and device."""
    settings, recording = meta["settings"], meta["recording"]
    neurons = int(table["neurons"].max())
    all_neurons = len(recording["units"])
    group = (
        f"all {neurons} neurons, seeds differ in split and projections"
        if neurons == all_neurons
        else f"random groups of {neurons} of {all_neurons} neurons, one per seed"
    )
    # Fewer neurons than the configured in-degree: what stands for it is full connectivity.
    usual = table[~table["label"].isin(["full", "in-degree"]) & (table["model"] != "pairwise")]
    if (usual["degree"] > usual["neurons"]).any():
        group += f", all of them inputs of each projection, in place of {usual['degree'].max():g}"
    first = table.iloc[0]
    seeds = table["seed"].nunique()
    left_out = from_records(recording["left_out"])
    is_short = any(each.kind == "size" for each in left_out)
    costs = (overfitting(table, settings["n_train"]) if is_short else "") + no_use(table)
    said = summary(left_out)
    return (
        f"data: {first['data']} ({group}); {settings['n_train']:,} training and {settings['n_test']:,} test bins "
        f"of {recording['bin_ms']:g} ms; {f'mean ± SEM over {seeds} seeds' if seeds > 1 else '1 seed'}; "
        f"{costs}{convergence(table)}scale: {first['scale']}; device: {', '.join(sorted(table['device'].unique()))}"
        f"{doubts(table)}{'; ' if said else ''}{said}"
    )
