"""Figure 1: networks that know their position, awake and quiescent (a network; b learning; c to k activity)."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from krishna2024.design import NOISES
from krishna2024.panels import (
    NAMES,
    density,
    describe,
    explained,
    inputs,
    learning,
    of,
    paths,
    rows,
    scatter,
    title,
)

LABELS = [f"unbiased, {noise}" for noise in (*NOISES, "matched", "none")]
NOISY = [f"unbiased, {noise}" for noise in NOISES]
# Panel: measure, phase.
ACTIVITY = {
    "d": ("path", "active"),
    "e": ("path", "quiescent"),
    "f": ("states", "active"),
    "g": ("states", "quiescent"),
    "h": ("output density", "active"),
    "i": ("output density", "quiescent"),
    "j": ("state density", "active"),
    "k": ("state density", "quiescent"),
}


def schematic(ax: Axes) -> None:
    """Draw panel a: what a network is given, awake and quiescent."""
    for y, given, noise in ((0.72, "motion", "σ"), (0.22, "nothing", "√2 σ")):
        ax.annotate("", (0.34, y), (0.0, y), arrowprops={"arrowstyle": "->", "ls": "-" if given == "motion" else ":"})
        ax.annotate("", (0.8, y), (0.66, y), arrowprops={"arrowstyle": "->"})
        ax.text(0.14, y + 0.045, given, ha="center", va="bottom", fontsize=6.5)
        ax.text(
            0.51, y, f"RNN\nnoise {noise}", ha="center", va="center", fontsize=6, bbox={"boxstyle": "round", "fc": "w"}
        )
        ax.text(0.91, y, "place\ncells", ha="center", va="center", fontsize=6.5)
        ax.text(0.5, y + 0.2, "active" if given == "motion" else "quiescent", ha="center", fontsize=6.5, weight="bold")
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.axis("off")


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    layout = [["a", "b", "b error", "c"]]
    for noise in NOISES:
        layout += [[f"{letter} {noise}" for letter in letters] for letters in ("defg", "hijk")]
    figure, axes = style.mosaic(layout, width=9.8, height=11.0)
    schematic(axes["a"])
    learning(axes["b"], of(frame, "b", measure="loss"), LABELS, log=True, ylabel="test loss (mean squared error)")
    error = of(frame, "b", measure="error, top3")
    learning(axes["b error"], error, LABELS, log=False, ylabel="decoding error, top 3 (m)")
    explained(axes["c"], of(frame, "c"), NOISY)
    for noise in NOISES:
        states = of(frame, "f", f"unbiased, {noise}, active")
        states = pd.concat([states, of(frame, "g", f"unbiased, {noise}, quiescent")])
        for letter, (measure, phase) in ACTIVITY.items():
            ax, points = axes[f"{letter} {noise}"], of(frame, letter, f"unbiased, {noise}, {phase}")
            if measure == "path":
                paths(ax, points)
            elif measure == "states":
                scatter(ax, points, states, colours="viridis", label="decoded |x| (m)")
            else:
                density(ax, points, box=measure == "output density")
            title(ax, letter, f"{phase}\n{NAMES[noise]}")
    for name in ("a", "b", "b error", "c"):
        title(axes[name], name[0])
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    table = given.table
    frame = pd.concat(
        [
            *(
                rows(table, "b", name, labels=LABELS, named=False)
                for name in ("loss", "error, top3", "error, centroid")
            ),
            rows(table, "c", "explained", phases=("active", "quiescent"), labels=NOISY),
            *(
                rows(table, letter, measure, phases=[phase], labels=NOISY)
                for letter, (measure, phase) in ACTIVITY.items()
            ),
        ]
    )
    write_figure(frame, draw(frame, describe(table)), given.output)


if __name__ == "__main__":
    cli.run(main)
