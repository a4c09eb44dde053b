"""Figure C.5: heads that turn one way: bearings (a, b), states (c, d), angular velocity (e) and its mean (f)."""

import pandas as pd
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.program import Given
from homeostat.figures.sheet import Sheet
from krishna2024.bearings import bearing_rows, draw_bearings
from krishna2024.design import BIASES, NOISES
from krishna2024.panels import COLOURS, NAMES, bars, curve, describe, rows, title

PHASES = {"active": "-", "quiescent": "--"}


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    layout = [[f"{letter} {noise}" for letter in letters] for noise in NOISES for letters in ("abe", "cdf")]
    polar = {(f"{letter} {noise}"): {"projection": "polar"} for letter in "ab" for noise in NOISES}
    sheet = Sheet(layout, frame, height=210, per_subplot_kw=polar)
    draw_bearings(sheet, "biased")
    for noise in NOISES:
        ax = sheet[f"e {noise}"]
        for phase, line in PHASES.items():
            points = sheet.rows("e", condition=f"biased, {noise}, {phase}")
            curve(ax, points, COLOURS[noise], ls=line, label=phase)
        ax.axvline(0, color=style.GREY, lw=0.6)
        ax.set(xlabel="turn (rad / step)\nends: all beyond", ylabel="density")
        ax.legend()
        title(ax, f"biased\n{NAMES[noise]}")
        ax = sheet[f"f {noise}"]
        shown = [(bias, phase) for bias in BIASES for phase in PHASES]
        bars(
            ax,
            sheet.rows("f", measure="mean turn, top3"),
            [f"{bias}, {noise}, {phase}" for bias, phase in shown],
            [f"{bias},\n{phase}" for bias, phase in shown],
            [COLOURS[noise]] * len(shown),
        )
        ax.axhline(0, color="black", lw=0.5)
        ax.set(ylabel="mean turn (rad / step)")
        title(ax, NAMES[noise])
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table = given.table()
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
    given.write(frame, draw(frame, describe(table)))


if __name__ == "__main__":
    cli.run(main)
