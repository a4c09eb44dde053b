"""Where the time of a run went: stages, overheads, idle cores, the longest chain, the slowest jobs.

    python benchmarks/profile_run.py [--folder FOLDER] [--cores 2]

Reads what every run leaves in its folder: times of jobs and who needed what (.snakemake/metadata), benchmarks
(results/benchmarks), and the last line of each job's log, in which the program says its CPU seconds and how many of
them went by before its first line (imports). Writes results/benchmarks/profile.csv. Works for a run on a cluster too;
only the cores are then those that were busy at once.

Snakemake's benchmarks give the CPU time of the last sample, up to 30 s before the end of a job; it is used only where
a log does not have the time.
"""

import argparse
import csv
import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from homeostat.cli import TOOK
from homeostat.files import write_rows

# Without a job for longer than this, nobody was building: the pause between two runs.
_PAUSE = 60.0
_SLOWEST = 15


@dataclass(frozen=True)
class Job:
    """One job: its times in seconds since 1970, CPU seconds, and those of them that went by before the program."""

    rule: str
    log: str
    start: float
    end: float
    inputs: frozenset[str]
    outputs: frozenset[str]
    wall: float
    cpu: float | None = None
    loading: float | None = None

    @property
    def seconds(self) -> float:
        """Time for which the job held its core."""
        return self.end - self.start

    @property
    def stage(self) -> str:
        """What the job is for, by where its first output lies: data, fits, tables, figures ..."""
        parts = Path(min(self.outputs)).parts
        if len(parts) > 3 and parts[1] == "store":
            return parts[3]
        return parts[1] if len(parts) > 2 else "page"

    @property
    def study(self) -> str:
        """The study, or what the job belongs to else: the first part of the log's place."""
        return Path(self.log).parts[2]

    @property
    def name(self) -> str:
        """A name that tells it apart."""
        return str(Path(self.log).relative_to("results/logs").with_suffix(""))


def read_jobs(folder: Path) -> list[Job]:
    """Return the jobs that a run has recorded in its folder, in the order of their start."""
    outputs: dict[str, tuple[dict, set[str]]] = {}
    for path in (folder / ".snakemake" / "metadata").rglob("*"):
        if path.is_file():
            record = json.loads(path.read_text())
            if record.get("endtime") and record.get("log"):
                _, made = outputs.setdefault(record["log"][0], (record, set()))
                made.add(_decoded(path))
    return sorted((_job(folder, *entry) for entry in outputs.values()), key=lambda job: job.start)


def _decoded(path: Path) -> str:
    """Return the output that a record is of: its name is the output's in base64, cut to folders if long."""
    import base64

    parts = path.parts[path.parts.index("metadata") + 1 :]
    text = "".join(part.removeprefix("@") for part in parts)
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_").decode()


def _job(folder: Path, record: dict, made: set[str]) -> Job:
    log = record["log"][0]
    wall, cpu = _benchmark(folder / log.replace("results/logs/", "results/benchmarks/", 1).replace(".log", ".tsv"))
    loading = None
    if (folder / log).is_file() and (said := TOOK.findall((folder / log).read_text(errors="replace"))):
        cpu, loading = map(float, said[-1])
    seconds = record["endtime"] - record["starttime"]
    return Job(
        record["rule"],
        log,
        record["starttime"],
        record["endtime"],
        frozenset(record["input"]),
        frozenset(made),
        seconds if wall is None else wall,
        cpu,
        loading,
    )


def _benchmark(path: Path) -> tuple[float | None, float | None]:
    """Return wall-clock and CPU seconds by Snakemake's benchmark."""
    try:
        with path.open(newline="") as stream:
            row = next(csv.DictReader(stream, delimiter="\t"))
        return float(row["s"]), None if row["cpu_time"] in ("NA", "0.00") else float(row["cpu_time"])
    except (OSError, StopIteration, KeyError, ValueError):
        return None, None


@dataclass(frozen=True)
class Profile:
    """All jobs of a run, and what follows from them."""

    jobs: Sequence[Job]
    cores: int | None = field(default=None)

    @cached_property
    def used_cores(self) -> int:
        """The cores given, or the most that were busy at a time."""
        if self.cores is not None:
            return self.cores
        events = sorted([(job.start, 1) for job in self.jobs] + [(job.end, -1) for job in self.jobs])
        busy = most = 0
        for _, change in events:
            busy += change
            most = max(most, busy)
        return most

    @cached_property
    def wall(self) -> float:
        """Seconds from the first start to the last end, pauses between runs left out."""
        total, until = 0.0, self.jobs[0].start
        for job in self.jobs:
            if job.start - until > _PAUSE:
                until = job.start
            total += max(0.0, job.end - until)
            until = max(until, job.end)
        return total

    @cached_property
    def cpu(self) -> float:
        """CPU seconds of all jobs; where unknown, their wall-clock."""
        return sum(_cpu(job) for job in self.jobs)

    @cached_property
    def chain(self) -> list[Job]:
        """The longest chain of jobs that wait for each other."""
        maker = {path: job for job in self.jobs for path in job.outputs}
        best: dict[str, tuple[float, Job | None]] = {}
        for job in sorted(self.jobs, key=lambda each: each.end):
            before = {made.log: made for path in job.inputs if (made := maker.get(path)) is not None}
            longest = max(
                (made for made in before.values() if made.log in best),
                key=lambda made: best[made.log][0],
                default=None,
            )
            best[job.log] = (job.seconds + (best[longest.log][0] if longest else 0.0), longest)
        by_log = {job.log: job for job in self.jobs}
        last: Job | None = by_log[max(best, key=lambda log: best[log][0])]
        chain = []
        while last is not None:
            chain.append(last)
            last = best[last.log][1]
        return chain[::-1]

    def rows(self) -> list[dict[str, object]]:
        """Return everything as tidy rows: part, name, jobs, core seconds, CPU seconds, share of the core time."""
        core_time = self.used_cores * self.wall
        held = sum(job.seconds for job in self.jobs)
        table: list[dict[str, object]] = []

        def add(part: str, name: str, seconds: float, jobs: Iterable[Job] = (), *, of: float = core_time) -> None:
            members = list(jobs)
            table.append(
                {
                    "part": part,
                    "name": name,
                    "jobs": len(members) or "",
                    "seconds": round(seconds, 2),
                    "cpu_seconds": round(sum(map(_cpu, members)), 2) if members else "",
                    "share": round(seconds / of, 4),
                }
            )

        add("run", "wall-clock", self.wall, of=self.wall)
        add("run", f"core time, {self.used_cores} cores", core_time, self.jobs)
        plotting = [job for job in self.jobs if job.stage == "figures" or job.rule == "scorecard_plot"]
        loading = sum(job.loading or 0.0 for job in self.jobs)
        drawing = sum(job.wall - (job.loading or 0.0) for job in plotting)
        add("core time", "work", sum(job.wall for job in self.jobs) - loading - drawing)
        add("core time", "plotting", drawing)
        add("core time", "imports", loading)
        add("core time", "jobs started and ended by Snakemake", held - sum(job.wall for job in self.jobs))
        add("core time", "no job at hand", core_time - held)
        for what in ("stage", "study"):
            for name in sorted({getattr(job, what) for job in self.jobs}):
                members = [job for job in self.jobs if getattr(job, what) == name]
                add(what, name, sum(job.seconds for job in members), members)
        for rule in sorted({job.rule for job in self.jobs}):
            members = [job for job in self.jobs if job.rule == rule]
            add("rule", rule, sum(job.seconds for job in members), members)
        add("longest chain", "all", sum(job.seconds for job in self.chain), self.chain, of=self.wall)
        for job in self.chain:
            add("longest chain", job.name, job.seconds, [job], of=self.wall)
        for job in sorted(self.jobs, key=lambda each: -each.seconds)[:_SLOWEST]:
            add("slowest jobs", job.name, job.seconds, [job])
        return table


def _cpu(job: Job) -> float:
    return job.wall if job.cpu is None else job.cpu


def show(rows: Iterable[dict[str, object]]) -> None:
    """Print the table, one block per part."""
    part = None
    for row in rows:
        if row["part"] != part:
            part = row["part"]
            print(f"\n{part:<56}{'jobs':>6}{'seconds':>10}{'CPU s':>10}{'share':>9}")
        name = re.sub(r"^(.{50}).+", r"\1...", str(row["name"]))
        print(f"  {name:<54}{row['jobs']:>6}{row['seconds']:>10}{row['cpu_seconds']:>10}{row['share']:>9.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path(), help="where Snakemake ran")
    parser.add_argument("--cores", type=int, help="cores of the run (by default: the most that were busy at once)")
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks/profile.csv"))
    options = parser.parse_args()
    jobs = read_jobs(options.folder)
    if not jobs:
        print(f"error: {options.folder / '.snakemake/metadata'} has no record of a job", file=sys.stderr)
        raise SystemExit(1)
    profile = Profile(jobs, options.cores)
    rows = profile.rows()
    show(rows)
    unknown = sum(job.loading is None for job in jobs)
    if unknown:
        print(f"\n{unknown} of {len(jobs)} logs do not say how long imports took: counted as work.")
    write_rows(options.output, list(rows[0]), rows)


if __name__ == "__main__":
    main()
