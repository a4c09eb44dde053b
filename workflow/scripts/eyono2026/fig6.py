"""Figure 6: parts of the normalization of errors (A accuracy with tests against LN+, B alignment of gradients)."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from eyono2026.panels import (
    ACCURACY,
    boxes_by_epsilon,
    describe,
    histogram,
    last_epoch,
    mann_whitney,
    panel_rows,
    tests_table,
)
from homeostat import cli
from homeostat.figures.program import Given
from homeostat.figures.sheet import Sheet

REFERENCE = "E-only, LN+"
CONDITIONS = ("I-Norm + scale", "I-Norm + decorrelate", "I-Norm + center", "I-Norm + full")
COSINE = "gradient alignment"


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    sheet = Sheet([["A", "B"], ["A", "A tests"]], frame, height=95, height_ratios=[1.2, 1.0])
    sheet.draw("A", boxes_by_epsilon, CONDITIONS, REFERENCE)
    sheet.draw("A tests", tests_table, CONDITIONS, REFERENCE)
    sheet.draw("B", histogram, COSINE, CONDITIONS[:3], np.linspace(0.0, 0.6, 49))
    sheet["B"].legend()
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table = given.table()
    accuracy = panel_rows(last_epoch(table), "A", ACCURACY, [REFERENCE, *CONDITIONS])
    means = accuracy[accuracy["measure"] == ACCURACY]
    frame = pd.concat(
        [
            accuracy,
            mann_whitney(means, "A", REFERENCE, CONDITIONS),
            panel_rows(last_epoch(table), "B", COSINE, CONDITIONS),
        ]
    )
    note = "~: configurations at chance, left out of their box but not of the tests"
    given.write(frame, draw(frame, describe(table, note)))


if __name__ == "__main__":
    cli.run(main)
