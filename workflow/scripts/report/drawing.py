"""Drawings of the page as inline SVG: a claim's interval, counts of verdicts, the graph of rules.

Colours are CSS classes, so that the page's light and dark schemes hold for them too.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from homeostat.claims import VERDICTS
from report.graph import Graph
from report.text import interval, number

_WIDTH, _HEIGHT, _EDGE = 260.0, 46.0, 10.0


def slug(verdict: str) -> str:
    """Return a verdict as the name of a CSS class."""
    return verdict.replace(" ", "-")


def readings(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a claim's row once for each of its readings, or alone where it has none."""
    return [{**row, **each} for each in row["readings"]] or [{**row, "reading": ""}]


def interval_chart(row: Mapping[str, Any]) -> Markup:
    """Draw our number with its interval, where the claim says it lies (shaded), and the paper's number.

    Nothing is drawn where we have no number.
    """
    if row["value"] is None:
        return Markup("")
    ends, compared = _ends(row), comparable(row)
    spread = row["paper_spread"] or 0.0
    paper = [row["paper"] - spread, row["paper"] + spread] if compared else []
    shown = [row[key] for key in ("value", "low", "high") if row[key] is not None]
    low, high = min([*shown, *paper, *ends.values()]), max([*shown, *paper, *ends.values()])
    room = (high - low) or abs(high) or 1.0
    low, high = low - 0.14 * room, high + 0.14 * room

    def x(value: float) -> str:
        return f"{_EDGE + (value - low) / (high - low) * (_WIDTH - 2 * _EDGE):.1f}"

    left = x(ends["claim_low"]) if "claim_low" in ends else "0"
    right = x(ends["claim_high"]) if "claim_high" in ends else f"{_WIDTH:g}"
    parts = [
        Markup('<rect class="claimed" x="{}" y="2" width="{:.1f}" height="28"/>').format(
            left, float(right) - float(left)
        )
    ]
    for value in ends.values():
        place = min(max(float(x(value)), 16), _WIDTH - 16)
        parts.append(Markup('<line class="bound" x1="{0}" x2="{0}" y1="2" y2="30"/>').format(x(value)))
        parts.append(Markup('<text class="tick" x="{:.1f}" y="43">{}</text>').format(place, number(value)))
    y = 21 if compared else 16
    if compared:
        centre = float(x(row["paper"]))
        parts.append(Markup('<line class="paper" x1="{}" x2="{}" y1="9" y2="9"/>').format(x(paper[0]), x(paper[1])))
        parts.append(Markup('<path class="paper" d="M{0:.1f} 4l5 5l-5 5l-5 -5z"/>').format(centre))
    name = slug(row["verdict"])
    if row["low"] is not None and row["high"] is not None:
        first, last = x(row["low"]), x(row["high"])
        parts.append(
            Markup('<path class="ours {3}" d="M{0} {2}H{1}M{0} {4}V{5}M{1} {4}V{5}"/>').format(
                first, last, y, name, y - 4, y + 4
            )
        )
    parts.append(Markup('<circle class="ours {}" cx="{}" cy="{}" r="4"/>').format(name, x(row["value"]), y))
    return Markup('<svg class="interval" viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, _HEIGHT, _said(row, compared), Markup("").join(parts)
    )


def comparable(row: Mapping[str, Any]) -> bool:
    """Whether our number and the paper's are of one kind: a share of seeds is not the number that the paper gives."""
    return row["paper"] is not None and row["unit"] != "share of seeds"


def margin(row: Mapping[str, Any]) -> float | None:
    """Return how far our number lies from where it is claimed, in half-widths of its interval; for ordering.

    Negative inside. None for a claim without a number.
    """
    if row["value"] is None:
        return None
    half = ((row["high"] or 0.0) - (row["low"] or 0.0)) / 2 or abs(row["value"]) or 1.0
    outside = [row["claim_low"] - row["value"]] if row["claim_low"] is not None else []
    outside += [row["value"] - row["claim_high"]] if row["claim_high"] is not None else []
    return round(max(outside, default=0.0) / half, 3)


def _ends(row: Mapping[str, Any]) -> dict[str, float]:
    return {key: row[key] for key in ("claim_low", "claim_high") if row[key] is not None}


def _said(row: Mapping[str, Any], compared: bool) -> str:
    ours = f"ours {number(row['value'])}" + (f", interval {interval(row)}" if interval(row) else "")
    paper = f"; paper {number(row['paper'])}" if compared else ""
    return f"{ours}; claimed {row['relation']}{paper}"


def verdict_bar(counts: Mapping[str, int]) -> Markup:
    """Draw how many claims have which verdict, as one stacked bar; the numbers stand beside it as text."""
    in_all, place = sum(counts.values()), 0.0
    if not in_all:
        return Markup("")
    parts = []
    for name in VERDICTS:
        width = 100 * counts[name] / in_all
        if width:
            parts.append(
                Markup('<rect class="fill {}" x="{:.2f}" y="0" width="{:.2f}" height="6"/>').format(
                    slug(name), place, max(width - 0.4, 0.3)
                )
            )
        place += width
    return Markup(
        '<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">{}</svg>'
    ).format(Markup("").join(parts))


_BOX, _ROW, _GAP, _TALL = 114.0, 50.0, 18.0, 40.0


def rule_graph(graph: Graph, label: str) -> Markup:
    """Draw a layered graph from left to right; arrows that lead back are dashed."""
    place = {}
    most = max((len(layer) for layer in graph.layers), default=0)
    for column, layer in enumerate(graph.layers):
        top = (most - len(layer)) * _ROW / 2
        for row, name in enumerate(layer):
            place[name] = (2 + column * (_BOX + _GAP), 2 + top + row * _ROW)
    parts = [_arrow(place[a], place[b]) for a, b in graph.edges]
    floor = most * _ROW
    for a, b in graph.back:
        # Below everything between its ends.
        left, right = sorted((place[a][0], place[b][0]))
        under = max(y for x, y in place.values() if left <= x <= right) + _TALL + 16
        floor = max(floor, under)
        parts.append(_arrow_back(place[a], place[b], under))
    width, height = len(graph.layers) * (_BOX + _GAP) - _GAP + 4, floor + 4
    for name, (x, y) in place.items():
        node = graph.nodes[name]
        parts.append(
            Markup(
                '<g class="node{}"><rect x="{:g}" y="{:g}" width="{:g}" height="{:g}" rx="7"/>'
                '<text class="name" x="{:g}" y="{:g}">{}</text><text class="detail" x="{:g}" y="{:g}">{}</text></g>'
            ).format(
                " figure" if node.figure else "",
                x, y, _BOX, _TALL, x + 9, y + 17, _cut(node.title), x + 9, y + 31, node.detail,
            )
        )  # fmt: skip
    return Markup(
        '<svg class="graph" viewBox="0 0 {0:g} {1:g}" width="{0:g}" height="{1:g}" role="img"'
        ' aria-label="{2}">{3}</svg>'
    ).format(width, height, label, Markup("").join(parts))


def _cut(text: str, most: int = 16) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _arrow(start: Sequence[float], end: Sequence[float]) -> Markup:
    x1, y1, x2, y2 = start[0] + _BOX, start[1] + _TALL / 2, end[0], end[1] + _TALL / 2
    bend = (x2 - x1) / 2
    return Markup('<path class="edge" d="M{0:.1f} {1:.1f}C{2:.1f} {1:.1f} {3:.1f} {5:.1f} {4:.1f} {5:.1f}"/>').format(
        x1, y1, x1 + bend, x2 - bend, x2, y2
    )


def _arrow_back(start: Sequence[float], end: Sequence[float], floor: float) -> Markup:
    x1, x2 = start[0] + _BOX / 2, end[0] + _BOX / 2
    return Markup('<path class="edge back" d="M{:.1f} {:.1f}V{:.1f}H{:.1f}V{:.1f}"/>').format(
        x1, start[1] + _TALL, floor, x2, end[1] + _TALL
    )
