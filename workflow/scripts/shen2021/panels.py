"""What the study's figures share: colours, source data, the kinds of panels of figures 2 and 3, the line below."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat.figures import panels, rows, style
from homeostat.figures.program import Given
from homeostat.figures.rows import footer, seeds_of, where
from homeostat.figures.sheet import Sheet
from shen2021.colours import COLOURS as COLOURS

COLUMNS = [
    *("panel", "condition", "seed", "x", "y", "measure"),
    *("iteration", "learning_rate", "batch", "data", "scale", "device"),
]
LAYERS = {"fc1": "first", "fc2": "second"}
WHY = "not shown: all networks diverged"
# Which panel shows which measures.
PANELS = {
    "A": ["test accuracy", "final test accuracy", "training loss", "diverged", "added parameters"],
    "B": [
        *(f"probability in a batch, {layer}" for layer in LAYERS),
        *(f"{name}, {layer}" for name in ("CV of a batch", "CV on the test set", "sampling floor")
          for layer in (*LAYERS, "both")),
    ],
    "C": ["probability, fc1", "probability, fc2", *(f"coding capacity, {layer}" for layer in (*LAYERS, "both")),
          *(f"{name}, {layer}" for name in ("joint capacity", "distinct codes") for layer in LAYERS)],
    "D": ["mean output when active, fc1", "mean output when active, fc2", "mean output, fc1",
          *(f"units never active, {layer}" for layer in LAYERS)],
    "E": [f"{name}, {layer}" for name in ("alpha", "share of alphas between 0 and 1") for layer in LAYERS],
}  # fmt: skip


def panel_rows(table: pd.DataFrame, chosen: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return the source data of a figure: the rows of its measures, panel by panel."""
    return pd.concat(
        rows.panel_rows(where(table, measure=measures), name, COLUMNS) for name, measures in chosen.items()
    )


def present(frame: pd.DataFrame) -> list[str]:
    """Return the conditions that a figure has, in the order of the paper."""
    return [name for name in COLOURS if name in set(frame["condition"])]


def accuracy(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw panel A: test accuracy along training, mean and SD over seeds."""
    frame = where(frame, measure="test accuracy")
    low, last = frame["x"].min(), frame["x"].max()
    names = present(frame)
    for place, name in enumerate(names):
        # Side by side on the logarithmic axis: intervals of several seeds hide each other.
        aside = (last / low) ** (0.012 * (place - (len(names) - 1) / 2))
        shown = where(frame, condition=name)
        panels.curves(ax, shown.assign(x=shown["x"] * aside), COLOURS, error="sd", bars=True)
    ticks = [m * 10**e for e in range(6) for m in (1, 3) if low <= m * 10**e < 0.6 * last]
    panels.plain_ticks(ax, [*ticks, last])
    ax.set(xlabel="training iteration", ylabel="test accuracy (%)")
    panels.headroom(ax, 0.3)
    ax.set_yticks([tick for tick in ax.get_yticks() if ax.get_ylim()[0] <= tick <= 100], minor=False)
    ax.legend(loc="upper left", ncols=2, columnspacing=1.0)


def heat_map(ax: Axes, frame: pd.DataFrame, *, first: bool, last: bool) -> None:
    """Draw activation probabilities of one condition: units of both fully connected layers over training."""
    maps = [where(frame, measure=f"probability in a batch, {layer}") for layer in LAYERS]
    tables = [each.pivot(index="iteration", columns="x", values="y") for each in maps]
    edges = [tables[0].shape[1], tables[0].shape[1] + tables[1].shape[1]]
    at, name = tables[0].index, maps[0]["condition"].iloc[0]
    # Not seaborn's heatmap, which draws the whole figure, to place labels that these maps do not have.
    drawn = ax.pcolormesh(pd.concat(tables, axis=1), cmap=style.SEQUENTIAL, vmin=0.0, vmax=1.0, rasterized=True)
    ax.invert_yaxis()
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.axvline(edges[0], color="white", lw=1.5)
    ax.set_title(name, color=COLOURS[name])
    ax.set_xticks([edges[0] / 2, (edges[0] + edges[1]) / 2], ["units of fc1", "fc2"])
    ticks = np.linspace(0, len(at) - 1, min(4, len(at))).round().astype(int)
    ax.set_yticks(ticks + 0.5, [f"{at[tick]:,}" for tick in ticks] if first else [])
    ax.set(xlabel="", ylabel="training iteration" if first else "")
    if last:
        inset = ax.inset_axes((1.06, 0.0, 0.05, 1.0))
        ax.figure.colorbar(drawn, cax=inset, label="probability in the batch")


def variation(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw panel B's number: the CV of one batch, without its sampling noise, and that noise alone.

    Points, since bars have no foot on a logarithmic axis.
    """
    kinds = {"CV of a batch": ("one batch", -0.15), "CV on the test set": ("whole test set", 0.15)}
    for position, name in enumerate(present(frame)):
        for kind, (label, shift) in kinds.items():
            y = where(frame, measure=f"{kind}, both", condition=name)["y"]
            if y.notna().any():
                look = {"mfc": COLOURS[name] if shift < 0 else "white", "label": None if position else label}
                panels.point(ax, position + shift, y, colour=COLOURS[name], error="sd", **look)
        floor = where(frame, measure="sampling floor, both", condition=name)["y"].mean()
        ax.plot([position - 0.3, position + 0.3], [floor, floor], color="black", lw=1.0, ls="--",
                label=None if position else "sampling noise of a batch")  # fmt: skip
    ax.set_yscale("log")
    ax.set_ylim(top=4 * ax.get_ylim()[1])  # room for the legend
    ax.set(ylabel="CV of activation probability\n(fc1 and fc2)")
    ax.set_xticks(range(len(present(frame))), present(frame), rotation=35, ha="right")
    ax.legend(loc="upper right")


def capacity(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw the coding capacity of both fully connected layers, and that of joint states of fc1."""
    names = present(frame)
    groups = [where(frame, measure="coding capacity, both", condition=name)["y"] for name in names]
    panels.bars(ax, groups, names, [COLOURS[name] for name in names])
    for position, (name, values) in enumerate(zip(names, groups, strict=True)):
        ax.text(position, values.max() + 0.03, f"{values.mean():.2f}", ha="center", va="bottom", fontsize=6)
        joint = where(frame, measure="joint capacity, fc1", condition=name)["y"]
        label = None if position else "joint states of fc1"
        panels.point(ax, position, joint, colour="black", error="sd", label=label, marker="D", ms=3.0, mfc="white")
    ax.set(ylabel="coding capacity\n(bits per unit, fc1 and fc2)", ylim=(0, 1.3))
    ax.tick_params(axis="x", rotation=35)
    ax.set_xticks(range(len(names)), names, ha="right")
    ax.legend(loc="upper left")


def histograms(ax: Axes, frame: pd.DataFrame, edges: np.ndarray, label: str) -> None:
    """Draw distributions over units, those of all seeds together; the legend has their mean ± SD."""
    for name in present(frame):
        values = where(frame, condition=name)["y"].dropna()
        if len(values):
            text = f"{name}: {values.mean():.2f} ± {values.std():.2f}"
            panels.distribution(ax, np.clip(values, edges[0], edges[-1]), edges, colour=COLOURS[name], label=text)
    ax.set(xlabel=label, ylabel="share of units")


def probabilities(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw panel C."""
    histograms(ax, frame, np.linspace(0, 1, 41), "activation probability (fc1, test set)")


def outputs(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw panel D; the axis is logarithmic because levels differ by more than an order of magnitude."""
    values = frame["y"].dropna()
    edges = np.geomspace(max(values[values > 0].min(), 1e-3), values.max() * 1.0001, 41)
    # Logarithmic afterwards: seaborn would take edges for logarithms.
    histograms(ax, frame, edges, "mean output when active (fc1, test set)")
    panels.log_ticks(ax, edges[0], edges[-1])


def alpha_histogram(ax: Axes, frame: pd.DataFrame, layer: str) -> None:
    """Draw panel E for one layer."""
    values = frame["y"].dropna()
    edges = np.linspace(min(0.0, values.min()), max(1.0, values.max()), 41)
    panels.distribution(ax, values, edges, colour=COLOURS["SynapticScaling"], stat="count", fill=True)
    for edge in (0.0, 1.0):
        ax.axvline(edge, color=style.GREY, lw=0.8, ls="--")
    inside = ((values > 0) & (values < 1)).mean()
    ax.set_title(f"{100 * inside:.1f} % in (0, 1)", loc="right")
    ax.set(xlabel=f"α of {layer}", ylabel="units, all seeds" if layer == "fc1" else "")


def describe(table: pd.DataFrame, said: str = "") -> str:
    """Return the line under a figure: data, training, seeds, what is not of the seeds, scale and device."""
    first = table.iloc[0]
    data = str(first["data"])
    if data == "street_digits":
        data += " (generated, stands in for SVHN)"
    units = where(table, measure="probability, fc2").groupby(["condition", "learning_rate", "seed"], as_index=False)
    silent = units["y"].max()
    test_batch = int(where(table, measure="final test accuracy")["x"].iloc[0])
    return footer(
        table,
        f"data: {data}, {first['n_train']:,} training and {first['n_test']:,} test images",
        f"{first['n_steps']:,} iterations of batch {first['batch']}",
        f"test batches of {test_batch:,}",
        seeds_of(table, "SD"),
        said,
        named("diverged", where(table, measure="diverged", y=1)),
        named("constant output (no unit of fc2 is ever active)", where(silent, y=0)),
    )


def named(what: str, networks: pd.DataFrame) -> str:
    """Return a part of the line that names networks to which something happened; nothing if there are none."""
    each = [f"{row.condition}, rate {row.learning_rate:g}, seed {row.seed}" for row in networks.itertuples()]
    return f"{what}: {'; '.join(each)}" if each else ""


def six_conditions(description: str | None, *, with_alphas: bool) -> None:
    """Make figure 2 or 3 from the program's arguments."""
    given = Given(description, "table")
    table = given.table()
    frame = panel_rows(table, {name: PANELS[name] for name in PANELS if with_alphas or name != "E"})
    note = describe(table, "heat maps: the seed of median accuracy; legends of C and D: mean ± SD over units")
    given.write(frame, draw(frame, note, with_alphas=with_alphas))


def draw(frame: pd.DataFrame, note: str, *, with_alphas: bool) -> Figure:
    """Draw panels A to D, and E, from the source data."""
    names = present(frame)
    maps = [f"B {name}" for name in names]
    # Rows of their own: labels between the panels of one move none of another.
    blocks = [["A", "B number"], maps, ["C", "C capacity", "D"]]
    if with_alphas:
        blocks.append(["E fc1", "E fc2"])
    heights = [1.0, 0.8, 1.0, 0.8][: len(blocks)]
    sheet = Sheet([[[block]] for block in blocks], frame, height=150 + 40 * with_alphas, why=WHY, height_ratios=heights)
    sheet.draw("A", accuracy)
    sheet.draw("B number", variation)
    for at, name in zip(maps, names, strict=True):
        shown = sheet.rows("B", condition=name, measure=[f"probability in a batch, {layer}" for layer in LAYERS])
        sheet.draw(at, heat_map, rows=shown, first=at == maps[0], last=at == maps[-1])
    sheet.draw("C", probabilities, rows=sheet.rows("C", measure="probability, fc1"))
    sheet.draw("C capacity", capacity)
    sheet.draw("D", outputs, rows=sheet.rows("D", measure="mean output when active, fc1"))
    for name, side in (("C", "right"), ("D", "left")):
        panels.headroom(sheet[name], 0.6)
        sheet[name].legend(loc=f"upper {side}")
    if with_alphas:
        for layer in LAYERS:
            rows_of = sheet.rows("E", measure=f"alpha, {layer}", condition="SynapticScaling")
            sheet.draw(f"E {layer}", alpha_histogram, layer, rows=rows_of)
    return sheet.finish(note)
