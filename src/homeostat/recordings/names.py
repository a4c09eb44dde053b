"""What a recording of the user's own is called in paths, in tables and on figures."""

import hashlib
import os
import re
import shlex
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from homeostat.errors import DataError, nearest
from homeostat.recordings import phy

# The embedded recording, which has no file.
SURROGATE = "prefrontal_surrogate"
SUFFIXES = (".nwb", ".mat", ".npz", ".npy", ".csv")

# Paths hold the name twice, and file systems take 255 bytes for each part of a path.
_LONGEST = 40
_CLOCKS_S = 60.0  # what two machines' clocks may differ by
_ADDRESS = re.compile(r"(https?|s3)://", re.IGNORECASE)
_SNAKEMAKES = re.compile(r"[{}]|<[a-z][a-z0-9_]*>")


def name_of(source: str, known: Sequence[str]) -> str:
    """Return a recording as it stands in paths: its name, if it is known, and otherwise that of a file of the user's.

    Raises
    ------
    DataError
        It is neither a known name nor a path that can be read.
    """
    if source in known:
        return source
    if len(Path(source).parts) == 1 and not Path(source).suffix and not phy.folder_of(source):
        raise DataError(
            f"{source!r} is neither a file nor a known recording{nearest(source, known)}. Known: {', '.join(known)}."
        )
    for file in files_of(source):
        check_date(file)
    return own_name(source)


def files_of(source: str) -> list[str]:
    """Return the files that a recording is read from: one, several of Phy's folder, none here of one on a server."""
    if is_remote(source):
        return []
    folder = phy.folder_of(source)
    return [source] if folder is None else [str(path) for path in phy.files_of(folder)]


def own_name(source: str) -> str:
    """Return ``own-STEM-HASH`` for a path: letters and digits of the file's name, and a hash of the whole path.

    >>> own_name("data/my session.nwb"), own_name("データ.npy")
    ('own-my-session-1b78ce', 'own-recording-433432')

    Raises
    ------
    DataError
        The path is not that of a recording, or Snakemake would take a part of it for something else.
    """
    if found := _SNAKEMAKES.search(source):
        what = "a wildcard" if found[0] in "{}" else "a path variable"
        raise DataError(f"{source!r} holds {found[0]!r}, which names {what} in Snakemake; rename the file")
    if is_remote(source):
        check_remote(source)
    elif phy.folder_of(source) is None:
        check_suffix(source)
    stem = re.sub(r"[^A-Za-z0-9]+", "-", Path(source).stem)[:_LONGEST].strip("-") or "recording"
    return f"own-{stem}-{hashlib.sha256(source.encode()).hexdigest()[:6]}"


def check_suffix(source: str) -> None:
    """Refuse a path whose suffix names no format that can be read.

    Raises
    ------
    DataError
        With the suffixes that can.
    """
    suffix = Path(source).suffix
    if suffix.lower() not in SUFFIXES:
        hint, known = nearest(suffix, SUFFIXES), ", ".join(SUFFIXES)
        kind = suffix or "(no suffix)"
        raise DataError(f"{source}: files of type {kind} cannot be read{hint}; supported are {known}")


def is_remote(source: object) -> bool:
    """Whether a recording is named by an address, https://… or s3://…, and not by a path."""
    return isinstance(source, str) and _ADDRESS.match(source) is not None


def check_remote(source: str) -> None:
    """Refuse the address of a file that is not an NWB file; one without a suffix, as of DANDI's assets, may be any.

    Raises
    ------
    DataError
        With what to do.
    """
    suffix = Path(urlsplit(source).path).suffix.lower()
    if suffix in SUFFIXES and suffix != ".nwb":
        raise DataError(f"{source}: only NWB files can be read from a server; download it and give its path")


def check_date(source: str) -> None:
    """Refuse a file of the future, which Snakemake takes for changed after everything that is made from it.

    Raises
    ------
    DataError
        With its date and the way out.
    """
    try:
        changed = os.stat(source).st_mtime
    except OSError:
        return  # a file that is not there is said by Snakemake
    if changed > time.time() + _CLOCKS_S:
        date = datetime.fromtimestamp(changed).strftime("%Y-%m-%d %H:%M")
        raise DataError(f"{source} is dated {date}, in the future; set it to today: touch {shlex.quote(source)}")
