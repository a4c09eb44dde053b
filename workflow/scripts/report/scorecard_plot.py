"""Draw every claim for which the paper gives a number: ours against the paper's, the closest first."""

import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from homeostat import cli
from homeostat.claims import JUDGED, PREVIEWS
from homeostat.figures import style
from homeostat.files import atomic_path
from report.drawing import comparable, readings
from report.text import number

# Verdicts by colour and by marker; previews, which do not count, are hollow.
LOOKS = {
    "reproduced": ("#117733", "o"),
    "depends": ("#332288", "D"),
    "not reproduced": ("#D55E00", "X"),
    "inconclusive": ("#8a6d00", "s"),
    "points to": ("#117733", "o"),
    "points away": ("#D55E00", "X"),
    "open": ("#8a6d00", "s"),
}


def look(verdict: str) -> dict[str, Any]:
    """Return the marker of a verdict as keywords of matplotlib."""
    colour, marker = LOOKS[verdict]
    face = "white" if verdict in PREVIEWS else colour
    return {"marker": marker, "color": colour, "markerfacecolor": face, "linestyle": "none"}


# Multiples of the paper's number that are shown; what lies beyond is at the edge, with its number beside it.
LOW, HIGH = -0.5, 2.5


# Rows are this high where they fit on a page, and lower where they do not; labels are cut at so many characters.
_ROW, _MOST, _CUT = 3.7, 198.0, 52


def main() -> None:
    job = cli.job(__doc__, "scorecard")
    rows = json.loads(job.path("scorecard").read_text(encoding="utf-8"))
    each = [reading for row in rows for reading in readings(row)]
    shown = [row for row in each if comparable(row) and row["value"] is not None and row["paper"]]
    left_out = [f"{row['study']} {_name(row)}" for row in each if row["paper"] is not None and row not in shown]
    print(f"{len(shown)} claims with a number; not drawn: {', '.join(left_out) or 'none'}")
    places = layout(shown)
    lines = max(len(places), 1)
    height = 26 + min(_ROW * lines, _MOST)
    figure, ax = style.panels(1, 1, width=style.WIDTH * style.MM, height=height * style.MM)
    for place, entry in enumerate(places):
        if isinstance(entry, str):
            ax.text(-0.01, place, entry, ha="right", va="center", transform=ax.get_yaxis_transform(), fontweight="bold",
                    fontsize=style.SMALL)  # fmt: skip
        else:
            _draw(ax, place, entry)
    ax.axvline(1, color="black", lw=0.8, zorder=0)
    ax.set(xlim=(LOW, HIGH), ylim=(lines - 0.4, -0.6), xlabel="our number as a multiple of the paper's")
    named = [(place, entry) for place, entry in enumerate(places) if not isinstance(entry, str)]
    ax.set_yticks([place for place, _ in named], [_words(row) for _, row in named], fontsize=style.SMALL)
    for name in dict.fromkeys([*JUDGED, *PREVIEWS]):
        ax.plot([], [], ms=4, label=f"{name} (preview)" if name in PREVIEWS else name, **look(name))
    ax.plot([], [], color=style.GREY, lw=6, alpha=0.4, label="the paper's spread")
    figure.legend(loc="outside upper center", ncols=4)
    if not shown:
        ax.text(1, 0, "no claim of this run has a number of the paper to stand beside", ha="center", fontsize=7)
    said = "95 % intervals over seeds; closest to the paper first. Hollow: previews, of a run too small to judge."
    style.note(figure, said + (f" Without a ratio: {', '.join(left_out)}." if left_out else ""))
    for path in job.outputs:
        with atomic_path(path) as temporary:
            style.save(figure, temporary)


def layout(rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return what stands in each line: the name of a study, then its claims, the closest to the paper first."""
    lines: list[Any] = []
    for study in dict.fromkeys(row["study"] for row in rows):
        its = [row for row in rows if row["study"] == study]
        lines += [study, *sorted(its, key=lambda row: abs(row["value"] / row["paper"] - 1))]
    return lines


def _name(row: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (row["id"], row.get("reading"))))


def _words(row: Mapping[str, Any]) -> str:
    """Return a claim in words, and its id, by which the page finds it."""
    said = textwrap.shorten(row["claim"].rstrip("."), _CUT, placeholder=" …")
    return f"{said} ({_name(row)})"


def _draw(ax: Axes, place: int, row: Mapping[str, Any]) -> None:
    paper = row["paper"]
    marker = look(row["verdict"])
    colour = marker["color"]
    if row["paper_spread"]:
        half = abs(row["paper_spread"] / paper)
        ax.plot([1 - half, 1 + half], [place, place], color=style.GREY, lw=6, alpha=0.4, solid_capstyle="butt")
    if row["low"] is not None and row["high"] is not None:
        ends = sorted((row["low"] / paper, row["high"] / paper))
        ax.plot([min(max(end, LOW), HIGH) for end in ends], [place, place], color=colour, lw=1)
    ours = row["value"] / paper
    if LOW <= ours <= HIGH:
        ax.plot(ours, place, ms=4, **marker)
    else:
        marker["marker"] = ">" if ours > HIGH else "<"
        ax.plot(HIGH if ours > HIGH else LOW, place, ms=5, clip_on=False, **marker)
    unit = textwrap.shorten(row["unit"] or "", 24, placeholder=" …")
    text = f"{number(row['value'])} v {number(paper)} {unit}".rstrip()
    ax.annotate(text, (1.025, place), xycoords=("axes fraction", "data"), va="center", fontsize=style.SMALL)


if __name__ == "__main__":
    cli.run(main)
