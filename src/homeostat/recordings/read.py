"""From any supported file to a checked :class:`Recording`."""

import dataclasses
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py

from homeostat.errors import DataError
from homeostat.recordings import checks, indy, mat, matrices, npz, numpy_files, nwb, phy, table
from homeostat.recordings.binning import bin_spikes
from homeostat.recordings.compact import take_units
from homeostat.recordings.hdf5 import open_hdf5
from homeostat.recordings.left_out import LeftOut
from homeostat.recordings.matrices import Matrix
from homeostat.recordings.names import SUFFIXES, check_remote, check_suffix, is_remote
from homeostat.recordings.recording import Recording, check_repeats, chosen_units, not_chosen
from homeostat.recordings.times import SpikeTimes, ignoring_observed, in_seconds
from homeostat.recordings.units import choose_units

_ZARR = (".zgroup", ".zattrs", "zarr.json")
_KEYED = (".mat", ".npz")  # files of several variables


def read_spikes(
    path: str | os.PathLike[str],
    *,
    key: str | None = None,
    bin_ms: float | None = None,
    units: Sequence[str] | None = None,
    exclude_units: Sequence[str] | None = None,
    where: Mapping[str, Any] | None = None,
    orientation: str | None = None,
    time_unit: str = "s",
    name: str | None = None,
    repeats: int | None = None,
    binarize: bool = False,
    include_unsorted: bool = False,
    t_start: float | None = None,
    t_stop: float | None = None,
    intervals: str | Sequence[Sequence[float]] | None = None,
    ignore_obs_intervals: bool = False,
    ignore_invalid_times: bool = False,
    drop_pauses: bool = False,
    min_bins: int = checks.MIN_BINS,
    drop_bad_units: bool = False,
    trust_times: bool = False,
) -> Recording:
    """Read a recording and check it.

    Spike times come from ``.nwb`` (units table), ``.mat`` v7.3 in the "indy" layout, ``.csv`` (columns ``unit`` and
    ``time``), and Phy's folder of a sorting; they are binned. Binned matrices come from ``.mat`` (any version),
    ``.npz`` and ``.npy``. An NPZ written by :meth:`Recording.save` is read back as it is.

    Parameters
    ----------
    path
        The file, whose suffix names the format, or Phy's folder. Of an NWB file also its address, ``https://…`` or
        ``s3://…``: only the parts that are needed are fetched.
    key
        Variable in a MAT or NPZ file; not needed when only one is a matrix.
    bin_ms
        Bin width in ms, 20 when None: the width to bin spike times with, or the one that a matrix was
        binned with.
    units
        Names of the units to keep, in this order; all when None. Columns of a matrix are named by their
        number from 0.
    exclude_units
        Names of units to leave out.
    where
        Filters on the columns of an NWB file's units table, or of Phy's tables of clusters: for each column the value,
        or the list of values, of the units to keep (``{"quality": "good"}``), or for numbers a bound
        (``{"isi_violations": "< 0.5"}``) or a list of bounds, which must all hold (``{"depth": ["> 50", "< 350"]}``).
    orientation
        Layout of a matrix: ``"time_by_neurons"`` or ``"neurons_by_time"``; when None the longer axis is time.
    time_unit
        Unit of spike times: ``"s"`` or ``"ms"``.
    name
        Name of the recording; the file's name without suffix when None.
    repeats
        Number of whole stimulus repeats, stored one after the other.
    binarize
        Accept spike counts above 1 in a matrix.
    include_unsorted
        Indy layout: also read slot 0 of each channel, the crossings that were not sorted.
    t_start, t_stop
        Range of spike times to use, in s; see :func:`homeostat.recordings.binning.bin_spikes`. Spikes before
        0 are accepted only with ``t_start``.
    intervals
        Use only bins that lie wholly inside these: the name of a table of intervals in an NWB file (``"trials"``), or
        a list of starts and stops in s.
    ignore_obs_intervals
        Do not restrict the recording to the time in which an NWB file says that every unit was observed.
    ignore_invalid_times
        Use the times that an NWB file marks as invalid too.
    drop_pauses
        Leave out the stretches without any spike that are far too long for the rest of the recording.
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
    _width(bin_ms)  # before a large file is read
    label = name or Path(phy.folder_of(source) or source.split("?")[0]).stem
    found, place = load(source, key, include_unsorted)
    if isinstance(found, Recording):
        _refuse_unused(place, found, orientation, time_unit, t_start, t_stop, where, intervals)
        again = _reread(source, found, bin_ms, units, exclude_units, name, repeats)
        return checks.recording_without_pauses(again) if drop_pauses else again
    return assemble(
        place,
        found,
        name=label,
        bin_ms=bin_ms,
        units=units,
        exclude_units=exclude_units,
        where=where,
        orientation=orientation,
        time_unit=time_unit,
        repeats=repeats,
        binarize=binarize,
        t_start=t_start,
        t_stop=t_stop,
        intervals=intervals,
        ignore_obs_intervals=ignore_obs_intervals,
        ignore_invalid_times=ignore_invalid_times,
        drop_pauses=drop_pauses,
        min_bins=min_bins,
        drop_bad_units=drop_bad_units,
        trust_times=trust_times,
    )


def load(
    path: str | os.PathLike[str], key: str | None = None, include_unsorted: bool = False
) -> tuple[Matrix | SpikeTimes | Recording, str]:
    """Return what a file holds, as it stands there and unchecked, and where it was found, for messages.

    Parameters and errors are those of :func:`read_spikes`.
    """
    path = _check_path(path)
    suffix = Path(path).suffix.lower()
    is_ours = suffix == ".npz" and npz.is_recording(path)
    if key is not None and (is_ours or suffix not in _KEYED):
        raise DataError(f"{path}: key has no meaning here, it names a variable of a MAT or NPZ file; leave it out")
    if is_remote(path) or suffix == ".nwb":
        return nwb.read_nwb(path), path
    if folder := phy.folder_of(path):
        return phy.read_phy(folder), path
    if suffix == ".csv":
        return table.read_csv(path), path
    if suffix == ".npy":
        return numpy_files.read_npy(path), path
    if suffix == ".npz":
        return (Recording.read(path), path) if is_ours else numpy_files.read_npz(path, key)
    if not h5py.is_hdf5(path):
        return mat.read_mat5(path, key)
    with open_hdf5(path) as file:
        if indy.is_indy(file, key or indy.KEY):
            chosen = key or indy.KEY
            return indy.read_indy(file, path, chosen, include_unsorted=include_unsorted), f"{path}, key {chosen!r}"
        return mat.read_mat73(file, path, key)


def assemble(
    place: str,
    found: Matrix | SpikeTimes,
    *,
    name: str,
    bin_ms: float | None = None,
    units: Sequence[str] | None = None,
    exclude_units: Sequence[str] | None = None,
    where: Mapping[str, Any] | None = None,
    orientation: str | None = None,
    time_unit: str = "s",
    repeats: int | None = None,
    binarize: bool = False,
    t_start: float | None = None,
    t_stop: float | None = None,
    intervals: str | Sequence[Sequence[float]] | None = None,
    ignore_obs_intervals: bool = False,
    ignore_invalid_times: bool = False,
    drop_pauses: bool = False,
    min_bins: int = checks.MIN_BINS,
    drop_bad_units: bool = False,
    trust_times: bool = False,
) -> Recording:
    """Return the checked recording of spike times or of a matrix, wherever they come from.

    Parameters
    ----------
    place
        Where ``found`` comes from, for messages.
    name, bin_ms, …
        As in :func:`read_spikes`.

    Raises
    ------
    DataError
        What is found cannot be used.
    """
    width = _width(bin_ms)
    _refuse_unused(place, found, orientation, time_unit, t_start, t_stop, where, intervals)
    left_out: list[LeftOut] = []
    borders: tuple[int, ...] = ()
    if isinstance(found, SpikeTimes):
        times = choose_units(place, found, where or {}, units, exclude_units)
        times = ignoring_observed(times) if ignore_obs_intervals else times
        times = in_seconds(place, times, time_unit, allow_negative=t_start is not None, trust_times=trust_times)
        spikes, borders, lost = bin_spikes(
            place,
            times,
            width,
            t_start=t_start,
            t_stop=t_stop,
            intervals=intervals,
            ignore_invalid_times=ignore_invalid_times,
        )
        names = times.units
        left_out += [*times.left_out, *lost]
    else:
        values, turned = matrices.orient(place, found, orientation)
        width, assumed = matrices.bin_width(place, found, len(values), bin_ms)
        left_out += [*found.left_out, *turned, *assumed]
        names = matrices.unit_names(found, values.shape[1])
        if units is not None or exclude_units is not None:
            kept = chosen_units(place, names, units, exclude_units)
            left_out += not_chosen(len(kept), len(names))
            values, names = take_units(place, values, kept), [names[column] for column in kept]
        spikes = checks.check_matrix(place, values, names, binarize=binarize)
    if drop_pauses:
        spikes, borders, lost = checks.without_pauses(spikes, borders, width)
        left_out += lost
    check_repeats(place, len(spikes), repeats)
    spikes, names, odd = checks.check_recording(
        place, spikes, names, min_bins=min_bins, drop_bad_units=drop_bad_units, bin_ms=width
    )
    return Recording(spikes, width, names, name, repeats, (*left_out, *odd), borders)


def _width(bin_ms: float | None) -> float:
    """Return a bin width in ms, 20 when None."""
    width = 20.0 if bin_ms is None else float(bin_ms)
    if not (math.isfinite(width) and width > 0):
        raise DataError(f"bin_ms is {bin_ms}, expected a positive number of milliseconds")
    return width


def _refuse_unused(
    place: str,
    found: Matrix | SpikeTimes | Recording,
    orientation: str | None,
    time_unit: str,
    t_start: float | None,
    t_stop: float | None,
    where: Mapping[str, Any] | None,
    intervals: object,
) -> None:
    """Refuse an option that these data have no use for: without it, other bins would be read than were meant."""
    of_matrices: dict[str, object] = {"orientation": orientation}
    unit = None if time_unit == "s" else time_unit
    of_times = {"t_start": t_start, "t_stop": t_stop, "time_unit": unit, "where": where, "intervals": intervals}
    if isinstance(found, SpikeTimes):
        kind, options = "spike times", of_matrices
    elif isinstance(found, Matrix):
        kind, options = "a matrix of bins", of_times
    else:
        kind, options = "a recording of homeostat's own", of_matrices | of_times
    for name, value in options.items():
        if value is not None:
            cut = " and cut the matrix" if name in ("t_start", "t_stop") else ""
            raise DataError(f"{place}: {name} has no meaning for {kind}; leave it out{cut}")


def _check_path(path: str | os.PathLike[str]) -> str:
    if isinstance(path, str) and is_remote(path):
        check_remote(path)
        return path
    file = Path(path)
    if phy.folder_of(file):
        return str(file)
    if file.is_dir() and (file.suffix.lower() == ".zarr" or any((file / name).exists() for name in _ZARR)):
        raise DataError(
            f"{file}: this is a Zarr store, which cannot be read; export the recording to one HDF5 file (.nwb), with "
            "pynwb: NWBHDF5IO(...).export(src_io=NWBZarrIO(...))"
        )
    if file.is_dir():
        raise DataError(
            f"{file}: this is a directory, a recording is one file ({', '.join(SUFFIXES)}), or Phy's folder, which has "
            f"{phy.TIMES}"
        )
    check_suffix(str(file))
    try:
        with open(file, "rb") as stream:
            if not stream.read(1):
                raise DataError(f"{file}: the file is empty (0 bytes); fetch or export it again")
    except FileNotFoundError as error:
        raise DataError(f"{file}: there is no such file") from error
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); check its permissions") from error
    return str(file)


def _reread(
    source: str,
    recording: Recording,
    bin_ms: float | None,
    units: Sequence[str] | None,
    exclude_units: Sequence[str] | None,
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
    return recording.choose(units, exclude_units)
