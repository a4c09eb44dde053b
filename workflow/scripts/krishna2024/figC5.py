"""Figure C.5: heads that turn one way: bearings (a, b), states (c, d), angular velocity (e) and its mean (f)."""

import pandas as pd
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import panels, style
from homeostat.figures.program import Given
from homeostat.figures.sheet import Sheet
from krishna2024.bearings import bearing_rows, draw_bearings
from krishna2024.design import BIASES, NOISES
from krishna2024.panels import COLOURS, NAMES, bars, curve, describe, rows, title, word

PHASES = {"active": "-", "quiescent": "--"}


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    main, other = ([f"{letter} {noise}" for letter in "abcd"] for noise in NOISES)
    polar = {f"{letter} {noise}": {"projection": "polar"} for letter in "ab" for noise in NOISES}
    blocks = [main, ["e", "f"], other]
    sheet = Sheet([[[block]] for block in blocks], frame, height=145, per_subplot_kw=polar, height_ratios=[1, 1.1, 0.7])
    draw_bearings(sheet, "biased")
    for noise in NOISES:
        for phase, line in PHASES.items():
            points = sheet.rows("e", condition=f"biased, {noise}, {phase}")
            curve(sheet["e"], points, COLOURS[noise], ls=line, label=f"{word(noise)}, {phase}")
    sheet["e"].axvline(0, color=style.GREY, lw=0.6)
    sheet["e"].set(xlabel="turn (rad / step); ends: all beyond", ylabel="density")
    sheet["e"].legend()
    title(sheet["e"], "biased")
    shown = [(noise, bias, phase) for noise in NOISES for bias in BIASES for phase in PHASES]
    bars(
        sheet["f"],
        sheet.rows("f", measure="mean turn, top3"),
        [f"{bias}, {noise}, {phase}" for noise, bias, phase in shown],
        [f"{bias}, {phase}" for _, bias, phase in shown],
        [COLOURS[noise] for noise, *_ in shown],
    )
    for noise in NOISES:
        sheet["f"].plot([], [], "s", color=COLOURS[noise], alpha=0.6, label=NAMES[noise])
    sheet["f"].axhline(0, color="black", lw=0.5)
    sheet["f"].set(ylabel="mean turn (rad / step)")
    panels.headroom(sheet["f"], 0.4)
    sheet["f"].legend(loc="upper left")
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
