"""From the fetched file of a recording to a :class:`~homeostat.recordings.Recording`."""

import os
from pathlib import Path
from typing import Any

from homeostat.datasets.table import Dataset
from homeostat.errors import ConfigError, DataError
from homeostat.recordings import Recording, read_spikes


def read_recording(
    dataset: Dataset, folder: str | os.PathLike[str], *, bin_ms: float | None = None, **options: Any
) -> Recording:
    """Read a fetched recording, as the table says, and verify the hash of its patterns.

    Parameters
    ----------
    dataset
        An entry of the table, of kind ``"recording"``.
    folder
        Where its raw file lies.
    bin_ms
        Bin width for spike times; a binned matrix keeps its own.
    options
        More options of :func:`homeostat.recordings.read_spikes`; they win over the table's.

    Raises
    ------
    ConfigError
        The dataset is not a recording, or is binned already at another width.
    DataError
        The file is missing or damaged, or its patterns are not those of the table.
    """
    if dataset.kind != "recording":
        raise ConfigError(f"dataset {dataset.name!r} is a set of images, not a recording")
    path = Path(folder) / dataset.files[0].name
    if not path.exists():
        raise DataError(
            f"{path}: there is no such file; fetch it first (workflow/scripts/data/fetch.py --dataset {dataset.name})"
        )
    own_bin = dataset.read.get("bin_ms")
    if None not in (own_bin, bin_ms) and own_bin != bin_ms:
        raise ConfigError(
            f"dataset {dataset.name!r} is binned at {own_bin:g} ms, which cannot be changed to {bin_ms:g} "
            "ms; leave bin_ms out, or choose a dataset of spike times"
        )
    settings = {**dataset.read, "name": dataset.name, **options}
    if bin_ms is not None:
        settings["bin_ms"] = bin_ms
    if dataset.content_sha256 is not None and settings.get("drop_pauses"):
        raise ConfigError(f"dataset {dataset.name!r} is used as it is published; leave drop_pauses out")
    # The hash is of all units.
    units, exclude_units = settings.pop("units", None), settings.pop("exclude_units", None)
    recording = read_spikes(path, **settings)
    if dataset.content_sha256 not in (None, recording.content_hash):
        raise DataError(
            f"{path}: the patterns are not those of dataset {dataset.name!r} (SHA-256 "
            f"{recording.content_hash} instead of {dataset.content_sha256}); delete the file and fetch it "
            "again"
        )
    return recording.choose(units, exclude_units)
