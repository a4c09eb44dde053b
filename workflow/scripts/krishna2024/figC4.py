"""Figure C.4: mean distance of a step of decoded positions, unbiased (a) and biased (b), for both decoders."""

import pandas as pd
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from krishna2024.design import BIASES, NOISES
from krishna2024.panels import COLOURS, bars, describe, inputs, of, rows, title

DECODERS = {"top3": "top 3 cells (paper)", "centroid": "centroid"}


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    layout = [[f"{letter} {how}" for letter in "ab"] for how in DECODERS]
    figure, axes = style.mosaic(layout, width=8.0, height=6.6)
    for letter, bias in zip("ab", BIASES, strict=True):
        for how, name in DECODERS.items():
            shown = {
                **{
                    f"{bias}, {n}, {p}": (f"trained with {n},\n{p}", COLOURS[n])
                    for n in NOISES
                    for p in ("active", "quiescent")
                },
                **{f"{bias}, none, {p}": (f"without noise,\n{p}", COLOURS["none"]) for p in ("active", "quiescent")},
                **{f"{bias}, none, injected {n}": (f"without noise,\n+ {n} noise", COLOURS[n]) for n in NOISES},
            }
            ax = axes[f"{letter} {how}"]
            texts, colours = zip(*shown.values(), strict=True)
            bars(ax, of(frame, letter, measure=f"step, {how}"), list(shown), texts, colours)
            ax.set(ylabel="distance of a step (m)")
            title(ax, letter, f"{bias}; decoded by {name}")
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    table = given.table
    frame = pd.concat(
        rows(table[table["condition"].str.startswith(f"{bias},")], letter, f"step, {how}")
        for letter, bias in zip("ab", BIASES, strict=True)
        for how in DECODERS
    )
    write_figure(frame, draw(frame, describe(table)), given.output)


if __name__ == "__main__":
    cli.run(main)
