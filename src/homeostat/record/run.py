"""A run as it lies in ``results/``: its manifest, figures, jobs and their cost."""

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from homeostat.cli import TOOK
from homeostat.errors import DataError
from homeostat.keys import record_beside
from homeostat.lineage import record
from homeostat.machine import cpu_kind
from homeostat.provenance import versions
from homeostat.record.curves import read_table

# Numbers depend on these; the others only plot them or run the jobs.
_NUMERIC = ("python", "numpy", "scipy", "numba", "torch")


@dataclass(frozen=True)
class Run:
    """A run: the folder of its views, and its manifest (docs/store.md); of several recordings, what it has of one."""

    folder: Path
    manifest: Mapping[str, Any]
    recording: str = ""

    @property
    def config(self) -> Mapping[str, Any]:
        """The configuration."""
        return dict(self.manifest["config"])

    @property
    def figures(self) -> dict[str, list[str]]:
        """The names of the figures whose numbers are there and of the run's settings, by study."""
        found: dict[str, list[str]] = {}
        for study, recording, name in self._tables:
            if recording == self.recording and self.table_of(study, name).is_file():
                found.setdefault(study, []).append(name)
        return {study: sorted(names) for study, names in found.items()}

    @property
    def recordings(self) -> list[str]:
        """The recordings that have figures of their own; none in a run on a single one."""
        return list(dict.fromkeys(recording for _, recording, _ in self._tables if recording))

    def on(self, recording: str) -> "Run":
        """Return what a run on several recordings has of one."""
        return dataclasses.replace(self, recording=recording)

    @property
    def _tables(self) -> Iterator[tuple[str, str, str]]:
        """Study, recording (empty where there is one alone) and name of each figure that has numbers."""
        stale = set(self.manifest.get("stale", ()))
        for view in (each for each in self.manifest["views"] if each not in stale):
            after = view.partition("figures/")[2]
            study, *place = after.removesuffix(".csv").split("/")
            if after.endswith(".csv") and place:
                yield study, "/".join(place[:-1]), place[-1]

    def table_of(self, study: str, figure: str) -> Path:
        """Return where a figure's numbers lie; a manifest names views from the folder that the run worked in."""
        return self.folder / "figures" / study / self.recording / f"{figure}.csv"

    def table(self, study: str, figure: str) -> pd.DataFrame:
        """Return a figure's source data.

        Raises
        ------
        DataError
            They cannot be read.
        """
        path = self.table_of(study, figure)
        try:
            return read_table(path)
        except (OSError, ValueError, KeyError) as error:
            raise DataError(f"{path}: these are not the numbers of a figure ({error}); make it again") from error

    def key(self, study: str, figure: str) -> str:
        """Return the key of a figure."""
        end = "/".join(filter(None, ("figures", study, self.recording, f"{figure}.csv")))
        return str(next(key for view, key in self.manifest["views"].items() if view.endswith(end)))

    def behind(self, study: str, figures: Iterable[str] | None = None) -> dict[str, Mapping[str, Any]]:
        """Return the jobs behind figures of a study, by default all, by key."""
        waiting = [self.key(study, name) for name in (self.figures[study] if figures is None else figures)]
        found: dict[str, Mapping[str, Any]] = {}
        while waiting:
            key = waiting.pop()
            if key not in found and key in self.manifest["jobs"]:
                found[key] = self.manifest["jobs"][key]
                waiting += found[key]["inputs"]
        return found

    @cached_property
    def _top(self) -> Path:
        """The folder that the run worked in."""
        return next(folder.parent for folder in (self.folder, *self.folder.parents) if (folder / "store").is_dir())

    def hours(self, jobs: Iterable[Mapping[str, Any]]) -> float | None:
        """Return the CPU hours of jobs, data aside; None where a job's log is not there."""
        files = [job["files"][0] for job in jobs]
        seconds = [self._seconds(file) for file in files if "/data/" not in file]
        known = [each for each in seconds if each is not None]
        return sum(known) / 3600 if len(known) == len(seconds) else None

    def _seconds(self, file: str) -> float | None:
        stem = record_beside(file).removesuffix(".recipe.json").replace("results/store/", "results/logs/", 1)
        try:
            took = TOOK.findall((self._top / f"{stem}.log").read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return None
        return float(took[-1][0]) if took else None

    def data(self, study: str) -> dict[str, str]:
        """Return the data behind a study by name, with a hash of their content."""
        found = {}
        for job in self.behind(study).values():
            for file in job["files"]:
                if file.endswith(".npz") and "/data/" in file:
                    meta = record(self._top / file)
                    inner = meta["recording"] if isinstance(meta.get("recording"), dict) else meta
                    content = inner.get("content_hash") or inner.get("content_sha256")
                    found[Path(file).name.partition(".")[0]] = str(content or "")
        return {name: content for name, content in sorted(found.items()) if content}

    def machine(self, study: str) -> dict[str, str]:
        """Return what decides how numbers are rounded: the processor and the versions of packages."""
        key = self.key(study, self.figures[study][0])
        beside = self._top / record_beside(self.manifest["jobs"][key]["files"][0])
        try:
            its = json.loads(beside.read_text(encoding="utf-8"))["versions"]
        except (OSError, ValueError, KeyError):
            its = versions()
        # A manifest of before this was written down is taken for one of this machine.
        return {"cpu": str(self.manifest.get("cpu") or cpu_kind()), **{name: its.get(name, "") for name in _NUMERIC}}


def read_run(results: str | os.PathLike[str]) -> Run:
    """Read a run by the folder of its views, ``results`` or ``results/runs/NAME``.

    Raises
    ------
    DataError
        There is none, or its manifest is damaged.
    """
    path = Path(results) / "run.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        for name in ("config", "views", "jobs"):
            dict(manifest[name])
    except FileNotFoundError:
        raise DataError(f"{path.parent}: there is no run here; make figures builds one") from None
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: this is not the manifest of a run ({error!r}); make the figures again") from error
    return Run(path.parent.absolute(), manifest)
