"""Draw docs/img/together.png: mechanisms, what each buys, and whether it did in each system."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from homeostat.record import picture
from homeostat.record.together import Finding

COLOURS = {"yes": "#2c7fb8", "no": "#d95f0e", "open": "#bdbdbd", "depends": "#8856a7", "not measured": "#ffffff"}
PREVIEW = "preview: "


def draw(found: Sequence[Finding], systems: Mapping[str, Mapping[str, str]], path: Path) -> None:
    """Draw one dot for each claim: columns are systems, rows what each mechanism buys; previews are hollow."""
    shown = {each.study for each in found}
    studies = [name for name in systems if name in shown]
    rows = list(dict.fromkeys((each.mechanism, each.buys) for each in found))
    figure, axes = picture.canvas(figsize=(9.5, 0.42 * len(rows) + 1.6))
    for place, row in enumerate(rows):
        for column, study in enumerate(studies):
            its = [each.answer for each in found if (each.mechanism, each.buys) == row and each.study == study]
            for number, answer in enumerate(its):
                colour = COLOURS[answer.removeprefix(PREVIEW)]
                hollow = answer.startswith(PREVIEW) or answer == "not measured"
                face, edge = ("white" if hollow else colour), ("#bdbdbd" if answer == "not measured" else colour)
                at = column + 0.16 * (number - (len(its) - 1) / 2)
                style = "dotted" if answer == "not measured" else "solid"
                axes.scatter(at, place, s=110, facecolor=face, edgecolor=edge, linewidth=1.8, linestyle=style)
        if place and row[0] != rows[place - 1][0]:
            axes.axhline(place - 0.5, color="#dddddd", linewidth=0.8, zorder=0)
    first = [place for place, row in enumerate(rows) if not place or row[0] != rows[place - 1][0]]
    labels = [f"{row[0]}: {row[1]}" if place in first else row[1] for place, row in enumerate(rows)]
    axes.set_yticks(range(len(rows)), labels)
    axes.set_xticks(range(len(studies)), [f"{name}\n{systems[name]['short']}" for name in studies])
    axes.xaxis.tick_top()
    axes.set_xlim(-0.5, len(studies) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    named = [("yes", "it does"), ("no", "it does not"), ("open", "open"), ("depends", "depends on the reading")]
    handles = [axes.scatter([], [], s=90, color=COLOURS[name], label=label) for name, label in named]
    handles.append(axes.scatter([], [], s=90, facecolor="white", edgecolor="#555555", label="hollow: a preview only"))
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.35, -0.02), ncols=5, frameon=False, fontsize=9)
    picture.save(figure, path)
