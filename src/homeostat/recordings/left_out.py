"""What reading a recording left out, assumed or found doubtful: one list per recording, from file to footer."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["units", "spikes", "time", "variables", "orientation", "unit of time", "bins", "order", "size"]
Severity = Literal["note", "warning", "serious"]

SEVERITIES: tuple[Severity, ...] = ("note", "warning", "serious")


@dataclass(frozen=True)
class LeftOut:
    """One thing that was left out, cut, turned or assumed, or that is odd but usable.

    Attributes
    ----------
    kind
        What it concerns: ``"units"``, ``"spikes"``, ``"time"`` (intervals, pauses), ``"variables"`` (of the file that
        were passed over), ``"orientation"`` (of a matrix), ``"unit of time"`` (unit, resolution and start of the
        clock), ``"bins"`` (width, counts made 0 and 1), ``"order"`` (of the bins) or ``"size"`` (of the recording).
    text
        One full sentence with the numbers. It does not name the file, since every place that shows it does.
    severity
        ``"note"``: said for the record. ``"warning"``: results may depend on it. ``"serious"``: results are wrong
        unless this is what the user means.
    advice
        What to do about it, as one or more sentences; empty where nothing is to be done.
    count, share
        How many things it concerns, and which part of all (0 to 1), where these exist.
    """

    kind: Kind
    text: str
    severity: Severity = "warning"
    advice: str = ""
    count: int | None = None
    share: float | None = None

    def __str__(self) -> str:
        return f"{self.text} {self.advice}".rstrip()

    def record(self) -> dict[str, Any]:
        """Return the fields, to be kept as JSON."""
        return asdict(self)


def from_records(records: Iterable[Mapping[str, Any]]) -> tuple[LeftOut, ...]:
    """Return what :meth:`LeftOut.record` gave.

    Raises
    ------
    TypeError, ValueError
        A record with other fields, or with an unknown severity.
    """
    found = tuple(LeftOut(**record) for record in records)
    for each in found:
        SEVERITIES.index(each.severity)
    return found


def worst_first(items: Iterable[LeftOut]) -> list[LeftOut]:
    """Return the list by severity, the worst first; among equals, what concerns the larger share, then the order."""
    return sorted(items, key=lambda each: (-SEVERITIES.index(each.severity), -(each.share or 0.0)))


def summary(items: Iterable[LeftOut]) -> str:
    """Return the number of items and the worst of them, for the line under a figure; empty for an empty list.

    >>> summary([LeftOut("units", "3 of 12 units are marked as noise."), LeftOut("size", "100 bins.", "note")])
    'recording: 2 things left out, assumed or in doubt, the worst: 3 of 12 units are marked as noise'
    """
    ordered = worst_first(items)
    if not ordered:
        return ""
    worst = ordered[0].text.rstrip(".")
    if len(ordered) == 1:
        return f"recording: left out, assumed or in doubt: {worst}"
    return f"recording: {len(ordered)} things left out, assumed or in doubt, the worst: {worst}"


def lines(items: Iterable[LeftOut]) -> list[str]:
    """Return each item with its severity, the worst first, for logs and the terminal."""
    return [f"{each.severity}: {each}" for each in worst_first(items)]
