"""Taking single files out of archives from elsewhere, so that nothing in them can do harm.

Members are looked up by name and written to paths that we choose, never to a path named in the archive;
only regular files are taken, and the unpacked size is capped.
"""

import gzip
import shutil
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from homeostat.datasets.verify import SourceError

LIMIT = 1 << 30  # bytes unpacked from one archive or gzip file: several times the largest dataset


class Readable(Protocol):
    """What is needed of a stream: ``read``."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to ``size`` bytes."""
        ...


class _Capped:
    """A stream to read that refuses to give more than ``limit`` bytes."""

    def __init__(self, stream: Readable, limit: int) -> None:
        self._stream, self._left, self._limit = stream, limit, limit

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise SourceError(f"the archive unpacks to more than {self._limit:,} bytes, and was refused")
        return data


def extract(stream: Readable, wanted: Mapping[str, Path], limit: int = LIMIT) -> None:
    """Write the members of a tar stream (not compressed) that are ``wanted`` to their paths.

    Parameters
    ----------
    stream
        The tar archive; read once, from front to back.
    wanted
        Path to write to for each member, by the member's name without a leading ``./``.
    limit
        Most bytes to read.

    Raises
    ------
    SourceError
        The archive is damaged or too large, or a member is missing or no regular file.
    """
    left = dict(wanted)
    try:
        # In the mode "r|" tarfile calls nothing but read.
        with tarfile.open(fileobj=_Capped(stream, limit), mode="r|") as archive:  # type: ignore[call-overload]
            for member in archive:
                target = left.pop(member.name.removeprefix("./"), None)
                if target is None:
                    continue
                # A sparse file of a few bytes may unpack to any size.
                regular = member.isfile() and not member.issparse()
                source = archive.extractfile(member) if regular else None
                if source is None:
                    raise SourceError(f"{member.name} is a link or no regular file, and was refused")
                with open(target, "wb") as out:
                    shutil.copyfileobj(source, out, 1 << 20)
                if not left:
                    return
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(f"the archive is damaged or cut short ({error})") from error
    raise SourceError(f"the archive holds no {', '.join(left)}")


def extract_tar_gz(path: Path, wanted: Mapping[str, Path], limit: int = LIMIT) -> None:
    """Do as :func:`extract` with a ``.tar.gz`` or ``.tgz`` file."""
    with gzip.open(path, "rb") as stream:
        extract(stream, wanted, limit)


def gunzip(path: Path, target: Path, limit: int = LIMIT) -> None:
    """Unpack a gzip file to ``target``.

    Raises
    ------
    SourceError
        The file is damaged, cut short, or unpacks to more than ``limit`` bytes.
    """
    try:
        with gzip.open(path, "rb") as stream, open(target, "wb") as out:
            shutil.copyfileobj(_Capped(stream, limit), out, 1 << 20)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(f"the gzip file is damaged or cut short ({error})") from error
