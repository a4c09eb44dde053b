"""Hashes of what a result depends on beside code and settings: files of this repository, entries of tables."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def file_hash(root: Path, names: Iterable[str]) -> str:
    """Return a hash of files below a folder; one that is a folder itself stands for all of its files.

    As a param it makes a rule run again when their content changes. As inputs they would stand in the rule's
    record by their full path, and a moved checkout would run everything again.
    """
    digest = hashlib.sha256()
    for name in names:
        if (root / name).is_dir():
            inside = sorted(path.relative_to(root).as_posix() for path in (root / name).rglob("*") if path.is_file())
            digest.update(file_hash(root, inside).encode())
            continue
        content = (root / name).read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def entry_hash(entry: Mapping[str, Any]) -> str:
    """Return a hash of an entry of a table."""
    return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()[:16]


def contents(entry: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the hashes of a dataset's files: however they are fetched, they are the same."""
    return [{name: file[name] for name in ("name", "sha256", "md5") if name in file} for file in entry["files"]]
