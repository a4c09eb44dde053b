"""Figure 2: LayerNorm in E/I networks (A), with and without inhibition (B); spread over configurations, seeds (C)."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from eyono2026.panels import (
    ACCURACY,
    CHOICES,
    COLOURS,
    PANEL_COLUMNS,
    averaged,
    best_rows,
    boxes,
    describe,
    last_epoch,
    panel_rows,
    scatter,
)
from homeostat import cli
from homeostat.figures import panels
from homeostat.figures.program import Given
from homeostat.figures.sheet import Sheet

NONE, NORMED, EXCITATORY = "E/I", "E/I, LN+", "E-only, LN+"
BETWEEN, WITHIN = "SD over configurations", "SD over networks of a configuration"


def spreads(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows of panel C: the two parts of the variance of test accuracy.

    Within is the pooled variance over the networks of a configuration. Between is the variance of the
    configurations' means less what within adds to it; where that leaves nothing, it is zero.
    """
    found = []
    for (condition, epsilon), group in table.groupby(["condition", "epsilon"], sort=False):
        within = float(group.groupby("seed")[ACCURACY].var().mean())
        networks = group["network"].nunique()
        between = float(averaged(group)[ACCURACY].var()) - within / networks
        shared = group.iloc[0][["data", "scale", "device"]].to_dict()
        for measure, variance in ((BETWEEN, max(between, 0.0) if np.isfinite(between) else between), (WITHIN, within)):
            found.append(shared | {"condition": condition, "x": epsilon, "y": np.sqrt(variance), "measure": measure})
    return pd.DataFrame(found).assign(panel="C", seed=0, network=pd.NA)[PANEL_COLUMNS].astype({"network": "Int64"})


def pooled(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw panel B: the best configurations of all ε, by both choices."""
    conditions = [NORMED, EXCITATORY]
    ticks = []
    for place, name in enumerate(CHOICES.values()):
        chosen = rows[rows["measure"] == f"{ACCURACY}, {name}"]
        groups = [chosen.loc[chosen["condition"] == condition, "y"] for condition in conditions]
        boxes(ax, groups, [place - 0.2, place + 0.2], [COLOURS[each] for each in conditions], spacing=0.4)
        test = stats.mannwhitneyu(*groups, alternative="two-sided")
        ticks.append(f"{name.replace(' (', chr(10) + '(')}\nU = {test.statistic:g}, p = {test.pvalue:.2g}")
    for condition in conditions:
        ax.plot([], [], "s", color=COLOURS[condition], alpha=0.6, label=condition)
    ax.set_xticks(range(len(ticks)), ticks)
    ax.set(
        xlabel="U, p: Mann-Whitney test, two-sided", ylabel="test accuracy (%), all ε", xlim=(-0.6, len(ticks) - 0.4)
    )
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def parts(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw panel C."""
    conditions, epsilons = [NONE, NORMED, EXCITATORY], sorted(rows["x"].unique())
    for index, condition in enumerate(conditions):
        for measure, filled in ((BETWEEN, True), (WITHIN, False)):
            chosen = rows[(rows["condition"] == condition) & (rows["measure"] == measure)].sort_values("x")
            ax.plot(
                chosen["x"] + 0.02 * (index - 1), chosen["y"], COLOURS.mark(condition), color=COLOURS[condition],
                ls="-" if filled else ":", mfc=None if filled else "white", label=condition if filled else None,
            )  # fmt: skip
    for name, dash in (("between configurations", "-"), ("between networks of one", ":")):
        ax.plot([], [], ls=dash, color="black", label=name)
    ax.set_xticks(epsilons)
    ax.set(xlabel="luminosity jitter ε", ylabel="SD of test accuracy (points)", ylim=(0, None))
    panels.headroom(ax, 0.35)
    ax.legend(loc="upper left")


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    sheet = Sheet("ABC", frame, height=78)
    sheet.draw("A", scatter, NORMED, NONE, rows=sheet.rows("A", condition=[NONE, NORMED]))
    panels.diagonal(sheet["A"])
    sheet["A"].legend()
    sheet.draw("B", pooled)
    sheet.draw("C", parts)
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table, best = given.table(), given.settings["best"]
    frame = pd.concat(
        [
            panel_rows(last_epoch(table), "A", ACCURACY, [NONE, NORMED, EXCITATORY]),
            best_rows(last_epoch(table), "B", ACCURACY, [NORMED, EXCITATORY], best),
            spreads(last_epoch(table)),
        ]
    )
    note = (
        f"A: small, its networks; B: the {best} best configurations at each ε; "
        "C (not in the paper): parts of the variance"
    )
    given.write(frame, draw(frame, describe(table, note)))


if __name__ == "__main__":
    cli.run(main)
