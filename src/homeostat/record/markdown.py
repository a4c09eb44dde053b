"""Tables of the pages that are written from the record."""

from collections.abc import Mapping, Sequence
from typing import Any

from homeostat.record.read import Record


def table_row(cells: Sequence[object]) -> str:
    """Return one row of a table in Markdown."""
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def made(record: Record) -> list[object]:
    """Return how a record was made, as cells: revisions, dates, CPU hours."""
    hours = record.about["hours"]
    dates = dict.fromkeys(str(date)[:10] for date in record.made_by("date"))
    return [", ".join(record.made_by("revision")), ", ".join(dates), "" if hours is None else f"{hours:.2f}"]


def with_interval(row: Mapping[str, Any]) -> str:
    """Return the number of a judged claim with its interval; empty where there is none."""
    if row.get("value") is None:
        return ""
    interval = "" if row.get("low") is None else f" ({row['low']:.3g} to {row['high']:.3g})"
    return f"{row['value']:.3g}{interval}"
