"""What is written beside stored results (docs/store.md): jobs, what each needed, and how long it took."""

import csv
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path

from homeostat.keys import key_in

STORE = Path("results/store")
_RECORD = ".recipe.json"


@dataclass(frozen=True)
class Job:
    """One job of the plan.

    Attributes
    ----------
    rule
        Its rule.
    log
        Its log, which also tells two jobs of one rule apart.
    outputs, inputs
        Files.
    seconds
        Run time (wall clock) of its last run; None where the benchmark is not there. Snakemake also samples CPU time,
        but every 30 s only, which loses most of a job of 45 s.
    """

    rule: str
    log: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    seconds: float | None = None


@dataclass(frozen=True)
class Run:
    """All jobs behind some results, from sources to figures."""

    jobs: tuple[Job, ...] = field(default=())

    @cached_property
    def _maker(self) -> dict[str, Job]:
        return {path: job for job in self.jobs for path in job.outputs}

    def makers(self, job: Job) -> list[Job]:
        """Return the jobs that made the inputs of a job."""
        return list(dict.fromkeys(self._maker[path] for path in job.inputs if path in self._maker))

    def behind(self, paths: Iterable[str]) -> list[Job]:
        """Return every job that some files need, each once, in their order."""
        waiting = [self._maker[path] for path in paths if path in self._maker]
        found = set()
        while waiting:
            job = waiting.pop()
            if job not in found:
                found.add(job)
                waiting += self.makers(job)
        return [job for job in self.jobs if job in found]


def total(jobs: Iterable[Job]) -> float | None:
    """Return the run time of some jobs together; None where it is not known of every one."""
    times = [job.seconds for job in jobs]
    known = [time for time in times if time is not None]
    return sum(known) if times and len(known) == len(times) else None


def read_run(paths: Iterable[str], store: Path = STORE) -> Run:
    """Return the jobs behind some stored results, from sources to figures, as the records beside them tell.

    What has no record, or a damaged one, is left out.
    """
    records = {str(key_in(path.as_posix())): path for path in sorted(store.rglob(f"*{_RECORD}"))}
    found: dict[str, Job] = {}
    waiting = [key for key in map(key_in, paths) if key]
    needs: dict[str, tuple[str, ...]] = {}
    while waiting:
        key = waiting.pop()
        if key not in found and key in records and (job := _read(records[key])):
            found[key], needs[key] = job
            waiting += needs[key]
    made = {key: job.outputs for key, job in found.items()}
    jobs = {
        key: replace(job, inputs=tuple(sorted({path for need in needs[key] for path in made.get(need, ())})))
        for key, job in found.items()
    }
    return Run(tuple(jobs[key] for key in _sorted(needs)))


def _sorted(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Return keys in the order of their making, and by name where that is free."""
    graph = {key: sorted(set(its) & set(needs)) for key, its in sorted(needs.items())}
    return list(TopologicalSorter(graph).static_order())


def _read(record: Path) -> tuple[Job, tuple[str, ...]] | None:
    """Return the job of a record, without its inputs, and the keys of these."""
    try:
        recipe = json.loads(record.read_text(encoding="utf-8"))["recipe"]
        needs = tuple(key for keys in recipe["inputs"].values() for key in keys if ":" not in key)
        rule = str(recipe["rule"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"{record} tells nothing: {error}", file=sys.stderr)
        return None
    stem = record.as_posix().removesuffix(_RECORD)
    # Several files of one job have its key.
    outputs = [path.as_posix() for path in sorted(record.parent.glob(f"*{key_in(record.as_posix())}.*"))]
    outputs = [path for path in outputs if not path.endswith(_RECORD)]
    log, benchmark = (re.sub(r"results/store/", f"results/{name}/", stem) for name in ("logs", "benchmarks"))
    return Job(rule, f"{log}.log", tuple(outputs), (), _time(Path(f"{benchmark}.tsv"))), needs


def _time(path: Path) -> float | None:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return float(next(csv.DictReader(stream, delimiter="\t"))["s"])
    except (OSError, StopIteration, KeyError, TypeError, ValueError):
        return None
