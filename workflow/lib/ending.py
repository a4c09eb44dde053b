"""The last words of a run: a full disk, what was left out of its recordings, fits that are doubtful."""

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import doubtful

# The steps that leave something out of a recording; the last one adds to the list.
_READING = ("data_recording", "data_own_recording", "mayzel2024_data")


def say_if_full() -> None:
    """Say that the disk is full; where it is, what a job said of it did not fit into its log."""
    free = shutil.disk_usage(".").free
    if free < 10_000_000:
        print(f"The disk is full: {free / 1e6:.1f} MB are free in {os.getcwd()}.", file=sys.stderr)


def say_left_out(jobs: Iterable[Any], teacher: str) -> None:
    """Repeat what was left out of the recordings behind a run, assumed or found doubtful, also in earlier runs.

    Not of the ``teacher``'s: it has the list of the recording that it learned from.
    """
    from homeostat.lineage import record
    from homeostat.recordings.left_out import from_records, lines

    jobs, found = list(jobs), {}
    for step in _READING:
        for path in [path for job in jobs if job.rule.name.endswith(step) for path in job.output]:
            # Its record alone: the words of a recording may be gigabytes.
            if recording := record(Path(path)).get("recording"):
                found[recording["name"]] = lines(from_records(recording["left_out"]))
    for name, said in found.items():
        if said and name != teacher:
            print(f"Left out of the recording {name}, assumed or in doubt:", *said, sep="\n  ", file=sys.stderr)


def say_doubtful(jobs: Iterable[Any]) -> None:
    """Name the doubtful fits of a run."""
    words = doubtful.sentence(path for job in jobs for path in job.output if "/tables/" in path)
    if words:
        print(words, file=sys.stderr)
