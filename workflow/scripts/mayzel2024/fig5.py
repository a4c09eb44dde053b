"""Figure 5: homeostatic normalizations (A schematic, B likelihood) and rotation of projections (C schematic, D, E)."""

import re

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from mayzel2024.colours import COLOURS
from mayzel2024.panels import (
    PANEL_COLUMNS,
    describe,
    draw_budgets,
    inputs,
    log_axis,
    panel_rows,
    try_panel,
)
from mayzel2024.schematics import normalizations, rotation

KINDS = ("input", "output", "circuit")
# The same model fitted twice, on the same data from the same projections, with other samples of the model.
FLOOR = ("unconstrained", "other noise")


def rotations(details: pd.DataFrame) -> pd.DataFrame:
    """Return rows of panel D: the angle of each projection in one model over that in another, all seeds."""
    angles = details[details["measure"] == "angle"]
    circuit, tight, loose = (label for label in dict.fromkeys(angles["label"]) if label.startswith("scatter"))
    compared = [FLOOR, ("unconstrained", "bounded"), (tight, circuit), ("unconstrained", circuit), (tight, loose)]
    keys = ["seed", "x", "data", "scale", "device"]
    parts = []
    for first, second in compared:
        a = angles[angles["label"] == first].set_index(keys)[["y", "doubt"]].set_axis(["a", "doubt"], axis=1)
        b = angles[angles["label"] == second].set_index(keys)[["y", "doubt"]].set_axis(["b", "other"], axis=1)
        both = pd.concat([a, b], axis=1).dropna().reset_index()
        both["doubt"] = both["doubt"].where(both["doubt"] != "", both["other"])
        name = f"{first} v {second}".replace("scatter: ", "")
        rows = both.assign(label=name, budget=0.0)
        parts.append(panel_rows(rows, "D", [name], x="a", y="b", measure="angle"))
    return pd.concat(parts)


def scatter(ax: Axes, rows: pd.DataFrame, bound: float, floor: pd.DataFrame) -> None:
    """Draw one comparison of panel D, for one model (the first seed).

    ``bound`` is the ω of the bounded one, and ``floor`` has the same model twice, whose correlation stands beside.
    """
    points = rows[rows["seed"] == rows["seed"].min()]
    # "input 4" of the table is input normalization with φ = 4.
    first, second = re.sub(r" (\d)", r", φ = \1", points["condition"].iloc[0]).split(" v ")
    if second == "bounded":
        second = f"bounded, ω = {bound:g}"
    ax.plot([0, 180], [0, 180], color=style.GREY, lw=0.8)
    doubtful = points["doubt"].ne("").any()
    ax.plot(points["x"], points["y"], ".", ms=3, color=COLOURS["reshaped"], mfc="white" if doubtful else None)
    text = "\n".join((f"r = {_correlations(rows)}", f"other noise: {_correlations(floor)}"))
    ax.text(0.05, 0.97, text, va="top", transform=ax.transAxes, fontsize=7)
    ax.set(xlabel=f"{first} (degrees)", ylabel=f"{second} (degrees)", xlim=(0, 180), ylim=(0, 180))
    ax.set(xticks=[0, 90, 180], yticks=[0, 90, 180])


def _correlations(rows: pd.DataFrame) -> str:
    """Say how the angles of two models correlate: in the first seed, and in the mean over seeds."""
    r = rows.groupby("seed")[["x", "y"]].apply(lambda angles: angles["x"].corr(angles["y"]))
    return f"{r.iloc[0]:.2f}" + (f" (mean {r.mean():.2f})" if len(r) > 1 else "")


def draw(frame: pd.DataFrame, bound: float, note: str) -> Figure:
    """Draw the figure from its source data."""
    figure, axes = style.mosaic(
        [["A", "A", "B", "B"], ["C", "D1", "D2", "E"], ["C", "D3", "D4", "E"]], width=9.5, height=6.6
    )
    normalizations(axes["A"])
    rotation(axes["C"])
    try_panel(axes["B"], draw_budgets, frame[frame["panel"] == "B"], KINDS, x="used", legend=True)
    log_axis(axes["B"], frame[frame["panel"] == "B"])
    compared = frame[frame["panel"] == "D"]
    is_floor = compared["condition"] == " v ".join(FLOOR)
    floor, compared = compared[is_floor], compared[~is_floor]
    for index, name in enumerate(dict.fromkeys(compared["condition"]), start=1):
        try_panel(axes[f"D{index}"], scatter, compared[compared["condition"] == name], bound, floor)
    try_panel(axes["E"], draw_budgets, frame[frame["panel"] == "E"], KINDS, x="available")
    log_axis(axes["E"], frame[frame["panel"] == "E"])
    for name, ax in (("A", "A"), ("B", "B"), ("C", "C"), ("D", "D1"), ("E", "E")):
        style.letter(axes[ax], name)
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    frame = pd.concat(
        [
            panel_rows(given.table, "B", KINDS, x="used", y="log_likelihood"),
            rotations(given.details),
            panel_rows(given.table, "E", KINDS, x="available", y="angle"),
        ]
    )[PANEL_COLUMNS]
    bounded = given.table[given.table["label"] == "bounded"].iloc[0]
    bound = bounded["budget"] / bounded["degree"]
    write_figure(frame, draw(frame, bound, describe(given.table, given.meta)), given.output)


if __name__ == "__main__":
    cli.run(main)
