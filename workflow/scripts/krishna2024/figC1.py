"""Figure C.1: quiescence with the noise of training instead of doubled noise (a to d unbiased, e to h biased)."""

import pandas as pd
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from krishna2024.design import NOISES
from krishna2024.maps import divergence_rows, draw_divergences, draw_maps, draw_variances, map_rows
from krishna2024.panels import describe, inputs, rows


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    layout = [[f"{letter} {noise}" for letter in letters] for letters in ("abcd", "efgh") for noise in NOISES]
    layout += [["i uniform", "i uniform", "i gaussian", "i gaussian"], ["j"] * 4]
    figure, axes = style.mosaic(layout, width=10.5, height=14.0)
    draw_maps(axes, frame, "abcd", "unbiased", "same")
    draw_maps(axes, frame, "efgh", "biased", "same")
    draw_divergences(axes, frame, "i", noiseless=False)
    draw_variances(axes["j"], frame, "j", "same", noiseless=False)
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    table = given.table
    frame = pd.concat(
        [
            map_rows(table, "abcd", "unbiased", "same"),
            map_rows(table, "efgh", "biased", "same"),
            divergence_rows(table, "i", "same"),
            rows(table, "j", "total variance", phases=["same"]),
        ]
    )
    write_figure(frame, draw(frame, describe(table)), given.output)


if __name__ == "__main__":
    cli.run(main)
