"""Arrays of NPZ archives, read block by block: what they are, without unpacking them, and their values."""

import math
import zipfile
from typing import IO

import numpy as np

from homeostat.memory import check_claim
from homeostat.recordings.compact import fill, read_rows, scatter

Headers = dict[str, tuple[tuple[int, ...], np.dtype]]

_SPARSE = {"format", "shape", "data"}
_SPARSE_FORMATS = ("csc", "csr", "coo")


def headers(path: str) -> Headers:
    """Return shape and type of every array of an NPZ archive, without reading the arrays."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if member.endswith(".npy"):
                with archive.open(member) as stream:
                    shape, _, dtype = header(stream)
                found[member.removesuffix(".npy")] = (shape, dtype)
    return found


def is_recording(path: str) -> bool:
    """Tell whether an NPZ archive is one that ``Recording.save`` wrote."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {"spikes_packed.npy", "meta_json.npy"} <= set(archive.namelist())
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        return False  # the reader of foreign NPZ files says what is wrong


def is_sparse(found: Headers) -> bool:
    """Tell whether the arrays of an archive are those of ``scipy.sparse.save_npz``."""
    return set(found) >= _SPARSE and found["shape"][0] == (2,)


def read_matrix(path: str, key: str) -> np.ndarray:
    """Return a matrix of an archive, as uint8 where that changes no value.

    Raises
    ------
    DataError
        It claims more than the file can hold, or does not fit in memory.
    ValueError, zipfile.BadZipFile, …
        The archive is damaged.
    """
    where, name = f"{path}, key {key!r}", f"{key}.npy"
    with zipfile.ZipFile(path) as archive:
        stream = archive.open(name)
        shape, fortran, dtype = header(stream)
        check_claim(where, math.prod(shape), archive.getinfo(name).compress_size, copies=3)
        if fortran:
            shape = shape[::-1]
        row_bytes = dtype.itemsize * math.prod(shape[1:])

        def rows(first: int, end: int) -> np.ndarray:
            nonlocal stream
            if first == 0:
                stream.close()
                stream = archive.open(name)
                header(stream)
            content = _exactly(stream, (end - first) * row_bytes)
            if end == shape[0] and stream.read(1):
                raise ValueError("the array is longer than its shape says")
            return np.frombuffer(content, dtype).reshape(end - first, *shape[1:])

        with stream:
            values = read_rows(where, shape, dtype, rows)
    return values.T if fortran else values


def read_arrays(path: str, *names: str) -> dict[str, np.ndarray]:
    """Return the named arrays of an archive, those that are there. Raises as :func:`read_matrix` does."""
    with zipfile.ZipFile(path) as archive:
        members = {name.removesuffix(".npy"): archive.getinfo(name) for name in archive.namelist()}
    wanted = [name for name in names if name in members]
    claimed = sum(members[name].file_size for name in wanted)
    check_claim(path, claimed, sum(members[name].compress_size for name in wanted))
    with np.load(path, allow_pickle=False) as archive:
        return {name: np.asarray(archive[name]) for name in wanted}


def read_sparse(path: str) -> np.ndarray:
    """Return the matrix that ``scipy.sparse.save_npz`` wrote, filled in. Raises as :func:`read_matrix` does.

    scipy's own reader believes the indices, and writes outside of its arrays where they are damaged.
    """
    arrays = read_arrays(path, "format", "shape", "data", "indices", "indptr", "row", "col")
    kind = arrays["format"].item()
    kind = kind.decode("ascii") if isinstance(kind, bytes) else str(kind)
    if kind not in _SPARSE_FORMATS:
        raise ValueError(f"a sparse matrix of the kind {kind}; save it as csc: scipy.sparse.save_npz(path, x.tocsc())")
    n_rows, n_columns = (int(size) for size in arrays["shape"])
    if min(n_rows, n_columns) < 0:
        raise ValueError(f"the shape {n_rows} x {n_columns} is impossible")
    stored = sum(values.nbytes for values in arrays.values())
    check_claim(path, n_rows * n_columns, stored, copies=3)
    values = arrays["data"]
    if kind == "coo":
        return scatter((n_rows, n_columns), arrays["row"], arrays["col"], values)
    if kind == "csr":
        return fill((n_columns, n_rows), arrays["indices"], arrays["indptr"], values).T
    return fill((n_rows, n_columns), arrays["indices"], arrays["indptr"], values)


def header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read the header of an NPY file: shape, whether it is in Fortran's order, and type.

    Raises
    ------
    ValueError
        The header is none, or says what is impossible.
    """
    first = np.lib.format.read_magic(stream) == (1, 0)
    read = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(stream)
    if any(size < 0 for size in shape):
        raise ValueError(f"the shape {shape} is impossible")
    return shape, fortran, dtype


def _exactly(stream: IO[bytes], count: int) -> bytes:
    parts, left = [], count
    while left:
        part = stream.read(left)
        if not part:
            raise ValueError(f"{left:,} bytes are missing")
        parts.append(part)
        left -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
