"""The pipeline on a real SLURM: what each job asked for, jobs that are cancelled and requeued, the numbers."""

import math
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import slurm_cluster
import yaml
from pipeline import (
    LONG,
    ROOT,
    SMALL_FIGURE,
    TARGETS,
    TEST,
    Built,
    build,
    command,
    environment,
    left_over,
    overlay,
    plan,
    tables,
    trials,
)
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, OutputSettings, ResourceSettings

pytestmark = pytest.mark.slurm

CANCELLED, REQUEUED = trials(1, 5, 12), trials(1, 2, 4)
SECONDS = 3600 if LONG else 240  # for all of the run; after that it is killed, whatever it waits for
PROFILE = ["--workflow-profile", str(ROOT / "profiles/slurm"), "--latency-wait", "10", "--retries", "3"]
# What a rule asks for that says nothing.
DEFAULTS = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())["default-resources"]
# All that can be built, for a run from the user's own file: every rule.
EVERYTHING = ("all", "page_so_far", "results/data/generators/prefrontal_50.npz",
              "results/data/recordings/prefrontal_surrogate.npz")  # fmt: skip
# Figures that are off by default, with rules of their own.
MORE = {"mayzel2024": {"sensitivity": {"figures": ["neurons", "bins"]}}}
# The next question comes 10 s later; the jobs take about five.
POLLING = ["--slurm-init-seconds-before-status-checks", "6"]


@pytest.fixture(scope="module")
def resources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What each rule that is submitted asks for, as the workflow says: numbers or functions."""
    config = ConfigSettings(configfiles=[overlay(tmp_path_factory.mktemp("config") / "more.yaml", MORE)])
    with SnakemakeApi(OutputSettings(quiet=None)) as api:
        handle = api.workflow(ResourceSettings(), config, snakefile=ROOT / "Snakefile")
        workflow = handle._get_workflow(check_envvars=False)
        workflow.include(ROOT / "Snakefile", overwrite_default_target=True)
        return {e.name: dict(e.resources) for e in workflow.rules if not e.norun and e.name not in workflow._localrules}


@pytest.fixture(scope="module")
def here(request: pytest.FixtureRequest) -> Built:
    """A run without SLURM: the small figure; figures of every study in the long version."""
    slurm_cluster.need_slurm()
    return request.getfixturevalue("every_study" if LONG else "small")


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
    for name, number in got.items():
        asked = wanted.get(name, DEFAULTS.get(name))
        # What depends on the job's wildcards or the device is not known here.
        assert (name in wanted and asked.is_evaluable()) or number == asked, (name, asked, record)


def test_figures_are_the_same_and_jobs_survive_the_scheduler(
    here: Built, cluster: None, resources: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    """Over figures of every study in the long version; else over fits, table and figure of the small one."""
    targets = TARGETS if LONG else (f"{SMALL_FIGURE}.pdf",)
    for name in ("results/store/data", "results/store/mayzel2024/data"):
        shutil.copytree(here.folder / name, tmp_path / name)
    fits = {name for name, wanted in resources.items() if "gpu" in wanted and name.endswith(("_fit", "_train"))}
    with Run(tmp_path, *targets, configs=here.configs) as run:
        # An operator cancels jobs, and pre-emption has others start again.
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
    of = ", ".join(sorted({rule(records[number]) for number in done}))
    print(f"{len(states)} jobs, {states.count('CANCELLED')} cancelled, {REQUEUED} requeued, of {of}")
    assert tables(tmp_path) == here.tables
    assert not left_over(tmp_path)


def apart(folder: Path, **options: Any) -> list[set[str]]:
    """Return all rules in few sets, such that no rule needs another one of its set."""
    printed = build(folder, *EVERYTHING, flags=("--rulegraph",), **options)
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', printed))
    edges = [(names[a], names[b]) for a, b in re.findall(r"(\d+) -> (\d+)", printed)]
    sets: list[set[str]] = []
    for name in names.values():
        others = {a if b == name else b for a, b in edges if name in (a, b)}
        home = next((each for each in sets if not each & others), None)
        if home is None:
            sets.append({name})
        else:
            home.add(name)
    return sets


def test_of_all_jobs_those_that_can_use_a_gpu_ask_for_one(
    cluster: None, resources: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    """Every job of every study, and each way to a recording, in partitions that start nothing."""
    own = tmp_path / "own.nwb"
    own.touch()
    configs = (TEST, overlay(tmp_path / "auto.yaml", {"device": "auto", "recording": str(own)} | MORE))
    # Views are copied here.
    files = {path: name for path, name, _ in plan(tmp_path, *EVERYTHING, configs=configs) if name in resources}
    assert set(files.values()) == set(resources), "rules of which no job is planned"
    slurm_cluster.partitions("DOWN")
    records: dict[str, dict[str, str]] = {}
    earlier = set(slurm_cluster.jobs())
    # Jobs wait for those that they need; so those of some rules at a time, as if the files of the others were there.
    for rules in [each & set(resources) for each in apart(tmp_path, configs=configs)]:
        if not rules:
            continue
        for path in files:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()
        targets = [path for path, name in files.items() if name in rules]
        flags = ["--nolock", "--forceall", "--jobs", "1000", "--max-jobs-per-second", "100", "--allowed-rules", *rules]
        with Run(tmp_path, *targets, configs=configs, flags=flags) as run:
            # At its start it says how many there are.
            end = time.monotonic() + SECONDS
            while (said := run.printed.read_text()).count(" submitted with SLURM jobid ") < total_jobs(said):
                assert run.process.poll() is None and time.monotonic() < end, said
                time.sleep(0.5)
        records |= {number: job for number, job in slurm_cluster.jobs().items() if number not in earlier}
        slurm_cluster.cancel_all()
        earlier |= set(records)
    slurm_cluster.partitions("UP")
    assert {rule(record) for record in records.values()} == set(resources)
    for record in records.values():
        assert_asked_for(record, resources[rule(record)])
    gpus = {name for name, wanted in resources.items() if "gpu" in wanted}
    studies = yaml.safe_load((ROOT / "config/config.yaml").read_text())["studies"]
    assert {name.partition("_")[0] for name in gpus} == {"data", *studies}
    number = sum(rule(record) in gpus for record in records.values())
    print(f"{number} jobs of {len(gpus)} rules asked for one GPU, {len(records) - number} for none: {sorted(gpus)}")


def total_jobs(printed: str) -> float:
    """Return how many jobs a run has, as it says itself, or infinity before it does."""
    said = re.search(r"^total +(\d+)$", printed, re.MULTILINE)
    return int(said[1]) if said else math.inf
