"""The pipeline on a real SLURM: what each job asked for, jobs that are cancelled and requeued, the numbers."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import slurm_cluster
from pipeline import (
    LONG,
    ROOT,
    SMALL_FIGURE,
    TEST,
    Built,
    build,
    command,
    environment,
    left_over,
    overlay,
    plan,
    pretend,
    tables,
)
from snakemake.api import SnakemakeApi
from snakemake.settings.types import OutputSettings, ResourceSettings

pytestmark = pytest.mark.slurm

CANCELLED, REQUEUED = (12, 4) if LONG else (1, 1)
SECONDS = 3600 if LONG else 240  # for all of the run; after that it is killed, whatever it waits for
PROFILE = ["--workflow-profile", str(ROOT / "profiles/slurm"), "--latency-wait", "10", "--retries", "3"]
# The next question comes 10 s later; the jobs take about five.
POLLING = ["--slurm-init-seconds-before-status-checks", "6"]


@pytest.fixture(scope="module")
def resources() -> dict[str, dict[str, Any]]:
    """What each rule asks for, as the workflow says: numbers or functions."""
    with SnakemakeApi(OutputSettings(quiet=None)) as api:
        handle = api.workflow(resource_settings=ResourceSettings(), snakefile=ROOT / "Snakefile")
        workflow = handle._get_workflow(check_envvars=False)
        workflow.include(ROOT / "Snakefile", overwrite_default_target=True)
        return {each.name: dict(each.resources) for each in workflow.rules}


@pytest.fixture(scope="module")
def here(small: Built, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A run without SLURM: the small figure; all figures in the long version."""
    slurm_cluster.need_slurm()
    if not LONG:
        return small
    folder = tmp_path_factory.mktemp("here")
    configs = (TEST, overlay(folder.with_suffix(".yaml"), {"device": "auto"}))
    build(folder, "all", configs=configs, timeout=SECONDS)
    return Built(folder, configs, tables(folder), 0.0)


@pytest.fixture(scope="module")
def cluster(here: Built) -> Iterator[None]:
    with slurm_cluster.cluster():
        yield


def rule(job: dict[str, str]) -> str:
    """Return the rule of a job, which Snakemake writes into its comment."""
    return job["Comment"].removeprefix("rule_").partition("_wildcards_")[0]


class Run:
    """A run that submits to SLURM, killed when its time is over."""

    def __init__(self, folder: Path, *targets: str, configs: Sequence[Path], flags: Sequence[str] = ()) -> None:
        words = command(folder, *targets, configs=configs, flags=[*PROFILE, *POLLING, *flags], cores=0)
        self.printed = folder / "printed.txt"
        with open(self.printed, "w") as out:
            # `timeout -k`: without an answer of SLURM, Snakemake waits for ever, and ignores SIGTERM.
            self.process = subprocess.Popen(
                ["timeout", "--kill-after=5", str(SECONDS), *words],
                cwd=ROOT,
                env=environment(),
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def disturb(self, rules: set[str], done: set[str], deed: Callable[[str], None], state: str) -> None:
        """Do something to a job of the rules that runs and is not among those ``done``, until one comes to a state."""
        while self.process.poll() is None:
            known = slurm_cluster.jobs()
            working = {number for number, job in known.items() if job["JobState"] == "RUNNING" and rule(job) in rules}
            if candidates := sorted(working - done):
                number = random.choice(candidates)
                time.sleep(random.uniform(0.0, 3.0))
                if slurm_cluster.jobs()[number]["JobState"] == "RUNNING":
                    deed(number)
                    done.add(number)
                    if slurm_cluster.jobs()[number]["JobState"] == state:
                        return
            time.sleep(0.1)
        raise AssertionError(f"the run ended before a job was {state}\n{self.printed.read_text()}")

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def end(self) -> str:
        """Wait for the end of the run; return what it printed."""
        status = self.process.wait()
        printed = self.printed.read_text()
        assert status == 0, printed
        return printed


def assert_asked_for(record: dict[str, str], wanted: dict[str, Any]) -> None:
    """Assert that SLURM was asked for what a rule names, and for one GPU if it can use one."""
    partition, gpus = ("gpu", ["gres:gpu:1"]) if "gpu" in wanted else ("cpu", [])
    assert record["Partition"] == partition, record
    assert [value for name, value in record.items() if name.startswith("Tres")] == gpus, record
    hours, minutes, _ = map(int, record["TimeLimit"].split(":"))
    got = {
        "mem_mb": int(record["MinMemoryNode"].removesuffix("M")),
        "runtime": 60 * hours + minutes,
        "_cores": int(record["NumCPUs"]),
    }
    assert got == {name: got[name] if callable(wanted[name]) else wanted[name] for name in got}, record


def test_figures_are_the_same_and_jobs_survive_the_scheduler(
    here: Built, cluster: None, resources: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    """Over all figures in the long version; else over fits, table and figure of the small one."""
    target = "all" if LONG else f"{SMALL_FIGURE}.pdf"
    if not LONG:
        for name in ("results/data", ".snakemake"):
            shutil.copytree(here.folder / name, tmp_path / name)
    fits = {name for name, wanted in resources.items() if "gpu" in wanted and name.endswith(("_fit", "_train"))}
    with Run(tmp_path, target, configs=here.configs) as run:
        # An operator cancels jobs, and pre-emption has others start anew.
        done: set[str] = set()
        for _ in range(CANCELLED):
            run.disturb(fits, done, slurm_cluster.cancel, "CANCELLED")
        for _ in range(REQUEUED):
            run.disturb(fits, done, slurm_cluster.requeue, "RUNNING")
        printed = run.end()
    records = slurm_cluster.jobs()
    for number, record in records.items():
        assert f"submitted with SLURM jobid {number} " in printed
        assert_asked_for(record, resources[rule(record)])
    assert {"gpu", "cpu"} == {record["Partition"] for record in records.values()}
    states = [record["JobState"] for record in records.values()]
    assert states.count("CANCELLED") >= CANCELLED and set(states) == {"CANCELLED", "COMPLETED"}
    assert sum(record["Restarts"] == "1" for record in records.values()) >= REQUEUED
    print(f"{len(states)} jobs, {states.count('CANCELLED')} cancelled, {REQUEUED} requeued")
    assert tables(tmp_path) == here.tables
    assert not left_over(tmp_path)


def test_every_rule_that_can_use_a_gpu_asks_for_one(
    cluster: None, resources: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    """Of every study: the jobs are submitted, and wait in partitions that start nothing."""
    configs = (TEST, overlay(tmp_path / "auto.yaml", {"device": "auto"}))
    files = {path: name for path, name, _ in plan(tmp_path, "all", configs=configs)}
    pretend(tmp_path, files, "all", configs=configs)
    left = {name for name in files.values() if "gpu" in resources[name]}
    assert left
    slurm_cluster.partitions("DOWN")
    earlier = set(slurm_cluster.jobs())
    # A job waits for those that it needs, if they are to be made too: so rule by rule, the first of a chain first.
    while left:
        first = {name: path for path, name in reversed(files.items()) if name in left}
        with Run(tmp_path, "all", configs=configs, flags=["--forcerun", *first.values()]) as run:
            seen: dict[str, dict[str, str]] = {}
            end = time.monotonic() + 60
            while not seen and time.monotonic() < end and run.process.poll() is None:
                time.sleep(3)
                seen = {number: job for number, job in slurm_cluster.jobs().items() if number not in earlier}
            assert seen, run.printed.read_text()
        for number, record in seen.items():
            assert_asked_for(record, resources[rule(record)])
            slurm_cluster.cancel(number)
        earlier |= set(slurm_cluster.jobs())
        found = {rule(record) for record in seen.values()} & left
        assert found, "none of them can run"
        print(f"one GPU each: {', '.join(sorted(found))}")
        left -= found
        if left:
            build(tmp_path, configs=configs, flags=("--unlock",))
            pretend(tmp_path, files, "all", configs=configs)
    slurm_cluster.partitions("UP")
