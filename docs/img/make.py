"""Draw the README's pictures (`make pictures`): one panel of each study from a finished run; verdicts of the record."""

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from homeostat import cli
from homeostat.claims import PREVIEWS, VERDICTS, count, group, load_claims
from homeostat.claims.judge import missing
from homeostat.figures import panels, style
from homeostat.figures.rows import where
from homeostat.files import atomic_path
from homeostat.record.beside import recorded
from homeostat.record.picture import palette_png
from homeostat.record.read import read_all
from homeostat.tables import read_csv
from report.colours import PALETTES
from report.contents import papers
from report.drawing import comparable, readings
from report.living import Axes as Names
from report.scorecard_plot import LOOKS, look

ROOT = Path(__file__).resolve().parents[2]
MISSING = "#c8c8c8"
_WIDTH = 1280
# Curves of fewer points have marks; longer legends stand above the curves.
_MARKED, _SHORT = 20, 4
# Multiples of the paper's number that are drawn; the caption says how many lie beyond.
_LOW, _HIGH = -0.5, 2.5
FACTS = ("data", "scale", "device")
# Under this name the scorecard has the digest of what it shows.
SHOWS = "homeostat record"


@dataclass(frozen=True)
class Hero:
    """A panel that shows what a study is about: its place, measure, conditions and what they are called."""

    figure: str
    panel: str
    measure: str
    title: str
    conditions: Mapping[str, str]
    log: bool = False

    @property
    def study(self) -> str:
        """The study."""
        return self.figure.partition("/")[0]

    @property
    def name(self) -> str:
        """The figure's name."""
        return self.figure.partition("/")[2]


_NETS = ("Vanilla", "WeightNorm", "BatchNorm", "SynapticScaling", "MeanOnly", "ScaleOnly")
HEROES = (
    Hero(
        "mayzel2024/fig2", "B", "log_likelihood", "models of 50 neurons",
        {name: name for name in ("homeostatic", "bounded (projected)", "bounded (clamp)")}, log=True,
    ),
    Hero("shen2021/fig2", "A", "test accuracy", "LeNet5 on CIFAR-10", {name: name for name in _NETS}, log=True),
    Hero(
        "keck2012/fig1", "C", "total weight", "the norm of the input doubles halfway",
        {"input": "predicted", "mean total": "network"},
    ),
    Hero(
        "eyono2026/fig4", "D", "test accuracy", "Fashion-MNIST of changing luminosity",
        {name: name for name in ("E-only, LN+", "I-Norm", "E-only, LN forward only", "E/I")},
    ),
    Hero("krishna2024/fig1", "h", "output density", "awake: where it is", {"unbiased, gaussian, active": ""}),
    Hero(
        "krishna2024/fig1", "i", "output density", "quiescent: where it replays", {"unbiased, gaussian, quiescent": ""}
    ),
)  # fmt: skip
# What a panel calls its conditions, where the source data have a name that only they explain.
NAMES = {"input": "norm of input", "mean total": "weight of a unit"}


def main() -> None:
    """Write both, or the scorecard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"), help="of a finished run")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "img", help="folder")
    parser.add_argument("--scorecard", action="store_true", help="only that, which needs no run")
    options = parser.parse_args()
    if not options.scorecard:
        draw_heroes(options.results / "figures", options.output / "figures.png")
    draw_scorecard(rows_of_record(), options.output / "scorecard.png")


def draw_heroes(folder: Path, path: Path) -> None:
    """Draw the panels of ``HEROES`` from the CSV files of a run; a panel whose figure is not there says so."""
    figure, grid = style.panels(2, 3, width=style.WIDTH * style.MM, height=108 * style.MM)
    of = papers(ROOT / "CITATION.cff")
    facts: dict[str, set[str]] = {name: set() for name in FACTS}
    for ax, hero in zip(grid.flat, HEROES, strict=True):
        ax.set_title(f"{of[hero.study].authors}, {hero.name.removeprefix('fig')}{hero.panel}\n{hero.title}", loc="left")
        rows = rows_of(hero, folder)
        if not len(rows):
            style.unavailable(ax, "not in this run")
            continue
        draw_hero(ax, hero, rows)
        for name in FACTS:
            facts[name].update(rows[name].astype(str))
    said = "; ".join(f"{name}: {', '.join(sorted(facts[name]))}" for name in FACTS)
    drawn = "Curves: mean ± SEM over seeds, eyono2026 over configurations; maps: one seed, each to its own maximum"
    style.note(figure, f"{drawn}; {said}.")
    write(figure, path, colours=64)


def rows_of(hero: Hero, folder: Path) -> pd.DataFrame:
    """Return the source data of a panel; no rows where the run has none."""
    source = folder / f"{hero.figure}.csv"
    if not source.exists():
        return pd.DataFrame()
    return where(read_csv(source), panel=hero.panel, measure=hero.measure, condition=list(hero.conditions))


def draw_hero(ax: Axes, hero: Hero, rows: pd.DataFrame) -> None:
    """Draw one panel: a map where it has one condition, else curves in the colours of its study."""
    if len(hero.conditions) == 1:
        panels.density(ax, rows, bar=False)
        ax.set(xlabel="x (m)", ylabel="y (m)")
        return
    palette, names = PALETTES[hero.study], Names.read(ROOT / "workflow/report/axes.yaml", hero.study)
    for condition, colour in hero.conditions.items():
        chosen = where(rows, condition=condition)
        if len(chosen):
            marker = palette.mark(colour) if chosen["x"].nunique() < _MARKED else None
            dashed = {"ls": "--", "drawstyle": "steps-post"} if colour == "predicted" else {}
            label = NAMES.get(condition, condition)
            panels.curve(ax, chosen, colour=palette[colour], label=label, marker=marker, ms=2.5, **dashed)
    x = names.x[hero.name][hero.panel]
    ax.set(xlabel=x, ylabel=names.measures.get(hero.measure, hero.measure))
    if hero.log:
        panels.log_ticks(ax, rows["x"].min(), rows["x"].max())
    else:
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    if len(hero.conditions) > _SHORT:
        panels.headroom(ax, 0.35)
        ax.legend(loc="upper left", ncols=2, columnspacing=1.0)
    else:
        ax.legend(loc="lower right")


def rows_of_record() -> list[dict[str, Any]]:
    """Return every claim as the largest run of the record judged it."""
    records, found = read_all(), []
    for path in sorted((ROOT / "config/claims").glob("*.yaml")):
        rows = [missing(claim, "") for claim in load_claims(path)]
        found += recorded(rows, records)
    return found


def draw_scorecard(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw how many headlines of each study have which verdict, and our numbers as multiples of the papers'."""
    studies = list(dict.fromkeys(row["study"] for row in rows))
    headlines, numbers_of = drawn_of(rows)
    figure, (bars, numbers) = style.panels(1, 2, width=style.WIDTH * style.MM, height=66 * style.MM, sharey=True)
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
    figure.legend(loc="outside upper center", ncols=len(VERDICTS), columnspacing=1.2)
    drawn = [row["value"] / row["paper"] for row in numbers_of]
    beyond = sum(not _LOW <= ratio <= _HIGH for ratio in drawn)
    said = f"95 % intervals over seeds; of {len(drawn)} numbers, {beyond} lie beyond the axis and stand at its edges."
    style.note(figure, f"The largest run of the record that judged each claim. {said}")
    write(figure, path, colours=32, said={SHOWS: digest(rows)})


def drawn_of(rows: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Return which rows the scorecard shows: headlines, and numbers of ours that stand beside one of the paper."""
    headlines = [row for row in rows if group(row) == "headlines"]
    return headlines, [each for row in rows for each in readings(row) if has_both(each)]


def digest(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a digest of all that the scorecard shows; it stands in the picture, so that a test sees an old one."""
    headlines, numbers = drawn_of(rows)
    values = ("study", "verdict", "value", "paper", "low", "high")
    shown = [[row["study"], row["verdict"]] for row in headlines] + [[row[name] for name in values] for row in numbers]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]


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
            ax.text(left + width / 2, place, str(amount), ha="center", va="center", color=shade)
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


def write(figure: Figure, path: Path, *, colours: int, said: Mapping[str, str] = MappingProxyType({})) -> None:
    """Write a figure as a small PNG with texts by their names: few colours, 1,280 pixels wide, the same each time."""
    with atomic_path(path) as temporary:
        style.save(figure, temporary)
        with Image.open(temporary) as opened:
            picture = opened.convert("RGB")
        height = round(picture.height * _WIDTH / picture.width)
        picture = picture.resize((_WIDTH, height), Image.Resampling.LANCZOS)
        temporary.write_bytes(palette_png(picture, colours, said))


if __name__ == "__main__":
    cli.run(main)
