"""Numeric arrays of MAT files of version 5 to 7.

scipy.io.loadmat is not used: a damaged file can crash it, and with it Python, without any message (found
by the fuzz test). Here every length is checked by numpy's own bounds, so damage ends in an exception. Cells,
structs and strings are listed but not read. The format is MathWorks' "MAT-File Level 5".
"""

import math
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

_HEADER_BYTES = 128
_ENDIAN = {b"IM": "<", b"MI": ">"}
_MATRIX, _COMPRESSED = 14, 15
_SPARSE = 5
_NUMERIC = {_SPARSE, *range(6, 16)}  # array classes: sparse, double, single, int8 … uint64
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_HEAD = 1024  # bytes that hold the flags, dimensions and name of a variable


class Variable(NamedTuple):
    """One variable of a MAT file, not yet read.

    ``shape`` is as MATLAB shows it; ``numeric`` tells a real array of numbers from cells, strings, ….
    """

    name: str
    shape: tuple[int, ...]
    numeric: bool
    order: str
    packed: bool
    payload: memoryview


def list_variables(path: str | os.PathLike[str]) -> dict[str, Variable]:
    """Return the variables of a file by name.

    Raises
    ------
    ValueError, struct.error, zlib.error
        The file is no MAT file of version 5 to 7, or is damaged or cut short.
    """
    data = memoryview(Path(path).read_bytes())
    order = _ENDIAN.get(bytes(data[126:128]))
    if order is None:
        raise ValueError("the header is not that of MAT version 5 to 7; in MATLAB, save it with -v7")
    found = {}
    for kind, payload in _elements(data[_HEADER_BYTES:], order):
        packed = kind == _COMPRESSED
        if not packed and kind != _MATRIX:
            continue
        head = memoryview(zlib.decompressobj().decompress(payload, _HEAD))[8:] if packed else payload[:_HEAD]
        parts = _elements(head, order)
        flags = int(np.frombuffer(next(parts)[1], f"{order}u4")[0])
        shape = tuple(int(size) for size in np.frombuffer(next(parts)[1], f"{order}i4"))
        name = bytes(next(parts)[1]).decode("ascii")
        is_complex = bool(flags & 0x800)
        found[name] = Variable(name, shape, (flags & 0xFF) in _NUMERIC and not is_complex, order, packed, payload)
    return found


def read_variable(variable: Variable, limit: int) -> np.ndarray:
    """Return the values of a numeric variable, in the type they are stored in: whole doubles may be uint8.

    Parameters
    ----------
    variable
        From :func:`list_variables`.
    limit
        Most elements to accept.

    Raises
    ------
    ValueError, IndexError, struct.error, zlib.error
        The variable is damaged, cut short, or larger than ``limit``.
    """
    if min(variable.shape) < 0 or math.prod(variable.shape) > limit:
        raise ValueError(f"the shape {variable.shape} is impossible or does not fit in memory")
    payload = variable.payload
    if variable.packed:
        unpacker = zlib.decompressobj()
        most = 4096 + 16 * (math.prod(variable.shape) + sum(variable.shape))  # even for a full sparse matrix
        payload = memoryview(unpacker.decompress(payload, most))[8:]
        if not unpacker.eof:
            raise ValueError("the compressed data are cut short, or longer than the shape allows")
    flags, _, _, *stored = _elements(payload, variable.order)
    arrays = [np.frombuffer(values, f"{variable.order}{_STORED[kind]}") for kind, values in stored]
    if int(np.frombuffer(flags[1], f"{variable.order}u4")[0]) & 0xFF == _SPARSE:
        return _dense(variable.shape, *arrays)
    return arrays[0].reshape(variable.shape, order="F")


def _dense(shape: tuple[int, ...], rows: np.ndarray, starts: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Fill a sparse matrix: column ``c`` holds ``values[starts[c]:starts[c + 1]]``, in the same ``rows``."""
    counts = starts[1:].astype(np.int64) - starts[:-1]
    columns = np.repeat(np.arange(shape[1]), counts)
    if len(columns) and rows.min() < 0:
        raise ValueError("a negative row number")
    dense = np.zeros(shape, values.dtype)
    dense[rows[: len(columns)], columns] = values[: len(columns)]
    return dense


def _elements(data: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """Yield type and bytes of the data elements that follow each other in ``data``."""
    at = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}II", data, at)
        start = at + 8
        if kind >> 16:  # up to four bytes, kept inside the tag
            kind, size, start = kind & 0xFFFF, kind >> 16, at + 4
        if start + size > len(data):
            raise ValueError(f"{start + size - len(data):,} bytes are missing")
        yield kind, data[start : start + size]
        # Elements begin at multiples of eight bytes, except after a compressed one.
        at = start + size if kind == _COMPRESSED else at + 8 * math.ceil((start - at + size) / 8)
