"""Turn a fetched dataset, or the user's own file, into a checked recording (NPZ of binary words)."""

import argparse
import json
import logging
from pathlib import Path
from typing import Any

from homeostat import cli
from homeostat.datasets import Dataset, load_table, read_recording
from homeostat.datasets.verify import check_fetched, digest
from homeostat.errors import ConfigError, DataError, nearest
from homeostat.keys import made_from
from homeostat.provenance import provenance
from homeostat.recordings import Recording, read_spikes, statistics
from homeostat.recordings.left_out import lines
from homeostat.recordings.matrices import ORIENTATIONS
from homeostat.recordings.names import SUFFIXES

log = logging.getLogger("recording")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True, help="a dataset of the table, or a path to a file")
    parser.add_argument("--raw", type=Path, help="folder with the fetched files of the dataset")
    parser.add_argument("--table", type=Path, help="table of datasets (default: config/datasets.yaml)")
    parser.add_argument("--output", type=Path, required=True, help="the NPZ to write")
    # Without a default: only what was given is passed on, so the table's settings and the library's stand.
    reading = parser.add_argument_group("reading", argument_default=argparse.SUPPRESS)
    reading.add_argument("--bin-ms", type=float, help="bin width in ms (20)")
    reading.add_argument("--key", help="variable in a MAT or NPZ file")
    reading.add_argument("--units", nargs="+", help="names of the units to keep")
    reading.add_argument("--exclude-units", nargs="+", help="names of units to leave out")
    reading.add_argument("--where", type=json.loads, help="filters on the units table of an NWB file, as JSON")
    reading.add_argument("--orientation", choices=ORIENTATIONS, help="axes of a matrix (longer one is time)")
    reading.add_argument("--time-unit", choices=("s", "ms"), help="unit of spike times (s)")
    reading.add_argument("--name", help="name of the recording (the dataset's or file's)")
    reading.add_argument("--repeats", type=int, help="number of whole stimulus repeats")
    reading.add_argument("--t-start", type=float, help="use spikes from this time on, s")
    reading.add_argument("--t-stop", type=float, help="use spikes up to this time, s")
    reading.add_argument(
        "--intervals", type=intervals, help="a table of intervals in an NWB file, or starts and stops in s, as JSON"
    )
    reading.add_argument("--min-bins", type=int, help="refuse fewer bins (1000)")
    for flag, what in (
        ("--binarize", "accept spike counts: 1 or more becomes 1"),
        ("--include-unsorted", "indy layout: also the crossings that were not sorted"),
        ("--ignore-obs-intervals", "use time in which not all units were observed"),
        ("--ignore-invalid-times", "use time that the file marks as invalid"),
        ("--drop-pauses", "leave out stretches without any spike that are far too long"),
        ("--drop-bad-units", "leave out constant and doubled units instead of refusing"),
        ("--trust-times", "accept times that look like a mix-up of s and ms"),
    ):
        reading.add_argument(flag, action="store_true", help=what)
    return parser.parse_args()


def intervals(text: str) -> str | list[list[float]]:
    """Return a list of intervals, or the name of a table."""
    if not text.lstrip().startswith("["):
        return text
    found: list[list[float]] = json.loads(text)
    return found


def read(source: str, dataset: Dataset | None, raw: Path | None, settings: dict[str, Any]) -> Recording:
    if dataset is None:
        return read_spikes(source, **settings)
    if raw is None:
        raise ConfigError(f"dataset {source!r}: say where its fetched files are (--raw)")
    if dataset.kind == "recording":
        check_fetched(dataset, raw)
    return read_recording(dataset, raw, **settings)


def is_path(source: str) -> bool:
    return "/" in source or Path(source).suffix.lower() in SUFFIXES or Path(source).exists()


def main() -> None:
    given = vars(arguments())
    source, raw, table, output = (given.pop(key) for key in ("source", "raw", "table", "output"))
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    datasets = load_table(table)
    dataset = datasets.get(source)
    if dataset is None and not is_path(source):
        raise ConfigError(
            f"{source!r} is neither a file nor a dataset{nearest(source, datasets)}; datasets: {', '.join(datasets)}"
        )
    recording = read(source, dataset, raw, given)
    summary = statistics(recording)
    for line in lines(recording.left_out):
        log.warning("%s", line)
    log.info(
        "%s: %d bins of %g ms, %d neurons, mean rate %.4f per bin, %.2f %% silent bins, "
        "%d distinct patterns, mean correlation %.4f",
        recording.name,
        recording.n_bins,
        recording.bin_ms,
        recording.n_neurons,
        summary.mean_rate,
        100 * summary.silent_fraction,
        summary.distinct_patterns,
        summary.mean_correlation,
    )
    origin = {"licence": dataset.licence, "citation": dataset.citation} if dataset else {}
    path = raw / dataset.files[0].name if dataset else Path(source)
    content = digest(path, "sha256")
    expected = made_from(output).get("recipe", {}).get("inputs", {}).get("input", [])
    if dataset is None and expected and f"sha256:{content}" not in expected:
        raise DataError(f"{path} was changed after this run was planned; start the run again")
    recording.save(output, provenance(device="cpu", source=source, sha256=content, **origin, options=given))


if __name__ == "__main__":
    cli.run(main)
