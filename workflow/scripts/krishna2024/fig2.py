"""Figure 2: biased walks (a to d), divergences (e) and variance (f) of quiescent activity."""

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
    layout = [[f"{letter} {noise}" for letter in "abcd"] for noise in NOISES]
    layout += [["e uniform", "e uniform", "e gaussian", "e gaussian"], ["f"] * 4]
    figure, axes = style.mosaic(layout, width=10.5, height=10.0)
    draw_maps(axes, frame, "abcd", "biased", "quiescent")
    draw_divergences(axes, frame, "e", noiseless=True)
    draw_variances(axes["f"], frame, "f", "quiescent", noiseless=True)
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    table = given.table
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
    write_figure(frame, draw(frame, describe(table)), given.output)


if __name__ == "__main__":
    cli.run(main)
