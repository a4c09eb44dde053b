"""Figure C.2: gated networks (a to d unbiased, e to h biased, i divergences, j variance, k learning, l components)."""

import pandas as pd
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from krishna2024.design import NOISES
from krishna2024.maps import divergence_rows, draw_divergences, draw_maps, draw_variances, map_rows
from krishna2024.panels import describe, explained, inputs, learning, of, rows, title

LABELS = [f"unbiased, {noise}" for noise in NOISES]


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    layout = [[f"{letter} {noise}" for letter in letters] for letters in ("abcd", "efgh") for noise in NOISES]
    layout += [["i uniform", "i uniform", "i gaussian", "i gaussian"], ["j", "k", "k error", "l"]]
    figure, axes = style.mosaic(layout, width=10.5, height=14.5)
    draw_maps(axes, frame, "abcd", "unbiased", "quiescent")
    draw_maps(axes, frame, "efgh", "biased", "quiescent")
    draw_divergences(axes, frame, "i", noiseless=False)
    draw_variances(axes["j"], frame, "j", "quiescent", noiseless=False)
    learning(axes["k"], of(frame, "k", measure="loss"), LABELS, log=True, ylabel="test loss (mean squared error)")
    error = of(frame, "k", measure="error, top3")
    learning(axes["k error"], error, LABELS, log=False, ylabel="decoding error, top 3 (m)")
    explained(axes["l"], of(frame, "l"), LABELS)
    for name in ("k", "k error", "l"):
        title(axes[name], name[0], "unbiased")
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    table = given.table
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
    write_figure(frame, draw(frame, describe(table)), given.output)


if __name__ == "__main__":
    cli.run(main)
