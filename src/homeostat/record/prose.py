r"""Numbers of the record in prose: a comment behind a number names where it comes from.

``47.5 %<!-- record: mayzel2024 C1.1a --> of patterns`` quotes the claim's number as the largest run of the record has
it, in per cent and with one decimal, as it is written. ``low`` and ``high`` behind the claim's id quote the ends of its
interval, ``size`` the number without its sign, and a reading's name in brackets one of its readings:
``<!-- record: krishna2024 T1.2 [uniform] low -->``.

``84 %<!-- record: keck2012 fig3 H | all found over weight | network | 1.2 -->`` quotes a plotted mean by figure, panel,
measure, condition and x (which a curve of one point does not need), or a budget as ``φ 3``, of the largest run that has
it. In a table of Markdown, write ``\|``.

``.26<!-- record: mayzel2024 gain visual_50 | homeostatic | 6 -->`` quotes a gain on one recording, or ``pooled``, by
condition and budget (:mod:`homeostat.record.gains`); ``low`` and ``high`` behind it quote the ends of its interval.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from homeostat.errors import DataError
from homeostat.record.curves import Curve
from homeostat.record.gains import Gain
from homeostat.record.read import Record, best

_QUOTE = re.compile(
    r"(?P<number>-?[\d,]*\.?\d+)(?P<percent> %)?(?P<mark><!-- record: (?P<study>\w+) (?:"
    r"gain (?P<on>\w+) \\?\| (?P<better>[^|]+?)(?: \\?\| (?P<budget>[\d.]+))?(?: (?P<edge>low|high))?|"
    r"(?P<figure>(?:fig|learning)\w*) (?P<panel>[\w ]+?) \\?\| (?P<measure>[^|]+?) \\?\| (?P<condition>[^|]+?)"
    r"(?: \\?\| (?P<x>[^|]+?))?|"
    r"(?P<claim>[\w.]+)(?: \[(?P<reading>[^]]+)\])?(?: (?P<end>low|high|size))?) -->)"
)
MARK = "<!-- record: "


def with_numbers(
    text: str, records: Sequence[Record], where: str, gains: Mapping[str, Sequence[Gain]] | None = None
) -> str:
    """Return prose with the numbers that the record has now, each with as many decimals as before.

    ``gains`` are those over recordings, by study.

    Raises
    ------
    DataError
        A comment has no number before it, or names what the record does not have; ``where`` names the page.
    """
    known: dict[str, Mapping[str, Mapping[str, Any]]] = {}

    def replaced(found: re.Match[str]) -> str:
        study = found["study"]
        if found["on"]:
            value = _gained((gains or {}).get(study, ()), found)
        elif found["figure"]:
            value = _mean(records, found)
        else:
            value = _claimed(known.setdefault(study, best(records, study)), found)
        if value is None:
            raise DataError(f"{where}: the record has no number for {found['mark']!r}")
        decimals = len(found["number"].partition(".")[2])
        shown = f"{value * (100 if found['percent'] else 1):,.{decimals}f}"
        shown = shown if "," in found["number"] else shown.replace(",", "")
        return f"{shown}{found['percent'] or ''}{found['mark']}"

    made = _QUOTE.sub(replaced, text)
    bare = made.count(MARK) - len(_QUOTE.findall(made))
    if bare:
        raise DataError(f"{where}: {bare} comments that name the record have no number before them")
    return made


def _claimed(rows: Mapping[str, Mapping[str, Any]], found: re.Match[str]) -> float | None:
    row: Mapping[str, Any] | None = rows.get(found["claim"])
    if row is not None and found["reading"]:
        row = {each["reading"]: each for each in row.get("readings", ())}.get(found["reading"])
    if row is None or row.get("value") is None:
        return None
    if found["end"] == "size":
        return abs(float(row["value"]))
    value = row.get(found["end"] or "value")
    return None if value is None else float(value)


def _gained(gains: Sequence[Gain], found: re.Match[str]) -> float | None:
    for gain in gains:
        if (gain.condition, gain.budget) == (found["better"], float(found["budget"] or 0)):
            ends = gain.pooled if found["on"] == "pooled" else gain.recordings.get(found["on"], ())
            return ends[("low", "high").index(found["edge"]) + 1 if found["edge"] else 0] if ends else None
    return None


def _mean(records: Sequence[Record], found: re.Match[str]) -> float | None:
    """Return the mean of the largest run of the record that has the point."""
    its = sorted((each for each in records if each.study == found["study"] and each.counts), key=lambda each: each.size)
    wanted = (found["figure"], found["panel"], found["measure"], found["condition"])
    for record in reversed(its):
        for curve in record.curves:
            if (curve.figure, curve.panel, curve.measure, curve.condition) == wanted:
                value = _point(curve, found["x"])
                if value is not None:
                    return value
    return None


def _point(curve: Curve, x: str | None) -> float | None:
    """Return the mean at x or at a budget, or of a curve of one point that point's."""
    if x is None:
        return curve.mean[0] if len(curve.mean) == 1 and not curve.of else None
    if x.startswith("φ "):
        return dict(zip(curve.budget, curve.mean, strict=False)).get(x.removeprefix("φ "))
    return next((mean for at, mean in zip(curve.x, curve.mean, strict=True) if at == float(x)), None)
