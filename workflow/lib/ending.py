"""The last words of a run: a full disk, parts left out of recordings, doubtful fits, files of earlier settings."""

import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import doubtful
import runs
from catalog import Catalog
from inputs import Inputs

_NAMED = 8
# The steps that leave something out of a recording; the last one adds to the list.
_READING = ("data_recording", "data_own_recording", "mayzel2024_data")


def say_if_full() -> None:
    """Say that the disk is full; where it is, what a job said of it did not fit into its log."""
    free = shutil.disk_usage(".").free
    if free < 10_000_000:
        print(f"The disk is full: {free / 1e6:.1f} MB are free in {os.getcwd()}.", file=sys.stderr)


def say_left_out(jobs: Iterable[Any]) -> None:
    """Repeat what was left out of the recordings behind a run, assumed or found doubtful, also in earlier runs.

    A teacher's samples are passed over: they have the list of the recording that it learned from.
    """
    from homeostat.lineage import record
    from homeostat.recordings.left_out import from_records, lines

    jobs, found = list(jobs), {}
    for step in _READING:
        paths = [path for job in jobs if job.rule.name.endswith(step) for path in job.output]
        # What is varied of a recording, for a sensitivity figure, has the same name.
        for path in [path for path in paths if "+" not in Path(path).name]:
            # Its record alone: the words of a recording may be gigabytes.
            if recording := record(Path(path)).get("recording"):
                found[recording["name"]] = lines(from_records(recording["left_out"]))
    for name, said in found.items():
        if said and not name.endswith("-teacher"):
            print(f"Left out of the recording {name}, assumed or in doubt:", *said, sep="\n  ", file=sys.stderr)


def say_doubtful(jobs: Iterable[Any]) -> None:
    """Name the doubtful fits of a run."""
    words = doubtful.sentence(path for job in jobs for path in job.output if "/tables/" in path)
    if words:
        print(words, file=sys.stderr)


def say_stale(views: str) -> None:
    """Name what lies beside the results of a run, and is of other settings, data or code."""
    stale = [Path(path).relative_to(views) for path in runs.read_manifest(Path(views) / "run.json")["stale"]]
    # A figure once, not each of its files and tables; claims and the scorecard as folders.
    shown = [path for path in stale if path.parts[0] != "tables"]
    names = {path.with_suffix("") if path.parts[0] == "figures" else Path(path.parts[0]): None for path in shown}
    if names:
        listed = ", ".join(path.as_posix() for path in [*names][:_NAMED])
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        print(
            f"In {views}/, made with other settings, data or code and not remade by this run: {listed}{more}. "
            "Build them again, or give each configuration a folder of its own (RUN=NAME).",
            file=sys.stderr,
        )


def leave_scorecard(
    shell: Callable[..., Any], root: Path, catalog: Catalog, inputs: Inputs, output: Sequence[str]
) -> None:
    """After a run that failed, judge the claims by the figures that are there; the others are missing.

    Parameters
    ----------
    shell
        Snakemake's, which runs a command with the environment of the workflow's programs.
    root
        The checkout.
    catalog, inputs
        The studies, and what their claims are judged by.
    output
        The scorecard.
    """
    print(f"The run failed. {Path(output[0]).parent} says what is there and what is missing.", file=sys.stderr)
    python = f"{shlex.quote(sys.executable)} -m"
    missing = Path(output[0]).parents[1] / "missing"
    with tempfile.TemporaryDirectory() as folder:
        claims = [f"{folder}/{study}.json" for study in catalog.judged]
        for study, claim in zip(catalog.judged, claims, strict=True):
            paths = [Path(path) for path in inputs.judged_tables(study)(None)]
            tables = [path if path.exists() else missing / f"{path.name.partition('.')[0]}.csv" for path in paths]
            shell(
                f"{python} report.claims --definitions {{definitions:q}} --tables {{tables:q}}"
                " --settings {settings:q} --output {output:q} > /dev/null",
                definitions=root / catalog.definitions(study),
                tables=[str(path) for path in tables],
                settings=json.dumps(catalog.judging(study, over=catalog.on_several(study))),
                output=claim,
            )
        shell(
            f"{python} report.scorecard --claims {{claims:q}} --definitions {{definitions:q}} --record {{record:q}}"
            " --output {output:q}",
            claims=claims,
            definitions=root / "config/claims",
            record=root / "record",
            output=output,
        )
