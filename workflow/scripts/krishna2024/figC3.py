"""Figure C.3: single quiescent trajectories: noisy networks (a), noiseless ones (b), and these with noise added (c)."""

import pandas as pd
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from krishna2024.design import NOISES
from krishna2024.panels import NAMES, describe, inputs, of, paths, rows, title


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    figure, axes = style.mosaic([[f"{letter} {noise}" for letter in "abc"] for noise in NOISES], width=7.6, height=5.6)
    for noise in NOISES:
        shown = {
            "a": (f"unbiased, {noise}, quiescent", f"trained with noise, quiescent\n{NAMES[noise]}"),
            "b": ("unbiased, none, quiescent", "trained without noise, quiescent\nwithout noise"),
            "c": (f"unbiased, none, injected {noise}", f"trained without noise, quiescent\n+ {NAMES[noise]}"),
        }
        for letter, (condition, text) in shown.items():
            paths(axes[f"{letter} {noise}"], of(frame, letter, condition))
            title(axes[f"{letter} {noise}"], letter, text)
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    noisy, still = [f"unbiased, {noise}" for noise in NOISES], ["unbiased, none"]
    frame = pd.concat(
        [
            rows(given.table, "a", "path", labels=noisy, phases=["quiescent"]),
            rows(given.table, "b", "path", labels=still, phases=["quiescent"]),
            rows(given.table, "c", "path", labels=still, phases=[f"injected {noise}" for noise in NOISES]),
        ]
    )
    write_figure(frame, draw(frame, describe(given.table)), given.output)


if __name__ == "__main__":
    cli.run(main)
