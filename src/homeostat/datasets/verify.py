"""Whether a file is the one the table means."""

import hashlib
import os
from pathlib import Path
from typing import Any

from homeostat.datasets.table import Dataset, RawFile, Source
from homeostat.errors import DataError
from homeostat.recordings import read_spikes


class SourceError(Exception):
    """One source could not deliver. The next one is tried, so this never reaches the user by itself."""


def digest(path: Path, algorithm: str) -> str:
    """Return the ``"sha256"`` or ``"md5"`` of a file, in hexadecimal."""
    # MD5 is what some owners publish; it guards against damage here, not against forgery.
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, lambda: _hasher(algorithm)).hexdigest()


def problem(path: Path, expected: RawFile | Source) -> str | None:
    """Return in which way the file is not the expected one (size, hash), or None if it is."""
    size = path.stat().st_size
    if expected.bytes is not None and size != expected.bytes:
        return f"{size:,} bytes instead of {expected.bytes:,}"
    for algorithm, wanted in (("sha256", expected.sha256), ("md5", expected.md5)):
        if wanted is not None and (found := digest(path, algorithm)) != wanted:
            return f"wrong content: {algorithm} {found} instead of {wanted}"
    return None


def same_patterns(dataset: Dataset, path: Path) -> bool:
    """Tell whether a file with other bytes (saved again, say) holds the very patterns of the dataset."""
    if dataset.kind != "recording" or dataset.content_sha256 is None:
        return False
    try:
        return read_spikes(path, **dataset.read).content_hash == dataset.content_sha256
    except DataError:
        return False


def check_fetched(dataset: Dataset, folder: str | os.PathLike[str]) -> None:
    """Check that the raw files are still those that were fetched: what was cut since may look whole to a reader.

    Raises
    ------
    DataError
        A file is missing or another one; says how to have it fetched again.
    """
    for file in dataset.files:
        path = Path(folder) / file.name
        wrong = problem(path, file) if path.is_file() else "there is no such file"
        if wrong and not (path.is_file() and same_patterns(dataset, path)):
            record = Path(folder) / "fetched.json"
            raise DataError(f"{path}: {wrong}; fetch it again (delete {record}, and the next run does)")


def _hasher(algorithm: str) -> Any:
    return hashlib.new(algorithm, usedforsecurity=False)
