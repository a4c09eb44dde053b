"""The data of a run: its recordings by their names in paths, and the image sets that can be fetched."""

import functools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hashes
from snakemake.exceptions import WorkflowError

from homeostat.errors import HomeostatError
from homeostat.recordings.names import SURROGATE, files_of, is_remote, name_of
from homeostat.yaml_files import read_yaml


class RunData:
    """The recordings of a run and the image sets that it can fetch.

    Parameters
    ----------
    root
        The checkout.
    config
        The checked configuration.

    Attributes
    ----------
    datasets
        The entries of ``config/datasets.yaml`` by name.
    recordings, image_sets
        The names of those that are recordings, and of those that are image sets.
    sources
        What the configuration names for each recording of the run, by its name in paths; a file of the user's is
        called ``own-STEM-HASH``.
    several
        Whether each recording has a folder of its own.

    Raises
    ------
    WorkflowError
        The configuration names a recording that cannot be.
    """

    def __init__(self, root: Path, config: Mapping[str, Any]) -> None:
        self._config = config
        self.datasets = read_yaml(root / "config/datasets.yaml")
        self.recordings = sorted(name for name, entry in self.datasets.items() if entry["kind"] == "recording")
        self.image_sets = sorted(name for name, entry in self.datasets.items() if entry["kind"] == "images")
        self.several = bool(config["recordings"])
        asked = config["recordings"] or [config["recording"]]
        try:
            self.sources = {name_of(source, [SURROGATE, *self.recordings]): source for source in asked}
        except HomeostatError as error:
            raise WorkflowError(f"recording: {error}") from None

    @property
    def first(self) -> str:
        """The first recording of the run, or the only one."""
        return next(iter(self.sources))

    @property
    def real(self) -> list[str]:
        """The names of data, as they stand in tables, on which a claim about real data may be judged."""
        return self.image_sets + [name for name in self.sources if name != SURROGATE]

    @property
    def own_file(self) -> str:
        """The recording of a run on one file of the user's; empty for any other run."""
        mine = self.first.startswith("own-") and not is_remote(self.sources[self.first])
        return self.first if mine and not self.several else ""

    def source(self, own: str) -> str:
        """Return what the configuration names for a recording of the user's own: a path or an address."""
        if own not in self.sources:
            raise WorkflowError(f"{own}: the configuration names no such recording.")
        return str(self.sources[own])

    def own_files(self, wildcards: Any) -> list[str]:
        """Return the file or files of the user's own recording; one on a server has none here."""
        return files_of(self.source(wildcards.own))

    def reading(self, wildcards: Any) -> dict[str, Any]:
        """Return how a recording is read; options that are not set are left to the library."""
        options = {name: value for name, value in self._config["recording_options"].items() if name != "split"}
        return {"reading": {name: value for name, value in options.items() if value not in (None, False)}}

    def own_reading(self, wildcards: Any) -> dict[str, Any]:
        """Return how the user's own recording is read; for one on a server, its address and identity too."""
        source = self.source(wildcards.own)
        if not is_remote(source):
            return self.reading(wildcards)
        return self.reading(wildcards) | {"remote": source, "identity": _remote_identity(source)}

    def content(self, wildcards: Any) -> list[dict[str, str]]:
        """Return the hashes of a dataset's files."""
        return hashes.contents(self.datasets[wildcards.dataset])

    def entry(self, wildcards: Any) -> str:
        """Return the hash of a dataset's entry."""
        return hashes.entry_hash(self.datasets[wildcards.dataset])

    def sizes(self, recording: str) -> dict[str, int]:
        """Return the numbers of patterns of mayzel2024 where it asks for more than a recording is known to have.

        What a file of the user's holds is known when it is read: mayzel2024.reach then says which scale the study has.
        """
        asked = [self._config["mayzel2024"][name] for name in ("train_samples", "test_samples")]
        known = self.datasets.get(recording, {}).get("content", {}).get("shape", [math.inf])[0]
        held = self._config["surrogate"]["samples"] if recording == SURROGATE else known
        if sum(asked) <= held:
            return {}
        return {"mayzel2024.train_samples": held - held // 5, "mayzel2024.test_samples": held // 5}


@functools.cache
def _remote_identity(source: str) -> list[Any]:
    """Return what tells a recording on a server from a changed one; asked for once, when the run is planned."""
    from homeostat.recordings.remote import identity

    try:
        return list(identity(source))
    except HomeostatError as error:
        raise WorkflowError(f"recording: {error}") from None
