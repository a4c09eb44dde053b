"""Figure 3: networks that know their head direction: bearings (a, b) and states (c, d), awake and quiescent; e learning."""

import pandas as pd
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
from krishna2024.bearings import draw_bearings, bearing_rows
from krishna2024.design import NOISES
from krishna2024.panels import describe, inputs, learning, of, rows, title, write_figure

LABELS = [f"unbiased, {noise}" for noise in NOISES]


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    layout = [[f"{letter} {noise}" for letter in "abcd" for _ in range(2)] for noise in NOISES]
    layout.append([*["e"] * 4, *["e error"] * 4])
    polar = {(f"{letter} {noise}"): {"projection": "polar"} for letter in "ab" for noise in NOISES}
    figure, axes = style.mosaic(layout, width=9.5, height=7.5, per_subplot_kw=polar)
    draw_bearings(axes, frame, "unbiased")
    learning(axes["e"], of(frame, "e", measure="loss"), LABELS, log=True, ylabel="test loss (mean squared error)")
    error = of(frame, "e", measure="error, top3")
    learning(axes["e error"], error, LABELS, log=False, ylabel="decoding error, top 3 (rad)")
    for name in ("e", "e error"):
        title(axes[name], "e", "learning (ours)")
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    table = given.table
    frame = pd.concat(
        [
            bearing_rows(table, "unbiased"),
            *(rows(table, "b", name, labels=LABELS, phases=("active", "quiescent", "same")) for name in ("bearing range", "KL of bearings")),
            *(rows(table, "e", name, labels=LABELS, named=False) for name in ("loss", "error, top3", "error, centroid")),
        ]
    )
    write_figure(frame, draw(frame, describe(table)), given.output)


if __name__ == "__main__":
    cli.run(main)
