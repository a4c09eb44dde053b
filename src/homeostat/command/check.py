"""Look at a recording before anything is computed.

What the file holds, what would be left out and why, what a run takes, and a configuration that is ready. The exit
status is 1 where the recording cannot be used.
"""

import argparse
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from homeostat.command import clone, configuration, options
from homeostat.errors import ConfigError, DataError
from homeostat.extras import need

_OURS = ("command", "file", "config", "write", "no_estimate")
# Decided after the recording was read.
_LATER = ("split",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("file", nargs="?", help="the recording: .nwb, .mat, .npz, .npy or spike-time .csv")
    parser.add_argument(
        "--config",
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="check the recording of a configuration instead",
    )
    parser.add_argument("--write", metavar="FILE", help="write the configuration to a new file, such as mine.yaml")
    parser.add_argument("--no-estimate", action="store_true", help="do not try out how long a run takes")
    options.add_options(parser)


def run(given: argparse.Namespace, more: Sequence[str]) -> None:
    """Print what there is to say.

    Raises
    ------
    ConfigError
        The arguments do not fit, or the file to write is there already.
    DataError
        The recording cannot be used.
    """
    flags = options.options_of({name: value for name, value in vars(given).items() if name not in _OURS})
    if (given.file is None) == (not given.config):
        raise ConfigError("give a recording (homeostat check session.nwb) or a configuration (--config mine.yaml)")
    if given.write and Path(given.write).exists():
        raise ConfigError(f"{given.write} is there already and is not written over; name another file")
    if given.file is not None:
        _check(given.file, flags, given)
        return
    settings = configuration.check(clone.find_root(), given.config)
    if settings.get("extra_models"):
        from homeostat.rp import registry

        registry.load(settings["extra_models"])
    reading = {name: value for name, value in settings.get("recording_options", {}).items() if value is not None}
    for source in settings.get("recordings") or [settings.get("recording")]:
        _check(source, {**reading, **flags}, given, settings)


def _check(
    source: str | None, reading: dict[str, Any], given: argparse.Namespace, settings: Mapping[str, Any] | None = None
) -> None:
    """Check one recording."""
    from homeostat.command import contents
    from homeostat.recordings import read_spikes
    from homeostat.recordings.left_out import lines as left_out_lines
    from homeostat.recordings.read import load

    if source is None or not (Path(source).suffix or "/" in source or Path(source).is_dir()):
        if source is not None and clone.find_root() is not None:
            _check_name(source)
        print(f"{source or 'The default recording'} comes with homeostat, which checks it when it is fetched.")
        return
    for_reading = {name: value for name, value in reading.items() if name not in _LATER}
    found, _ = load(source, for_reading.get("key"), bool(for_reading.get("include_unsorted")))
    print(f"{source}:", *contents.lines(found, 1e3 if for_reading.get("time_unit") == "ms" else 1.0), sep="\n  ")
    try:
        recording = read_spikes(source, **for_reading)
    except DataError:
        # A configuration is checked as it is; for a file, one is proposed.
        if settings is not None or for_reading.get("drop_bad_units"):
            raise
        recording, reading = _without_bad_units(source, for_reading), {**reading, "drop_bad_units": True}
    print("As it would be used:", *_summary(recording), sep="\n  ")
    if recording.left_out:
        print("Left out, assumed or in doubt:", *left_out_lines(recording.left_out), sep="\n  ")
    if not given.no_estimate:
        from homeostat.command.estimate import lines as estimate_lines

        print("A run (mayzel2024, all figures):", *estimate_lines(recording, settings), sep="\n  ")
    text = yaml_of(source, reading)
    if given.write:
        _write(Path(given.write), text)
        print(f"Wrote {given.write}; next: homeostat figures mayzel2024_fig1 --config {shlex.quote(given.write)}")
    elif settings is None:
        print("A configuration (--write mine.yaml writes it):", *text.splitlines(), sep="\n  ")


def _check_name(source: str) -> None:
    """Refuse a word that is the name of no recording."""
    need("a recording by its name", "pipeline", "yaml", "jsonschema")
    from homeostat.datasets.table import load_table
    from homeostat.recordings.names import SURROGATE, name_of

    name_of(source, [SURROGATE, *(name for name, each in load_table().items() if each.kind == "recording")])


def _without_bad_units(source: str, reading: Mapping[str, Any]) -> Any:
    """Return the recording without constant units and copies, if these are all that is wrong; else raise as before."""
    from homeostat.recordings import read_spikes

    try:
        return read_spikes(source, **reading)
    except DataError as refused:
        try:
            found = read_spikes(source, **{**reading, "drop_bad_units": True})
        except DataError:
            raise refused from None
        print(f"Refused as it is: {refused}", "With drop_bad_units it can be used.", sep="\n")
        return found


def _summary(recording: Any) -> Iterator[str]:
    from homeostat.memory import size
    from homeostat.recordings import statistics

    its = statistics(recording)
    seconds = recording.n_bins * recording.bin_ms / 1e3
    neurons = f"{recording.n_neurons} neuron{'s' * (recording.n_neurons != 1)}"
    yield f"{recording.n_bins:,} bins of {recording.bin_ms:g} ms ({seconds:,.0f} s), {neurons}"
    yield f"mean rate {its.mean_rate:.4f} per bin ({1e3 * its.mean_rate / recording.bin_ms:.3g} active bins/s)"
    yield f"{its.silent_fraction:.2%} silent bins, {its.distinct_patterns:,} distinct patterns"
    pairs = f"mean correlation {its.mean_correlation:.4f}" if recording.n_neurons > 1 else "no pairs"
    yield f"{pairs}; {size(recording.spikes.nbytes)} of words"


def yaml_of(source: str, reading: Mapping[str, Any]) -> str:
    """Return a configuration that names a recording and how it is read; JSON values are YAML, too."""
    text = f"recording: {json.dumps(source, ensure_ascii=False)}\n"
    if not reading:
        return text
    rows = [f"  {name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in reading.items()]
    return text + "recording_options:\n" + "".join(rows)


def _write(path: Path, text: str) -> None:
    """Write a new file, and never over one that is there."""
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise ConfigError(f"{path} is there already and is not written over; name another file") from None
