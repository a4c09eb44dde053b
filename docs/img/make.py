"""Compose the README's pictures, figures.png and scorecard.png, from a finished run (`make pictures`)."""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from PIL import Image, ImageDraw, ImageFont

from homeostat import cli
from homeostat.claims import PREVIEWS, VERDICTS, count, group
from homeostat.figures import style
from homeostat.files import atomic_path
from report.contents import papers
from report.drawing import comparable, readings
from report.scorecard_plot import LOOKS, look
from report.text import figure_name

ROOT = Path(__file__).resolve().parents[2]
# One of each of four studies; the fifth is in the scorecard with all others.
FIGURES = ("mayzel2024/fig2", "shen2021/fig2", "eyono2026/fig5", "krishna2024/fig1")
MISSING = "#c8c8c8"
_WIDTH, _GAP, _LINE, _COLOURS = 1600, 24, 21, 256
# Multiples of the paper's number that are drawn; the caption says how many lie beyond.
_LOW, _HIGH = -0.5, 2.5
FACTS = ("data", "scale", "device")


def main() -> None:
    """Write both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"), help="of a finished run")
    parser.add_argument("--figures", nargs=4, default=FIGURES, metavar="STUDY/FIGURE")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "img", help="folder")
    options = parser.parse_args()
    save(sheet(options.results / "figures", options.figures), options.output / "figures.png")
    rows = json.loads((options.results / "scorecard/scorecard.json").read_text(encoding="utf-8"))
    draw_scorecard(rows, options.output / "scorecard.png")


def sheet(folder: Path, names: Sequence[str]) -> Image.Image:
    """Return four figures in two columns, each below a line that says what it is of."""
    width = (_WIDTH - _GAP) // 2
    tiles = [tile(folder / name, width) for name in names]
    columns = [tiles[:2], tiles[2:]]
    height = max(sum(each.height for each in column) for column in columns) + _GAP
    whole = Image.new("RGB", (_WIDTH, height), "white")
    for index, (first, second) in enumerate(columns):
        left = index * (width + _GAP)
        whole.paste(first, (left, 0))
        whole.paste(second, (left, first.height + _GAP))
    return whole


def tile(stem: Path, width: int) -> Image.Image:
    """Return one figure at a width, below its name, data, scale and device."""
    study, name = stem.parts[-2:]
    told = pd.read_csv(stem.with_suffix(".csv"), usecols=list(FACTS), dtype=str).drop_duplicates()
    data, scale, device = (", ".join(told[each].unique()) for each in FACTS)
    heading = f"{papers(ROOT / 'CITATION.cff')[study].authors}, {figure_name(name).lower()}"
    with Image.open(stem.with_suffix(".png")) as opened:
        picture = opened.convert("RGB")
    picture = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    whole = Image.new("RGB", (width, picture.height + 3 * _LINE), "white")
    pen = ImageDraw.Draw(whole)
    pen.text((4, 2), heading, "black", _font("DejaVuSans-Bold", 16))
    pen.text((4, 2 + _LINE), f"data: {data}; scale: {scale}; device: {device}", "#555555", _font("DejaVuSans", 14))
    whole.paste(picture, (0, 3 * _LINE))
    return whole


def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf", size)


def draw_scorecard(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw how many headlines of each study have which verdict, and our numbers as multiples of the papers'."""
    studies = list(dict.fromkeys(row["study"] for row in rows))
    headlines = [row for row in rows if group(row) == "headlines"]
    numbers_of = [each for row in rows for each in readings(row) if has_both(each)]
    figure, (bars, numbers) = style.panels(1, 2, width=9.6, height=3.2, sharey=True)
    for place, study in enumerate(studies):
        draw_counts(bars, place, count(row for row in headlines if row["study"] == study))
        draw_numbers(numbers, place, [row for row in numbers_of if row["study"] == study])
    bars.set_yticks(range(len(studies)), [f"{study}\n{number(headlines, study)} headlines" for study in studies])
    bars.set(xlim=(0, 1), ylim=(len(studies) - 0.5, -0.5), xticks=[], title="headlines by verdict; hollow: previews")
    bars.spines[["left", "bottom"]].set_visible(False)
    bars.tick_params(left=False)
    numbers.axvline(1, color="black", lw=0.8, zorder=0)
    numbers.set(xlim=(_LOW, _HIGH), title="our number as a multiple of the paper's, where it gives one")
    numbers.spines["left"].set_visible(False)
    numbers.tick_params(left=False)
    for verdict in VERDICTS:
        shown = look(verdict) if verdict in LOOKS else {"marker": "o", "color": MISSING, "linestyle": "none"}
        bars.plot([], [], label=verdict, **shown)
    figure.legend(loc="outside upper center", ncols=len(VERDICTS), fontsize=8)
    drawn = [row["value"] / row["paper"] for row in numbers_of]
    beyond = sum(not _LOW <= ratio <= _HIGH for ratio in drawn)
    data, scale, device = (", ".join(sorted({row[name] for row in rows if row[name]})) for name in FACTS)
    said = f"95 % intervals over seeds; of {len(drawn)} numbers, {beyond} lie beyond the axis and stand at its edges."
    style.note(figure, f"{said} Data: {data}; scale: {scale}; device: {device}.")
    with atomic_path(path) as temporary:
        style.save(figure, temporary)
    with Image.open(path) as opened:
        drawn = opened.convert("RGB")
    save(drawn, path)


def has_both(row: Mapping[str, Any]) -> bool:
    """Whether there is a number of ours, and one of the paper that it can be divided by."""
    return bool(comparable(row) and row["value"] is not None and row["paper"])


def number(rows: Sequence[Mapping[str, Any]], study: str) -> int:
    """Return how many of the rows are a study's."""
    return sum(row["study"] == study for row in rows)


def draw_counts(ax: Axes, place: int, counts: Mapping[str, int]) -> None:
    """Draw the verdicts of one study as a bar of length 1, with their numbers."""
    left, in_all = 0.0, max(sum(counts.values()), 1)
    for verdict, amount in counts.items():
        width = amount / in_all
        colour = LOOKS[verdict][0] if verdict in LOOKS else MISSING
        hollow = verdict in PREVIEWS
        edge = {"edgecolor": colour, "linewidth": 1.2} if hollow else {}
        ax.barh(place, width, left=left, height=0.5, color="white" if hollow else colour, **edge)
        if amount:
            shade = colour if hollow else "white" if verdict in LOOKS else "black"
            ax.text(left + width / 2, place, str(amount), ha="center", va="center", color=shade, fontsize=8)
        left += width


def draw_numbers(ax: Axes, place: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Draw our numbers of one study over the paper's, one below the other in the order of their size."""
    for index, row in enumerate(sorted(rows, key=lambda row: row["value"] / row["paper"])):
        y = place + 0.7 * ((index + 0.5) / len(rows) - 0.5)
        marker = look(row["verdict"])
        colour = marker["color"]
        if row["low"] is not None and row["high"] is not None:
            ends = [min(max(row[end] / row["paper"], _LOW), _HIGH) for end in ("low", "high")]
            ax.plot(ends, [y, y], color=colour, lw=0.7)
        ours = row["value"] / row["paper"]
        if not _LOW <= ours <= _HIGH:
            marker["marker"] = ">" if ours > _HIGH else "<"
        ax.plot(min(max(ours, _LOW), _HIGH), y, ms=3, clip_on=False, **marker)


def save(picture: Image.Image, path: Path) -> None:
    """Write a picture with few colours, so that it is small; equal pictures are equal files."""
    with atomic_path(path) as temporary:
        few = picture.quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(temporary, "PNG", optimize=True)


if __name__ == "__main__":
    cli.run(main)
