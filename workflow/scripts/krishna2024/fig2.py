"""Figure 2: biased walks (a to d), divergences (e) and variance (f) of quiescent activity."""

import pandas as pd
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures.program import Given
from homeostat.figures.sheet import Sheet
from krishna2024.design import NOISES
from krishna2024.maps import divergence_rows, draw_divergences, draw_maps, draw_variances, map_rows
from krishna2024.panels import describe, rows, supplement


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    main, other = ([f"{letter} {noise}" for letter in "abcd"] for noise in NOISES)
    blocks = [main, ["e uniform", "e gaussian"], ["f"], other]
    sheet = Sheet([[[block]] for block in blocks], frame, height=180, height_ratios=[1, 1.05, 0.9, 0.72])
    draw_maps(sheet, "abcd", "biased", "quiescent")
    supplement(sheet, "abcd", NOISES[1])
    draw_divergences(sheet, "e", noiseless=True)
    draw_variances(sheet, "f", "quiescent", noiseless=True)
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table = given.table()
    frame = pd.concat(
        [
            map_rows(table, "abcd", "biased", "quiescent"),
            # How far from the centre the walker is on average (claim T4).
            *(
                rows(table, letter, "distance from centre", phases=[phase])
                for letter, phase in zip("cd", ("active", "quiescent"), strict=True)
            ),
            divergence_rows(table, "e", "quiescent"),
            rows(table, "f", "total variance", phases=["quiescent"]),
        ]
    )
    given.write(frame, draw(frame, describe(table)))


if __name__ == "__main__":
    cli.run(main)
