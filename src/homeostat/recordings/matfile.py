"""Numeric arrays and cells of MAT files of version 5 to 7.

scipy.io.loadmat is not used: a damaged file can crash it, and with it Python, without any message (found
by the fuzz test). Here every length is checked by numpy's own bounds, so damage ends in an exception. Strings and
objects are listed but not read. The format is MathWorks' "MAT-File Level 5".
"""

import math
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from homeostat.memory import check_claim
from homeostat.recordings.compact import fill

_HEADER_BYTES = 128
_ENDIAN = {b"IM": "<", b"MI": ">"}
_MATRIX, _COMPRESSED = 14, 15
_SPARSE, _OPAQUE = 5, 17
_KINDS = {1: "cell", 2: "struct", 3: "object", 4: "text", 16: "function", _OPAQUE: "object"}
_KINDS |= dict.fromkeys((_SPARSE, *range(6, 16)), "numbers")  # sparse, double, single, int8 … uint64
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_HEAD = 1024  # bytes that hold the flags, dimensions and name of a variable


class Variable(NamedTuple):
    """One variable of a MAT file, or one element of a cell or struct, not yet read.

    ``shape`` is as MATLAB shows it; ``kind`` is ``"numbers"`` for a real array of them, ``"cell"``, ``"struct"``,
    ``"text"``, ….
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    order: str
    packed: bool
    payload: memoryview

    @property
    def numeric(self) -> bool:
        """Whether it is a real array of numbers."""
        return self.kind == "numbers"


def list_variables(path: str | os.PathLike[str]) -> dict[str, Variable]:
    """Return the variables of a file by name.

    Raises
    ------
    ValueError, struct.error, zlib.error
        The file is not a MAT file of version 5 to 7, or is damaged or cut short.
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
        head = memoryview(zlib.decompressobj().decompress(payload, _HEAD))[8:] if packed else payload
        variable = _variable(head[:_HEAD], payload, order, packed)
        if variable.name:  # without one: MATLAB's own notes on objects
            found[variable.name] = variable
    return found


def read_variable(variable: Variable, *, where: str = "") -> np.ndarray:
    """Return the values of a numeric variable, in the type they are stored in: whole doubles may be uint8.

    Parameters
    ----------
    variable
        From :func:`list_variables`, or an element of a cell or struct.
    where
        File and key, for messages.

    Raises
    ------
    DataError
        More is claimed than the file can hold, or than fits in memory.
    ValueError, IndexError, struct.error, zlib.error
        The variable is damaged or cut short.
    """
    if min(variable.shape) < 0:
        raise ValueError(f"the shape {variable.shape} is impossible")
    check_claim(where or variable.name, math.prod(variable.shape), len(variable.payload), copies=3)
    flags, _, _, *stored = _elements(_unpacked(variable, where), variable.order)
    word = int(np.frombuffer(flags[1], f"{variable.order}u4")[0])
    if word & 0xFF == _SPARSE:
        return _read_sparse(variable, stored)
    (kind, values), *_ = stored
    return np.frombuffer(values, f"{variable.order}{_STORED[kind]}").reshape(variable.shape, order="F")


def cells(variable: Variable, *, where: str = "") -> list[Variable]:
    """Return the elements of a cell array, in MATLAB's order. Raises as :func:`read_variable` does."""
    _, _, _, *inside = _elements(_unpacked(variable, where), variable.order)
    return [_variable(payload[:_HEAD], payload, variable.order, False) for _, payload in inside]


def fields(variable: Variable, *, where: str = "") -> dict[str, Variable]:
    """Return the fields of a struct of size 1 x 1 by name. Raises as :func:`read_variable` does."""
    _, _, _, length, names, *inside = _elements(_unpacked(variable, where), variable.order)
    width = int(np.frombuffer(length[1], f"{variable.order}i4")[0])
    text = bytes(names[1])
    known = [text[at : at + width].split(b"\0")[0].decode("ascii") for at in range(0, len(text), max(width, 1))]
    if math.prod(variable.shape) != 1:
        return {}
    parts = [_variable(payload[:_HEAD], payload, variable.order, False) for _, payload in inside]
    return dict(zip(known, parts, strict=False))


def _variable(head: memoryview, payload: memoryview, order: str, packed: bool) -> Variable:
    """Return what the first elements of a matrix say: flags, dimensions, name."""
    if not len(head):  # MATLAB writes an empty cell so
        return Variable("", (0, 0), "numbers", order, packed, payload)
    parts = _elements(head, order)
    flags = int(np.frombuffer(next(parts)[1], f"{order}u4")[0])
    kind = _KINDS.get(flags & 0xFF, "object")
    if flags & 0xFF == _OPAQUE:  # has no dimensions
        return Variable(bytes(next(parts)[1]).decode("ascii"), (1, 1), kind, order, packed, payload)
    shape = tuple(int(size) for size in np.frombuffer(next(parts)[1], f"{order}i4"))
    name = bytes(next(parts)[1]).decode("ascii")
    is_complex = bool(flags & 0x800)
    return Variable(name, shape, "complex numbers" if is_complex else kind, order, packed, payload)


def _unpacked(variable: Variable, where: str) -> memoryview:
    """Return the elements of a matrix, whose size its tag says before anything is unpacked."""
    if not variable.packed:
        return variable.payload
    unpacker = zlib.decompressobj()
    tag = unpacker.decompress(variable.payload, 8)
    _, claimed = struct.unpack(f"{variable.order}II", tag)
    check_claim(where or variable.name, claimed, len(variable.payload))
    # No more than zlib can make of so few bytes, so that the claim alone takes no memory.
    data = unpacker.decompress(unpacker.unconsumed_tail, claimed + 8)
    if not unpacker.eof:
        raise ValueError("the compressed data are cut short, or longer than the shape allows")
    return memoryview(data)


def _read_sparse(variable: Variable, stored: list[tuple[int, memoryview]]) -> np.ndarray:
    """Fill a sparse matrix from the row of each value, where each column starts, and the values."""
    (row_kind, row_bytes), (start_kind, start_bytes), *values = stored
    rows = np.frombuffer(row_bytes, f"{variable.order}{_STORED[row_kind]}")
    starts = np.frombuffer(start_bytes, f"{variable.order}{_STORED[start_kind]}")
    if len(starts) != variable.shape[1] + 1:
        raise ValueError(f"a sparse matrix of {variable.shape[1]} columns with {len(starts)} starts of columns")
    count = int(starts[-1])
    kind, content = values[0] if values else (2, memoryview(b""))
    item = np.dtype(f"{variable.order}{_STORED[kind]}")
    # MATLAB says that the values of a sparse logical are doubles, and stores bytes.
    if len(content) < count * item.itemsize and len(content) >= count:
        item = np.dtype("u1")
    whole = content[: len(content) // item.itemsize * item.itemsize]
    return fill(variable.shape, rows, starts, np.frombuffer(whole, item))


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
