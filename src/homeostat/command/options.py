"""The options of reading a recording, as flags: those of ``recording_options`` in a configuration."""

import argparse
import json
from collections.abc import Sequence
from typing import Any

from homeostat.errors import ConfigError

_FLAGS = {
    "binarize": "accept spike counts: 1 or more becomes 1",
    "include_unsorted": "indy layout: also the crossings that were not sorted",
    "ignore_obs_intervals": "use time in which not all units were observed",
    "ignore_invalid_times": "use time that the file marks as invalid",
    "drop_pauses": "leave out stretches without any spike that are far too long",
    "drop_bad_units": "leave out constant and doubled units instead of refusing",
    "trust_times": "accept times that look like a mix-up of s and ms",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags; only those that are given become attributes."""
    reading = parser.add_argument_group("reading", argument_default=argparse.SUPPRESS)
    reading.add_argument("--bin-ms", type=float, help="bin width in ms (20)")
    reading.add_argument("--key", help="variable in a MAT or NPZ file")
    reading.add_argument("--units", nargs="+", action="extend", help="names of the units to keep")
    reading.add_argument("--exclude-units", nargs="+", action="extend", help="names of units to leave out")
    reading.add_argument(
        "--where",
        nargs="+",
        action="extend",
        metavar="COLUMN=VALUE",
        help="filters: quality=good, location=CA1,CA3 (either), depth='>50' depth='<350' (both bounds)",
    )
    reading.add_argument(
        "--orientation", choices=("time_by_neurons", "neurons_by_time"), help="axes of a matrix (longer one is time)"
    )
    reading.add_argument("--time-unit", choices=("s", "ms"), help="unit of spike times (s)")
    reading.add_argument("--repeats", type=int, help="number of whole stimulus repeats")
    reading.add_argument("--t-start", type=float, help="use spikes from this time on, s")
    reading.add_argument("--t-stop", type=float, help="use spikes up to this time, s")
    reading.add_argument(
        "--intervals", help="a table of intervals in an NWB file, or starts and stops in s: '[[0, 600], [900, 1500]]'"
    )
    reading.add_argument("--min-bins", type=int, help="refuse fewer bins (1000)")
    for name, what in _FLAGS.items():
        reading.add_argument(f"--{name.replace('_', '-')}", action="store_true", help=what)


def options_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return the options as the library and a configuration take them.

    Raises
    ------
    ConfigError
        Filters or intervals that are not written as they must be.
    """
    found = dict(given)
    if "where" in found:
        found["where"] = _filters(found["where"])
    if str(found.get("intervals", "")).lstrip().startswith("["):
        try:
            found["intervals"] = json.loads(found["intervals"])
        except ValueError as error:
            raise ConfigError("--intervals: write starts and stops as '[[0, 600], [900, 1500]]'") from error
    return found


def _filters(texts: Sequence[str]) -> dict[str, Any]:
    """Return for each column the value, or the list of all values and bounds that are given for it."""
    found: dict[str, list[str]] = {}
    for text in texts:
        column, sign, value = text.partition("=")
        if not (column and sign and value):
            raise ConfigError(
                f"--where: {text!r} is not a filter; write COLUMN=VALUE, such as quality=good or snr='>3'"
            )
        found.setdefault(column, []).extend(value.split(","))
    return {column: values if len(values) > 1 else values[0] for column, values in found.items()}
