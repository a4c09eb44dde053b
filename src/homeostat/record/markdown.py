"""Tables of the pages that are written from the record."""

from collections.abc import Mapping, Sequence
from typing import Any


def table_row(cells: Sequence[object]) -> str:
    """Return one row of a table in Markdown."""
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def made(about: Mapping[str, Any]) -> list[object]:
    """Return how a record was made, as cells: revision, date, CPU hours."""
    hours = "" if about["hours"] is None else f"{about['hours']:.2f}"
    return [about["revision"], str(about["date"])[:10], hours]


def with_interval(row: Mapping[str, Any]) -> str:
    """Return the number of a judged claim with its interval; empty where there is none."""
    if row.get("value") is None:
        return ""
    interval = "" if row.get("low") is None else f" ({row['low']:.3g} to {row['high']:.3g})"
    return f"{row['value']:.3g}{interval}"
