"""Two runs as they lie on disk: their manifests, the numbers behind their figures, and their scorecards."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from homeostat.comparison import Pair, counted, curves, pairs
from homeostat.errors import DataError, nearest
from homeostat.tables import read_csv
from report.text import figure_name

RESULTS = Path("results")
DEFAULT = "default"


@dataclass(frozen=True)
class Shown:
    """A run by its name: the folder of its views, and its manifest (docs/store.md)."""

    name: str
    folder: Path
    manifest: dict[str, Any]

    @classmethod
    def read(cls, name: str, option: str) -> "Shown":
        """Read the manifest of a run.

        Raises
        ------
        DataError
            There is no such run, or its manifest cannot be read. ``option`` is what named it.
        """
        folder = RESULTS if name == DEFAULT else RESULTS / "runs" / name
        known = [DEFAULT] if (RESULTS / "run.json").is_file() else []
        known += sorted(path.parent.name for path in RESULTS.glob("runs/*/run.json"))
        if name not in known:
            here = f"Runs here: {', '.join(known)}." if known else "There are no runs here yet."
            hint = nearest(name, known) or "."
            raise DataError(f"{option}={name}: there is no such run{hint} {here} `make figures RUN=NAME` makes one.")
        path = folder / "run.json"
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            dict(manifest["config"])
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path}: this is not the manifest of a run ({error!r}); make the figures again") from error
        return cls(name, folder, manifest)

    @property
    def figures(self) -> list[tuple[str, str]]:
        """Study and name of each figure whose numbers are there."""
        paths = sorted(path.relative_to(self.folder / "figures") for path in self.folder.glob("figures/*/**/*.csv"))
        return [(path.parts[0], "/".join(path.with_suffix("").parts[1:])) for path in paths]

    @property
    def stale(self) -> list[str]:
        """The figures that the settings of the manifest would not give: they are left from an earlier run."""
        tables = [Path(path) for path in self.manifest.get("stale", []) if path.endswith(".csv")]
        figures = [path.relative_to(self.folder / "figures") for path in tables if "figures" in path.parts]
        return [path.with_suffix("").as_posix() for path in figures]

    def file(self, study: str, name: str, kind: str) -> Path | None:
        """Return a file of a figure, or None where it is not there."""
        path = self.folder / "figures" / study / f"{name}.{kind}"
        return path if path.is_file() else None

    @cached_property
    def claims(self) -> list[dict[str, Any]]:
        """The rows of the scorecard; none where there is no scorecard."""
        path = self.folder / "scorecard" / "scorecard.json"
        if not path.is_file():
            return []
        try:
            return list(json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise DataError(f"{path}: this is not a scorecard ({error}); make it again") from error


@dataclass(frozen=True)
class Both:
    """A figure of two runs: its curves' points side by side, and whether its whole tables are the same."""

    study: str
    name: str
    pairs: Sequence[Pair]
    same: bool
    a: Path | None
    b: Path | None

    @property
    def label(self) -> str:
        """``Figure 1, supplement 2``."""
        return figure_name(self.name)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many points are in which state."""
        return counted(self.pairs)

    @cached_property
    def beyond(self) -> list[Pair]:
        """The points that differ beyond their intervals, those furthest apart first."""
        return sorted((pair for pair in self.pairs if pair.state == "beyond"), key=lambda pair: -pair.gap)


def figures_of(a: Shown, b: Shown) -> list[Both]:
    """Return the figures of two runs, in the order of their names."""
    found = []
    for study, name in sorted({*a.figures, *b.figures}):
        one, other = a.file(study, name, "csv"), b.file(study, name, "csv")
        same = bool(one and other and one.read_bytes() == other.read_bytes())
        points = [curves(_table(path)) if path else {} for path in (one, other)]
        found.append(Both(study, name, pairs(*points), same, a.file(study, name, "png"), b.file(study, name, "png")))
    return found


def _table(path: Path) -> Any:
    try:
        return read_csv(path).astype({"x": float, "y": float})
    except (ValueError, KeyError) as error:
        raise DataError(f"{path}: these are not the numbers of a figure ({error}); make it again") from error


def address(path: Path, page: Path) -> str:
    """Return the address of a file, from a page."""
    return Path(os.path.relpath(path, page.parent)).as_posix()
