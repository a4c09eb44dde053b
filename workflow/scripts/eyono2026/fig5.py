"""Figure 5: I-Norm with errors that are normalized too (A schematic, B alignments, C accuracy)."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from eyono2026.panels import ACCURACY, describe, diagonal, histogram, inputs, panel_rows, scatter
from eyono2026.schematics import error_path
from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure

REFERENCE, FULL, INORM = "E-only, LN+", "I-Norm + full", "I-Norm"
COSINES = ("output alignment", "gradient alignment")


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    figure, axes = style.mosaic([["A", "B1", "C"], ["A", "B2", "C"]], width=10.0, height=4.0)
    panel = {name: frame[frame["panel"] == name] for name in "BC"}
    error_path(axes["A"])
    for place, measure in zip(("B1", "B2"), COSINES, strict=True):
        values = panel["B"].loc[panel["B"]["measure"] == f"{measure} of a network", "y"]
        low = min(0.9, np.floor(20 * values.min()) / 20) if values.notna().any() else 0.9
        histogram(axes[place], panel["B"], measure, [FULL], np.linspace(low, 1.0, 41))
    scatter(axes["C"], panel["C"], REFERENCE, FULL)
    diagonal(axes["C"])
    axes["C"].legend()
    for name, place in (("A", "A"), ("B", "B1"), ("C", "C")):
        style.letter(axes[place], name)
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    frame = pd.concat(
        [
            *(panel_rows(given.last, "B", measure, [FULL]) for measure in COSINES),
            panel_rows(given.last, "C", ACCURACY, [REFERENCE, FULL, INORM]),
        ]
    )
    shown = frame[(frame["panel"] != "C") | (frame["condition"] != INORM)]
    write_figure(frame, draw(shown, describe(given.table, "C: small, its networks; ")), given.output)


if __name__ == "__main__":
    cli.run(main)
