"""Fetching a dataset: the first source whose bytes are right wins, and every other one is named."""

import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from homeostat.datasets.sources import Transfer, deliver, from_mirror
from homeostat.datasets.table import Dataset, RawFile, Source
from homeostat.datasets.verify import SourceError, problem, same_patterns
from homeostat.errors import ConfigError, FetchError

MIRROR_VARIABLE = "HOMEOSTAT_MIRROR"

_log = logging.getLogger(__name__)


class Fetched(NamedTuple):
    """A raw file, and where it came from."""

    file: RawFile
    path: Path
    source: str


def fetch(
    dataset: Dataset,
    destination: str | os.PathLike[str],
    *,
    mirror: str | os.PathLike[str] | None = None,
    timeout: float = 30.0,
    retries: int = 3,
    progress: bool = True,
) -> list[Path]:
    """Bring the raw files of ``dataset`` into the folder ``destination`` and return their paths.

    Files that are there and right are left alone. Otherwise the sources are tried in order: the local
    mirror, then those of the table. A file is accepted when its size and hash are right (from a mirror also
    when a recording in another file holds the same patterns), and takes its name only then.

    Parameters
    ----------
    dataset
        An entry of the table.
    destination
        Folder for the files; made if need be. Partial downloads are kept in its sub-folder ``.partial``.
    mirror
        Local folder to look into first; the environment variable HOMEOSTAT_MIRROR when None or empty.
    timeout
        Seconds after which a silent or dripping server is given up.
    retries
        Further tries after a failure that may pass.
    progress
        Show progress on stderr.

    Raises
    ------
    ConfigError
        The destination is a file, or ``timeout`` or ``retries`` are out of range.
    FetchError
        No source has the right files; lists each source with its reason, and how to go on.
    """
    return [item.path for item in obtain(dataset, destination, mirror, Transfer(timeout, retries, progress))]


def obtain(
    dataset: Dataset,
    destination: str | os.PathLike[str],
    mirror: str | os.PathLike[str] | None = None,
    transfer: Transfer | None = None,
) -> list[Fetched]:
    """Do as :func:`fetch`, and also say where each file came from."""
    transfer = transfer or Transfer()
    if transfer.timeout <= 0 or transfer.retries < 0:
        raise ConfigError("the timeout must be above 0 s, and the number of retries 0 or more")
    folder = Path(destination)
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder}: this is a file; a dataset goes into a folder")
    work = folder / ".partial"
    work.mkdir(parents=True, exist_ok=True)
    done = {file.name: found for file in dataset.files if (found := _present(dataset, file, folder))}
    reasons: list[str] = []

    def pass_over(reason: str) -> None:
        reasons.append(reason)
        _log.warning("%s: %s", dataset.name, reason)

    place = mirror or os.environ.get(MIRROR_VARIABLE) or None
    for label, source in _in_order(place, dataset):
        missing = [file for file in dataset.files if file.name not in done]
        if not missing:
            break
        try:
            for file, path in _candidates(source, dataset, missing, work, transfer):
                if isinstance(path, SourceError):
                    pass_over(f"{label}: {path}")
                    continue
                wrong = problem(path, file)
                if wrong and not (isinstance(source, Path) and same_patterns(dataset, path)):
                    path.unlink()
                    fate = "refused" if isinstance(source, Path) else "refused and deleted"
                    pass_over(f"{label}: {file.name}: {wrong}; {fate}")
                    continue
                os.replace(path, folder / file.name)
                _log.info("%s: %s from %s", dataset.name, file.name, label)
                done[file.name] = Fetched(file, folder / file.name, label)
        except SourceError as error:
            pass_over(f"{label}: {error}")
    missing = [file for file in dataset.files if file.name not in done]
    if missing:
        _keep_resumable(work)
        raise FetchError(_advice(dataset, missing, reasons, place))
    shutil.rmtree(work, ignore_errors=True)
    return [done[file.name] for file in dataset.files]


def _present(dataset: Dataset, file: RawFile, folder: Path) -> Fetched | None:
    """Return the file if it is there and right; move a wrong one aside rather than delete a user's file."""
    path = folder / file.name
    if not path.exists():
        return None
    wrong = problem(path, file)
    if wrong is None or same_patterns(dataset, path):
        return Fetched(file, path, "already there")
    aside = path.with_name(f"{path.name}.refused")
    os.replace(path, aside)
    _log.warning("%s: %s; moved to %s, and fetched again", path, wrong, aside.name)
    return None


def _keep_resumable(work: Path) -> None:
    """Leave only what a later run can go on from, and no empty folders."""
    for path in work.iterdir():
        if not path.name.endswith((".part", ".part.etag")):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for folder in (work, work.parent):
        if not any(folder.iterdir()):
            folder.rmdir()


def _in_order(mirror: str | os.PathLike[str] | None, dataset: Dataset) -> Iterator[tuple[str, Path | Source]]:
    if mirror is not None:
        yield f"mirror folder {mirror}", Path(mirror)
    for source in dataset.sources:
        yield str(source), source


def _candidates(
    source: Path | Source, dataset: Dataset, files: Sequence[RawFile], work: Path, transfer: Transfer
) -> Iterator[tuple[RawFile, Path | SourceError]]:
    """Yield what a source has for each file.

    A mirror may hold only some of them; any other source is left at its first failure.
    """
    if isinstance(source, Source):
        yield from deliver(source, files, work, transfer)
        return
    for file in files:
        target = work / file.name
        try:
            from_mirror(source, dataset.name, file, target)
            yield file, target
        except SourceError as error:
            yield file, error


def _advice(
    dataset: Dataset,
    missing: Sequence[RawFile],
    reasons: Sequence[str],
    mirror: str | os.PathLike[str] | None,
) -> str:
    """Say what was tried and how to go on."""
    names = ", ".join(file.name for file in missing)
    lines = [f"dataset {dataset.name!r}: no source has the right {names}. Tried:"]
    lines += [f"  - {reason}" for reason in reasons]
    where = f"the mirror folder {mirror}" if mirror else f"a folder, and name it with --mirror or {MIRROR_VARIABLE}"
    lines.append(f"To go on, put into {where}:")
    for file in missing:
        size = f"{file.bytes:,} bytes, " if file.bytes else ""
        hashed = f"SHA-256 {file.sha256}" if file.sha256 else f"MD5 {file.md5}"
        lines.append(f"  - {file.name} ({size}{hashed}), or {dataset.name}/{file.name}")
    return "\n".join(lines)
