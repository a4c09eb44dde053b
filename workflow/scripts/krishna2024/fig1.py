"""Figure 1: networks that know their position, awake and quiescent (a network; b learning; c to k activity)."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures.program import Given
from homeostat.figures.rows import where
from homeostat.figures.sheet import Sheet
from krishna2024.design import NOISES
from krishna2024.panels import NAMES, density, describe, explained, learning, paths, rows, scatter, supplement, title

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
        ax.text(0.14, y + 0.045, given, ha="center", va="bottom", fontsize=6)
        ax.text(
            0.51, y, f"RNN\nnoise {noise}", ha="center", va="center", fontsize=6, bbox={"boxstyle": "round", "fc": "w"}
        )
        ax.text(0.91, y, "place\ncells", ha="center", va="center", fontsize=6)
        ax.text(0.5, y + 0.2, "active" if given == "motion" else "quiescent", ha="center", fontsize=6, weight="bold")
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.axis("off")


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    blocks = [["a", "b", "b error", "c"]]
    blocks += [[f"{letter} {NOISES[0]}" for letter in letters] for letters in ("defg", "hijk")]
    blocks.append([f"{letter} {NOISES[1]}" for letter in ACTIVITY])
    sheet = Sheet([[[block]] for block in blocks], frame, height=190, height_ratios=[1, 1, 1, 0.75])
    schematic(sheet["a"])
    loss, error = sheet.rows("b", measure="loss"), sheet.rows("b", measure="error, top3")
    learning(sheet["b"], loss, LABELS, log=True, ylabel="test loss (mean squared error)")
    learning(sheet["b error"], error, LABELS, log=False, ylabel="decoding error, top 3 (m)")
    explained(sheet["c"], sheet.rows("c"), NOISY)
    for noise in NOISES:
        both = [f"unbiased, {noise}, {phase}" for phase in ("active", "quiescent")]
        main, states = noise == NOISES[0], pd.concat([sheet.rows(letter, condition=both) for letter in "fg"])
        for letter, (measure, phase) in ACTIVITY.items():
            ax, points = sheet[f"{letter} {noise}"], sheet.rows(letter, condition=f"unbiased, {noise}, {phase}")
            if measure == "path":
                paths(ax, points)
            elif measure == "states":
                scatter(ax, points, states, colours="viridis", label="decoded |x| (m)" if main else "")
            else:
                pair = "hi" if measure == "output density" else "jk"
                most = where(sheet.frame, panel=list(pair), condition=both)["z"].max()
                density(ax, points, most, box=measure == "output density", bar=main and phase != "active")
            title(ax, f"{phase}\n{NAMES[noise]}")
    supplement(sheet, "".join(ACTIVITY), NOISES[1])
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table = given.table()
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
    given.write(frame, draw(frame, describe(table)))


if __name__ == "__main__":
    cli.run(main)
