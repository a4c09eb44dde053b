"""What the study's figures share: colours, rows of source data, kinds of panels, the line below."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from homeostat.figures import panels, style
from homeostat.figures.rows import footer, panel_rows, where
from homeostat.figures.sheet import Sheet
from homeostat.reactivation.tasks import SIDE
from krishna2024.colours import COLOURS as COLOURS

COLUMNS = ["panel", "condition", "seed", "x", "y", "z", "measure", "data", "scale", "device"]
NAMES = {
    "uniform": "uniform noise (code)",
    "gaussian": "Gaussian noise (text)",
    "matched": "Gaussian, variance of uniform",
    "none": "no noise",
}
MOST_KL = 10.0
_PAPER = {"real": "reduced from the paper's sizes", "paper": "the paper's sizes"}


def word(noise: str) -> str:
    """Return a kind of noise as legends write it."""
    return "Gaussian" if noise == "gaussian" else noise


def noise_of(condition: str) -> str:
    """Return the noise of a label: the second word of ``unbiased, uniform, active``."""
    return condition.split(", ")[1]


def rows(
    table: pd.DataFrame,
    panel: str,
    measure: str,
    *,
    phases: Iterable[str] = (),
    labels: Iterable[str] = (),
    named: bool = True,
) -> pd.DataFrame:
    """Return a panel's source data: a measure, of some phases and labels (by default of all).

    The condition is ``LABEL, PHASE``, or with ``named`` false the label alone.
    """
    wanted = {"phase": list(phases), "condition": list(labels)}
    chosen = where(table, measure=measure, **{name: values for name, values in wanted.items() if values})
    condition = chosen["condition"] + ", " + chosen["phase"] if named else chosen["condition"]
    return panel_rows(chosen, panel, COLUMNS, condition=condition)


def curve(ax: Axes, points: pd.DataFrame, colour: str, **look: Any) -> None:
    """Draw mean and standard deviation over seeds, of which no less than the lowest seed on a logarithmic axis."""
    log = ax.get_yscale() == "log"
    ax.set_yscale("linear")  # seaborn would draw the mean of the logarithms

    def interval(values: pd.Series) -> tuple[float, float]:
        mean, sd = values.mean(), values.std() if len(values) > 1 else 0.0
        return (max(mean - sd, values.min()) if log else mean - sd), mean + sd

    panels.curve(ax, points, colour=colour, **{"error": interval, "marker": None} | look)
    if log:
        ax.set_yscale("log")


def paths(ax: Axes, points: pd.DataFrame) -> None:
    """Draw decoded trajectories in the box."""
    for number, path in points.groupby("z"):
        ax.plot(path["x"], path["y"], lw=0.6, color=style.shade(int(number), 12))
        ax.plot(path["x"].iloc[0], path["y"].iloc[0], "o", ms=2, color=style.shade(int(number), 12))
    _box(ax)


def scatter(ax: Axes, points: pd.DataFrame, within: pd.DataFrame, *, colours: str, label: str) -> None:
    """Draw states on the first two components of the active states, coloured by what was decoded.

    Axes and colours have room for the states ``within``, so that panels that share these can be compared.
    """
    if points.empty:
        style.unavailable(ax, "no states")
        return
    # Circular maps have pale colours, which an edge sets off from the paper.
    edge = {"s": 5, "lw": 0.25, "edgecolors": "0.55"} if colours == "twilight" else {"s": 2, "lw": 0}
    drawn = ax.scatter(
        points["x"], points["y"], c=points["z"], cmap=colours, rasterized=True,
        vmin=within["z"].min(), vmax=within["z"].max(), **edge,
    )  # fmt: skip
    ax.update_datalim(within[["x", "y"]].to_numpy())
    ax.set(xlabel="PC 1 of active states", ylabel="PC 2", aspect="equal", adjustable="datalim")
    if label:
        ax.figure.colorbar(drawn, ax=ax, label=label, shrink=0.8)


def density(ax: Axes, points: pd.DataFrame, most: float, *, box: bool = True, bar: bool = True) -> None:
    """Draw a density on its grid, with colours from 0 to the largest of the panels that it is compared with."""
    if points.empty:
        style.unavailable(ax, "no density:\nall in one place")
        return
    panels.density(ax, points, vmin=0.0, vmax=most, bar=bar)
    if box:
        _box(ax)
    else:
        ax.set(xlabel="PC 1 of active states", ylabel="PC 2")


def explained(ax: Axes, frame: pd.DataFrame, labels: Sequence[str]) -> None:
    """Draw the cumulative explained variance of active and quiescent states."""
    for label in labels:
        noise = noise_of(label)
        for phase, dash in (("active", "-"), ("quiescent", "--")):
            points = where(frame, condition=f"{label}, {phase}")
            curve(
                ax, points, COLOURS[noise], ls=dash, marker=COLOURS.mark(noise), ms=2, label=f"{word(noise)}, {phase}"
            )
    ax.set(xlabel="principal components", ylabel="explained variance (cumulative)", ylim=(0, 1.02), xticks=(1, 5, 10))
    ax.legend()


def learning(ax: Axes, frame: pd.DataFrame, labels: Sequence[str], *, log: bool, ylabel: str) -> None:
    """Draw a curve of training for each condition."""
    if log:
        ax.set_yscale("log")
    for label in labels:
        curve(ax, where(frame, condition=label), COLOURS[noise_of(label)], label=word(noise_of(label)))
    ax.set(xlabel="batches", ylabel=ylabel, **({} if log else {"ylim": (0, None)}))
    ax.legend(title="noise")


def bars(
    ax: Axes, frame: pd.DataFrame, conditions: Sequence[str], names: Sequence[str], colours: Sequence[str],
    *, wide: bool = False,
) -> None:  # fmt: skip
    """Draw the mean over seeds of each condition, and a point for each seed; ``wide``: there is room for the names."""
    panels.bars(ax, [where(frame, condition=condition)["y"] for condition in conditions], names, colours)
    if not wide:
        ax.set_xticks(range(len(names)), names, rotation=50, ha="right")


def matrix(ax: Axes, frame: pd.DataFrame, noise: str, columns: dict[str, str], active: dict[str, str]) -> None:
    """Draw the divergence of each quiescent distribution (columns) from each active one (rows), mean over seeds."""
    means = frame.groupby("condition")["y"].mean()
    cells = [[means.get(f"{q} | {p}", np.nan) for q in columns] for p in active]
    table = pd.DataFrame(cells, list(active.values()), list(columns.values()))
    label = "KL(quiescent || active), nats"
    panels.heat_map(ax, table, label=label, numbers=".2f", cmap="viridis_r", vmin=0, vmax=MOST_KL)
    ax.set(xlabel="quiescent", ylabel="active")
    ax.text(1, 1.03, NAMES[noise], ha="right", fontsize=6, transform=ax.transAxes)


def polar(ax: Axes, points: pd.DataFrame) -> None:
    """Draw histograms of bearings, bars of the first seed and outlines of the others; dotted: the uniform density.

    Not their mean, which is more even than any of them: each network prefers other bearings.
    """
    for seed, bins in points.groupby("seed"):
        width = 2 * np.pi / len(bins)
        if seed == points["seed"].min():
            ax.bar(bins["x"], bins["y"], width=width, color="#56B4E9", edgecolor="white", lw=0.3)
        else:
            around = np.add.outer(bins["x"].to_numpy(), (-width / 2, width / 2)).ravel()
            ax.plot(around, bins["y"].repeat(2), color="#333333", lw=0.6)
    ax.plot(np.linspace(-np.pi, np.pi, 100), np.full(100, 1 / (2 * np.pi)), ":", color="black", lw=0.8)
    ax.set_yticks([])
    ax.tick_params(pad=-2)


def supplement(sheet: Sheet, letters: str, noise: str) -> None:
    """Make axes ``LETTER NOISE`` thumbnails of the panels above, under a line that says of which noise they are."""
    for letter in letters:
        ax = sheet[f"{letter} {noise}"]
        ax.set(xlabel="", ylabel="", xticks=[], yticks=[])
        if ax.name != "polar":
            ax.set_box_aspect(1)
        what = ax.get_title(loc="right").split("\n")[0].removesuffix(", same noise")
        ax.set_title(f"\n\n{letter}, {what}", loc="left", fontsize=style.SMALL)
        ax.set_title("", loc="right")
    said = f"Supplement: the same panels with {NAMES[noise]}"
    first = sheet[f"{letters[0]} {noise}"]
    # Not in the layout: a line that is wider than its axes would push the others aside.
    line = first.annotate(said, (0, 1), (0, 14), xycoords="axes fraction", textcoords="offset points", fontsize=7)
    line.set_in_layout(False)


def title(ax: Axes, text: str) -> None:
    """Write what a panel shows."""
    ax.set_title(text, loc="right", fontsize=6)


def describe(table: pd.DataFrame) -> str:
    """Return the line under a figure: data, sizes, seeds, scale and device, and what went wrong."""
    first, seeds = table.iloc[0], table["seed"].nunique()
    lost = where(table, measure="diverged")[["condition", "seed", "x"]].drop_duplicates()
    bearings = ", filled bearings" if (table["measure"] == "bearing").any() else ""
    size = _PAPER.get(first["scale"], "far below the paper’s sizes: most claims get previews only")
    return "; ".join(
        [
            footer(
                table.assign(scale=f"{first['scale']} ({size})"),
                f"data: simulated; networks of {first['neurons']:g} neurons, {first['batches']:,.0f} batches of "
                f"{first['batch']:g} trajectories of {first['steps']:g} steps; {first['runs']:g} quiescent runs of "
                f"{first['quiescent_steps']:,.0f} steps",
                f"{seeds} seeds: curves are mean ± SD, bars means, dots seeds" if seeds > 1 else "",
                f"maps{bearings} and trajectories are of seed 0",
            ),
            *(
                f"diverged at batch {row['x']:g} and left out: {row['condition']}, seed {row['seed']}"
                for _, row in lost.iterrows()
            ),
        ]
    )


def _box(ax: Axes) -> None:
    corners = SIDE / 2 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
    ax.plot(*corners.T, color=style.GREY, lw=0.6)
    ax.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), aspect="equal", xlabel="x (m)", ylabel="y (m)")
