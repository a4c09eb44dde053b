"""Figure 5: I-Norm with errors that are normalized too (A schematic, B alignments, C accuracy)."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from eyono2026.panels import ACCURACY, REFERENCE, describe, histogram, last_epoch, panel_rows, scatter
from eyono2026.schematics import error_path
from homeostat import cli
from homeostat.figures import panels
from homeostat.figures.program import Given
from homeostat.figures.sheet import Sheet

FULL, INORM = "I-Norm + full", "I-Norm"
COSINES = ("output alignment", "gradient alignment")


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    sheet = Sheet([["A", "B 1", "C"], ["A", "B 2", "C"]], frame, height=74)
    error_path(sheet["A"])
    for name, measure in zip(("B 1", "B 2"), COSINES, strict=True):
        values = sheet.rows("B", measure=f"{measure} of a network")["y"]
        low = min(0.9, np.floor(20 * values.min()) / 20) if values.notna().any() else 0.9
        sheet.draw(name, histogram, measure, [FULL], np.linspace(low, 1.0, 41))
    sheet.draw("C", scatter, REFERENCE, FULL)
    panels.diagonal(sheet["C"])
    sheet["C"].legend()
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table = given.table()
    frame = pd.concat(
        [
            *(panel_rows(last_epoch(table), "B", measure, [FULL]) for measure in COSINES),
            panel_rows(last_epoch(table), "C", ACCURACY, [REFERENCE, FULL, INORM]),
        ]
    )
    shown = frame[(frame["panel"] != "C") | (frame["condition"] != INORM)]
    given.write(frame, draw(shown, describe(table, "C: small, its networks")))


if __name__ == "__main__":
    cli.run(main)
