"""Figure C.4: mean distance of a step of decoded positions, unbiased (a) and biased (b), for both decoders."""

import pandas as pd
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures.program import Given
from homeostat.figures.sheet import Sheet
from krishna2024.design import BIASES, NOISES
from krishna2024.panels import COLOURS, bars, describe, rows, title, word

DECODERS = {"top3": "top 3 cells (paper)", "centroid": "centroid"}


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    layout = [[f"{letter} {how}" for letter in "ab"] for how in DECODERS]
    sheet = Sheet(layout, frame, height=135)
    for letter, bias in zip("ab", BIASES, strict=True):
        for how, name in DECODERS.items():
            shown = {
                **{
                    f"{bias}, {n}, {p}": (f"{word(n)} noise, {p}", COLOURS[n])
                    for n in NOISES
                    for p in ("active", "quiescent")
                },
                **{f"{bias}, none, {p}": (f"no noise, {p}", COLOURS["none"]) for p in ("active", "quiescent")},
                **{f"{bias}, none, injected {n}": (f"none, {word(n)} added", COLOURS[n]) for n in NOISES},
            }
            ax = sheet[f"{letter} {how}"]
            texts, colours = zip(*shown.values(), strict=True)
            bars(ax, sheet.rows(letter, measure=f"step, {how}"), list(shown), texts, colours)
            ax.set(ylabel="distance of a step (m)")
            if how != [*DECODERS][-1]:
                ax.set_xticklabels([])
            title(ax, f"{bias}; decoded by {name}")
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table = given.table()
    frame = pd.concat(
        rows(table[table["condition"].str.startswith(f"{bias},")], letter, f"step, {how}")
        for letter, bias in zip("ab", BIASES, strict=True)
        for how in DECODERS
    )
    given.write(frame, draw(frame, describe(table)))


if __name__ == "__main__":
    cli.run(main)
