"""What Snakemake knows of a run (``--detailed-summary``): jobs, what each needed, and how long it took."""

import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any


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
    """All jobs behind the default target, in the order of Snakemake's summary."""

    jobs: tuple[Job, ...] = field(default=())

    @cached_property
    def _maker(self) -> dict[str, Job]:
        return {path: job for job in self.jobs for path in job.outputs}

    def makers(self, job: Job) -> list[Job]:
        """Return the jobs that made the inputs of a job."""
        return list(dict.fromkeys(self._maker[path] for path in job.inputs if path in self._maker))

    def behind(self, paths: Iterable[str]) -> list[Job]:
        """Return every job that some files need, each once, in the order of the summary."""
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


def read_summary(text: str, root: Path) -> Run:
    """Return the run that a detailed summary tells of; benchmarks are read below ``root``.

    What Snakemake has no record of (it says ``-``) is left out: who needed what is not known of it.
    """
    files: dict[tuple[str, str], tuple[list[str], set[str]]] = {}
    for row in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if None in row.values() or row["log-file(s)"] == "-":
            continue
        outputs, inputs = files.setdefault((row["rule"], row["log-file(s)"]), ([], set()))
        outputs.append(row["output_file"])
        inputs.update(part for part in row["input-file(s)"].split(",") if part not in ("", "-"))
    return Run(
        tuple(
            Job(rule, log, tuple(outputs), tuple(sorted(inputs)), _time(root / _benchmark(log)))
            for (rule, log), (outputs, inputs) in files.items()
        )
    )


def _benchmark(log: str) -> str:
    """Return the benchmark beside a log: every rule names them alike (tests/test_workflow.py)."""
    return log.replace("results/logs/", "results/benchmarks/", 1).removesuffix(".log") + ".tsv"


def _time(path: Path) -> float | None:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return float(next(csv.DictReader(stream, delimiter="\t"))["s"])
    except (OSError, StopIteration, KeyError, TypeError, ValueError):
        return None


def ask_snakemake(snakefile: Path, config: Mapping[str, Any]) -> Run:
    """Return the run that Snakemake has recorded in this folder, or an empty one with a word in the log."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "config.json"
        settings.write_text(json.dumps(config), encoding="utf-8")
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(snakefile), "--configfile", str(settings)]
        command += ["--workflow-profile", "none", "--detailed-summary"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            print(f"Snakemake was not asked for times and graph: {error}", file=sys.stderr)
            return Run()
    if done.returncode:
        print(f"Snakemake tells no times and graph:\n{done.stderr}", file=sys.stderr)
        return Run()
    return read_summary(done.stdout, Path())
