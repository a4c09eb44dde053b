"""Figure 7: errors centered by fixed random lateral inhibition, exactly, and normalized in full, against LN+."""

import pandas as pd
from matplotlib.figure import Figure

from eyono2026.panels import (
    ACCURACY,
    boxes_by_epsilon,
    describe,
    inputs,
    mann_whitney,
    panel_rows,
    tests_table,
)
from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure

REFERENCE = "E-only, LN+"
CONDITIONS = ("I-Norm + lateral inhibition", "I-Norm + center", "I-Norm + full")


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    figure, axes = style.mosaic([["A", "table"]], width=9.2, height=3.8, width_ratios=[1.3, 1])
    boxes_by_epsilon(axes["A"], frame, CONDITIONS, REFERENCE)
    tests_table(axes["table"], frame, CONDITIONS, REFERENCE)
    style.letter(axes["A"], "A")
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    accuracy = panel_rows(given.last, "A", ACCURACY, [REFERENCE, *CONDITIONS])
    means = accuracy[accuracy["measure"] == ACCURACY]
    frame = pd.concat([accuracy, mann_whitney(means, "A", REFERENCE, CONDITIONS)])
    note = "~: configurations at chance, left out of their box but not of the tests; "
    write_figure(frame, draw(frame, describe(given.table, note)), given.output)


if __name__ == "__main__":
    cli.run(main)
