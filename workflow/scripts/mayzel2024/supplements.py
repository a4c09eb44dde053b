"""The two supplements of figure 1 have one form: rows of panels, three measures over the number of projections."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from homeostat.figures import style
from homeostat.figures.output import write_figure
from homeostat.files import load_npz
from mayzel2024.panels import MODEL_MEASURES, PANEL_COLUMNS, curve_rows, describe, draw_curves, read_table, try_panel


def draw(frame: pd.DataFrame, panels: Mapping[str, Sequence[str]], note: str) -> Figure:
    """Draw one row per panel letter, one column per measure."""
    figure, axes = style.panels(len(panels), len(MODEL_MEASURES), width=9.0, height=2.7 * len(panels), squeeze=False)
    for row, (name, labels) in zip(axes, panels.items(), strict=True):
        for ax, measure in zip(row, MODEL_MEASURES, strict=True):
            rows = frame[(frame["panel"] == name) & (frame["measure"] == measure)]
            try_panel(ax, draw_curves, rows, labels, legend=ax is row[0])
        style.letter(row[0], name)
    style.note(figure, note)
    return figure


def make(description: str | None, panels: Mapping[str, Sequence[str]]) -> None:
    """Read the table, write source data and pictures; a panel without labels shows all factors λ."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--output", type=Path, nargs="+", required=True)
    options = parser.parse_args()
    table, meta = read_table(options.table), load_npz(options.data)[1]
    known = list(dict.fromkeys(table["label"]))
    chosen = {
        name: [label for label in known if (label in labels if labels else "λ" in label)]
        for name, labels in panels.items()
    }
    frame = pd.concat(
        [curve_rows(table, name, measure, labels) for name, labels in chosen.items() for measure in MODEL_MEASURES]
    )[PANEL_COLUMNS]
    write_figure(frame, draw(frame, chosen, describe(table, meta)), options.output)
