"""Curves of two runs over each other: one small panel for each measure that differs."""

import base64
import io
import math
from collections.abc import Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from homeostat.comparison import Pair, Point
from homeostat.figures import style

_MOST_PANELS = 24
_COLUMNS = 3
_MOST_BARS = 14
# From this ratio on, x runs over decades.
_DECADES = 30.0
_SIDES = ({"ls": "-", "mfc": None, "marker": "o"}, {"ls": "--", "mfc": "white", "marker": "s"})


def overlay(pairs: Sequence[Pair], names: tuple[str, str]) -> tuple[str, int] | None:
    """Return the picture (SVG, as a data address) of what differs, and how many panels are left out.

    Conditions are told apart by colour. The first run is drawn solid with filled circles, the second dashed with open
    squares; bars are 95 % intervals. None where nothing differs.
    """
    grouped: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        grouped.setdefault((pair.place.panel, pair.place.measure), []).append(pair)
    differing = {at: its for at, its in grouped.items() if any(pair.state != "same" for pair in its)}
    if not differing:
        return None
    most = sorted(differing, key=lambda at: -sum(pair.state == "beyond" for pair in differing[at]))[:_MOST_PANELS]
    shown = {at: its for at, its in differing.items() if at in most}
    lines = {at for at, its in shown.items() if len({pair.place.x or pair.place.budget for pair in its}) > 1}
    conditions = list(dict.fromkeys(pair.place.condition for at in shown if at in lines for pair in shown[at]))
    colours = {name: _colour(k, len(conditions)) for k, name in enumerate(conditions)}
    rows = math.ceil(len(shown) / _COLUMNS)
    figure, axes = style.panels(rows, _COLUMNS, width=9.6, height=2.5 * rows + 0.25 * (1 + len(conditions) // 4),
                                squeeze=False)  # fmt: skip
    places = list(axes.flat)
    for ax, ((panel, measure), its) in zip(places, shown.items(), strict=False):
        if (panel, measure) in lines:
            _curves(ax, its, colours)
        else:
            _bars(ax, its)
        style.letter(ax, panel)
        ax.set_title(measure if len(measure) < 34 else f"{measure[:33]}…", fontsize=8)
    for ax in places[len(shown) :]:
        ax.set_visible(False)
    _legend(figure, colours, names)
    stream = io.BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "font.family": "sans-serif"}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    style.plt.close(figure)
    return f"data:image/svg+xml;base64,{base64.b64encode(stream.getvalue()).decode()}", len(differing) - len(shown)


def _colour(index: int, count: int) -> object:
    return (
        matplotlib.colormaps["tab10" if count <= 10 else "tab20"](index) if count <= 20 else style.shade(index, count)
    )


def _curves(ax: Axes, pairs: Sequence[Pair], colours: dict[str, object]) -> None:
    every = [point.x for pair in pairs for point in (pair.a, pair.b) if point]
    for condition in dict.fromkeys(pair.place.condition for pair in pairs):
        its = [pair for pair in pairs if pair.place.condition == condition]
        for side, points in zip(_SIDES, ([pair.a for pair in its], [pair.b for pair in its]), strict=True):
            there = sorted((point for point in points if point), key=lambda point: point.x)
            if there:
                many = len(there) > 40
                ax.errorbar(
                    [point.x for point in there], [point.interval.value for point in there],
                    yerr=None if many else [_half(point) for point in there],
                    **side | ({"marker": ""} if many else {}), color=colours[condition], ms=3, lw=1, elinewidth=0.7,
                )  # fmt: skip
    if min(every) > 0 and max(every) / min(every) >= _DECADES:
        ax.set_xscale("log")


def _bars(ax: Axes, pairs: Sequence[Pair]) -> None:
    order = {"beyond": 0, "no interval": 1, "only in A": 1, "only in B": 1, "within": 2, "same": 3}
    shown = sorted(pairs, key=lambda pair: order[pair.state])[:_MOST_BARS]
    for row, pair in enumerate(shown):
        for side, shift, point in zip(_SIDES, (-0.15, 0.15), (pair.a, pair.b), strict=True):
            if point:
                ax.errorbar(
                    point.interval.value, row + shift, xerr=_half(point), color="#333333", ms=3.5, lw=0.7, **side
                )
    labels = [pair.place.condition or pair.place.measure for pair in shown]
    ax.set_yticks(range(len(shown)), [text if len(text) <= 30 else f"{text[:29]}…" for text in labels], fontsize=6)
    ax.invert_yaxis()


def _half(point: Point) -> float:
    interval = point.interval
    return 0.0 if math.isnan(interval.low) else (interval.high - interval.low) / 2


def _legend(figure: Figure, colours: dict[str, object], names: tuple[str, str]) -> None:
    keys = [Line2D([], [], color="#333333", ms=4, label=name, **side) for side, name in zip(_SIDES, names, strict=True)]
    keys += [Line2D([], [], color=colour, lw=3, label=name or "(no condition)") for name, colour in colours.items()]
    figure.legend(handles=keys, loc="outside lower left", ncols=4, fontsize=7, frameon=False)
