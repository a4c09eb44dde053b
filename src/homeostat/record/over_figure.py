"""The picture of a study over recordings: gains over budgets, and each headline's number as a forest plot."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from homeostat.claims import PREVIEWS, Claim
from homeostat.claims.verdict import SIDES
from homeostat.record import picture
from homeostat.record.gains import Gain

COLUMNS = 4
# Colours of a verdict for a claim, against it, and of one that leaves it open.
SIDE_COLOURS = {1: "#117733", -1: "#d55e00", 0: "#8a6d00"}
# Conditions of a gain, with colours that the colour-blind can tell apart too.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
_GREY = "#888888"
# Gains are linear up to so many nats, and logarithmic beyond.
_LINEAR = 0.5

Row = Mapping[str, Any]


def draw(
    claims: Sequence[Claim],
    over: Mapping[str, Row],
    each: Mapping[str, Mapping[str, Row]],
    gains: Sequence[Gain],
    path: Path,
) -> None:
    """Draw it.

    Parameters
    ----------
    claims
        Those of the study; headlines are drawn.
    over
        By claim, its verdict over recordings.
    each
        By recording and claim, its verdict there.
    gains
        The gains of record; where there are none, the first row is left out.
    path
        The PNG to write.
    """
    shown = [its for claim in claims if claim.rank == "headline" for its in _numbered(claim, over, each)]
    top = 1 if gains else 0
    lines = top + -(-len(shown) // COLUMNS)
    figure, axes = picture.canvas(
        nrows=lines, ncols=COLUMNS, figsize=(11, 2.0 * lines + 0.6 * top), squeeze=False,
        height_ratios=[1.3] * top + [1.0] * (lines - top),
    )  # fmt: skip
    if gains:
        _draw_gains(axes[0], list(each), gains)
        figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=8)
    free = list(axes[top:].flat)
    for at, (ax, (title, claim, numbers, row)) in enumerate(zip(free, shown, strict=False)):
        _draw_claim(ax, claim, numbers, row)
        said = [*textwrap.wrap(title, 42), f"holds in {row['holds']} of {row['of']}"]
        ax.set_title("\n".join(said), fontsize=7, loc="left")
        if at % COLUMNS:
            ax.set_yticklabels([])
    for ax in free[len(shown) :]:
        ax.axis("off")
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=7)
    picture.save(figure, path, dpi=100, colours=32)


def _numbered(
    claim: Claim, over: Mapping[str, Row], each: Mapping[str, Mapping[str, Row]]
) -> Iterator[tuple[str, Claim, dict[str, Row], Row]]:
    """Yield each reading of a claim with a number on some recording: title, claim, rows of recordings and over all."""
    if claim.id not in over:
        return
    for at, reading in enumerate(claim.each_reading()):
        row, numbers = over[claim.id], {name: its.get(claim.id, {}) for name, its in each.items()}
        if claim.readings:
            row = row.get("readings", {}).get(reading.reading, {})
            numbers = {name: its["readings"][at] if its.get("readings") else {} for name, its in numbers.items()}
        if row and any(its.get("value") is not None for its in numbers.values()):
            words = f" ({reading.reading})" if claim.readings else ""
            yield f"{claim.id}{words}: {claim.claim}", reading, numbers, row


def _draw_claim(ax: Any, claim: Claim, numbers: Mapping[str, Row], over: Row) -> None:
    for end in (claim.relation.low, claim.relation.high):
        if abs(end) < float("inf"):
            ax.axvline(end, color=_GREY, lw=0.8, ls=":")
    rows = [*numbers.items(), ("pooled", over)]
    for place, (name, row) in enumerate(rows):
        verdict = row.get("verdict", "missing")
        colour = "black" if name == "pooled" else SIDE_COLOURS[SIDES.get(verdict, 0)]
        if row.get("value") is None:
            ax.annotate("–", (0.5, place), xycoords=("axes fraction", "data"), ha="center", va="center", fontsize=8)
            continue
        if row.get("low") is not None:
            ax.plot([row["low"], row["high"]], [place, place], color=colour, lw=1.2)
        face = "white" if verdict in PREVIEWS else colour
        ax.plot(row["value"], place, "D" if name == "pooled" else "o", ms=4, color=colour, mfc=face)
    # The pooled interval of few recordings may be far wider than what they show.
    ends = [row[end] for row in numbers.values() for end in ("value", "low", "high") if row.get(end) is not None]
    bounds = [end for end in (claim.relation.low, claim.relation.high) if abs(end) < float("inf")]
    low, high = min(ends + bounds), max(ends + bounds)
    ax.set_xlim(low - 0.15 * (high - low), high + 0.15 * (high - low))
    ax.set_yticks(range(len(rows)), [name for name, _ in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.axhline(len(rows) - 1.5, color=_GREY, lw=0.5)
    ax.locator_params(axis="x", nbins=4)
    ax.set_xlabel("\n".join(textwrap.wrap(claim.unit, 40)), fontsize=7)


def _draw_gains(axes: Sequence[Any], names: Sequence[str], gains: Sequence[Gain]) -> None:
    """Draw the gains of each recording over the budget, of the conditions with the most budgets."""
    budgets = Counter(gain.condition for gain in gains if gain.budget)
    conditions = [name for name, count in budgets.items() if count == max(budgets.values())]
    colours = dict(zip(conditions, _COLOURS, strict=False))
    for at, (ax, name) in enumerate(zip(axes, names, strict=False)):
        for condition, colour in colours.items():
            its = [gain for gain in gains if gain.condition == condition and name in gain.recordings]
            ends = [gain.recordings[name] for gain in its]
            spans = [[mean - low for mean, low, _ in ends], [high - mean for mean, _, high in ends]]
            ax.errorbar(
                [gain.budget for gain in its], [mean for mean, _, _ in ends], spans,
                color=colour, marker="o", ms=3, lw=1.0, label=condition,
            )  # fmt: skip
        for gain in (gain for gain in gains if gain.condition == "reshaped" and name in gain.recordings):
            ax.axhline(gain.recordings[name][0], color="black", lw=0.8, ls="--", label="reshaped")
        ax.axhline(0, color=_GREY, lw=0.8)
        ax.set_xscale("log")
        ax.set_yscale("symlog", linthresh=_LINEAR, linscale=1.5)
        ticks = [-10, -3, -1, -0.3, 0, 0.3]
        ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        marked = sorted({gain.budget for gain in gains if gain.budget})[::2]
        ax.set_xticks(marked, [f"{budget:g}" for budget in marked])
        ax.minorticks_off()
        ax.set_title(name, fontsize=8)
        ax.set_xlabel("budget φ", fontsize=7)
        if not at:
            ax.set_ylabel("gain over RP (nats / bin)", fontsize=7)
