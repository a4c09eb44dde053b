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
    diagonal,
    inputs,
    panel_rows,
    scatter,
)
from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure

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
                chosen["x"] + 0.02 * (index - 1), chosen["y"], "o" if filled else "s", color=COLOURS[condition],
                ls="-" if filled else ":", mfc=None if filled else "white",
                label=f"{condition}: {'configurations' if filled else 'networks'}",
            )  # fmt: skip
    ax.set_xticks(epsilons)
    ax.set(xlabel="luminosity jitter ε", ylabel="SD of test accuracy (points)", ylim=(0, None))
    ax.legend(fontsize=6)


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    figure, axes = style.mosaic("ABC", width=10.0, height=3.9)
    panel = {name: frame[frame["panel"] == name] for name in "ABC"}
    scatter(axes["A"], panel["A"][panel["A"]["condition"] != EXCITATORY], NORMED, NONE)
    diagonal(axes["A"])
    axes["A"].legend()
    pooled(axes["B"], panel["B"])
    parts(axes["C"], panel["C"])
    for name, ax in axes.items():
        style.letter(ax, name)
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    frame = pd.concat(
        [
            panel_rows(given.last, "A", ACCURACY, [NONE, NORMED, EXCITATORY]),
            best_rows(given.last, "B", ACCURACY, [NORMED, EXCITATORY], given.best),
            spreads(given.last),
        ]
    )
    note = (
        f"A: small, its networks; B: the {given.best} best configurations at each ε; "
        "C (not in the paper): parts of the variance; "
    )
    write_figure(frame, draw(frame, describe(given.table, note)), given.output)


if __name__ == "__main__":
    cli.run(main)
