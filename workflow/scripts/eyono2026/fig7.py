"""Figure 7: errors centered by fixed random lateral inhibition, exactly, and normalized in full, against LN+."""

import pandas as pd
from matplotlib.figure import Figure

from eyono2026.panels import (
    ACCURACY,
    boxes_by_epsilon,
    describe,
    last_epoch,
    mann_whitney,
    panel_rows,
    tests_table,
)
from homeostat import cli
from homeostat.figures.program import Given
from homeostat.figures.sheet import Sheet

REFERENCE = "E-only, LN+"
CONDITIONS = ("I-Norm + lateral inhibition", "I-Norm + center", "I-Norm + full")


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    sheet = Sheet([["A", "A tests"]], frame, height=75, width_ratios=[1.3, 1])
    sheet.draw("A", boxes_by_epsilon, CONDITIONS, REFERENCE)
    sheet.draw("A tests", tests_table, CONDITIONS, REFERENCE)
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table = given.table()
    accuracy = panel_rows(last_epoch(table), "A", ACCURACY, [REFERENCE, *CONDITIONS])
    means = accuracy[accuracy["measure"] == ACCURACY]
    frame = pd.concat([accuracy, mann_whitney(means, "A", REFERENCE, CONDITIONS)])
    note = "~: configurations at chance, left out of their box but not of the tests"
    given.write(frame, draw(frame, describe(table, note)))


if __name__ == "__main__":
    cli.run(main)
