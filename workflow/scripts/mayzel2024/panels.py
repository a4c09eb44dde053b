"""What the study's figures share: rows of source data, curves over projections and budgets, the line below."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from homeostat.figures import panels, rows
from homeostat.figures.rows import seeds_of, where
from homeostat.recordings.left_out import from_records, summary
from mayzel2024.colours import COLOURS, colours, mark
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
WHY = "not shown: the recording is too small or too silent for this panel"
# Nats per bin: the paper's models differ by some tenths.
_OVERFITTING = 0.025
_CONDITION = Condition.columns()


def panel_rows(
    table: pd.DataFrame, panel: str, labels: Iterable[str], *, x: str, y: str, measure: str | None = None
) -> pd.DataFrame:
    """Return source data of a panel: columns ``x`` and ``y`` of the conditions ``labels`` of a table."""
    chosen = where(table, label=list(labels))
    values = {"condition": chosen["label"], "x": chosen[x], "y": chosen[y], "measure": measure or y}
    return rows.panel_rows(chosen, panel, PANEL_COLUMNS, **values)


def curve_rows(table: pd.DataFrame, panel: str, measure: str, labels: Iterable[str]) -> pd.DataFrame:
    """Return source data of a panel that shows a measure over the number of projections."""
    return panel_rows(table, panel, labels, x="projections", y=measure)


def detail_rows(details: pd.DataFrame, panel: str, labels: Iterable[str], measure: str) -> pd.DataFrame:
    """Return source data of a panel that shows one measure of single projections, synapses or steps."""
    return panel_rows(where(details, measure=measure), panel, labels, x="x", y="y", measure=measure)


def short(label: str) -> str:
    """Return a label's part for the legend: ``λ = 2`` of ``reshaped, λ = 2``."""
    return label.split(", ")[-1] if "λ" in label else label


def independent(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each seed with the independent model's likelihood, which rests on no fit."""
    return table.drop_duplicates("seed").assign(
        label="independent", log_likelihood=lambda t: t["independent"], doubt=""
    )


def draw_curves(ax: Axes, frame: pd.DataFrame, labels: Sequence[str], *, legend: bool) -> None:
    """Draw mean and standard error over seeds of each condition, over the number of projections."""
    for label, colour in colours(labels).items():
        panels.curve(ax, where(frame, condition=label), colour=colour, label=short(label), marker=mark(label))
    panels.plain_ticks(ax, sorted(where(frame, condition=labels)["x"].unique()))
    ax.set(xlabel=MEASURES["projections"], ylabel=MEASURES[frame["measure"].iloc[0]])
    if legend:
        ax.legend()


def draw_budgets(ax: Axes, frame: pd.DataFrame, labels: Sequence[str], *, x: str, legend: bool = False) -> None:
    """Draw mean and standard error over seeds along the budgets of each condition; one budget is a larger mark.

    Where x was measured (the used budget), it is the mean over seeds. Models of the authors' SGD are dashed, with ×.
    """
    for label, colour in colours(labels).items():
        chosen, slow = where(frame, condition=label), label.endswith("SGD")
        if chosen["budget"].nunique() == 1:
            look: dict[str, Any] = {"marker": "x" if slow else mark(label), "ms": 4.5}
        else:
            look = {"marker": "x" if slow else mark(label)}
        panels.curve(
            ax, chosen, colour=colour, label=short(label), by="budget", bars=True, ls="--" if slow else "-", **look
        )
    ax.set(xlabel=MEASURES[x], ylabel=MEASURES[frame["measure"].iloc[0]])
    if legend:
        ax.legend()


def log_axis(ax: Axes, frame: pd.DataFrame) -> None:
    """Make the x axis logarithmic over the rows that have a number."""
    x = frame.loc[np.isfinite(frame["y"].astype(float)), "x"]
    if len(x):
        panels.log_ticks(ax, x.min(), x.max())


def reference(ax: Axes, frame: pd.DataFrame, label: str, **look: Any) -> None:
    """Draw the mean over seeds of a condition as a horizontal line."""
    dash = "--" if label == "independent" else ":"
    panels.reference(ax, where(frame, condition=label), label=label, **{"color": COLOURS[label], "ls": dash} | look)


def convergence(table: pd.DataFrame) -> str:
    """Say whether the models that learn weights had stopped improving; others have a fixed number of steps."""
    learned = table[table["model"].isin(["reshaped", "backprop"])].drop_duplicates([*_CONDITION, "seed"])
    growing = int((~learned["converged"].astype(bool)).sum())
    if not len(learned):
        return ""
    if growing == len(learned):
        steps = sorted(set(learned["n_steps"].astype(int)))
        said = f"{steps[0]:,}" if len(steps) == 1 else f"{steps[0]:,} to {steps[-1]:,}"
        return f"learning: {said} steps, whether or not the likelihood still grew; "
    limit = f"; {growing} of {len(learned)} fits reached the step limit first" if growing else ""
    return f"learning: until the likelihood stopped growing{limit}; "


def moments(table: pd.DataFrame) -> str:
    """Say how far random projections are from what their fits ask for, averages equal to the data's."""
    errors = table[table["model"] == "rp"].drop_duplicates([*_CONDITION, "seed"])["moment_error"].dropna()
    if not len(errors):
        return ""
    return (
        f"averages of RP models are {errors.median():.1f} standard errors off (root mean square; median of fits, "
        f"at most {errors.max():.1f}); "
    )


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
    # Each condition for itself: the mean over budgets says nothing, for a tight one costs many nats.
    gains = table["log_likelihood"] - table["independent"]
    gains = gains.groupby([table[name] for name in ("label", *_CONDITION)], dropna=False).mean()
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
    left_out = from_records(recording["left_out"])
    is_short = any(each.kind == "size" for each in left_out)
    costs = (overfitting(table, settings["n_train"]) if is_short else "") + no_use(table)
    said = summary(left_out)
    return (
        f"data: {first['data']} ({group}); {settings['n_train']:,} training and {settings['n_test']:,} test bins "
        f"of {recording['bin_ms']:g} ms; {seeds_of(table)}; "
        f"{costs}{convergence(table)}{moments(table)}scale: {first['scale']}; "
        f"device: {', '.join(sorted(table['device'].unique()))}"
        f"{doubts(table)}{'; ' if said else ''}{said}"
    )
