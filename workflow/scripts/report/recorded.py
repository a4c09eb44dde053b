"""The results of record (docs/record.md) as the page shows them beside a run."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeostat.claims import VERDICTS
from homeostat.record import Record, best, largest, read_all


@dataclass(frozen=True)
class Recorded:
    """The record of one study: a row for each claim by its id, and how the largest run of it was made."""

    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)

    def verdict(self, claim: str) -> str:
        """Return the verdict of record on a claim; empty where there is none."""
        return str(self.rows[claim]["verdict"]) if claim in self.rows else ""

    def count(self, claims: Iterable[str]) -> dict[str, int]:
        """Return how many of some claims have which verdict of record."""
        found = Counter(self.verdict(claim) for claim in claims)
        return {name: found[name] for name in VERDICTS}


def recorded(folder: Path, studies: Iterable[str]) -> dict[str, Recorded]:
    """Return the record of each study; an empty one where there is none."""
    records = read_all(folder)
    return {study: _of(records, study) for study in studies}


def _of(records: list[Record], study: str) -> Recorded:
    chosen = largest(records, study)
    return Recorded(best(records, study), chosen.about) if chosen else Recorded()
