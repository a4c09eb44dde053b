"""Figure 6: parts of the normalization of errors (A accuracy with tests against LN+, B alignment of gradients)."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from eyono2026.panels import (
    ACCURACY,
    boxes_by_epsilon,
    describe,
    histogram,
    inputs,
    mann_whitney,
    panel_rows,
    tests_table,
)
from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure

REFERENCE = "E-only, LN+"
CONDITIONS = ("I-Norm + scale", "I-Norm + decorrelate", "I-Norm + center", "I-Norm + full")
COSINE = "gradient alignment"


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    figure, axes = style.mosaic([["A", "B"], ["A", "table"]], width=9.6, height=4.6, height_ratios=[1.2, 1.0])
    accuracy, cosines = frame[frame["panel"] == "A"], frame[frame["panel"] == "B"]
    boxes_by_epsilon(axes["A"], accuracy, CONDITIONS, REFERENCE)
    histogram(axes["B"], cosines, COSINE, CONDITIONS[:3], np.linspace(0.0, 0.6, 49))
    axes["B"].legend(fontsize=6)
    tests_table(axes["table"], accuracy, CONDITIONS, REFERENCE)
    style.letter(axes["A"], "A")
    style.letter(axes["B"], "B")
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    accuracy = panel_rows(given.last, "A", ACCURACY, [REFERENCE, *CONDITIONS])
    means = accuracy[accuracy["measure"] == ACCURACY]
    frame = pd.concat(
        [
            accuracy,
            mann_whitney(means, "A", REFERENCE, CONDITIONS),
            panel_rows(given.last, "B", COSINE, CONDITIONS),
        ]
    )
    note = "~: configurations at chance, left out of their box but not of the tests; "
    write_figure(frame, draw(frame, describe(given.table, note)), given.output)


if __name__ == "__main__":
    cli.run(main)
