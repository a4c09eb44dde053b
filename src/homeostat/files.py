"""Files that are whole or absent: atomic writes, NPZ and CSV with their provenance, no pickles."""

import contextlib
import csv
import glob
import json
import os
import platform
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from homeostat.errors import DataError
from homeostat.keys import key_in, key_of, made_from
from homeostat.memory import check_claim
from homeostat.planned import refuse_changed

_META = "meta_json"
_FLOOR = 256 << 20  # bytes that an NPZ may unpack to, however small it is: zeros of ours are packed well


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it takes the final name, else it is removed.

    A killed job therefore never leaves a half-written file under the final name; what it left under the temporary
    one goes when the file is written next. The suffix is kept, because writers such as matplotlib choose the format
    by it.

    What a job of a run writes, checkpoints too, takes its name only if the job used what the run was planned with.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    _remove_left_over(final)
    temporary = final.with_name(f".{final.stem}.{_host()}-{os.getpid()}.part{final.suffix}")
    try:
        yield temporary
        refuse_changed()
        os.replace(temporary, final)
    except OSError as error:
        # A full disk, say, is told without a name.
        if error.filename is None:
            error.filename = str(final)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _remove_left_over(final: Path) -> None:
    """Remove the temporary files of processes of this machine that were killed."""
    for path in final.parent.glob(f".{glob.escape(final.stem)}.{_host()}-*.part{final.suffix}"):
        owner = path.name.removesuffix(f".part{final.suffix}").rpartition("-")[2]
        try:
            os.kill(int(owner), 0)
        except (ProcessLookupError, ValueError):
            path.unlink(missing_ok=True)
        except PermissionError:
            continue  # another user's, and alive


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9]", "_", platform.node())


def save_npz(
    path: str | os.PathLike[str], arrays: Mapping[str, Any], meta: Mapping[str, Any], *, compress: bool = True
) -> None:
    """Write ``arrays`` and the JSON-serialisable ``meta`` to one NPZ, atomically.

    A result that is to be stored, with a key in its name, also gets the key and what it is a hash of (docs/store.md).
    """
    members = {name: np.asarray(value) for name, value in arrays.items()}
    for name, value in members.items():
        if value.dtype.hasobject:
            raise TypeError(f"array {name!r} holds Python objects, which NPZ files of this project never do")
    meta = {**meta, **made_from(path)}
    members[_META] = np.frombuffer(json.dumps(meta, sort_keys=True, default=_plain).encode(), dtype=np.uint8)
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        (np.savez_compressed if compress else np.savez)(stream, allow_pickle=False, **members)


def _plain(value: Any) -> Any:
    """Return NumPy's scalars, which a grid of parameters is made of, as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} of type {type(value).__name__} cannot be written as JSON")


def load_npz(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what :func:`save_npz` wrote.

    Returns
    -------
    arrays, meta
        ``meta`` is empty for an NPZ that was written by somebody else.

    Raises
    ------
    DataError
        The file is missing, cut short, no NPZ, unpacks to far more than its size or to more than there is memory, or
        holds pickled objects.
    """
    try:
        with zipfile.ZipFile(path) as listed:
            claimed = sum(member.file_size for member in listed.infolist())
        check_claim(path, claimed, os.path.getsize(path), floor=_FLOOR)
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (DataError, MemoryError):
        raise
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error
    except Exception as error:  # zipfile, its decompressors and numpy raise nearly anything on garbled bytes
        raise DataError(f"{path}: not a complete NPZ file without pickled objects ({error})") from error
    raw = arrays.pop(_META, None)
    if raw is None:
        return arrays, {}
    try:
        meta = json.loads(raw.tobytes().decode())
    except ValueError as error:
        raise DataError(f"{path}: its record of settings is damaged ({error})") from error
    check_key(path, meta)
    return arrays, meta


def check_key(path: str | os.PathLike[str], meta: Any) -> None:
    """Refuse a stored result whose key is not that of what it was made from, or not the one in its name.

    Raises
    ------
    DataError
        The file was put in the place of another, or its record was changed.
    """
    if not isinstance(meta, dict) or "recipe" not in meta:
        return
    key, named = key_of(meta["recipe"]), key_in(os.fspath(path))
    if key != meta.get("key") or named not in (None, key):
        raise DataError(f"{path}: it holds another result, with the key {key}; delete it, and the next run makes it")


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write ``value`` as indented JSON, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def write_rows(path: str | os.PathLike[str], columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write tidy rows (mappings with the keys ``columns``) as CSV, atomically."""
    with atomic_path(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
