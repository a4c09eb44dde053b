"""Figure 1: reshaped random projections beat random ones (A raster, B schematic, C patterns, D-F over K)."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures.program import Given
from homeostat.figures.rows import where
from homeostat.figures.sheet import Sheet
from homeostat.recordings import Recording
from mayzel2024.colours import COLOURS
from mayzel2024.panels import PANEL_COLUMNS, WHY, curve_rows, describe, draw_curves, independent, reference
from mayzel2024.schematics import circuits

LABELS = ("RP", "reshaped", "backprop")
_RASTER_SECONDS = 10.0
_ZOOM = (0.56, 0.1, 0.42, 0.4)  # where the enlargement of panel D stands: left, bottom, width, height, of the axes


def raster_rows(recording: Recording, source: dict[str, str]) -> pd.DataFrame:
    """Return the spikes of the first seconds: x is the time in seconds, y the neuron."""
    bins = min(recording.n_bins, round(_RASTER_SECONDS * 1000 / recording.bin_ms))
    time, neuron = np.nonzero(recording.spikes[:bins])
    rows = {
        "panel": "A",
        "condition": "spikes",
        "budget": 0.0,
        "seed": 0,
        "x": time * recording.bin_ms / 1000,
        "y": neuron,
    }
    return pd.DataFrame(rows | {"measure": "neuron"} | source)


def pattern_rows(patterns: pd.DataFrame, funnel: pd.DataFrame) -> pd.DataFrame:
    """Return predicted over observed probabilities, and the share of patterns outside the 99 % interval."""
    points = patterns.rename(columns={"label": "condition", "observed": "x", "predicted": "y"})
    points = points.assign(panel="C", measure="probability", budget=0.0)[PANEL_COLUMNS]
    shares = funnel.rename(columns={"label": "condition", "outside": "y"})
    shares = shares.assign(panel="C", measure="share outside 99 %", x=funnel["n_patterns"], budget=0.0)[PANEL_COLUMNS]
    ordered = patterns.sort_values("predicted")
    # Even on a logarithmic axis, up to the most frequent patterns, which are few.
    line = ordered[~np.log10(ordered["predicted"]).round(2).duplicated(keep="last")]
    shared = {"panel": "C", "seed": 0, "measure": "interval", "y": line["predicted"], "doubt": ""}
    source = line[["data", "scale", "device"]]
    limits = [source.assign(condition=f"99 % {side}", x=line[side], **shared) for side in ("low", "high")]
    return pd.concat([points, shares, *limits])


def draw_raster(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw panel A."""
    ax.plot(rows["x"], rows["y"], "|", ms=2, color="black", mew=0.6)
    ax.set(xlabel="time (s)", ylabel="neuron", xlim=(0, rows["x"].max()), ylim=(-1, rows["y"].max() + 1))


def draw_patterns(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw panel C."""
    for name, text in (("99 % low", "99 % interval"), ("99 % high", None)):
        line = where(rows[rows["x"] > 0], measure="interval", condition=name)
        ax.plot(line["x"], line["y"], color="black", lw=0.7, label=text, zorder=3)
    for label in LABELS:
        share = where(rows, measure="share outside 99 %", condition=label)["y"]
        ax.plot([], [], "o", ms=3, color=COLOURS[label], label=f"{label}: {100 * share.mean():.1f} % outside")
    # In random order, so that no model covers the others.
    points = where(rows, measure="probability").sample(frac=1.0, random_state=0)
    colours, sound = points["condition"].map(COLOURS), points["doubt"] == ""
    ax.scatter(points["x"][sound], points["y"][sound], s=2, c=colours[sound], alpha=0.5, lw=0, rasterized=True)
    hollow = {"s": 3, "ec": colours[~sound], "fc": "none", "lw": 0.3, "rasterized": True}
    ax.scatter(points["x"][~sound], points["y"][~sound], **hollow)
    ax.set(xlabel="observed probability", ylabel="predicted probability", xscale="log", yscale="log")
    ax.legend(loc="lower right", handletextpad=0.2, title="points: one seed; shares: mean of all")


def set_limits(ax: Axes, curves: pd.DataFrame) -> None:
    """Leave the top of the axis to the legend and, below the curves, room for the enlargement.

    Curves that rise leave that room themselves; those of small recordings can fall, and would run behind it.
    """
    lower, upper = ax.get_ylim()
    ax.set_ylim(lower, upper + 0.3 * (upper - lower))
    left, bottom, _, height = _ZOOM
    to_axes = ax.transData + ax.transAxes.inverted()
    behind = np.linspace(left - 0.03, 1.0, 20)
    lowest = np.inf
    for _, curve in curves.groupby("condition"):
        means = curve.groupby("x")["y"].mean()
        x, y = to_axes.transform(np.column_stack([means.index, means])).T
        lowest = min(lowest, np.interp(behind, x, y).min())
    if lowest < bottom + height:
        at = lower + 1.3 * lowest * (upper - lower)
        above = bottom + height + 0.07  # room for the band around the curve
        whole = (upper - at) / (1 / 1.3 - above)
        ax.set_ylim(at - above * whole, at + (1 - above) * whole)


def draw_likelihood(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw panel D, with the large numbers of projections enlarged."""
    models = where(rows, condition=LABELS)
    draw_curves(ax, models, LABELS, legend=False)
    for label in ("independent", "pairwise"):
        reference(ax, rows, label)
    ax.legend(loc="upper left", bbox_to_anchor=(0.02, 1.0), ncols=2, columnspacing=1.0)
    set_limits(ax, models)
    zoom = ax.inset_axes(_ZOOM)
    draw_curves(zoom, models[models["x"] >= models["x"].max() / 4], LABELS, legend=False)
    for label in ("independent", "pairwise"):
        reference(zoom, rows, label)
    zoom.set(xlabel="", ylabel="")


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    sheet = Sheet("AABBCC;DDEEFF", frame, height=112, why=WHY)
    sheet.draw("A", draw_raster)
    circuits(sheet["B"])
    sheet.draw("C", draw_patterns)
    sheet.draw("D", draw_likelihood)
    for name in "EF":
        sheet.draw(name, draw_curves, LABELS, legend=True)
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "data", "table", "patterns", "funnel")
    table = given.table()
    source = {name: table[name].iloc[0] for name in ("data", "scale", "device")} | {"doubt": ""}
    frame = pd.concat(
        [
            raster_rows(Recording.read(given.job.path("data")), source),
            pattern_rows(given.table("patterns"), given.table("funnel")),
            curve_rows(table, "D", "log_likelihood", LABELS),
            curve_rows(independent(table), "D", "log_likelihood", ["independent"]),
            curve_rows(table, "D", "log_likelihood", ["pairwise"]),
            curve_rows(table, "E", "rate", LABELS),
            curve_rows(table, "F", "correlation", LABELS),
        ]
    )[PANEL_COLUMNS]
    given.write(frame, draw(frame, describe(table, given.data()[1])))


if __name__ == "__main__":
    cli.run(main)
