"""The recording: binary words of a population, and the file they are kept in."""

import dataclasses
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from homeostat.errors import DataError, nearest
from homeostat.files import load_npz, save_npz
from homeostat.memory import check_fits
from homeostat.recordings.compact import take_units, written
from homeostat.recordings.left_out import LeftOut, from_records

_FORMAT = "homeostat-recording-2"


def content_hash(spikes: np.ndarray) -> str:
    """Return the SHA-256 of a (n_bins, n_neurons) 0/1 array as C-contiguous uint8, in hexadecimal."""
    return hashlib.sha256(np.ascontiguousarray(spikes, dtype=np.uint8).data).hexdigest()


@dataclass(frozen=True, eq=False)
class Recording:
    """Binary words of a neural population.

    Attributes
    ----------
    spikes
        uint8, C-contiguous, (n_bins, n_neurons): 1 where the neuron fired at least once in the bin.
        Made read-only.
    bin_ms
        Width of a bin in milliseconds.
    units
        Name of each neuron, as in the source file.
    name
        Short name for figures and messages.
    repeats
        Number of whole stimulus repeats, stored one after the other (repeat-major), or None.
    left_out
        What reading the file left out, cut, turned or assumed, and what is odd but usable.
    borders
        Bins before which time was left out, in order: bin ``b - 1`` and bin ``b`` are not neighbours in time.

    Raises
    ------
    DataError
        The array is not a 0/1 matrix, its shape does not fit ``units`` or ``repeats``, or ``bin_ms`` is not positive.
    """

    spikes: np.ndarray
    bin_ms: float
    units: list[str]
    name: str
    repeats: int | None = None
    left_out: tuple[LeftOut, ...] = ()
    borders: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        spikes = np.asarray(self.spikes)
        if spikes.ndim != 2:
            raise DataError(f"{self.name}: spikes have {spikes.ndim} axes, expected (n_bins, n_neurons)")
        if spikes.dtype != np.uint8 or (spikes.size and spikes.max() > 1):
            raise DataError(f"{self.name}: spikes must be uint8 with the values 0 and 1 only")
        if spikes.shape[1] != len(self.units):
            raise DataError(f"{self.name}: {spikes.shape[1]} neurons, but {len(self.units)} unit names")
        if not 0 < self.bin_ms < np.inf:
            raise DataError(f"{self.name}: bin_ms is {self.bin_ms}, expected a positive number of milliseconds")
        check_repeats(self.name, spikes.shape[0], self.repeats)
        if list(self.borders) != sorted({each for each in self.borders if 0 < each < len(spikes)}):
            raise DataError(f"{self.name}: borders must be rising bin numbers inside the recording")
        # A view: the caller's own array stays writable, the recording's is not.
        own = np.ascontiguousarray(spikes).view()
        own.flags.writeable = False
        object.__setattr__(self, "spikes", own)

    @property
    def n_bins(self) -> int:
        """Number of time bins."""
        return int(self.spikes.shape[0])

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return int(self.spikes.shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """(n_bins, n_neurons)."""
        return self.n_bins, self.n_neurons

    def __len__(self) -> int:
        return self.n_bins

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.spikes, dtype=dtype) if copy else np.asarray(self.spikes, dtype=dtype)

    def __getitem__(self, bins: Any) -> "Recording":
        """Return the recording of some bins: a slice, numbers of bins, or one truth value for each bin.

        Where bins were left out between two that follow each other, there is a border. Repeats are forgotten.
        scikit-learn's cross-validation takes the training and test bins of a recording in this way.

        Raises
        ------
        DataError
            Something else, such as a single number: a recording of one bin is ``recording[3:4]``.
        """
        if isinstance(bins, tuple) and len(bins) == 2 and bins[1] is Ellipsis:
            bins = bins[0]
        try:
            chosen = np.arange(self.n_bins)[bins]
        except IndexError as error:
            raise DataError(f"{self.name}: bins cannot be chosen like that ({error})") from error
        if chosen.ndim != 1:
            raise DataError(
                f"{self.name}: bins are chosen by a slice, such as recording[:1000], by their numbers or by one truth "
                "value for each; units by their names, with select"
            )
        here = np.zeros(self.n_bins + 1, dtype=bool)
        here[list(self.borders)] = True
        new = (np.diff(chosen) != 1) | here[chosen[1:]]
        borders = tuple((np.flatnonzero(new) + 1).tolist())
        spikes = written(self.name, (len(chosen), self.n_neurons), lambda a, b: self.spikes[chosen[a:b]])
        return dataclasses.replace(self, spikes=spikes, repeats=None, borders=borders)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The sentences of :attr:`left_out`."""
        return tuple(map(str, self.left_out))

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the C-contiguous uint8 array: the identity of the data, whatever file they came in."""
        return content_hash(self.spikes)

    def select(self, units: Sequence[str]) -> "Recording":
        """Return the recording of the named units only, in the given order.

        Raises
        ------
        DataError
            A name that is not among :attr:`units`; the nearest one is suggested.
        """
        return self.choose(units, None)

    def choose(self, units: Sequence[str] | None, exclude_units: Sequence[str] | None) -> "Recording":
        """Return the recording of the named units, or of all, without those excluded. Raises as :meth:`select`."""
        kept = chosen_units(self.name, self.units, units, exclude_units)
        if kept == list(range(self.n_neurons)):
            return self
        return dataclasses.replace(
            self,
            spikes=take_units(self.name, self.spikes, kept),
            units=[self.units[i] for i in kept],
            left_out=(*self.left_out, *not_chosen(len(kept), self.n_neurons)),
        )

    def save(self, path: str | os.PathLike[str], meta: Mapping[str, Any]) -> None:
        """Write the recording (bits packed along time) and the JSON-serialisable ``meta`` to an NPZ."""
        record = {
            "format": _FORMAT,
            "name": self.name,
            "bin_ms": self.bin_ms,
            "units": self.units,
            "repeats": self.repeats,
            "borders": list(self.borders),
            "left_out": [each.record() for each in self.left_out],
            "content_hash": self.content_hash,
        }
        arrays = {
            "spikes_packed": np.packbits(self.spikes, axis=0),
            "shape": np.asarray(self.spikes.shape, dtype=np.int64),
        }
        save_npz(path, arrays, {**meta, "recording": record})

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "Recording":
        """Read what :meth:`save` wrote, and verify its content hash.

        Raises
        ------
        DataError
            The file is missing, damaged, or no recording of homeostat.
        """
        arrays, meta = load_npz(path)
        try:
            record = dict(meta.get("recording", {}))
        except (ValueError, TypeError, AttributeError) as error:  # JSON, but no mapping
            raise DataError(f"{path}: a damaged homeostat recording ({error}); build it again") from error
        if str(record.get("format")).startswith("homeostat-recording-") and record["format"] != _FORMAT:
            raise DataError(f"{path}: written by another version of homeostat ({record['format']}); build it again")
        if record.get("format") != _FORMAT:
            raise DataError(
                f"{path}: not a recording written by homeostat; read other files with read_spikes "
                "(workflow/scripts/data/recording.py)"
            )
        try:
            n_bins, n_neurons = (int(size) for size in arrays["shape"])
            check_fits(path, 2 * n_bins * n_neurons)
            spikes = np.unpackbits(arrays["spikes_packed"], axis=0, count=n_bins).reshape(n_bins, n_neurons)
            recording = cls(
                spikes=spikes,
                bin_ms=float(record["bin_ms"]),
                units=[str(unit) for unit in record["units"]],
                name=str(record["name"]),
                repeats=record["repeats"],
                borders=tuple(record["borders"]),
                left_out=from_records(record["left_out"]),
            )
        except DataError:
            raise
        except (KeyError, ValueError, TypeError) as error:
            raise DataError(f"{path}: a damaged homeostat recording ({error}); build it again") from error
        if recording.content_hash != record.get("content_hash"):
            raise DataError(f"{path}: the spikes do not match the content hash stored with them; build it again")
        return recording


def unit_indices(source: str, known: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Return the position in ``known`` of each wanted unit, or refuse a name that is not there."""
    if isinstance(wanted, str):
        raise DataError(f"{source}: units is {wanted!r}, expected a list of names, such as [{wanted!r}]")
    wanted = [str(unit) for unit in wanted]
    position = {unit: i for i, unit in enumerate(known)}
    for unit in wanted:
        if unit not in position:
            shown = ", ".join(known[:10]) + (" …" if len(known) > 10 else "")
            raise DataError(f"{source}: there is no unit {unit!r}{nearest(unit, known)}; units: {shown}")
    if not wanted or len(set(wanted)) != len(wanted):
        raise DataError(f"{source}: the list of units to keep is empty or names a unit twice")
    return [position[unit] for unit in wanted]


def chosen_units(
    source: str, known: Sequence[str], units: Sequence[str] | None, exclude: Sequence[str] | None
) -> list[int]:
    """Return the positions of the units to keep: those named, in that order, or all, without those excluded.

    Raises
    ------
    DataError
        A name that is not there, or nothing is left.
    """
    kept = list(range(len(known))) if units is None else unit_indices(source, known, units)
    if exclude is None:
        return kept
    out = set(unit_indices(source, known, exclude))
    if not set(kept) - out:
        raise DataError(f"{source}: exclude_units leaves no unit")
    return [i for i in kept if i not in out]


def not_chosen(n_kept: int, n_units: int) -> tuple[LeftOut, ...]:
    """Count the units that ``units`` and ``exclude_units`` left out."""
    n_out = n_units - n_kept
    if not n_out:
        return ()
    text = f"{n_out} of {n_units} units {'was' if n_out == 1 else 'were'} left out by the choice of units."
    return (LeftOut("units", text, "note", count=n_out, share=n_out / n_units),)


def check_repeats(name: str, n_bins: int, repeats: int | None) -> None:
    """Refuse a number of repeats that does not divide the recording into equal parts."""
    if repeats is None:
        return
    if isinstance(repeats, bool) or not isinstance(repeats, int | np.integer) or repeats < 1:
        raise DataError(f"{name}: repeats is {repeats!r}, expected a whole number of 1 or more, or none")
    if n_bins % repeats:
        raise DataError(f"{name}: {n_bins:,} bins are not a whole number of {repeats} equal repeats")
