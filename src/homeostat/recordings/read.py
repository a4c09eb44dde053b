"""From any supported file to a checked :class:`Recording`."""

import dataclasses
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np

from homeostat.errors import DataError, nearest
from homeostat.recordings import checks, indy, matrices, nwb, table
from homeostat.recordings.hdf5 import open_hdf5
from homeostat.recordings.left_out import LeftOut
from homeostat.recordings.recording import Recording, check_repeats, unit_indices
from homeostat.recordings.times import SpikeTimes, bin_spikes, in_seconds

SUFFIXES = (".nwb", ".mat", ".npz", ".npy", ".csv")


def read_spikes(
    path: str | os.PathLike[str],
    *,
    key: str | None = None,
    bin_ms: float | None = None,
    units: Sequence[str] | None = None,
    orientation: str | None = None,
    time_unit: str = "s",
    name: str | None = None,
    repeats: int | None = None,
    binarize: bool = False,
    include_unsorted: bool = False,
    t_start: float | None = None,
    t_stop: float | None = None,
    min_bins: int = checks.MIN_BINS,
    drop_bad_units: bool = False,
    trust_times: bool = False,
) -> Recording:
    """Read a recording and check it.

    Spike times come from ``.nwb`` (units table), ``.mat`` v7.3 in the "indy" layout, and ``.csv`` (columns
    ``unit`` and ``time``); they are binned. Binned matrices come from ``.mat`` (any version), ``.npz`` and
    ``.npy``. An NPZ written by :meth:`Recording.save` is read back as it is.

    Parameters
    ----------
    path
        The file; its suffix names the format.
    key
        Variable in a MAT or NPZ file; not needed when only one is a matrix.
    bin_ms
        Bin width in ms, 20 when None: the width to bin spike times with, or the one that a matrix was
        binned with.
    units
        Names of the units to keep, in this order; all when None. Columns of a matrix are named by their
        number from 0.
    orientation
        Of a matrix: ``"time_by_neurons"`` or ``"neurons_by_time"``; when None the longer axis is time.
    time_unit
        Of spike times: ``"s"`` or ``"ms"``.
    name
        Name of the recording; the file's name without suffix when None.
    repeats
        Number of whole stimulus repeats, stored one after the other.
    binarize
        Accept spike counts above 1 in a matrix.
    include_unsorted
        Indy layout: also read slot 0 of each channel, the crossings that were not sorted.
    t_start, t_stop
        Range of spike times to use, in s; see :func:`homeostat.recordings.times.bin_spikes`. Spikes before
        0 are accepted only with ``t_start``.
    min_bins
        Refuse fewer bins.
    drop_bad_units
        Leave out constant units and exact copies, with a warning, instead of refusing the file.
    trust_times
        Accept firing rates that look like a mix-up of seconds and milliseconds.

    Raises
    ------
    DataError
        The file cannot be read, an option does not concern its kind, or the data cannot be used; the sentence names
        file, key or unit, what is allowed, and what to do.
    """
    source = _check_path(path)
    width = _width(bin_ms)
    label = name or Path(source).stem
    found, where = _open(source, key, include_unsorted)
    _refuse_unused(
        where,
        found,
        of_matrices={"key": None if source.lower().endswith(".mat") else key, "orientation": orientation},
        of_times={"t_start": t_start, "t_stop": t_stop, "time_unit": None if time_unit == "s" else time_unit},
    )
    if isinstance(found, Recording):
        return _reread(source, found, bin_ms, units, name, repeats)
    return assemble(
        where,
        found,
        bin_ms=width,
        units=units,
        orientation=orientation,
        time_unit=time_unit,
        name=label,
        repeats=repeats,
        binarize=binarize,
        t_start=t_start,
        t_stop=t_stop,
        min_bins=min_bins,
        drop_bad_units=drop_bad_units,
        trust_times=trust_times,
    )


def assemble(
    where: str,
    found: np.ndarray | SpikeTimes,
    *,
    name: str,
    bin_ms: float | None = None,
    units: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    orientation: str | None = None,
    time_unit: str = "s",
    repeats: int | None = None,
    binarize: bool = False,
    t_start: float | None = None,
    t_stop: float | None = None,
    min_bins: int = checks.MIN_BINS,
    drop_bad_units: bool = False,
    trust_times: bool = False,
) -> Recording:
    """Return the checked recording of spike times or of a matrix, wherever they come from.

    Parameters
    ----------
    where
        Where ``found`` comes from, for messages.
    names
        Names of a matrix's neurons; their numbers from 0 when None.
    others
        As in :func:`read_spikes`.

    Raises
    ------
    DataError
        What is found cannot be used.
    """
    width = _width(bin_ms)
    left_out: list[LeftOut] = []
    if isinstance(found, SpikeTimes):
        if not found.units:
            raise DataError(f"{where}: there are no units")
        if units is not None:
            found = found.select(unit_indices(where, found.units, units))
        times = in_seconds(where, found, time_unit, allow_negative=t_start is not None, trust_times=trust_times)
        spikes, names = bin_spikes(where, times, width, t_start=t_start, t_stop=t_stop), times.units
        left_out += times.left_out
    else:
        values = matrices.orient(where, found, orientation)
        names = [str(column) for column in range(values.shape[1])] if names is None else list(names)
        if units is not None:
            kept = unit_indices(where, names, units)
            values, names = values[:, kept], [names[column] for column in kept]
        spikes = checks.check_matrix(where, values, names, binarize=binarize)
    check_repeats(where, len(spikes), repeats)
    spikes, names, found_odd = checks.check_recording(
        where, spikes, names, min_bins=min_bins, drop_bad_units=drop_bad_units
    )
    return Recording(spikes, width, names, name, repeats, (*left_out, *found_odd))


def _width(bin_ms: float | None) -> float:
    """Return a bin width in ms, 20 when None."""
    width = 20.0 if bin_ms is None else float(bin_ms)
    if not (math.isfinite(width) and width > 0):
        raise DataError(f"bin_ms is {bin_ms}, expected a positive number of milliseconds")
    return width


def _refuse_unused(
    where: str,
    found: np.ndarray | SpikeTimes | Recording,
    *,
    of_matrices: Mapping[str, object],
    of_times: Mapping[str, object],
) -> None:
    """Refuse an option that this kind of file has no use for: without it, other bins would be read than were meant."""
    kind, options = "a matrix of bins", dict(of_times)
    if isinstance(found, SpikeTimes):
        kind, options = "a file of spike times", dict(of_matrices)
    elif isinstance(found, Recording):
        kind, options = "a recording of homeostat's own", {**of_matrices, **of_times}
    for name, value in options.items():
        if value is not None:
            cut = " and cut the matrix" if name in ("t_start", "t_stop") else ""
            raise DataError(f"{where}: {name} has no meaning for {kind}; leave it out{cut}")


def _check_path(path: str | os.PathLike[str]) -> str:
    file = Path(path)
    if file.is_dir():
        raise DataError(f"{file}: this is a directory, a recording is one file ({', '.join(SUFFIXES)})")
    if file.suffix.lower() not in SUFFIXES:
        raise DataError(
            f"{file}: files of type {file.suffix or '(no suffix)'} cannot be "
            f"read{nearest(file.suffix, SUFFIXES)}; supported are {', '.join(SUFFIXES)}"
        )
    try:
        with open(file, "rb") as stream:
            if not stream.read(1):
                raise DataError(f"{file}: the file is empty (0 bytes); fetch or export it again")
    except FileNotFoundError as error:
        raise DataError(f"{file}: there is no such file") from error
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); check its permissions") from error
    return str(file)


def _open(path: str, key: str | None, include_unsorted: bool) -> tuple[np.ndarray | SpikeTimes | Recording, str]:
    """Read what the file holds; also return where it was found, for messages."""
    suffix = Path(path).suffix.lower()
    if suffix == ".nwb":
        return nwb.read_nwb(path), path
    if suffix == ".csv":
        return table.read_csv(path), path
    if suffix == ".npy":
        return matrices.read_npy(path), path
    if suffix == ".npz":
        if matrices.is_recording(path):
            return Recording.read(path), path
        values, chosen = matrices.read_npz(path, key)
    elif not h5py.is_hdf5(path):
        values, chosen = matrices.read_mat5(path, key)
    else:
        with open_hdf5(path) as file:
            if indy.is_indy(file, key or indy.KEY):
                return indy.read_indy(file, path, key or indy.KEY, include_unsorted=include_unsorted), path
            values, chosen = matrices.read_mat73(file, path, key)
    return values, f"{path}, key {chosen!r}"


def _reread(
    source: str,
    recording: Recording,
    bin_ms: float | None,
    units: Sequence[str] | None,
    name: str | None,
    repeats: int | None,
) -> Recording:
    """Return a recording of ours, or a part of it; it was checked when it was written."""
    if bin_ms not in (None, recording.bin_ms):
        raise DataError(
            f"{source}: binned at {recording.bin_ms:g} ms, which cannot be changed to {bin_ms:g} ms; "
            "read the original file again"
        )
    recording = dataclasses.replace(
        recording, name=name or recording.name, repeats=recording.repeats if repeats is None else repeats
    )
    return recording if units is None else recording.select(units)
