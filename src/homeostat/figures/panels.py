"""Kinds of panels: each takes an axes and tidy rows (``condition``, ``seed``, ``x``, ``y``) or arrays.

A row may have a column ``doubt``: what is wrong with the fit that it rests on, empty where nothing is. Marks that rest
on a doubtful fit are hollow.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from homeostat.figures import style
from homeostat.figures.palette import Palette
from homeostat.figures.rows import where

Interval = str | tuple[str, float] | Callable[[Any], tuple[float, float]]
"""What stands around a mean: ``"se"``, ``"sd"``, or a function of the values."""
# Points that are drawn one by one.
_DOTS = 2000


@contextlib.contextmanager
def _labels_kept(ax: Axes) -> Iterator[None]:
    """Take back the names of columns that seaborn writes along the axes."""
    labels = ax.get_xlabel(), ax.get_ylabel()
    yield
    ax.set(xlabel=labels[0], ylabel=labels[1])


# Curves and points.


def curve(
    ax: Axes, rows: pd.DataFrame, *, colour: Any, label: str | None = None, by: str = "x", error: Interval = "se",
    bars: bool = False, marker: str | None = "o", ms: float = 3.0, **look: Any,
) -> None:  # fmt: skip
    """Draw mean and interval over seeds along ``x``; a single point stands as a mark.

    Parameters
    ----------
    rows
        The rows of one condition.
    by
        The column whose values are the points; where it is not ``x``, each stands at the mean of its ``x``.
    error, bars
        The interval, and whether it is drawn as bars or as a band.
    marker, ms, look
        The look of marks and lines, as matplotlib names it.
    """
    if by != "x":
        rows = rows.assign(x=rows.groupby(by)["x"].transform("mean")).sort_values(by, kind="stable")
    interval: dict[str, Any] = {"capsize": 1.5, "elinewidth": 0.7} if bars else {"alpha": 0.25, "lw": 0}
    with _labels_kept(ax):
        sns.lineplot(
            rows, x="x", y="y", ax=ax, color=colour, label=label, errorbar=error, err_style="bars" if bars else "band",
            err_kws=interval, legend=False, marker=marker, ms=ms, mec=colour, sort=by == "x", **look,
        )  # fmt: skip
    hollow(ax, rows, colour, marker=marker, ms=ms)


def curves(
    ax: Axes, rows: pd.DataFrame, colours: Mapping[str, Any], labels: Iterable[str] | None = None, **look: Any
) -> None:
    """Draw :func:`curve` for each condition (``labels``, by default all, in the order of the rows)."""
    for label in rows["condition"].unique() if labels is None else labels:
        chosen = where(rows, condition=label)
        if len(chosen):
            mark = {"marker": colours.mark(label)} if isinstance(colours, Palette) else {}
            curve(ax, chosen, colour=colours[label], label=label, **mark | look)


def hollow(
    ax: Axes, rows: pd.DataFrame, colour: Any, *, by: str = "x", marker: str | None = "o", ms: float = 3.0
) -> None:
    """Draw hollow marks over those means (of rows with the same ``by``) that rest on a doubtful fit."""
    if "doubt" not in rows or not len(rows):
        return
    groups = rows.groupby(by)
    doubtful = groups["doubt"].agg(lambda each: bool(each.ne("").any()))
    points = groups[["x", "y"]].mean()[doubtful]
    if len(points):
        ax.plot(points["x"], points["y"], marker or "o", mfc="white", mec=colour, ms=ms, zorder=4)


def point(
    ax: Axes, x: Any, y: ArrayLike, *, colour: Any, label: str | None = None, error: str = "se", marker: str = "o",
    doubt: Iterable[str] = (), **look: Any,
) -> None:  # fmt: skip
    """Draw mean and interval of ``y`` at ``x`` (or at its mean), hollow if any ``doubt`` is not empty."""
    values = pd.Series(np.asarray(y, dtype=float))
    spread: Any = 0.0 if len(values) < 2 else values.sem() if error == "se" else values.std()
    settings: dict[str, Any] = {"ms": 4.0, "capsize": 1.5, "elinewidth": 0.7}
    settings |= {"mfc": "white" if any(doubt) else colour} | look
    ax.errorbar(np.mean(x), values.mean(), spread, fmt=marker, color=colour, label=label, **settings)


def reference(ax: Axes, rows: pd.DataFrame, *, label: str, **look: Any) -> None:
    """Draw the mean over seeds as a horizontal line, which says by its label that it rests on a doubtful fit."""
    if len(rows):
        if "doubt" in rows and rows["doubt"].ne("").any():
            label = f"{label} (doubtful)"
        settings: dict[str, Any] = {"ls": ":", "lw": 0.9, "label": label} | look
        ax.axhline(float(rows["y"].mean()), **settings)


def diagonal(ax: Axes, limits: tuple[float, float] | None = None) -> None:
    """Draw y = x over the range of both axes, or over ``limits``, in axes of equal scales."""
    if limits is None:
        limits = min(ax.get_xlim()[0], ax.get_ylim()[0]), max(ax.get_xlim()[1], ax.get_ylim()[1])
    ax.plot(limits, limits, color=style.GREY, lw=0.7, zorder=0)
    # At the top of its place, where the letters of a row are.
    ax.set(xlim=limits, ylim=limits, aspect="equal", anchor="N")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(5))


def cloud(ax: Axes, x: ArrayLike, y: ArrayLike, *, colour: Any, hollow: bool = False, ms: float = 3) -> None:
    """Draw points, hollow ones if told; beyond 2,000 their density, on a logarithmic scale."""
    if np.size(x) <= _DOTS:
        ax.plot(x, y, ".", ms=ms, color=colour, mfc="white" if hollow else None)
        return
    shades = sns.light_palette("grey" if hollow else colour, as_cmap=True)
    extent = (*ax.get_xlim(), *ax.get_ylim())
    ax.hexbin(x, y, gridsize=60, extent=extent, mincnt=1, bins="log", cmap=shades, lw=0.1, rasterized=True)


# Samples: bars, boxes, densities.


def bars(ax: Axes, groups: Sequence[pd.Series], names: Sequence[str], colours: Sequence[Any]) -> None:
    """Draw the mean of each group as a bar, and a dot for each value.

    On a logarithmic axis, where bars have no foot, the mean is a line.
    """
    log = ax.get_yscale() == "log"
    for place, (group, colour) in enumerate(zip(groups, colours, strict=True)):
        values = group.dropna()
        if len(values):
            if log:
                ax.plot([place - 0.375, place + 0.375], [values.mean()] * 2, color=colour, lw=2.0)
            else:
                ax.bar(place, values.mean(), color=colour, alpha=0.6, width=0.75)
            ax.plot(np.full(len(values), place), values, "o", ms=2, color="black")
    ax.set_xticks(range(len(names)), names)


def box(ax: Axes, values: ArrayLike, at: float, colour: Any, *, width: float) -> None:
    """Draw a box at ``at`` with all values as dots."""
    rows = pd.DataFrame({"x": at, "y": values}).dropna()
    with _labels_kept(ax):
        sns.boxplot(
            rows, x="x", y="y", ax=ax, native_scale=True, width=width, color=colour, showfliers=False, linewidth=0.6,
            boxprops={"alpha": 0.45}, medianprops={"color": "black", "lw": 1.2},
        )  # fmt: skip
    spread = np.linspace(-0.24, 0.24, len(rows)) * width
    ax.plot(at + spread, rows["y"], ".", ms=2.5, color="black", alpha=0.6, mew=0)


def distribution(
    ax: Axes, values: ArrayLike, edges: ArrayLike, *, colour: Any, label: str | None = None, stat: str = "probability",
    fill: bool = False, **look: Any,
) -> None:  # fmt: skip
    """Draw a histogram with the given ``edges`` as steps, or filled; ``stat`` is seaborn's, e.g. ``density``."""
    known = np.asarray(values, dtype=float)
    settings: dict[str, Any] = {"fill": False, "linewidth": 1.0}
    if fill:
        settings = {"alpha": 0.6, "linewidth": 0.4, "edgecolor": "black"}
    with _labels_kept(ax):
        sns.histplot(
            x=known[np.isfinite(known)], bins=edges, stat=stat, element="bars" if fill else "step", color=colour,
            label=label, legend=False, ax=ax, **settings | look,
        )  # fmt: skip


def ridges(
    ax: Axes, curves: Sequence[tuple[str, pd.Series, Any]], *, overlap: float = 1.5, limits: tuple[float, float]
) -> None:
    """Draw densities one below the other, each to its own height, with its name beside it.

    A curve is its name, its density indexed by x, and its colour; ``overlap`` is the height of a ridge in rows.
    """
    for row, (_, density, colour) in enumerate(curves):
        shown = density[density.index.to_series().between(*limits)]
        top = -row + overlap * shown / (shown.max() or 1.0)
        ax.fill_between(shown.index, -row, top, color=colour, alpha=0.55, lw=0, zorder=row)
        ax.plot(shown.index, top, color=colour, lw=0.8, zorder=row)
        ax.axhline(-row, color=style.GREY, lw=0.4, zorder=row)
    ax.set_yticks([-row for row in range(len(curves))], [name for name, *_ in curves])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set(xlim=limits, ylim=(-len(curves) + 0.8, overlap + 0.1))


def cumulative(ax: Axes, values: ArrayLike, *, colour: Any, label: str | None = None, **look: Any) -> None:
    """Draw the cumulative distribution of values."""
    with _labels_kept(ax):
        sns.ecdfplot(x=np.asarray(values, dtype=float), ax=ax, color=colour, label=label, legend=False, **look)


# Pictures.


def heat_map(ax: Axes, table: pd.DataFrame, *, label: str, numbers: str | None = None, **look: Any) -> None:
    """Draw a table as colours, with a colour bar; ``numbers`` is the format of the values written on it."""
    settings: dict[str, Any] = {"cmap": style.SEQUENTIAL, "rasterized": True} | look
    if numbers is not None:
        settings |= {"annot": True, "fmt": numbers, "annot_kws": {"fontsize": style.SMALL}}
    sns.heatmap(table, ax=ax, cbar_kws={"label": label}, **settings)
    ax.tick_params(length=0, rotation=0)


def density(ax: Axes, points: pd.DataFrame, *, label: str = "density", bar: bool = True, **look: Any) -> Any:
    """Draw values ``z`` on the grid of ``x`` and ``y``; return the mesh."""
    grid = points.pivot_table(index="y", columns="x", values="z")
    settings: dict[str, Any] = {"cmap": style.SEQUENTIAL, "rasterized": True} | look
    drawn = ax.pcolormesh(grid.columns, grid.index, grid, **settings)
    ax.set_aspect("equal")
    if bar:
        ax.figure.colorbar(drawn, ax=ax, shrink=0.8, label=label)
    return drawn


def tiles(ax: Axes, images: NDArray[Any], columns: int, *, gap: int = 1, **look: Any) -> Any:
    """Draw pictures (n, height, width) side by side, ``columns`` to a row; return the image."""
    images = np.asarray(images, dtype=float)
    padded = np.pad(images, ((0, -len(images) % columns), (0, gap), (0, gap)), constant_values=np.nan)
    height, width = padded.shape[1:]
    sheet = padded.reshape(-1, columns, height, width).transpose(0, 2, 1, 3).reshape(-1, columns * width)
    settings: dict[str, Any] = {"cmap": "gray_r", "interpolation": "nearest"} | look
    shown = ax.imshow(sheet[: len(sheet) - gap, : sheet.shape[1] - gap], **settings)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return shown


# Axes.


def log_ticks(ax: Axes, low: float, high: float, *, axis: str = "x") -> None:
    """Make an axis logarithmic, with plain numbers at 1, 2 and 5 of each decade; at fewer or more as there is room."""
    if not (np.isfinite([low, high]).all() and low > 0):
        return
    for within in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
        ticks = [m * 10.0**e for e in range(-9, 10) for m in within if 0.8 * low <= m * 10.0**e <= 1.25 * high]
        if len(ticks) > 2:
            break
    plain_ticks(ax, ticks, axis=axis)


def plain_ticks(ax: Axes, ticks: Sequence[float], *, axis: str = "x", scale: str = "log") -> None:
    """Write plain numbers at ``ticks`` of an axis, and none between."""
    ax.set(**{f"{axis}scale": scale})
    which = ax.xaxis if axis == "x" else ax.yaxis
    which.set_ticks(list(ticks), [f"{tick:,.0f}" if abs(tick) >= 1000 else f"{tick:g}" for tick in ticks])
    which.set_tick_params(which="minor", length=0)
    which.minorticks_off()


def headroom(ax: Axes, share: float) -> None:
    """Make room for a legend above the curves."""
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + share * (high - low))
