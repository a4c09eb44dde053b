"""Figure 6: parts of the normalization of errors (A accuracy with tests against LN+, B alignment of gradients)."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from eyono2026.panels import (
    REFERENCE,
    TESTED,
    boxes_by_epsilon,
    describe,
    histogram,
    last_epoch,
    panel_rows,
    tested_rows,
)
from homeostat import cli
from homeostat.figures.program import Given
from homeostat.figures.sheet import Sheet

CONDITIONS = ("I-Norm + scale", "I-Norm + decorrelate", "I-Norm + center", "I-Norm + full")
COSINE = "gradient alignment"


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    sheet = Sheet("AAB", frame, height=85)
    sheet.draw("A", boxes_by_epsilon, CONDITIONS, REFERENCE)
    sheet.draw("B", histogram, COSINE, CONDITIONS[:3], np.linspace(0.0, 0.6, 49))
    sheet["B"].margins(y=0.35)  # room for the legend above the bars
    sheet["B"].legend(loc="upper left")
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table = given.table()
    parts = [tested_rows(table, "A", CONDITIONS), panel_rows(last_epoch(table), "B", COSINE, CONDITIONS)]
    frame = pd.concat(parts)
    given.write(frame, draw(frame, describe(table, TESTED)))


if __name__ == "__main__":
    cli.run(main)
