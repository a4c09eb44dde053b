"""Numbers of the record in prose: a comment behind a number names the claim that it comes from.

``47.5 %<!-- record: mayzel2024 C1.1a --> of patterns`` quotes the claim's number as the largest run of the record has
it, in per cent and with one decimal, as it is written. ``low`` and ``high`` behind the claim's id quote the ends of its
interval, and a reading's name in brackets one of its readings: ``<!-- record: krishna2024 T1.2 [uniform] low -->``.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from homeostat.errors import DataError
from homeostat.record.read import Record, best

_QUOTE = re.compile(
    r"(?P<number>-?[\d,]*\.?\d+)(?P<percent> %)?"
    r"(?P<mark><!-- record: (?P<study>\w+) (?P<claim>[\w.]+)(?: \[(?P<reading>[^]]+)\])?(?: (?P<end>low|high))? -->)"
)
MARK = "<!-- record: "


def with_numbers(text: str, records: Sequence[Record], where: str) -> str:
    """Return prose with the numbers that the record has now, each with as many decimals as before.

    Raises
    ------
    DataError
        A comment has no number before it, or names what the record does not have; ``where`` names the page.
    """
    known: dict[str, Mapping[str, Mapping[str, Any]]] = {}

    def replaced(found: re.Match[str]) -> str:
        study = found["study"]
        rows = known.setdefault(study, best(records, study))
        row: Mapping[str, Any] | None = rows.get(found["claim"])
        if row is not None and found["reading"]:
            readings = {each["reading"]: each for each in row.get("readings", ())}
            row = readings.get(found["reading"])
        value = None if row is None else row.get(found["end"] or "value")
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
