"""What a run is going to make anew is put aside when it starts, and kept until its replacement is there.

A file that is out of date must not stay: were the run stopped, the next one would take what hangs below a lost
file for current, since Snakemake does not miss what only such files need. But a run may have been started by
mistake, on top of results that took hours. `python workflow/lib/outdated.py` (`make restore`) puts back what it
had not begun to replace.
"""

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path("results")
ASIDE = RESULTS / ".outdated"
_JOBS = ASIDE / "jobs.json"


@dataclass(frozen=True)
class Job:
    """A job whose outputs were put aside.

    Attributes
    ----------
    outputs
        Its files.
    made_from
        What these files were made from at the time, which the run may not ask for; None where nobody knows.
    log, logged
        Its log, and when that was last written (ns).
    """

    outputs: tuple[str, ...]
    made_from: tuple[str, ...] | None
    log: str
    logged: int | None

    @classmethod
    def of(cls, outputs: Iterable[str], made_from: Iterable[str] | None, log: str) -> "Job":
        """Return a job as it stands before the run."""
        known = None if made_from is None else tuple(map(str, made_from))
        return cls(tuple(map(str, outputs)), known, str(log), _written(log))

    def may_come_back(self) -> bool:
        """Whether the job was not begun, nothing of it was replaced, and all that it was made from is there."""
        return (
            self.made_from is not None
            and _written(self.log) == self.logged
            and all(aside(path).exists() and not Path(path).exists() for path in self.outputs)
            and all(Path(path).exists() for path in self.made_from)
        )


def aside(path: str | Path) -> Path:
    """Return where a file below results/ is kept."""
    return ASIDE / Path(path).relative_to(RESULTS)


def put_aside(jobs: Iterable[Job]) -> int:
    """Put the outputs of some jobs aside, the last job's first; return how many files there were.

    Parameters
    ----------
    jobs
        From sources to figures: should this be interrupted, no file stays that hangs below one that is gone.

    Raises
    ------
    OSError
        A file cannot be moved; it is the error's ``filename``.
    """
    drop_replaced()
    jobs = [job for job in jobs if any(Path(path).exists() for path in job.outputs)]
    if not jobs:
        return 0
    _write([*_read(), *jobs])
    moved = 0
    for path in [path for job in reversed(jobs) for path in job.outputs if Path(path).exists()]:
        aside(path).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, aside(path))
        moved += 1
    return moved


def put_back() -> int:
    """Put back what was not replaced, from sources to figures; return how many files that were.

    A job that was begun is left out, and what hangs below it: Snakemake may have lost its record, by which it tells
    whether the file is that of another configuration.
    """
    jobs, moved = _read(), 0
    while ready := [job for job in jobs if job.may_come_back()]:
        for path in [path for job in ready for path in job.outputs]:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(aside(path), path)
            moved += 1
    drop_replaced()
    return moved


def drop_replaced(lost: Callable[[str], bool] = lambda path: False) -> int:
    """Delete what was replaced by now, or is ``lost``; return how many files are still kept."""
    kept = []
    for job in _read():
        there = [path for path in job.outputs if aside(path).exists()]
        if any(Path(path).exists() or lost(path) for path in there):
            for path in there:
                aside(path).unlink()
        elif there:
            kept.append(job)
    if kept:
        _write(kept)
    else:
        shutil.rmtree(ASIDE, ignore_errors=True)
    return sum(aside(path).exists() for job in kept for path in job.outputs)


def _written(path: str) -> int | None:
    with contextlib.suppress(OSError):
        return os.stat(path).st_mtime_ns
    return None


def _read() -> list[Job]:
    with contextlib.suppress(FileNotFoundError):
        entries = json.loads(_JOBS.read_text(encoding="utf-8"))
        return [
            Job(tuple(e["outputs"]), None if e["made_from"] is None else tuple(e["made_from"]), e["log"], e["logged"])
            for e in entries
        ]
    return []


def _write(jobs: Iterable[Job]) -> None:
    ASIDE.mkdir(parents=True, exist_ok=True)
    temporary = _JOBS.with_suffix(".part")
    temporary.write_text(json.dumps([asdict(job) for job in jobs]), encoding="utf-8")
    temporary.replace(_JOBS)


def main() -> str | None:
    """Put back what can be; return what went wrong."""
    if any(Path(".snakemake/locks").glob("*")):
        return "Another run works in this folder, or was killed: then unlock it first (docs/troubleshooting.md)."
    print(f"{put_back()} files are back in results/.")
    return None


if __name__ == "__main__":
    sys.exit(main())
