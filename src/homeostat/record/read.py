"""Read records: ``record/STUDY/NAME/`` with ``about.json``, ``claims.json`` and ``means.json``."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from homeostat.claims.verdict import JUDGED, PREVIEWS
from homeostat.errors import DataError
from homeostat.record.compare import diverges
from homeostat.record.curves import Curve
from homeostat.record.packed import unpack, unpack_claims
from homeostat.scale import SCALES, reaches

# In a checkout; an installed package has none.
FOLDER = Path(__file__).resolve().parents[3] / "record"
FORMAT = 3
# What may differ between the figures of a record that grew.
MADE = ("revision", "date", "device", "machine", "blocks")


@dataclass(frozen=True)
class Record:
    """One study's results of record.

    Attributes
    ----------
    folder
        Where it lies.
    about
        How it was made: ``study, scale, seeds, revision, date, device, data, machine, settings, blocks, hours, jobs,
        figures`` (by name: ``key``, the key of the stored figure, and ``panels``, a digest of the numbers of each; of
        a figure of an earlier run also ``made``, in which revision, date, device, machine and blocks are its own), and
        ``elsewhere``, the other processors on which rounding was measured, as far as they were noted.
    """

    folder: Path
    about: Mapping[str, Any]

    @property
    def study(self) -> str:
        """The study."""
        return str(self.about["study"])

    @property
    def scale(self) -> str:
        """The scale, as the figures say it."""
        return str(self.about["scale"])

    @property
    def size(self) -> tuple[int, int, float]:
        """What records are ordered by: the largest shipped scale that it reaches, seeds, hours."""
        reached = max((place for place, name in enumerate(SCALES) if reaches(self.scale, name)), default=-1)
        return reached, int(self.about["seeds"]), float(self.about["hours"] or 0)

    @property
    def elsewhere(self) -> list[str]:
        """The other kinds of processors on which the run was repeated, as far as they were noted."""
        return list(self.about.get("elsewhere", []))

    @property
    def counts(self) -> bool:
        """Whether its numbers mean anything: those of the tests' sizes do not."""
        return reaches(self.scale, "default")

    def made(self, figure: str) -> Mapping[str, Any]:
        """Return how a figure was made: ``about`` with what is its own."""
        return {**self.about, **self.about["figures"][figure].get("made", {})}

    def made_by(self, name: str) -> list[str]:
        """Return the distinct revisions, dates or devices of its figures, in the order of their dates."""
        every = sorted(map(self.made, self.about["figures"]), key=lambda its: str(its["date"]))
        return list(dict.fromkeys(str(its[name]) for its in every))

    @cached_property
    def diverging(self) -> bool:
        """Whether rounding decides what is learned in this study."""
        return diverges(self.curves)

    @cached_property
    def claims(self) -> list[dict[str, Any]]:
        """A row for each claim: its ``id``, ``verdict``, ``value``, interval, ``scale``, ``reason``, ``readings``."""
        return unpack_claims(_read(self.folder / "claims.json"))

    @cached_property
    def curves(self) -> list[Curve]:
        """The plotted means of all figures."""
        return unpack(_read(self.folder / "means.json"))


def read_record(folder: str | os.PathLike[str]) -> Record:
    """Read one record.

    Raises
    ------
    DataError
        It is missing or damaged, or of another format.
    """
    about = _read(Path(folder) / "about.json")
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise DataError(f"{folder}: this record is not of format {FORMAT}; write it again with make record")
    return Record(Path(folder), about)


def read_all(folder: str | os.PathLike[str] = FOLDER, study: str = "*") -> list[Record]:
    """Read all records, those of each study from the smallest to the largest."""
    found = [read_record(path.parent) for path in sorted(Path(folder).glob(f"{study}/*/about.json"))]
    return sorted(found, key=lambda record: (record.study, record.size))


def largest(records: Iterable[Record], study: str) -> Record | None:
    """Return the largest record of a study, or None where there is none but that of the tests' sizes."""
    return max(
        (each for each in records if each.study == study and each.counts), key=lambda each: each.size, default=None
    )


def of_settings(records: Iterable[Record], study: str, settings: Mapping[str, Any]) -> Record | None:
    """Return the record of a study whose run had the same settings, or None."""
    return next((each for each in records if each.study == study and each.about["settings"] == settings), None)


def best(records: Iterable[Record], study: str) -> dict[str, dict[str, Any]]:
    """Return for each claim of a study the row of the largest record that judged it, with that record's name.

    Where none judged it, the row is the largest preview, or a missing one. The name stands under ``record``.
    """
    found: dict[str, dict[str, Any]] = {}
    for record in sorted((each for each in records if each.study == study and each.counts), key=lambda each: each.size):
        for row in record.claims:
            old = found.get(row["id"])
            if old is None or _weight(row) >= _weight(old):
                found[row["id"]] = {**row, "record": record.folder.name}
    return found


def _weight(row: Mapping[str, Any]) -> int:
    return 2 if row["verdict"] in JUDGED else 1 if row["verdict"] in PREVIEWS else 0


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: this record cannot be read ({error}); write it again with make record") from error


def lines(rows: Sequence[Any]) -> str:
    """Return a JSON list with one entry a line, which a reader of differences can follow."""
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows) + "\n]\n"
