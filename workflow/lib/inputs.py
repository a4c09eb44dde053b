"""Input functions: the stored files that a job is made from, and those that a view shows."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import internals
import store
from catalog import Catalog, Place
from run_data import RunData
from snakemake.io import flag

from homeostat.recordings.names import SURROGATE

Input = Callable[[Any], Sequence[str]]


def undated(paths: Iterable[str | os.PathLike[str]]) -> list[str]:
    """Return inputs whose dates say nothing, as the key of what is made from them says all."""
    return [flag(str(path), "ancient") for path in paths]


class Inputs:
    """Stored files as inputs of jobs.

    Parameters
    ----------
    workflow
        Snakemake's.
    keys
        The store.
    catalog
        The stages and figures of all studies.
    data
        The recordings and image sets of the run.
    main
        Whether this is the workflow that runs. The rules of another one, which uses this one as a module, keep
        Snakemake's ways.
    """

    def __init__(self, workflow: Any, keys: store.Store, catalog: Catalog, data: RunData, main: bool) -> None:
        self._workflow, self._keys, self._catalog, self._data, self._main = workflow, keys, catalog, data, main

    def paths(self, rule: str, **wildcards: Any) -> list[str]:
        """Return the files that a rule makes under the present configuration, as input of another."""
        if self._main:
            internals.believe_names(self._workflow)
        # `-R` is to remake what follows too.
        forced = self._workflow.dag_settings.forcerun
        found = self._keys.made(rule, wildcards).paths
        return list(found) if forced else undated(found)

    def path(self, rule: str, of: int | str = 0, **wildcards: Any) -> str:
        """Return one file that a rule makes, as input of another, by its number or a part of its name."""
        return store.chosen(self.paths(rule, **wildcards), of)

    def stored(self, rule: str, of: int | str = 0, **fixed: Any) -> Callable[[Any], str]:
        """Return an input function: a file that a rule makes, for the job's own wildcards and those that are given."""

        def found(wildcards: Any) -> str:
            return self.path(rule, of, **(dict(wildcards.items()) | fixed))

        found.source = (rule, of, fixed)  # type: ignore[attr-defined]
        return found

    def all_stored(self, rule: str, **fixed: Any) -> Input:
        """Return an input function: all files that a rule makes, for the job's wildcards and those that are given."""
        return lambda wildcards: self.paths(rule, **(dict(wildcards.items()) | fixed))

    def drawn(self, studies: Iterable[str], *kinds: str) -> Input:
        """Return an input function: the files of some kinds (suffixes) of all figures of some studies."""
        return lambda wildcards: [
            self.path(f"{study}_draw_{name}", of=kind, **place)
            for study in studies
            for name, place in self._catalog.figures_at(study)
            for kind in kinds
        ]

    def judged_tables(self, study: str) -> Input:
        """Return an input function: the plotted numbers that a study's claims rest on, of each recording in turn."""
        names = self._catalog.judged_by[study]
        return lambda wildcards: [
            self.path(f"{study}_draw_{name}", of=".csv", **place)
            for place in self._catalog.places(study, names[0])
            if not hasattr(wildcards, "recording") or place == {"recording": wildcards.recording}
            for name in names
        ]

    def recording(self, name: str) -> str:
        """Return a recording: generated, fetched, the user's own, or drawn from a teacher."""
        if name == SURROGATE:
            return self.path("data_surrogate")
        if name in self._data.recordings:
            return self.path("data_recording", dataset=name)
        if name.endswith("-teacher"):
            return self.path("mayzel2024_synthetic", recording=name.removesuffix("-teacher"))
        return self.path("data_own_recording", own=name)

    def own_files(self, wildcards: Any) -> list[str]:
        """Return the file or files of the user's own recording."""
        return undated(self._data.own_files(wildcards))

    def recording_of(self, wildcards: Any) -> str:
        """Return the recording of a job."""
        return self.recording(wildcards.recording)

    def all_recordings(self, wildcards: Any) -> list[str]:
        """Return all recordings of the run."""
        return [self.recording(name) for name in self._data.sources]

    def images(self, wildcards: Any) -> str:
        """Return a decoded image set, fetched or generated."""
        if wildcards.images == "street_digits":
            return self.path("data_street_digits")
        return self.path("data_images", dataset=wildcards.images)

    def always(self, outputs: Iterable[str]) -> list[str]:
        """Have a job run whatever is there; return no input."""
        if not self._workflow.touch:
            self._workflow.dag.forcefiles.update(outputs)
        return []

    def viewed(self, views: Sequence[str], *sources: Input) -> Input:
        """Return an input function: the stored files that some views show, in their order; what differs is copied."""

        def found(wildcards: Any) -> list[str]:
            files = [path for source in sources for path in source(wildcards)]
            if not self._workflow.touch:
                shown = [view.format(**dict(wildcards.items())) for view in views]
                again = set(shown) & set(self._workflow.dag_settings.forcerun)
                both = list(zip(shown, files, strict=False))
                self.always(str(file) for view, file in both if view in again)
                if any(os.path.exists(view) and not store.same(view, file) for view, file in both):
                    self.always(shown)
            return files

        return found

    def tables_behind(self, study: str, name: str, place: Place) -> dict[str, Input]:
        """Return the views of the tables that a figure is drawn from at a place, and an input function for each."""
        found: dict[str, Input] = {}
        for function in self._catalog.stages[f"{study}_draw_{name}"].inputs.values():
            if not hasattr(function, "source"):
                continue
            rule, of, fixed = function.source
            of_study, kind, *rest = Path(self._catalog.stages[rule].output(of).replace(".{key}", "")).parts
            if kind == "tables":
                given: Mapping[str, str] = fixed | place
                found["/".join([kind, of_study, *rest]).format(**given)] = self._one(rule, of, given)
        return found

    def _one(self, rule: str, of: int | str, given: Mapping[str, str]) -> Input:
        return lambda wildcards: [self.path(rule, of, **given)]

    def finished(self, studies: Iterable[str]) -> list[str]:
        """Return the files of figures of some studies that the store holds for the present configuration."""
        paths = map(str, self.drawn(studies, ".pdf", ".png", ".csv")(None))
        return [path for path in paths if Path(path).exists()]
