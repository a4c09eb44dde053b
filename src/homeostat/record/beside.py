"""The record beside a run: what the largest runs said of the same claims, and how far previews can be trusted."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from homeostat.claims.tally import Confirmation, confirmation, count, counted, group
from homeostat.claims.verdict import JUDGED
from homeostat.record.read import Record, best

Row = Mapping[str, Any]


def recorded(rows: Sequence[Row], records: Sequence[Record]) -> list[dict[str, Any]]:
    """Return for each claim of one study its row as the record has it; *missing* where the record has none.

    Parameters
    ----------
    rows
        Rows of the scorecard of one study: what is claimed, and by whom.
    records
        All records.
    """
    study = rows[0]["study"] if rows else ""
    known = best(records, study)
    blank = {"verdict": "missing", "value": None, "low": None, "high": None, "record": ""}
    return [{**row, **blank, **known.get(row["id"], {})} for row in rows]


def summary(rows: Sequence[Row], records: Sequence[Record]) -> str:
    """Return what the record says of the headlines of one study, or nothing where there is no record of it.

    ``record: 7 reproduced, 2 not, 4 inconclusive (real, default)``
    """
    its = [row for row in recorded(rows, records) if group(row) == "headlines"]
    names = [record.folder.name for record in records if record.study == rows[0]["study"]] if rows else []
    used = [name for name in reversed(names) if name in {row["record"] for row in its if row["verdict"] in JUDGED}]
    if not any(count(its)[name] for name in count(its) if name != "missing"):
        return ""
    return f"record: {counted(its)}" + (f" ({', '.join(used)})" if used else "")


def previews(records: Sequence[Record]) -> Confirmation:
    """Return what became of the previews of smaller runs in larger ones of the record, all pairs together.

    Each reading of a claim counts by itself; a claim whose definition changed in between does not count.
    """
    found = Confirmation((), (), 0)
    for small, large in combinations([record for record in records if record.counts], 2):
        if small.study == large.study:
            its = confirmation(*_alike(small, large))
            found = Confirmation(
                found.confirmed + its.confirmed, found.refuted + its.refuted, found.undecided + its.undecided
            )
    return found


def said(found: Confirmation) -> str:
    """Return the share of previews that were confirmed as a sentence, or nothing where none was decided."""
    decided = len(found.confirmed) + len(found.refuted)
    if not decided:
        return ""
    what = "preview" if decided == 1 else "previews"
    return f"Of {decided} {what} that a larger run of the record decided, {100 * found.share:.0f} % were confirmed."


def _alike(small: Record, large: Record) -> tuple[list[Row], list[Row]]:
    asked = {row["id"]: row["definition"] for row in small.claims}
    same = {row["id"] for row in large.claims if asked.get(row["id"]) == row["definition"]}
    return _rows(small, same), _rows(large, same)


def _rows(record: Record, ids: set[str]) -> list[Row]:
    return [{"readings": [], **row, "study": record.study} for row in record.claims if row["id"] in ids]
