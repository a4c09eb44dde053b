"""Figure 1, bars: A generating and learned fields, B likelihood over learning, C total weights follow the input."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import panels
from homeostat.figures.program import Given
from homeostat.figures.rows import footer, seeds_of, where
from homeostat.figures.sheet import Sheet
from homeostat.mixture.fields import match
from homeostat.mixture.inputs import normalized
from keck2012.panels import COLOURS, WORDS, panel_rows, pictures, pixel_rows, show_tiles

FIELDS = ("generating", "network", "EM")
LEARNERS = ("network", "network, decaying ε", "EM", "EM from the truth")
# Distances from A below this, in units of A, are not shown.
_NEAREST = 1e-6
TOTALS = ("smallest total", "mean total", "largest total")


def conditions(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rows of each condition of panels A and B."""
    network = where(table, learner="network", switch=0.0)
    em = where(table, learner="em", scaling="normalized", gain=0.0)
    parts = [where(network, schedule="constant"), where(network, schedule="decaying")]
    parts += [where(em, start="input"), where(em, start="truth")]
    return dict(zip(LEARNERS, parts, strict=True))


def likelihoods(parts: dict[str, pd.DataFrame]) -> list[pd.DataFrame]:
    """Return source data of panel B: log-likelihood, and how far it is below that of EM from the truth at its end."""
    name = "course of log_likelihood"
    truth = where(parts["EM from the truth"], measure="log_likelihood").set_index("seed")["y"]
    found = []
    for label, rows in parts.items():
        chosen = where(rows, measure=name)
        found.append(panel_rows(chosen, "B", label, name, measure="log_likelihood"))
        if label != "EM from the truth":
            below = chosen.assign(y=chosen["seed"].map(truth) - chosen["y"])
            found.append(panel_rows(below, "B", label, name, measure="nats below"))
    return found


def totals(rows: pd.DataFrame, total: float, n_patterns: int) -> list[pd.DataFrame]:
    """Return source data of panel C: totals over epochs; their distance from A after the switch, and that predicted."""
    found = [panel_rows(rows, "C", name, f"course of {name}", measure="total weight") for name in TOTALS]
    later = where(rows, measure="course of mean total")
    epochs = int(later["x"].max())
    first, rate, units = rows.iloc[0], rows["rate"].iloc[0], rows["units"].iloc[0]
    target = panel_rows(rows, "C", "input", "course of mean total", measure="total weight")
    found.append(target.assign(y=np.where(target["x"] < epochs // 2, total, first["switch"])))
    later = later[later["x"] >= epochs // 2]
    later = later.assign(x=later["x"] - epochs // 2, y=(later["y"] / first["switch"] - 1).abs())
    found.append(panel_rows(later, "C", "network", "course of mean total", measure="distance from A"))
    # Each unit wins one pattern in C, and each time the distance shrinks by 1 - eps.
    start = later[later["x"] == 0].set_index("seed")["y"]
    shrunk = later["seed"].map(start) * (1 - rate) ** (later["x"] * n_patterns / units)
    predicted = panel_rows(later.assign(y=shrunk), "C", "predicted", "course of mean total", measure="distance from A")
    return [*found, predicted]


def draw_fields(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw panel A."""
    weights, found = where(rows, measure="weight"), where(rows, measure="fields found")
    mean, here = found.groupby("condition")["y"].mean(), where(found, seed=0).set_index("condition")["y"]
    parts = [pictures(where(weights, condition=name)) for name in FIELDS]
    shown = show_tiles(ax, np.concatenate(parts), len(parts[0]), vmin=0)
    side = round(np.sqrt(parts[0].shape[1]))
    labels = [
        f"{name}\n{here[name]:g} of {len(parts[0])} found,\nmean of seeds {mean[name]:.1f}" if name in mean else name
        for name in FIELDS
    ]
    ax.set_yticks([(side + 1) * row + side / 2 - 0.5 for row in range(len(FIELDS))], labels)
    ax.tick_params(length=0)
    ax.figure.colorbar(shown, ax=ax, shrink=0.5, label="weight", pad=0.01)


def draw_likelihoods(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw panel B."""
    for label in LEARNERS:
        chosen = where(rows, condition=label)
        if len(chosen):
            look = {"marker": COLOURS.mark(label), "markevery": max(1, chosen["x"].nunique() // 12)}
            panels.curve(ax, chosen, colour=COLOURS[label], label=WORDS[label], **look)
    ax.set(xlabel="epoch, or iteration of EM")


def draw_totals(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw panel C, left."""
    given = where(rows, condition="input").drop_duplicates("x")
    ax.step(given["x"], given["y"], where="post", color="black", lw=1, ls="--", label="norm of the input, A")
    for name, shade in zip(TOTALS, ("#F2B38A", "#D55E00", "#7A3500"), strict=True):
        label = f"{name.removesuffix(' total')} of the units"
        panels.curve(ax, where(rows, condition=name), colour=shade, label=label, error=None, marker=None)
    ax.set(xlabel="epoch", ylabel="total weight of a unit, Σ$_d$ W$_{cd}$", ylim=(0, None))
    ax.legend(loc="lower right")


def draw_distances(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw panel C, right."""
    for name, look, label in (
        ("network", {"ls": "", "marker": "o"}, "network"),
        ("predicted", {"marker": None}, "(1 - ε)$^{N/C}$ per epoch"),
    ):
        panels.curve(ax, where(rows, condition=name), colour=COLOURS[name], label=label, error=None, **look)
    last = rows.loc[rows["y"] > _NEAREST, "x"].max() + 1
    ax.set(yscale="log", xlabel="epochs after the switch", ylabel="|mean total - A| / A")
    ax.set(xlim=(-0.02 * last, last), ylim=(_NEAREST, 1))
    ax.legend()


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    layout = [["A", "A"], ["B", "B right"], ["C", "C right"]]
    sheet = Sheet(layout, frame, height=165, height_ratios=[1.25, 1, 1])
    sheet.draw("A", draw_fields)
    sheet.draw("B", draw_likelihoods, rows=sheet.rows("B", measure="log_likelihood"))
    sheet["B"].set(ylabel="log-likelihood (nats / pattern)")
    sheet["B"].legend(loc="lower right")
    sheet.draw("B right", draw_likelihoods, rows=sheet.rows("B", measure="nats below"))
    sheet["B right"].set(ylabel="nats below EM from the truth", yscale="log")
    sheet.draw("C", draw_totals, rows=sheet.rows("C", measure="total weight"))
    sheet.draw("C right", draw_distances, rows=sheet.rows("C", measure="distance from A"))
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "data", "table")
    table, (arrays, meta) = given.table(), given.data()
    settings = meta["settings"]
    truth = normalized(arrays["fields"], settings["total"])
    parts = conditions(table)
    frames = [pixel_rows("A", "generating", truth, "weight", table)]
    for label in ("network", "EM"):
        weights = pictures(where(parts[label], measure="weight", seed=0))
        frames.append(pixel_rows("A", label, weights[match(weights, truth).unit], "weight", table))
        measures = ("fields found", "all found", "field distance")
        frames += [panel_rows(parts[label], "A", label, measure) for measure in measures]
    switched = where(table[table["switch"] > 0], schedule="constant")
    frame = pd.concat([*frames, *likelihoods(parts), *totals(switched, settings["total"], settings["samples"])])
    network = parts["network"].iloc[0]
    note = footer(
        frame,
        f"data: bars, {settings['samples']:,} patterns of {truth.shape[1]} inputs per seed, A = {settings['total']:g}",
        f"C = {network['units']}, ε = {network['rate']:g}",
        f"{seeds_of(frame)}, panel A is of the first",
        "EM and network start from the same weights, EM with sums scaled to A",
    )
    given.write(frame, draw(frame, note))


if __name__ == "__main__":
    cli.run(main)
