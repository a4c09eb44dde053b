"""Which variable of a file holds the spikes: the one that is named, or the only one that can be meant."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from homeostat.errors import DataError, nearest
from homeostat.recordings.left_out import LeftOut

_SPIKES = re.compile(r"spike|spk|raster|binned|^st$", re.IGNORECASE)
_SHOWN = 20
# Vectors that say when each bin of a matrix was.
_TIMES = ("t", "time", "times", "timestamps", "bin_centers", "bin_centres")


@dataclass(frozen=True)
class Entry:
    """A variable of a file.

    Attributes
    ----------
    name
        As it can be given as key.
    shape
        As the program that wrote it shows it.
    kind
        ``"matrix"`` (2-D numbers) or ``"trains"`` (cells of spike times), which can be read, or what else it is:
        ``"a 3-D array"``.
    small
        Whether it is a text or a single value, which cannot be a recording.
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    small: bool = False

    @property
    def readable(self) -> bool:
        """Whether it can be read as a recording."""
        return self.kind in ("matrix", "trains")

    @property
    def is_vector(self) -> bool:
        """Whether it is a matrix of one row or column: a signal, or one neuron."""
        return self.kind == "matrix" and min(self.shape) <= 1

    def __str__(self) -> str:
        size = " x ".join(map(str, self.shape))
        if self.kind == "matrix":
            return f"{self.name} {size}"
        what = "cells of spike times" if self.kind == "trains" else self.kind
        return f"{self.name} ({what}{', ' if size else ''}{size})"


def array_kind(axes: int) -> str:
    """Return the kind of an array of numbers with so many axes."""
    return "matrix" if axes == 2 else f"a {axes}-D array"


def choose(path: str, key: str | None, entries: Sequence[Entry]) -> tuple[Entry, str, tuple[LeftOut, ...]]:
    """Return the entry named ``key``, or the only one that can be the spikes.

    Also the name of the times of its bins, empty where there are none, and which other entries were passed over.

    Raises
    ------
    DataError
        There is no such key, it cannot be read, several could be meant, or the one that is likely to be meant cannot
        be read.
    """
    names = [entry.name for entry in entries]
    readable = [entry for entry in entries if entry.readable]
    shown = ", ".join(map(str, readable)) or "none"
    if key is not None:
        found = next((entry for entry in entries if entry.name == key), None)
        if found is None:
            raise DataError(f"{path}: there is no key {key!r}{nearest(key, names)}; 2-D arrays of numbers: {shown}")
        if not found.readable:
            raise DataError(
                f"{path}: key {key!r} must be a 2-D array of numbers, got {found.kind}{_way_out(found)}; those in the "
                f"file: {shown}"
            )
        return found, _times_of(found, entries), ()
    candidates = [entry for entry in readable if not entry.is_vector]
    candidates = candidates or [entry for entry in readable if not entry.small] or readable
    named = [entry for entry in candidates if _SPIKES.search(entry.name)]
    others = [entry for entry in entries if not entry.readable and not entry.small]
    likely = [entry for entry in others if _SPIKES.search(entry.name)]
    if not candidates:
        held = ", ".join(map(str, entries[:_SHOWN])) or "nothing"
        raise DataError(
            f"{path}: no 2-D array of numbers in the file; it holds: {held}{_way_out(*likely, *others)}. Save the 0/1 "
            "words as one matrix (bins x neurons), or the spike times as a CSV file (columns unit and time)"
        )
    if not named and likely:
        raise DataError(
            f"{path}: {likely[0]} seems to be the recording and cannot be read{_way_out(likely[0])}; {shown} can. Say "
            "which is meant with key (--key)"
        )
    if others and all(entry.is_vector for entry in candidates):
        raise DataError(
            f"{path}: {shown} would be a single neuron, and {others[0]} cannot be read{_way_out(others[0])}. Say which "
            "is meant with key (--key)"
        )
    if len(candidates) > 1 and len(named) != 1:
        raise DataError(f"{path}: several 2-D arrays could be the spikes: {shown}; say which with key (--key)")
    chosen = candidates[0] if len(candidates) == 1 else named[0]
    times = _times_of(chosen, entries)
    rest = [entry for entry in entries if entry is not chosen and entry.name != times]
    passed = [entry for entry in rest if not entry.small and not _inside(entry, chosen)]
    if not passed:
        return chosen, times, ()
    more = f" and {len(passed) - _SHOWN} more" if len(passed) > _SHOWN else ""
    text = (
        f"Of the variables of the file, {chosen} was read as the spikes; not used: "
        f"{', '.join(map(str, passed[:_SHOWN]))}{more}."
    )
    note = LeftOut("variables", text, "note", "If another is meant, name it (key).", len(passed))
    return chosen, times, (note,)


def _times_of(chosen: Entry, entries: Sequence[Entry]) -> str:
    """Return the name of the vector with a time for each bin of a matrix; empty where there is none."""
    fits = {
        entry.name
        for entry in entries
        if entry.kind in ("matrix", "a 1-D array") and math.prod(entry.shape) in chosen.shape
    }
    return next((name for name in _TIMES if name in fits and chosen.kind == "matrix" and name != chosen.name), "")


def _inside(entry: Entry, chosen: Entry) -> bool:
    """Whether ``entry`` is the struct that ``chosen`` lies in."""
    return chosen.name.startswith(f"{entry.name}/")


def _way_out(*entries: Entry) -> str:
    if not entries:
        return ""
    kind = entries[0].kind
    if re.fullmatch(r"a [3-9]-D array", kind):
        return ": join the trials one after the other (bins x neurons)"
    if "table of cells" in kind:
        return ": cells of spike times are read where they are one row or column, a cell for each unit"
    return ""


def is_small(shape: tuple[int, ...]) -> bool:
    """Whether an array of this shape holds no more than one value."""
    return math.prod(shape) <= 1


def may_be_spikes(name: str) -> bool:
    """Whether a variable's name says that it holds spikes."""
    return _SPIKES.search(name) is not None
