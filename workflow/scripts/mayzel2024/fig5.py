"""Figure 5: homeostatic normalizations (A schematic, B likelihood) and rotation of projections (C schematic, D, E)."""

import re

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import panels
from homeostat.figures.program import Given
from homeostat.figures.rows import where
from homeostat.figures.sheet import Sheet
from mayzel2024.colours import COLOURS
from mayzel2024.panels import WHY, describe, draw_budgets, log_axis, panel_rows
from mayzel2024.schematics import normalizations, rotation

KINDS = ("input", "output", "circuit")
# The same model fitted twice, on the same data from the same projections, with other samples of the model.
FLOOR = ("unconstrained", "other noise")


def rotations(details: pd.DataFrame) -> pd.DataFrame:
    """Return rows of panel D: the angle of each projection in one model over that in another, all seeds."""
    angles = where(details, measure="angle")
    circuit, tight, loose = (label for label in dict.fromkeys(angles["label"]) if label.startswith("scatter"))
    compared = [FLOOR, ("unconstrained", "bounded"), (tight, circuit), ("unconstrained", circuit), (tight, loose)]
    keys = ["seed", "x", "data", "scale", "device"]
    parts = []
    for first, second in compared:
        a = where(angles, label=first).set_index(keys)[["y", "doubt"]].set_axis(["a", "doubt"], axis=1)
        b = where(angles, label=second).set_index(keys)[["y", "doubt"]].set_axis(["b", "other"], axis=1)
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
    panels.diagonal(ax, (0, 180))
    doubtful = points["doubt"].ne("").any()
    panels.cloud(ax, points["x"], points["y"], colour=COLOURS["reshaped"], hollow=doubtful)
    text = "\n".join((f"r = {_correlations(rows)}", f"other noise: {_correlations(floor)}"))
    ax.text(0.05, 0.97, text, va="top", transform=ax.transAxes, fontsize=6)
    ax.set(xlabel=f"{first} (degrees)", ylabel=f"{second} (degrees)")
    ax.set(xticks=[0, 90, 180], yticks=[0, 90, 180])


def _correlations(rows: pd.DataFrame) -> str:
    """Say how the angles of two models correlate: in the first seed, and in the mean over seeds."""
    r = rows.groupby("seed")[["x", "y"]].apply(lambda angles: angles["x"].corr(angles["y"]))
    return f"{r.iloc[0]:.2f}" + (f" (mean {r.mean():.2f})" if len(r) > 1 else "")


def budgets(ax: Axes, rows: pd.DataFrame, x: str) -> None:
    """Draw panels B and E."""
    draw_budgets(ax, rows, KINDS, x=x)
    log_axis(ax, rows)


def draw(frame: pd.DataFrame, bound: float, note: str) -> Figure:
    """Draw the figure from its source data."""
    layout = [[[["A", "B", "C"]]], [[["D 1", "D 2", "E"], ["D 3", "D 4", "E"]]]]
    sheet = Sheet(layout, frame, height=140, why=WHY, height_ratios=[0.85, 2])
    normalizations(sheet["A"])
    rotation(sheet["C"])
    sheet.draw("B", budgets, "used")
    sheet["B"].legend()
    compared = sheet.rows("D")
    is_floor = compared["condition"] == " v ".join(FLOOR)
    floor, compared = compared[is_floor], compared[~is_floor]
    for index, name in enumerate(dict.fromkeys(compared["condition"]), start=1):
        sheet.draw(f"D {index}", scatter, bound, floor, rows=where(compared, condition=name))
    sheet.draw("E", budgets, "available")
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "data", "table", "details")
    table = given.table()
    frame = pd.concat(
        [
            panel_rows(table, "B", KINDS, x="used", y="log_likelihood"),
            rotations(given.table("details")),
            panel_rows(table, "E", KINDS, x="available", y="angle"),
        ]
    )
    bounded = where(table, label="bounded").iloc[0]
    given.write(frame, draw(frame, bounded["budget"] / bounded["degree"], describe(table, given.data()[1])))


if __name__ == "__main__":
    cli.run(main)
