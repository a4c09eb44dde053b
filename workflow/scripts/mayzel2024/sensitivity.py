"""How much results depend on one choice (ours): gains over its values, and regularizers at few training bins."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import panels, style
from homeostat.figures.program import Given
from homeostat.figures.rows import footer, panel_rows, seeds_of, where
from homeostat.figures.sheet import Sheet
from mayzel2024.colours import COLOURS
from mayzel2024.panels import PANEL_COLUMNS

REGULARIZERS = ("homeostatic", "weight decay", "early stopping")
AXES = {"bins": "width of the bins (ms)", "neurons": "number of neurons", "training": "number of training bins"}
AXES |= {"slope": "slope β", "threshold": "threshold θ", "split": "split"}


def family(label: str) -> str:
    """Return the kind of a model: ``homeostatic`` of ``homeostatic, φ = 3``."""
    return label.partition(", ")[0]


def rows(table: pd.DataFrame, panel: str, x: str, y: str, measure: str) -> pd.DataFrame:
    """Return source data of a panel."""
    values = {"condition": table["label"], "x": table[x], "y": table[y], "measure": measure}
    return panel_rows(table, panel, PANEL_COLUMNS, **values)


def with_gains(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a table with the place of each value on the axis, and gains over the models of the same seed and value."""
    table = table.copy()
    # An early-stopped fit is unfinished on purpose.
    table.loc[table["label"].map(family) == "early stopping", "doubt"] = ""
    measured = {"bins": "bin_ms", "neurons": "neurons", "training": "n_train"}
    order = list(dict.fromkeys(table["value"]))
    if name == "split":
        table["place"] = table["value"].map(order.index).astype(float)
    else:
        table["place"] = table[measured.get(name, "value")].astype(float)
    random = table[table["label"] == "RP"].set_index(["place", "seed"])["log_likelihood"]
    keys = pd.MultiIndex.from_frame(table[["place", "seed"]])
    table["over_independent"] = table["log_likelihood"] - table["independent"]
    table["over_random"] = table["log_likelihood"] - random.reindex(keys).to_numpy()
    table["train_over_independent"] = table["train_log_likelihood"] - table["independent"]
    return table


def at_equal_training(table: pd.DataFrame) -> pd.DataFrame:
    """Return how much better homeostatic models are on test bins than others of the same training likelihood.

    For each homeostatic model, the test likelihood of the other regularizer is read off between its strengths, at the
    homeostatic model's training likelihood. Strengths that reach it on neither side leave no number.
    """
    found = []
    for (_, _), its in table.groupby(["place", "seed"]):
        for other in REGULARIZERS[1:]:
            # Free reshaping is the end of both: no penalty, and no end.
            curve = its[its["label"].map(family).isin([other, "reshaped"])].sort_values("train_log_likelihood")
            x, y = curve["train_log_likelihood"].to_numpy(), curve["log_likelihood"].to_numpy()
            mine = its[its["label"].map(family) == "homeostatic"]
            read = np.interp(mine["train_log_likelihood"], x, y, left=np.nan, right=np.nan)
            found.append(mine.assign(versus=other, gain=mine["log_likelihood"] - read))
    return pd.concat(found)


def look(label: str, budgets: list[float]) -> dict[str, Any]:
    """Return colour and dash of a model; those of a wider budget have longer dashes."""
    kind = family(label)
    at = next((place for place, budget in enumerate(budgets) if label.endswith(f"φ = {budget:g}")), 0)
    return {"colour": COLOURS[kind], "ls": ("-", "--", ":", "-.")[at % 4]}


def draw_values(ax: Axes, its: pd.DataFrame, budgets: list[float], name: str, ticks: Mapping[float, str]) -> None:
    """Draw gains over the values of what is varied."""
    for label in dict.fromkeys(its["condition"]):
        panels.curve(ax, where(its, condition=label), label=label, **look(label, budgets))
    ax.axhline(0, color=style.GREY, lw=0.6, zorder=0)
    if name == "split":
        ax.set_xticks(list(ticks), list(ticks.values()))
        ax.set_xlim(-0.4, len(ticks) - 0.6)
    else:
        panels.plain_ticks(ax, list(ticks))
    ax.set(xlabel=AXES[name], ylabel=f"{its['measure'].iloc[0]}\n(nats / bin)")


def draw_regularizers(ax: Axes, its: pd.DataFrame, budgets: list[float]) -> None:
    """Draw test over training gain: a curve over the strengths of each regularizer, from free reshaping on."""
    means = its.groupby("condition", sort=False)[["x", "y"]].mean()
    free = means.loc["reshaped"]
    for kind in REGULARIZERS:
        curve = means[means.index.map(family) == kind].sort_values("x")
        ax.plot(curve["x"], curve["y"], "-o", ms=3, color=look(kind, budgets)["colour"], label=kind)
    ax.plot(free["x"], free["y"], "s", ms=4.5, color=COLOURS["reshaped"], label="reshaped")
    ax.set(
        xlabel="gain over independent, training bins (nats / bin)",
        ylabel="gain over independent,\ntest bins (nats / bin)",
    )
    ax.legend()


def draw_equal(ax: Axes, its: pd.DataFrame) -> None:
    """Draw how much better homeostatic models are at equal training likelihood, for each size of the training set."""
    for label in dict.fromkeys(its["condition"]):
        kind = label.removeprefix("over ").partition(", ")[0]
        panels.curve(ax, where(its, condition=label), label=label, error="se", **look(kind, []))
    panels.plain_ticks(ax, sorted(its["x"].unique()))
    ax.axhline(0, color=style.GREY, lw=0.6, zorder=0)
    ax.set(xlabel=AXES["training"], ylabel="homeostatic, at equal training\nlikelihood (nats / bin)")
    ax.legend()


def draw(frame: pd.DataFrame, name: str, budgets: list[float], ticks: Mapping[float, str], note: str) -> Figure:
    """Draw the figure from its source data."""
    layout = [["A", "B"], ["C", "D"]] if name == "training" else [["A", "B"]]
    sheet = Sheet(layout, frame, height=72 * len(layout))
    for panel in "AB":
        sheet.draw(panel, draw_values, budgets, name, ticks)
    sheet.figure.legend(*sheet["A"].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    if name == "training":
        sheet.draw("C", draw_regularizers, budgets)
        sheet.draw("D", draw_equal)
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    name, budgets = given.settings["name"], given.settings["budgets"]
    table = with_gains(given.table(), name)
    main_kinds = table[~table["label"].map(family).isin(REGULARIZERS[1:])]
    parts = [
        rows(main_kinds, "A", "place", "over_independent", "gain over independent"),
        rows(main_kinds[main_kinds["label"] != "RP"], "B", "place", "over_random", "gain over RP"),
    ]
    if name == "training":
        fewest = table[table["place"] == table["place"].min()]
        chosen = fewest[fewest["label"].map(family).isin([*REGULARIZERS, "reshaped"])]
        equal = at_equal_training(table)
        equal = equal.assign(label="over " + equal["versus"] + equal["label"].str.removeprefix("homeostatic"))
        parts.append(rows(chosen, "C", "train_over_independent", "over_independent", "gain over independent"))
        parts.append(rows(equal.dropna(subset="gain"), "D", "place", "gain", "gain at equal training likelihood"))
    frame = pd.concat(parts)
    ticks = dict(zip(table["place"], table["value"].astype(str), strict=True))
    fewest_bins = f"C: {table['n_train'].min():,} training bins" if name == "training" else ""
    note = footer(table, f"data: {table['data'].iloc[0]}", seeds_of(table), fewest_bins)
    given.write(frame, draw(frame, name, budgets, ticks, note))


if __name__ == "__main__":
    cli.run(main)
