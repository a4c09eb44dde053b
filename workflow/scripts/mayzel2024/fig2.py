"""Figure 2: homeostatic v bounded synapses (A schematic; B, C likelihood over budgets; D per model; E, F)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import panels, style
from homeostat.figures.program import Given
from homeostat.figures.rows import where
from homeostat.figures.sheet import Sheet
from mayzel2024.colours import COLOURS
from mayzel2024.panels import WHY, describe, draw_budgets, independent, log_axis, panel_rows, reference
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


def curves(ax: Axes, rows: pd.DataFrame, shown: Sequence[str], x: str) -> None:
    """Draw panels B, C, E and F, with the models that have no budget as lines."""
    draw_budgets(ax, rows, shown, x=x)
    for label in ("independent", "pairwise"):
        reference(ax, rows, label)
    log_axis(ax, rows)


def differences(ax: Axes, rows: pd.DataFrame, degree: float) -> None:
    """Draw panel D: how far each model is above the RP model of its seed; ``degree`` turns budgets into bounds ω."""
    budgets = sorted(rows["budget"].unique())
    for place, label in enumerate(CURVES):
        for budget, marker, shift in zip(budgets, "o^", (-0.18, 0.18), strict=False):
            shown = where(rows, condition=label, budget=budget)
            above = (shown["y"] - shown["x"]).to_numpy()
            at = place + shift + np.linspace(-0.09, 0.09, len(above))
            ax.plot([place + shift - 0.14, place + shift + 0.14], [above.mean()] * 2, color=COLOURS[label], lw=1.2)
            for x, y, doubt in zip(at, above, shown["doubt"], strict=True):
                ax.plot(x, y, marker, ms=3.5, color=COLOURS[label], mfc="white" if doubt else COLOURS[label])
    for budget, marker in zip(budgets, "o^", strict=False):
        text = f"φ = {budget:.2g}, or each synapse ω = {budget / degree:.2g}"
        ax.plot([], [], marker, color=style.GREY, ms=3.5, label=text)
    ax.axhline(0, color="black", lw=0.7, ls=":")
    ax.set_xticks(range(len(CURVES)), [label.replace(" (", "\n(") for label in CURVES])
    ax.set(xlim=(-0.5, len(CURVES) - 0.5), ylabel="log-likelihood above the RP model's\nof the same seed (nats / bin)")
    panels.headroom(ax, 0.25)
    ax.legend(loc="upper right")


def draw(frame: pd.DataFrame, degree: float, note: str) -> Figure:
    """Draw the figure from its source data."""
    layout = [["A", "B", "C"], ["A legend", "B", "C"], ["D", "E", "F"]]
    sheet = Sheet(layout, frame, height=130, why=WHY, height_ratios=[1.35, 0.65, 2])
    known = set(frame["condition"])
    slow = [label for label in (f"{each}, SGD" for each in (*CURVES, *POINTS)) if label in known]
    # From a user's extra_models.
    extra = [label for label in dict.fromkeys(sheet.rows("E")["condition"]) if label not in (*CURVES, *POINTS)]
    curves_of = [*CURVES, *(label for label in extra if label not in slow)]
    shown = [*curves_of, *POINTS, *slow]
    constraints(sheet["A"])
    sheet.draw("B", curves, shown, "available")
    sheet.draw("C", curves, shown, "used", rows=sheet.rows("C", measure="log_likelihood"))
    sheet["A legend"].axis("off")
    sheet["A legend"].legend(*sheet["B"].get_legend_handles_labels(), loc="upper center", ncols=2, columnspacing=1.0)
    sheet.draw("D", differences, degree)
    for name in "EF":
        sheet.draw(name, curves, [*curves_of, *POINTS], "used")
    sheet["E"].legend()
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "data", "table")
    table = given.table()
    labels = [label for label in dict.fromkeys(table["label"]) if label != "pairwise"]
    # Models without a budget stand where their weights put them.
    free = table["budget"] == 0
    table.loc[free, "available"] = table.loc[free, "used"]
    lines = pd.concat([independent(table), where(table, label="pairwise")])
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
    )
    degree = float(table.loc[table["label"] != "pairwise", "degree"].iloc[0])
    given.write(frame, draw(frame, degree, describe(table, given.data()[1])))


if __name__ == "__main__":
    cli.run(main)
