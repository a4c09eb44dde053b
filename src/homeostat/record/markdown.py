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


def number(value: float) -> str:
    """Return a number with three digits, or as a whole number from a thousand on.

    >>> number(-0.01234), number(-1429.6)
    ('-0.0123', '-1,430')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def with_interval(row: Mapping[str, Any]) -> str:
    """Return the number of a judged claim with its interval; empty where there is none."""
    if row.get("value") is None:
        return ""
    interval = "" if row.get("low") is None else f" ({number(row['low'])} to {number(row['high'])})"
    return f"{number(row['value'])}{interval}"
