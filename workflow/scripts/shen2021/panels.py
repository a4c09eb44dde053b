"""What the study's figures share: arguments, rows of source data, their panels, files of a figure."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat.figures import style
from homeostat.figures.output import write_figure

COLOURS = {
    "Vanilla": "#555555",
    "WeightNorm": "#E69F00",
    "BatchNorm": "#0072B2",
    "SynapticScaling": "#D55E00",
    "MeanOnly": "#CC79A7",
    "ScaleOnly": "#009E73",
}
COLUMNS = [
    "panel",
    "condition",
    "seed",
    "x",
    "y",
    "measure",
    "iteration",
    "learning_rate",
    "batch",
    "data",
    "scale",
    "device",
]
LAYERS = {"fc1": "first", "fc2": "second"}
# Which panel shows which measures.
PANELS = {
    "A": ["test accuracy", "final test accuracy", "training loss", "diverged"],
    "B": [
        *(f"probability in a batch, {layer}" for layer in LAYERS),
        *(f"{name}, {layer}" for name in ("CV of a batch", "CV on the test set", "sampling floor")
          for layer in (*LAYERS, "both")),
    ],
    "C": ["probability, fc1", "probability, fc2", *(f"coding capacity, {layer}" for layer in (*LAYERS, "both"))],
    "D": ["mean output when active, fc1", "mean output when active, fc2", "mean output, fc1",
          *(f"units never active, {layer}" for layer in LAYERS)],
    "E": [f"{name}, {layer}" for name in ("alpha", "share of alphas between 0 and 1") for layer in LAYERS],
}  # fmt: skip


def inputs(description: str | None) -> tuple[pd.DataFrame, list[Path]]:
    """Read the arguments of a figure's program: its table, and the files to write."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--output", type=Path, nargs="+", required=True)
    options = parser.parse_args()
    return pd.read_csv(options.table), options.output


def panel_rows(table: pd.DataFrame, panels: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return the source data of a figure: the rows of its measures, with their panel."""
    panel_of = {measure: panel for panel, measures in panels.items() for measure in measures}
    rows = table[table["measure"].isin(panel_of)]
    return rows.assign(panel=rows["measure"].map(panel_of))[COLUMNS].sort_values("panel", kind="stable")


def select(frame: pd.DataFrame, measure: str, condition: str | None = None) -> pd.DataFrame:
    """Return the rows of one measure, and of one condition."""
    chosen = frame["measure"] == measure
    return frame[chosen if condition is None else chosen & (frame["condition"] == condition)]


def present(frame: pd.DataFrame) -> list[str]:
    """Return the conditions that a figure has, in the order of the paper."""
    return [name for name in COLOURS if name in set(frame["condition"])]


def accuracy(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw panel A: test accuracy along training, mean and SD over seeds."""
    for name in present(frame):
        rows = select(frame, "test accuracy", name)
        points = rows.groupby("x")["y"]
        mean, spread = points.mean(), points.std().fillna(0.0)
        ax.errorbar(mean.index, mean, yerr=spread, color=COLOURS[name], label=name, marker="o", ms=2.5, lw=1.2,
                    elinewidth=0.7, capsize=1.5)  # fmt: skip
    ax.set(xlabel="training iteration", ylabel="test accuracy (%)", xscale="log")
    plain_ticks(ax, select(frame, "test accuracy")["x"].max())
    ax.legend(fontsize=6, loc="upper left", bbox_to_anchor=(0.0, 1.02), ncols=2, columnspacing=1.0)
    headroom(ax, 0.25)
    limits = ax.get_ylim()
    ax.set_yticks([tick for tick in ax.get_yticks() if limits[0] <= tick <= 100])
    ax.set_ylim(limits)


def headroom(ax: Axes, share: float) -> None:
    """Make room for a legend above the curves."""
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + share * (high - low))


def plain_ticks(ax: Axes, most: float) -> None:
    """Write plain numbers along a logarithmic x axis, at 1 and 3 of each decade, and at its end."""
    low = ax.get_xlim()[0]
    ticks = [m * 10**e for e in range(6) for m in (1, 3) if low <= m * 10**e < 0.6 * most]
    ax.set_xticks([*ticks, most], [f"{tick:,.0f}" for tick in (*ticks, most)])
    ax.minorticks_off()


def heat_map(ax: Axes, frame: pd.DataFrame, name: str, *, first: bool) -> None:
    """Draw a heat map of panel B: activation probabilities, units of both fully connected layers over training."""
    maps = [
        select(frame, f"probability in a batch, {layer}", name).pivot(index="iteration", columns="x", values="y")
        for layer in LAYERS
    ]
    if not len(maps[0]):
        style.unavailable(ax, "not shown: shorter than one row")
        return
    edges = [maps[0].shape[1], maps[0].shape[1] + maps[1].shape[1]]
    at = maps[0].index
    image = ax.imshow(
        np.hstack(maps), aspect="auto", vmin=0.0, vmax=1.0, cmap=style.SEQUENTIAL, interpolation="nearest",
        extent=(0, edges[1], len(at), 0),
    )  # fmt: skip
    ax.axvline(edges[0], color="white", lw=1.5)
    ax.set_title(name, fontsize=7, color=COLOURS[name])
    ax.set_xticks([edges[0] / 2, (edges[0] + edges[1]) / 2], ["fc1", "fc2"])
    ticks = np.linspace(0, len(at) - 1, min(4, len(at))).round().astype(int)
    ax.set_yticks(ticks + 0.5, [f"{at[tick]:,}" for tick in ticks] if first else [])
    if first:
        ax.set_ylabel("training iteration")
    ax.spines[["top", "right"]].set_visible(True)
    if name == present(frame)[-1]:
        inset = ax.inset_axes((1.06, 0.0, 0.06, 1.0))
        ax.figure.colorbar(image, cax=inset).set_label("activation probability in the batch", fontsize=6)
        inset.tick_params(labelsize=6)


def variation(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw panel B's number: the CV of one batch, without its sampling noise, and that noise alone.

    Points, since bars have no foot on a logarithmic axis.
    """
    kinds = {"CV of a batch": ("one batch", -0.15), "CV on the test set": ("whole test set", 0.15)}
    for position, name in enumerate(present(frame)):
        for kind, (label, shift) in kinds.items():
            y = select(frame, f"{kind}, both", name)["y"]
            if y.notna().any():
                ax.errorbar(position + shift, y.mean(), y.std() if len(y) > 1 else 0.0, color=COLOURS[name],
                            fmt="o", ms=4.5, mfc=None if shift < 0 else "white", capsize=1.5, elinewidth=0.8,
                            label=None if position else label)  # fmt: skip
        floor = select(frame, "sampling floor, both", name)["y"].mean()
        ax.plot([position - 0.3, position + 0.3], [floor, floor], color="black", lw=1.2, ls="--",
                label=None if position else "sampling noise of a batch")  # fmt: skip
    ax.set_yscale("log")
    ax.set_ylim(top=4 * ax.get_ylim()[1])  # room for the legend
    ax.set(ylabel="CV of activation probability\n(fc1 and fc2)")
    names(ax, frame)
    ax.legend(fontsize=5.5, loc="upper right")


def capacity(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw the coding capacity of both fully connected layers."""
    for position, name in enumerate(present(frame)):
        y = select(frame, "coding capacity, both", name)["y"]
        ax.bar(position, y.mean(), 0.6, color=COLOURS[name])
        ax.errorbar(position, y.mean(), y.std() if len(y) > 1 else 0.0, color="black", capsize=2, lw=0.7)
        top = y.mean() + (y.std() if len(y) > 1 else 0.0)
        ax.text(position, top + 0.02, f"{y.mean():.3f}", ha="center", va="bottom", fontsize=6)
    ax.set(ylabel="coding capacity\n(bits per unit, fc1 and fc2)", ylim=(0, 1.15))
    names(ax, frame)


def names(ax: Axes, frame: pd.DataFrame) -> None:
    """Write the conditions under bars."""
    ax.set_xticks(range(len(present(frame))), present(frame), rotation=35, ha="right", fontsize=6)


def histograms(ax: Axes, frame: pd.DataFrame, measure: str, edges: np.ndarray, label: str) -> None:
    """Draw distributions over units, those of all seeds together; the legend has their mean ± SD."""
    for name in present(frame):
        values = select(frame, measure, name)["y"].dropna()
        if len(values):
            share, _ = np.histogram(np.clip(values, edges[0], edges[-1]), bins=edges)
            text = f"{name}: {values.mean():.2f} ± {values.std():.2f}"
            ax.step(edges, np.append(share, share[-1]) / len(values), where="post", color=COLOURS[name], lw=1.1,
                    label=text)  # fmt: skip
    ax.set(xlabel=label, ylabel="share of units")
    headroom(ax, 0.3)
    ax.legend(fontsize=5.2, loc="upper right", ncols=2, columnspacing=0.8, handlelength=1.0, borderaxespad=0.1)


def probabilities(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw panel C."""
    histograms(ax, frame, "probability, fc1", np.linspace(0, 1, 41), "activation probability of a unit (fc1, test set)")


def outputs(ax: Axes, frame: pd.DataFrame) -> None:
    """Draw panel D; the axis is logarithmic because levels differ by more than an order of magnitude."""
    values = select(frame, "mean output when active, fc1")["y"].dropna()
    edges = np.geomspace(max(values[values > 0].min(), 1e-3), values.max() * 1.0001, 41)
    histograms(ax, frame, "mean output when active, fc1", edges, "mean output of a unit when active (fc1, test set)")
    ax.set_xscale("log")
    decades = [t for t in (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100) if edges[0] <= t <= edges[-1]]
    ax.set_xticks(decades, [f"{t:g}" for t in decades])
    ax.minorticks_off()


def alpha_histogram(ax: Axes, frame: pd.DataFrame, layer: str) -> None:
    """Draw panel E for one layer."""
    values = select(frame, f"alpha, {layer}", "SynapticScaling")["y"].dropna()
    low, high = min(0.0, values.min()), max(1.0, values.max())
    ax.hist(np.asarray(values), bins=np.linspace(low, high, 41), color=COLOURS["SynapticScaling"])
    for edge in (0.0, 1.0):
        ax.axvline(edge, color=style.GREY, lw=0.8, ls="--")
    inside = ((values > 0) & (values < 1)).mean()
    ax.set_title(f"{100 * inside:.1f} % in (0, 1)", fontsize=6, loc="right")
    ax.set(xlabel=f"α of {layer}", ylabel="units, all seeds" if layer == "fc1" else None)


def try_panel(ax: Axes, draw: Callable[..., None], frame: pd.DataFrame, *args: object) -> None:
    """Draw a panel, or say on it that there is nothing to draw because no network has finite values."""
    if np.isfinite(frame["y"].astype(float)).any():
        draw(ax, frame, *args)
    else:
        style.unavailable(ax, "not shown: all networks diverged")


def describe(table: pd.DataFrame, panels: str = "") -> str:
    """Return the line under a figure: data, training, seeds, what is not of the seeds, scale and device."""
    first = table.iloc[0]
    data = str(first["data"])
    if data == "street_digits":
        data += " (generated, stands in for SVHN)"
    seeds = table["seed"].nunique()
    diverged = named("diverged", table[(table["measure"] == "diverged") & (table["y"] == 1)])
    units = select(table, "probability, fc2").groupby(["condition", "learning_rate", "seed"], as_index=False)["y"].max()
    silent = named("constant output (no unit of fc2 is ever active)", units[units["y"] == 0])
    test_batch = int(select(table, "final test accuracy")["x"].iloc[0])
    return (
        f"data: {data}, {first['n_train']:,} training and {first['n_test']:,} test images; "
        f"{first['iterations']:,} iterations of batch {first['batch']}; test batches of {test_batch:,}; "
        f"{f'mean ± SD over {seeds} seeds' if seeds > 1 else '1 seed'}; "
        f"{panels}{diverged}{silent}"
        f"scale: {first['scale']}; device: {', '.join(sorted(table['device'].unique()))}"
    )


def named(what: str, networks: pd.DataFrame) -> str:
    """Return a part of the line that names networks to which something happened; nothing if there are none."""
    each = [f"{row.condition}, rate {row.learning_rate:g}, seed {row.seed}" for row in networks.itertuples()]
    return f"{what}: {'; '.join(each)}; " if each else ""


def six_conditions(description: str | None, *, with_alphas: bool) -> None:
    """Make figure 2 or 3 from the program's arguments."""
    table, files = inputs(description)
    panels = {name: measures for name, measures in PANELS.items() if with_alphas or name != "E"}
    frame = panel_rows(table, panels)
    note = describe(table, "heat maps: the first seed; legends of C and D: mean ± SD over units; ")
    write_figure(frame, draw(frame, note, with_alphas=with_alphas), files)


def draw(frame: pd.DataFrame, note: str, *, with_alphas: bool) -> Figure:
    """Draw panels A to D, and E, from the source data."""
    panel = {name: frame[frame["panel"] == name] for name in PANELS}
    maps = [f"map{index}" for index in range(len(present(frame)))]
    last = ["variation"] * 4 + ["capacity"] * 4 + (["alpha1"] * 2 + ["alpha2"] * 2 if with_alphas else ["."] * 4)
    wide = [name for name in maps for _ in range(12 // len(maps))]
    layout = [["A"] * 4 + ["C"] * 4 + ["D"] * 4, wide, last]
    figure, axes = style.mosaic(layout, width=10.0, height=8.4, height_ratios=[1.0, 0.9, 0.85])
    try_panel(axes["A"], accuracy, panel["A"])
    try_panel(axes["C"], probabilities, panel["C"])
    try_panel(axes["D"], outputs, panel["D"])
    for axis, name in zip(maps, present(frame), strict=True):
        heat_map(axes[axis], panel["B"], name, first=axis == maps[0])
    try_panel(axes["variation"], variation, panel["B"])
    try_panel(axes["capacity"], capacity, panel["C"])
    if with_alphas:
        for axis, layer in (("alpha1", "fc1"), ("alpha2", "fc2")):
            try_panel(axes[axis], alpha_histogram, panel["E"], layer)
        style.letter(axes["alpha1"], "E")
    for axis, letter in (
        ("A", "A"),
        (maps[0], "B"),
        ("C", "C"),
        ("D", "D"),
        ("variation", "B"),
        ("capacity", "C"),
    ):
        style.letter(axes[axis], letter)
    style.note(figure, note)
    return figure
