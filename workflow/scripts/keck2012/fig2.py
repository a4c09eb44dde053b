"""Figure 2, MNIST: D learned fields, E likelihood over learning, F test error with few and many labels."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import panels, style
from homeostat.figures.program import Given
from homeostat.figures.rows import footer, seeds_of, where
from homeostat.figures.sheet import Sheet
from keck2012.panels import panel_rows, pictures, show_tiles

LEARNERS = {"network": "network", "em": "EM"}
_COLUMNS = 10
LOOKS: dict[str, dict[str, Any]] = {"network": {"marker": "o"}, "em": {"ls": "--", "marker": "s", "mfc": "white"}}


def label(learner: str, units: int) -> str:
    """Return the name of a condition in the figure."""
    return f"{LEARNERS[learner]}, C = {units}"


def rows_of(table: pd.DataFrame) -> list[pd.DataFrame]:
    """Return source data of panels E and F, and of D for the smallest two numbers of units."""
    sizes = sorted(table["units"].unique())
    found = []
    for units in sizes:
        for learner in LEARNERS:
            rows, name = where(table, learner=learner, units=units), label(learner, units)
            if units == sizes[0] or (units == sizes[1] and learner == "network"):
                found.append(panel_rows(where(rows, seed=0), "D", name, "weight"))
            course = where(rows, measure="course of log_likelihood")
            baseline = where(rows, measure="baseline").set_index("seed")["y"]
            above = course.assign(y=course["y"] - course["seed"].map(baseline))
            found.append(panel_rows(course, "E", name, "course of log_likelihood", measure="log_likelihood"))
            found.append(panel_rows(above, "E", name, "course of log_likelihood", measure="above one component"))
            for total in ("smallest total", "largest total"):
                ratio = rows.assign(y=rows["y"] / rows["total"])
                found.append(panel_rows(ratio, "E", name, f"final {total}", measure=f"{total} / A"))
            found.append(panel_rows(rows, "F", name, "test error"))
    return found


def last_growth(table: pd.DataFrame) -> tuple[float, int]:
    """Return how much the network's likelihood grew at the end of its course at most, and over how many epochs."""
    course = where(table, learner="network", measure="course of log_likelihood")
    ends = sorted(course["x"].unique())[-2:]
    before, after = (where(course, x=end).set_index(["units", "seed"])["y"] for end in ends)
    return float((after - before).max()), int(ends[1] - ends[0])


def draw_fields(ax: Axes, rows: pd.DataFrame, columns: int) -> None:
    """Draw a part of panel D."""
    fields = pictures(rows)
    shown = show_tiles(ax, fields, columns, vmin=1)
    ax.set_title(f"{rows['condition'].iloc[0]}: the first {len(fields)}")
    ax.figure.colorbar(shown, ax=ax, shrink=0.8, pad=0.01, label="weight")


def draw_by_units(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw one curve for each number of units and learner: colour, and a dash for EM."""
    sizes = sorted({int(name.split(" = ")[1]) for name in rows["condition"]})
    for index, units in enumerate(sizes):
        colour = style.shade(index, len(sizes))
        for learner, look in (
            ("network", {"label": f"C = {units}"}),
            ("em", {"ls": "--", "marker": "s", "mfc": "white"}),
        ):
            panels.curve(ax, where(rows, condition=label(learner, units)), colour=colour, **look)
    for name, look in (("network", {"marker": "o"}), ("EM, same start", {"ls": "--", "marker": "s", "mfc": "white"})):
        ax.plot([], [], color="black", ms=3, label=name, **look)
    ax.legend()


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    layout = [["D", "D EM"], ["D more", "D more"], ["E", "F"]]
    sheet = Sheet(layout, frame, height=125, height_ratios=[0.5, 0.8, 2.4])
    known = sheet.rows("D")["condition"].unique()
    for name, condition in zip(("D", "D EM", "D more"), known, strict=True):
        sheet.draw(name, draw_fields, _COLUMNS * (1 + (name == "D more")), rows=sheet.rows("D", condition=condition))
    sheet.draw("E", draw_by_units, rows=sheet.rows("E", measure="above one component"))
    sheet["E"].set(xlabel="epoch, or iteration of EM", ylabel="log-likelihood above one component\n(nats / image)")
    sheet.draw("F", draw_by_units)
    panels.plain_ticks(sheet["F"], sorted(sheet.rows("F")["x"].unique()))
    sheet["F"].set(xlabel="labelled images (the last: all)", ylabel="test error", ylim=(0, None))
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table, sizes = given.table(), given.settings
    frame = pd.concat(rows_of(table))
    rates = where(table, learner="network").groupby("units")["rate"].first()
    total = table["total"].iloc[0]
    growth, epochs = last_growth(table)
    sums = total * where(frame, measure=["smallest total / A", "largest total / A"])["y"]
    note = footer(
        frame,
        f"data: {table['data'].iloc[0]}, {sizes['samples']:,} training and {sizes['tests']:,} test images per seed, "
        f"A = {total:g}",
        f"ε = {', '.join(f'{rate:g} (C = {units})' for units, rate in rates.items())}",
        f"the network's total weights end between {sums.min():.1f} and {sums.max():.1f}, its likelihood "
        f"grew by up to {growth:.2g} nats over the last {epochs} epochs",
        f"{seeds_of(frame)}, panel D is of the first",
    )
    given.write(frame, draw(frame, note))


if __name__ == "__main__":
    cli.run(main)
