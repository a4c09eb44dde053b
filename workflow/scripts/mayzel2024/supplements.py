"""The two supplements of figure 1 have one form: rows of panels, three measures over the number of projections."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from homeostat.figures.program import Given
from homeostat.figures.sheet import Sheet
from mayzel2024.panels import MODEL_MEASURES, WHY, curve_rows, describe, draw_curves


def draw(frame: pd.DataFrame, panels: Mapping[str, Sequence[str]], note: str) -> Figure:
    """Draw one row per panel letter, one column per measure."""
    layout = [[f"{name} {measure}" for measure in MODEL_MEASURES] for name in panels]
    sheet = Sheet(layout, frame, height=10 + 52 * len(panels), why=WHY)
    for name, labels in panels.items():
        for measure in MODEL_MEASURES:
            at = f"{name} {measure}"
            sheet.draw(
                at, draw_curves, labels, rows=sheet.rows(name, measure=measure), legend=measure == MODEL_MEASURES[0]
            )
    return sheet.finish(note)


def make(description: str | None, panels: Mapping[str, Sequence[str]]) -> None:
    """Read the table, write source data and pictures; a panel without labels shows all factors λ."""
    given = Given(description, "data", "table")
    table = given.table()
    known = list(dict.fromkeys(table["label"]))
    chosen = {
        name: [label for label in known if (label in labels if labels else "λ" in label)]
        for name, labels in panels.items()
    }
    frame = pd.concat(
        [curve_rows(table, name, measure, labels) for name, labels in chosen.items() for measure in MODEL_MEASURES]
    )
    given.write(frame, draw(frame, chosen, describe(table, given.data()[1])))
