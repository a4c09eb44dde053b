"""Sortings in Phy's folder: samples and clusters of the spikes in NPY files, what is known of clusters in TSV files.

Kilosort and SpikeInterface write such folders. ``params.py``, a program, is not run: its sample rate is read as text.
"""

import csv
import os
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.memory import check_fits
from homeostat.recordings.damaged import parse
from homeostat.recordings.left_out import LeftOut
from homeostat.recordings.times import SpikeTimes

TIMES, PARAMS = "spike_times.npy", "params.py"
CLUSTERS = ("spike_clusters.npy", "spike_templates.npy")  # after curation; of the sorter alone
_RATE = re.compile(r"^[ \t]*sample_rate[ \t]*=[ \t]*([^\s#]+)", re.MULTILINE)
# Written for the whole table; files of single columns are newer.
_TABLE = "cluster_info.tsv"
_IDS = ("cluster_id", "id")


def folder_of(source: str | os.PathLike[str]) -> Path | None:
    """Return Phy's folder, of a path to it or to its spike times; None for any other path."""
    path = Path(source)
    if (path / TIMES).is_file():
        return path
    alone = path.name != TIMES or not any((path.parent / name).is_file() for name in CLUSTERS)
    return None if alone else path.parent


def files_of(folder: Path) -> list[Path]:
    """Return the files that are read, the spike times first."""
    tables = sorted((*folder.glob("cluster_*.tsv"), *folder.glob("cluster_*.csv")), key=lambda p: (p.name != _TABLE, p))
    clusters = [folder / name for name in CLUSTERS if (folder / name).is_file()]
    return [folder / TIMES, *clusters[:1], folder / PARAMS, *tables]


def read_phy(folder: Path) -> SpikeTimes:
    """Read the spike times (in s) of every cluster that has one, and the columns of the tables of clusters.

    Raises
    ------
    DataError
        A file is missing or damaged, or spikes and clusters do not fit each other.
    """
    times, *rest = files_of(folder)
    if rest[0].name not in CLUSTERS:
        raise DataError(
            f"{folder}: Phy's folder has no {CLUSTERS[0]}, which assigns each spike to a unit; export it again"
        )
    samples, clusters = _numbers(times), _numbers(rest[0])
    if len(samples) != len(clusters):
        raise DataError(f"{folder}: {len(samples):,} spikes in {TIMES}, but {len(clusters):,} in {rest[0].name}")
    rate = _sample_rate(folder / PARAMS)
    ids, of_spike = np.unique(clusters, return_inverse=True)
    order = np.lexsort((samples, of_spike))
    ends = np.cumsum(np.bincount(of_spike, minlength=len(ids)))
    trains = np.split(samples[order] / rate, ends[:-1]) if len(ids) else []
    names = [str(each) for each in ids]
    columns, left_out = _columns([path for path in rest if path.suffix != ".py"][1:], names)
    return SpikeTimes(trains, names, columns=columns, left_out=left_out)


def _numbers(path: Path) -> NDArray[np.integer]:
    """Read whole numbers, one for each spike."""
    check_fits(path, 4 * path.stat().st_size)
    values = parse(path, "NPY", lambda: np.load(path, allow_pickle=False))
    values = values.ravel() if 1 in values.shape else values
    if values.ndim != 1 or values.dtype.kind not in "iu":
        raise DataError(
            f"{path}: {values.dtype} of shape {values.shape}, expected one whole number for each spike; export it again"
        )
    return np.asarray(values)


def _sample_rate(path: Path) -> float:
    try:
        found = _RATE.search(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); it holds the sample rate of the spikes") from error
    try:
        rate = float(found[1].rstrip(",;")) if found else 0.0
    except ValueError:
        rate = 0.0
    if not 0 < rate < np.inf:
        said = f"sample_rate = {found[1]}" if found else "no sample_rate"
        raise DataError(f"{path}: {said}, expected the samples in a second as a number, such as sample_rate = 30000.0")
    return rate


def _columns(tables: list[Path], units: list[str]) -> tuple[dict[str, NDArray[np.generic]], tuple[LeftOut, ...]]:
    """Return columns by name, one value per unit: numbers, NaN where there is none, or texts; and unused tables."""
    found: dict[str, dict[str, str]] = {}
    left_out = []
    for path in tables:
        try:
            with open(path, encoding="utf-8-sig", newline="") as stream:
                header = stream.readline()
                stream.seek(0)
                # Older files are named .csv and have tabs.
                rows = list(csv.DictReader(stream, delimiter="\t" if "\t" in header else ","))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"{path}: not a table of clusters ({error}); save it from Phy again") from error
        key = next((name for name in _IDS if rows and name in rows[0]), None)
        if rows and key is None:
            text = f"{path.name} was not used: it has no column {' or '.join(_IDS)}."
            left_out.append(LeftOut("units", text, advice="To choose units by it, save it from Phy again."))
        for row in rows if key else []:
            for name, value in row.items():
                if name and name not in _IDS and isinstance(value, str):
                    found.setdefault(name, {})[str(row[key])] = value
    columns = {name: _values([each.get(unit, "") for unit in units]) for name, each in found.items()}
    return columns, tuple(left_out)


def _values(texts: list[str]) -> NDArray[np.generic]:
    try:
        numbers = [float(text) if text else np.nan for text in texts]
    except ValueError:
        return np.array(texts, dtype=object)
    return np.array(numbers) if any(texts) else np.array(texts, dtype=object)
