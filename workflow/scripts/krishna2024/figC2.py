"""Figure C.2: gated networks (a to d unbiased, e to h biased, i divergences, j variance, k learning, l components)."""

import pandas as pd
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures.program import Given
from homeostat.figures.sheet import Sheet
from krishna2024.design import NOISES
from krishna2024.maps import divergence_rows, draw_divergences, draw_maps, draw_variances, map_rows
from krishna2024.panels import describe, explained, learning, rows, supplement, title

LABELS = [f"unbiased, {noise}" for noise in NOISES]


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    unbiased, biased = ([f"{letter} {NOISES[0]}" for letter in letters] for letters in ("abcd", "efgh"))
    other = [f"{letter} {NOISES[1]}" for letter in "abcdefgh"]
    blocks = [unbiased, biased, ["i uniform", "i gaussian"], ["j", "k", "k error", "l"], other]
    sheet = Sheet([[[block]] for block in blocks], frame, height=225, height_ratios=[1, 1, 1, 1, 0.75])
    draw_maps(sheet, "abcd", "unbiased", "quiescent")
    draw_maps(sheet, "efgh", "biased", "quiescent")
    supplement(sheet, "abcdefgh", NOISES[1])
    draw_divergences(sheet, "i", noiseless=False)
    draw_variances(sheet, "j", "quiescent", noiseless=False, wide=False)
    learning(sheet["k"], sheet.rows("k", measure="loss"), LABELS, log=True, ylabel="test loss (mean squared error)")
    error = sheet.rows("k", measure="error, top3")
    learning(sheet["k error"], error, LABELS, log=False, ylabel="decoding error, top 3 (m)")
    explained(sheet["l"], sheet.rows("l"), LABELS)
    for name in ("k", "k error", "l"):
        title(sheet[name], "unbiased")
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table = given.table()
    frame = pd.concat(
        [
            map_rows(table, "abcd", "unbiased", "quiescent"),
            map_rows(table, "efgh", "biased", "quiescent"),
            divergence_rows(table, "i", "quiescent"),
            rows(table, "j", "total variance", phases=["quiescent"]),
            *(rows(table, "k", name, labels=LABELS, named=False) for name in ("loss", "error, top3")),
            rows(table, "l", "explained", labels=LABELS),
        ]
    )
    given.write(frame, draw(frame, describe(table)))


if __name__ == "__main__":
    cli.run(main)
