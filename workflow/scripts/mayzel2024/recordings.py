"""Several recordings side by side (ours): gains over budgets, budgets that mean the same, claims as a forest plot."""

import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.claims import PREVIEWS, group
from homeostat.claims.verdict import SIDES
from homeostat.figures import panels, style
from homeostat.figures.program import Given
from homeostat.figures.rows import footer, seeds_of, where
from homeostat.figures.sheet import Sheet
from homeostat.recordings import Recording
from homeostat.tables import read_table
from mayzel2024.colours import COLOURS
from mayzel2024.panels import PANEL_COLUMNS, WHY, panel_rows

CURVES = ("homeostatic", "bounded (clamp)", "bounded (projected)")
POINTS = ("RP", "reshaped")
COLUMNS = [*PANEL_COLUMNS, "low", "high", "verdict", "mean_rate"]
GAINS = {"A": "gain over independent\n(nats / bin)", "B": "gain over RP\n(nats / bin)"}
# Gains are linear up to so many nats, and logarithmic beyond: tight budgets cost many.
_LINEAR = 0.5
# Claims side by side in the forest plot.
_FOREST = 4
# Colours of a verdict for a claim, against it, and of one that leaves it open.
SIDE_COLOURS = {1: "#117733", -1: "#D55E00", 0: "#8a6d00"}


def gains(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of panels A and B: each model over two others of the same seed, at its available budget."""
    table = table[table["label"].isin([*CURVES, *POINTS])].copy()
    # Models without a budget stand where their weights put them.
    free = table["budget"] == 0
    table.loc[free, "available"] = table.loc[free, "used"]
    random = table[table["label"] == "RP"].set_index("seed")
    over = {"A": table["independent"], "B": table["seed"].map(random["log_likelihood"])}
    doubts = {"A": table["doubt"], "B": table["doubt"].where(table["doubt"] != "", table["seed"].map(random["doubt"]))}
    return pd.concat(
        [
            panel_rows(
                table.assign(gain=table["log_likelihood"] - over[panel], doubt=doubts[panel]),
                panel,
                [label for label in (*CURVES, *POINTS) if panel == "A" or label != "RP"],
                x="available",
                y="gain",
                measure=f"gain over {'independent' if panel == 'A' else 'RP'}",
            )
            for panel in "AB"
        ]
    )


def relative(table: pd.DataFrame, rate: float, threshold: float) -> pd.DataFrame:
    """Return the rows of panels C and D: how far homeostatic models are below the best of their seed.

    In D, budgets are relative: the mean input of a projection whose weights are all positive, φ times the mean rate of
    the neurons, in units of the threshold.
    """
    table = where(table, label="homeostatic")
    below = table["log_likelihood"] - table.groupby("seed")["log_likelihood"].transform("max")
    table = table.assign(below=below, relative=table["budget"] * rate / threshold)
    return pd.concat(
        [
            panel_rows(table, panel, ["homeostatic"], x=x, y="below", measure="below the best budget")
            for panel, x in (("C", "budget"), ("D", "relative"))
        ]
    )


def claims(rows: Sequence[Mapping[str, Any]], rates: Mapping[str, float], source: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows of panel E: for each headline its number on each recording, and over all (``data`` pooled)."""
    found = []
    for row in rows:
        for reading in row["readings"] or [row]:
            name = " ".join(filter(None, (row["id"], reading.get("reading"))))
            for each in [*reading["recordings"], {**reading, "recording": "pooled"}]:
                numbers = {"x": rates.get(each["recording"], np.nan), "y": each["value"]}
                numbers |= {end: each[end] for end in ("low", "high")}
                found.append(
                    source
                    | numbers
                    | {"panel": "E", "condition": name, "data": each["recording"], "verdict": each["verdict"]}
                )
    frame = pd.DataFrame(found, columns=COLUMNS).assign(measure="claim", seed=0, budget=0.0, doubt="")
    return frame.astype(dict.fromkeys(("x", "y", "low", "high"), float))


def edges(frame: pd.DataFrame) -> list[str]:
    """Return the recordings whose best homeostatic budget, in the mean over seeds, lies at an end of the grid."""
    means = where(frame, panel="C").groupby(["data", "x"])["y"].mean()
    found = []
    for name, its in means.groupby(level="data"):
        best, grid = its.idxmax()[1], its.index.get_level_values("x")
        if best in (grid.min(), grid.max()):
            found.append(f"{name} (φ = {best:g})")
    return found


def nats_axis(ax: Axes) -> None:
    """Make the y axis linear around zero and logarithmic beyond, with plain numbers."""
    ax.set_yscale("symlog", linthresh=_LINEAR, linscale=1.5)
    low, high = ax.get_ylim()
    ticks = [tick for tick in (-100, -10, -1, -0.3, 0, 0.3, 1, 10) if low <= tick <= high]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.yaxis.minorticks_off()


def draw_gains(ax: Axes, rows: pd.DataFrame, *, legend: bool = False) -> None:
    """Draw gains over budgets: a dot for each seed, their mean as a line; one budget is a square."""
    for label in dict.fromkeys(rows["condition"]):
        its = where(rows, condition=label)
        ax.plot(its["x"], its["y"], ".", ms=1.5, color=COLOURS[label], alpha=0.6, mew=0)
        single = its["budget"].nunique() == 1
        panels.curve(
            ax, its, colour=COLOURS[label], label=label, by="budget", marker="s" if single else "o", ms=2.5, lw=0.9
        )
    ax.axhline(0, color=style.GREY, lw=0.6, zorder=0)
    nats_axis(ax)
    panels.log_ticks(ax, rows["x"].min(), rows["x"].max())


def draw_relative(ax: Axes, rows: pd.DataFrame, colours: Mapping[str, Any], label: str) -> None:
    """Draw how far each recording's models are below their best, over budgets."""
    for name, colour in colours.items():
        panels.curve(ax, where(rows, data=name), colour=colour, label=name, by="budget", ms=2.5)
    nats_axis(ax)
    panels.log_ticks(ax, rows["x"].min(), rows["x"].max())
    ax.set(xlabel=label, ylabel="below the best budget\n(nats / bin)")


def draw_claim(ax: Axes, rows: pd.DataFrame, row: Mapping[str, Any], names: Sequence[str]) -> None:
    """Draw one claim: where its number should lie, the number of each recording, and below them that over all."""
    for end in (row["claim_low"], row["claim_high"]):
        if end is not None:
            ax.axvline(end, color=style.GREY, lw=0.7, ls=":")
    order = [*names, "pooled"]
    for place, name in enumerate(order):
        its = rows[rows["data"] == name].iloc[0]
        colour, marker = ("black", "D") if name == "pooled" else (SIDE_COLOURS[SIDES.get(its["verdict"], 0)], "o")
        face = "white" if its["verdict"] in PREVIEWS else colour
        ax.plot([its["low"], its["high"]], [place, place], color=colour, lw=1.0)
        ax.plot(its["y"], place, marker, ms=3, color=colour, mfc=face)
        if not np.isfinite(its["y"]):
            ax.annotate("–", (0.5, place), xycoords=("axes fraction", "data"), ha="center", va="center", fontsize=6)
    ax.set_yticks(range(len(order)), order)
    ax.set_ylim(len(order) - 0.5, -0.5)
    ax.axhline(len(names) - 0.5, color=style.GREY, lw=0.4)
    ax.tick_params(axis="x", labelsize=6)
    ax.locator_params(axis="x", nbins=3)
    ax.set_xlabel("\n".join(textwrap.wrap(row["unit"] or "", 30)), fontsize=6)


def shown(rows: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Return the claims that have a number on any recording, each with each of its readings."""
    pairs = [(row, reading) for row in rows for reading in row["readings"] or [row]]
    return [
        (row, reading) for row, reading in pairs if any(each["value"] is not None for each in reading["recordings"])
    ]


def draw(frame: pd.DataFrame, names: Sequence[str], rows: Sequence[Mapping[str, Any]], note: str) -> Figure:
    """Draw the figure from its source data; recordings in the order of ``names``, headlines of ``rows``."""
    each = shown(rows)
    lines = -(-len(each) // _FOREST)
    forest = [f"E {at}" if at < len(each) else "." for at in range(lines * _FOREST)]
    blocks = [
        [[f"{panel} {name}" for name in names] for panel in "AB"],
        [["C", "D"]],
        [forest[line * _FOREST : (line + 1) * _FOREST] for line in range(lines)],
    ]
    height = min(style.HEIGHT, 105 + 38 * lines)
    sheet = Sheet([[block] for block in blocks], frame, height=height, why=WHY, height_ratios=[2.0, 1.1, 1.1 * lines])
    for panel in "AB":
        for name in names:
            its = where(frame, panel=panel, data=name)
            sheet.draw(f"{panel} {name}", draw_gains, rows=its)
            ax = sheet[f"{panel} {name}"]
            if panel == "A":
                ax.set_title(f"{name}, {its['mean_rate'].iloc[0]:.3f} spikes / bin")
            else:
                ax.set_xlabel("available synaptic budget")
            if name == names[0]:
                ax.set_ylabel(GAINS[panel])
    sheet[f"B {names[0]}"].figure.legend(
        *sheet[f"A {names[0]}"].get_legend_handles_labels(), loc="outside upper center", ncols=5
    )
    colours = {name: style.shade(at, len(names)) for at, name in enumerate(names)}
    sheet.draw("C", draw_relative, colours, "budget φ")
    sheet.draw("D", draw_relative, colours, "relative budget: φ × mean rate / θ")
    sheet["C"].legend()
    for at, (row, reading) in enumerate(each):
        ax = sheet[f"E {at}"]
        title = " ".join(filter(None, (row["id"], reading.get("reading"))))
        sheet.draw(f"E {at}", draw_claim, {**row, **reading}, names, rows=where(frame, panel="E", condition=title))
        said = [*textwrap.wrap(f"{title}: {row['claim']}", 30), f"holds in {reading['holds']} of {reading['of']}"]
        ax.set_title("\n".join(said), fontsize=6, loc="left")
        if at % _FOREST:
            ax.set_yticklabels([])
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "tables", "data", "claims")
    threshold = float(given.settings["threshold"])
    recordings, inputs = given.settings["recordings"], given.job.inputs
    data, paths = (dict(zip(recordings, inputs[name], strict=True)) for name in ("data", "tables"))
    rates = {name: float(Recording.read(path).spikes.mean()) for name, path in data.items()}
    names = sorted(recordings, key=rates.__getitem__)
    tables = {name: read_table(paths[name]) for name in names}
    judged = json.loads(given.job.path("claims").read_text(encoding="utf-8"))["rows"]
    rows = [row for row in judged if group(row) == "headlines"]
    source = {name: tables[names[0]][name].iloc[0] for name in ("scale", "device")}
    parts = []
    for name, table in tables.items():
        its = pd.concat([gains(table), relative(table, rates[name], threshold)])
        parts.append(its.assign(data=name, mean_rate=rates[name]))
    frame = pd.concat([*parts, claims(rows, rates, source)], ignore_index=True)
    outside = edges(frame)
    said = f"; the best budget lies at the end of the grid: {', '.join(outside)}" if outside else ""
    note = (
        f"recordings by mean rate; {seeds_of(parts[0], 'SEM')}, dots: seeds, each paired with the independent and the "
        f"RP model of its own split{said}; E: 95 % intervals over seeds, pooled: random effects over recordings, t; "
        "hollow: too small a run to judge"
    )
    drawn = {row["id"] for row, _ in shown(rows)}
    if without := [row["id"] for row in rows if row["id"] not in drawn]:
        note += f"; without a number here: {', '.join(without)}"
    given.write(frame, draw(frame, names, rows, footer(parts[0], note)))


if __name__ == "__main__":
    cli.run(main)
