"""Figure C.5: heads that turn one way: bearings (a, b), states (c, d), angular velocity (e) and its mean (f)."""

import pandas as pd
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from krishna2024.bearings import bearing_rows, draw_bearings
from krishna2024.design import BIASES, NOISES
from krishna2024.panels import COLOURS, NAMES, bars, curve, describe, inputs, of, rows, title

PHASES = {"active": "-", "quiescent": "--"}


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    layout = [[f"{letter} {noise}" for letter in letters] for noise in NOISES for letters in ("abe", "cdf")]
    polar = {(f"{letter} {noise}"): {"projection": "polar"} for letter in "ab" for noise in NOISES}
    figure, axes = style.mosaic(layout, width=8.5, height=10.5, per_subplot_kw=polar)
    draw_bearings(axes, frame, "biased")
    for noise in NOISES:
        ax = axes[f"e {noise}"]
        for phase, line in PHASES.items():
            curve(ax, of(frame, "e", f"biased, {noise}, {phase}"), color=COLOURS[noise], ls=line, label=phase)
        ax.axvline(0, color=style.GREY, lw=0.6)
        ax.set(xlabel="turn (rad / step)\nends: all beyond", ylabel="density")
        ax.legend()
        title(ax, "e", f"biased\n{NAMES[noise]}")
        ax = axes[f"f {noise}"]
        shown = [(bias, phase) for bias in BIASES for phase in PHASES]
        bars(
            ax,
            of(frame, "f", measure="mean turn, top3"),
            [f"{bias}, {noise}, {phase}" for bias, phase in shown],
            [f"{bias},\n{phase}" for bias, phase in shown],
            [COLOURS[noise]] * len(shown),
        )
        ax.axhline(0, color="black", lw=0.5)
        ax.set(ylabel="mean turn (rad / step)")
        title(ax, "f", NAMES[noise])
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    table = given.table
    frame = pd.concat(
        [
            bearing_rows(table, "biased"),
            rows(table, "e", "turns", phases=PHASES),
            *(
                rows(table, "f", f"{name}, {how}", phases=PHASES)
                for name in ("mean turn", "turns back", "turn SD")
                for how in ("top3", "centroid")
            ),
        ]
    )
    write_figure(frame, draw(frame, describe(table)), given.output)


if __name__ == "__main__":
    cli.run(main)
