"""Figure 3: networks that know their head direction: bearings (a, b), states (c, d) and learning (e)."""

import pandas as pd
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures.program import Given
from homeostat.figures.sheet import Sheet
from krishna2024.bearings import bearing_rows, draw_bearings
from krishna2024.design import NOISES
from krishna2024.panels import describe, learning, rows, title

LABELS = [f"unbiased, {noise}" for noise in NOISES]


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    main, other = ([f"{letter} {noise}" for letter in "abcd"] for noise in NOISES)
    polar = {(f"{letter} {noise}"): {"projection": "polar"} for letter in "ab" for noise in NOISES}
    blocks = [main, ["e", "e error"], other]
    sheet = Sheet(
        [[[block]] for block in blocks], frame, height=130, per_subplot_kw=polar, height_ratios=[1, 0.95, 0.7]
    )
    draw_bearings(sheet, "unbiased")
    learning(sheet["e"], sheet.rows("e", measure="loss"), LABELS, log=True, ylabel="test loss (mean squared error)")
    error = sheet.rows("e", measure="error, top3")
    learning(sheet["e error"], error, LABELS, log=False, ylabel="decoding error, top 3 (rad)")
    for name in ("e", "e error"):
        title(sheet[name], "learning (ours)")
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table = given.table()
    frame = pd.concat(
        [
            bearing_rows(table, "unbiased"),
            # How uniform the bearings and how ordered the ring are (claims T8).
            *(rows(table, "b", name, labels=LABELS) for name in ("bearing range", "KL of bearings")),
            *(rows(table, "d", name, labels=LABELS) for name in ("ring width", "ring order")),
            *(
                rows(table, "e", name, labels=LABELS, named=False)
                for name in ("loss", "error, top3", "error, centroid")
            ),
        ]
    )
    given.write(frame, draw(frame, describe(table)))


if __name__ == "__main__":
    cli.run(main)
