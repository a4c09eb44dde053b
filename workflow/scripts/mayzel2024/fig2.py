"""Figure 2: homeostatic v bounded synapses (A schematic; B, C likelihood over budgets; D per model; E, F)."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from mayzel2024.colours import COLOURS
from mayzel2024.panels import (
    PANEL_COLUMNS,
    describe,
    draw_budgets,
    independent,
    inputs,
    log_axis,
    panel_rows,
    reference,
    try_panel,
)
from mayzel2024.schematics import constraints

CURVES = ("homeostatic", "bounded (clamp)", "bounded (projected)")
POINTS = ("RP", "reshaped")


def pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows of panel D: each model's likelihood over that of the RP model with the same projections.

    Shown are the budgets next to half and to the whole of the random projections' synaptic weight.
    """
    rp = table[table["label"] == "RP"].set_index("seed")
    available = sorted(table.loc[table["label"] == CURVES[0], "available"].unique())
    chosen = {min(available, key=lambda a, wanted=wanted: abs(a - wanted)) for wanted in (0.5, 1.0)}
    rows = table[table["label"].isin(CURVES) & table["available"].isin(chosen)]
    doubt = rows["doubt"].where(rows["doubt"] != "", rows["seed"].map(rp["doubt"]))
    rows = rows.assign(rp=rows["seed"].map(rp["log_likelihood"]), doubt=doubt)
    return panel_rows(rows, "D", CURVES, x="rp", y="log_likelihood")


def likelihood(ax: Axes, rows: pd.DataFrame, curves: Sequence[str], x: str) -> None:
    """Draw panels B and C."""
    draw_budgets(ax, rows, curves, x=x)
    for label in ("independent", "pairwise"):
        reference(ax, rows, label)
    log_axis(ax, rows)


def scatter(ax: Axes, rows: pd.DataFrame, degree: float) -> None:
    """Draw panel D; ``degree`` is the in-degree, which turns budgets into bounds ω."""
    budgets = sorted(rows["budget"].unique())
    for label in CURVES:
        for budget, marker in zip(budgets, "o^", strict=False):
            points = rows[(rows["condition"] == label) & (rows["budget"] == budget)]
            doubtful = points[points["doubt"] != ""]
            name = f"{label}, φ = {budget:g}" if label == CURVES[0] else f"{label}, ω = {budget / degree:.2g}"
            # Where both are near the best, smaller points leave those of homeostatic models to be seen.
            look = {"ms": 2.5} if label == "bounded (projected)" else {"ms": 4, "alpha": 0.8}
            ax.plot(points["x"], points["y"], marker, color=COLOURS[label], label=name, **look)
            ax.plot(doubtful["x"], doubtful["y"], marker, ms=look["ms"], mec=COLOURS[label], mfc="white")
    limits = [rows["x"].min() - 0.1, rows["x"].max() + 0.1]
    ax.plot(limits, limits, color=style.GREY, lw=0.8)
    ax.set(xlabel="log-likelihood of the RP model (nats / bin)", ylabel="log-likelihood (nats / bin)")
    ax.legend(fontsize=5.5, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.2))


def draw(frame: pd.DataFrame, degree: float, note: str) -> Figure:
    """Draw the figure from its source data."""
    figure, axes = style.mosaic("ABC;DEF", width=9.5, height=6.4)
    panel = {name: frame[frame["panel"] == name] for name in "BCDEF"}
    slow = [f"{label}, SGD" for label in (*CURVES, *POINTS) if f"{label}, SGD" in set(frame["condition"])]
    extra = [label for label in dict.fromkeys(panel["E"]["condition"]) if label not in (*CURVES, *POINTS, *slow)]
    curves = [*CURVES, *extra]
    shown = [*curves, *POINTS, *slow]
    constraints(axes["A"])
    try_panel(axes["B"], likelihood, panel["B"], shown, "available")
    try_panel(axes["C"], likelihood, panel["C"][panel["C"]["measure"] == "log_likelihood"], shown, "used")
    axes["B"].legend(fontsize=5.5)
    try_panel(axes["D"], scatter, panel["D"], degree)
    for name in "EF":
        try_panel(axes[name], draw_budgets, panel[name], [*curves, *POINTS], x="used")
        log_axis(axes[name], panel[name])
    axes["E"].legend(fontsize=6)
    for name, ax in axes.items():
        style.letter(ax, name)
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    table = given.table
    labels = [label for label in dict.fromkeys(table["label"]) if label != "pairwise"]
    # Models without a budget stand where their weights put them.
    free = table["budget"] == 0
    table.loc[free, "available"] = table.loc[free, "used"]
    lines = pd.concat([independent(table), table[table["label"] == "pairwise"]])
    frame = pd.concat(
        [
            *(panel_rows(table, p, labels, x=x, y="log_likelihood") for p, x in (("B", "available"), ("C", "used"))),
            *(panel_rows(lines, p, ["independent", "pairwise"], x="used", y="log_likelihood") for p in "BC"),
            # How much of the available budget a model uses (claim C2.2).
            panel_rows(table, "C", labels, x="available", y="used"),
            pairs(table),
            panel_rows(table, "E", labels, x="used", y="correlation"),
            panel_rows(table, "F", labels, x="used", y="rate"),
        ]
    )[PANEL_COLUMNS]
    models = table[table["label"] != "pairwise"]
    note = describe(table, given.meta)
    write_figure(frame, draw(frame, float(models["degree"].iloc[0]), note), given.output)


if __name__ == "__main__":
    cli.run(main)
