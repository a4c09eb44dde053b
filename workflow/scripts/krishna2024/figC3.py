"""Figure C.3: single quiescent trajectories: noisy networks (a), noiseless ones (b), and these with noise added (c)."""

import pandas as pd
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures.program import Given
from homeostat.figures.sheet import Sheet
from krishna2024.design import NOISES
from krishna2024.panels import NAMES, describe, paths, rows, title


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    sheet = Sheet([[f"{letter} {noise}" for letter in "abc"] for noise in NOISES], frame, height=130)
    for noise in NOISES:
        shown = {
            "a": (f"unbiased, {noise}, quiescent", f"trained with noise, quiescent\n{NAMES[noise]}"),
            "b": ("unbiased, none, quiescent", "trained without noise, quiescent\nwithout noise"),
            "c": (f"unbiased, none, injected {noise}", f"trained without noise, quiescent\n+ {NAMES[noise]}"),
        }
        for letter, (condition, text) in shown.items():
            paths(sheet[f"{letter} {noise}"], sheet.rows(letter, condition=condition))
            title(sheet[f"{letter} {noise}"], text)
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table = given.table()
    noisy, still = [f"unbiased, {noise}" for noise in NOISES], ["unbiased, none"]
    frame = pd.concat(
        [
            rows(table, "a", "path", labels=noisy, phases=["quiescent"]),
            rows(table, "b", "path", labels=still, phases=["quiescent"]),
            rows(table, "c", "path", labels=still, phases=[f"injected {noise}" for noise in NOISES]),
        ]
    )
    given.write(frame, draw(frame, describe(table)))


if __name__ == "__main__":
    cli.run(main)
