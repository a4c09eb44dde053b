"""Figure 2, MNIST: D learned fields, E likelihood over learning, F test error with few and many labels."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from keck2012.panels import (
    arguments,
    draw_curve,
    finish,
    panel_rows,
    pictures,
    seeds_of,
    show_tiles,
    where,
)

LEARNERS = {"network": "network", "em": "EM"}
_COLUMNS = 10


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


def draw_fields(figure: Figure, axes: dict[str, Axes], rows: pd.DataFrame) -> None:
    """Draw panel D."""
    for name, condition in zip(("D", "D, EM", "D, more"), rows["condition"].unique()[[0, 1, 2]], strict=True):
        fields = pictures(where(rows, condition=condition))
        shown = show_tiles(axes[name], fields, _COLUMNS * (1 + (name == "D, more")), vmin=1)
        title = condition if name != "D, more" else f"{condition}: the first {len(fields)}"
        axes[name].set_title(title, fontsize=7)
        figure.colorbar(shown, ax=axes[name], shrink=0.8, pad=0.01, label="weight")


def draw_by_units(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw one curve for each number of units and learner: colour and line style."""
    sizes = sorted({int(name.split(" = ")[1]) for name in rows["condition"]})
    for index, units in enumerate(sizes):
        colour = style.shade(index, len(sizes))
        for learner in LEARNERS:
            draw_curve(ax, rows, label(learner, units), colour=colour, alpha=1.0 if learner == "network" else 0.45)
    handles = [
        Line2D([], [], color=style.shade(index, len(sizes)), label=f"C = {units}") for index, units in enumerate(sizes)
    ]
    handles += [
        Line2D([], [], color="black", alpha=alpha, marker="o", ms=3, label=name)
        for name, alpha in (("network", 1.0), ("EM, same start", 0.45))
    ]
    ax.legend(handles=handles, fontsize=6.5)


def draw(frame: pd.DataFrame, said: list[str]) -> Figure:
    """Draw the figure from its source data."""
    layout = [["D", "D, EM"], ["D, more", "D, more"], ["E", "F"]]
    figure, axes = style.mosaic(layout, width=8.2, height=5.6, height_ratios=[0.5, 0.8, 2.4])
    draw_fields(figure, axes, where(frame, panel="D"))
    draw_by_units(axes["E"], where(frame, panel="E", measure="above one component"))
    axes["E"].set(xlabel="epoch, or iteration of EM", ylabel="log-likelihood above one component\n(nats / image)")
    draw_by_units(axes["F"], where(frame, panel="F"))
    ticks = sorted(where(frame, panel="F")["x"].unique())
    axes["F"].set(xlabel="labelled images (the last: all)", ylabel="test error", ylim=(0, None), xscale="log")
    axes["F"].set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
    axes["F"].minorticks_off()
    finish(figure, frame, axes, said)
    return figure


def main() -> None:
    options = arguments(__doc__)
    table = pd.read_csv(options.table)
    frame = pd.concat(rows_of(table))
    rates = where(table, learner="network").groupby("units")["rate"].first()
    total = table["total"].iloc[0]
    growth, epochs = last_growth(table)
    sums = total * frame.loc[frame["measure"].isin(["smallest total / A", "largest total / A"]), "y"]
    said = [
        f"data: {table['data'].iloc[0]}, {options.samples:,} training and {options.tests:,} test images per seed, "
        f"A = {total:g}",
        f"ε = {', '.join(f'{rate:g} (C = {units})' for units, rate in rates.items())}",
        f"the network's total weights end between {sums.min():.1f} and {sums.max():.1f}, its likelihood "
        f"grew by up to {growth:.2g} nats over the last {epochs} epochs",
        f"{seeds_of(frame)}, panel D is of the first",
    ]
    write_figure(frame, draw(frame, said), options.output)


if __name__ == "__main__":
    cli.run(main)
