"""Figure C.1: quiescence with the noise of training instead of doubled noise (a to d unbiased, e to h biased)."""

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
    unbiased, biased = ([f"{letter} {NOISES[0]}" for letter in letters] for letters in ("abcd", "efgh"))
    other = [f"{letter} {NOISES[1]}" for letter in "abcdefgh"]
    blocks = [unbiased, biased, ["i uniform", "i gaussian"], ["j"], other]
    sheet = Sheet([[[block]] for block in blocks], frame, height=215, height_ratios=[1, 1, 1, 1, 0.75])
    draw_maps(sheet, "abcd", "unbiased", "same")
    draw_maps(sheet, "efgh", "biased", "same")
    supplement(sheet, "abcdefgh", NOISES[1])
    draw_divergences(sheet, "i", noiseless=False)
    draw_variances(sheet, "j", "same", noiseless=False)
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table = given.table()
    frame = pd.concat(
        [
            map_rows(table, "abcd", "unbiased", "same"),
            map_rows(table, "efgh", "biased", "same"),
            divergence_rows(table, "i", "same"),
            rows(table, "j", "total variance", phases=["same"]),
        ]
    )
    given.write(frame, draw(frame, describe(table)))


if __name__ == "__main__":
    cli.run(main)
