"""Figure 7: errors centered by fixed random lateral inhibition, exactly, and normalized in full, against LN+."""

import pandas as pd
from matplotlib.figure import Figure

from eyono2026.panels import REFERENCE, TESTED, boxes_by_epsilon, describe, tested_rows
from homeostat import cli
from homeostat.figures.program import Given
from homeostat.figures.sheet import Sheet

CONDITIONS = ("I-Norm + lateral inhibition", "I-Norm + center", "I-Norm + full")


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    sheet = Sheet("A", frame, width=120, height=85)
    sheet.draw("A", boxes_by_epsilon, CONDITIONS, REFERENCE)
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table = given.table()
    frame = tested_rows(table, "A", CONDITIONS)
    given.write(frame, draw(frame, describe(table, TESTED)))


if __name__ == "__main__":
    cli.run(main)
