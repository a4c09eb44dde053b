"""The table of datasets (config/datasets.yaml), checked against its schema."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from homeostat.errors import ConfigError, nearest
from homeostat.yaml_files import read_yaml

# In a checkout, links to config/ and workflow/schemas/; in a wheel, the files.
TABLE = Path(__file__).with_name("datasets.yaml").resolve()
SCHEMA = Path(__file__).with_name("datasets.schema.yaml").resolve()


@dataclass(frozen=True)
class RawFile:
    """One raw file: its name on disk, and what it must be to count as this file."""

    name: str
    bytes: int | None = None
    sha256: str | None = None
    md5: str | None = None


@dataclass(frozen=True)
class Source:
    """One place to get files from; the fields are those of the schema."""

    kind: str
    url: str | None = None
    package: str | None = None
    version: str | None = None
    member: str | None = None
    unpack: str | None = None
    decoder: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    md5: str | None = None

    def __str__(self) -> str:
        if self.kind == "url":
            return str(self.url)
        version = f" {self.version}" if self.version else ""
        return f"{self.kind} package {self.package}{version}"


@dataclass(frozen=True)
class Dataset:
    """One dataset of the table.

    Attributes
    ----------
    name, title, kind, licence, citation
        As in the table; ``kind`` is ``"recording"`` or ``"images"``.
    files, sources
        The raw files, and where they come from, in the order to try.
    read
        Options of :func:`homeostat.recordings.read_spikes` for the raw file of a recording.
    shape, content_sha256
        Shape (n_bins, n_neurons) and hash of the decoded patterns, as C-contiguous uint8, where known.
    """

    name: str
    title: str
    kind: str
    files: tuple[RawFile, ...]
    sources: tuple[Source, ...]
    licence: str = ""
    citation: str = ""
    read: Mapping[str, Any] = field(default_factory=dict)
    shape: tuple[int, int] | None = None
    content_sha256: str | None = None


def load_table(path: str | os.PathLike[str] | None = None) -> dict[str, Dataset]:
    """Read and check the table of datasets.

    Parameters
    ----------
    path
        A YAML file; the table of this repository when None.

    Raises
    ------
    ConfigError
        The file is missing, no YAML, or does not follow workflow/schemas/datasets.schema.yaml; the entry
        and key are named.
    """
    where = Path(path) if path is not None else TABLE
    raw = _load_yaml(where)
    validator = jsonschema.Draft202012Validator(_load_yaml(SCHEMA))
    error = jsonschema.exceptions.best_match(validator.iter_errors(raw))
    if error is not None:
        raise ConfigError(f"{where}: {_sentence(error)}")
    return {name: _dataset(name, entry) for name, entry in raw.items()}


def find(table: Mapping[str, Dataset], name: str) -> Dataset:
    """Return the dataset called ``name``.

    Raises
    ------
    ConfigError
        There is none; the nearest known name is suggested.
    """
    if name not in table:
        raise ConfigError(f"unknown dataset {name!r}{nearest(name, table)}; known are {', '.join(table)}")
    return table[name]


def _dataset(name: str, entry: Mapping[str, Any]) -> Dataset:
    content = entry.get("content", {})
    return Dataset(
        name=name,
        title=entry["title"],
        kind=entry["kind"],
        files=tuple(RawFile(**file) for file in entry["files"]),
        sources=tuple(Source(**source) for source in entry["sources"]),
        licence=entry["licence"],
        citation=entry["citation"],
        read=entry.get("read", {}),
        shape=tuple(content["shape"]) if content else None,
        content_sha256=content.get("sha256"),
    )


def _load_yaml(path: Path) -> Any:
    try:
        return read_yaml(path)
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such file; run from a checkout of the repository") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML ({error})") from error


def _sentence(error: jsonschema.ValidationError) -> str:
    where = ".".join(str(part) for part in error.absolute_path) or "top level"
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    if error.validator == "additionalProperties" and isinstance(error.instance, dict) and known:
        unknown = sorted(set(error.instance) - set(known))
        return f"{where}: unknown key {unknown[0]!r}{nearest(unknown[0], known)}; known are {', '.join(known)}"
    if error.schema is False:
        return f"{where}: {error.instance!r} stands at a key that a source of this kind does not have"
    return f"{where}: {error.message}"
