"""The pipeline on a real SLURM: what each job asked for, jobs that are cancelled and requeued, the numbers."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import slurm_cluster
from pipeline import LONG, ROOT, SMALL_FIGURE, TEST, Built, build, command, environment, overlay, plan, tables
from snakemake.api import SnakemakeApi
from snakemake.settings.types import OutputSettings, ResourceSettings

pytestmark = pytest.mark.slurm

SECONDS = 1800 if LONG else 240  # for all of the run; after that it is killed, whatever it waits for
PROFILE = ["--workflow-profile", str(ROOT / "profiles/slurm"), "--latency-wait", "10"]
# The next question comes 10 s later; the jobs take about five.
POLLING = ["--slurm-init-seconds-before-status-checks", "6"]


@pytest.fixture(scope="module")
def resources() -> dict[str, dict[str, Any]]:
    """What each rule asks for, as the workflow says: numbers or functions."""
    with SnakemakeApi(OutputSettings(quiet=None)) as api:
        handle = api.workflow(resource_settings=ResourceSettings(), snakefile=ROOT / "Snakefile")
        workflow = handle._get_workflow(check_envvars=False)
        workflow.include(ROOT / "Snakefile", overwrite_default_target=True)
        return {rule.name: dict(rule.resources) for rule in workflow.rules}


@pytest.fixture(scope="module")
def gpu_rules(resources: dict[str, dict[str, Any]]) -> set[str]:
    return {rule for rule, wanted in resources.items() if "gpu" in wanted}


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
def targets(here: Built, gpu_rules: set[str], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """All figures, or the small one and a file of each other rule of the studies that may ask for a GPU."""
    if LONG:
        return ["all"]
    figure = f"{SMALL_FIGURE}.pdf"
    files = plan(tmp_path_factory.mktemp("plan"), "all", configs=here.configs)
    first = {rule: path for path, rule, _ in reversed(files)}
    there = {rule for _, rule, _ in plan(here.folder, figure, configs=here.configs)}
    return [figure, *(first[rule] for rule in sorted(gpu_rules & set(first) - there))]


@pytest.fixture(scope="module")
def cluster(here: Built) -> Iterator[None]:
    with slurm_cluster.cluster():
        yield


class Run:
    """A run that submits to SLURM, killed when its time is over."""

    def __init__(self, folder: Path, *targets: str, configs: Sequence[Path]) -> None:
        words = command(folder, *targets, configs=configs, flags=[*PROFILE, *POLLING], cores=0)
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

    def wait_for(self, rule: str, state: str) -> str:
        """Wait until a job of a rule is in a state; return its id."""
        while self.process.poll() is None:
            for number, job in slurm_cluster.jobs().items():
                if job["Comment"].startswith(f"rule_{rule}") and job["JobState"] == state:
                    return number
            time.sleep(0.1)
        raise AssertionError(f"no job of {rule} came to be {state}\n{self.printed.read_text()}")

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


def test_jobs_get_what_their_rules_ask_for_and_survive_the_scheduler(
    targets: list[str],
    resources: dict[str, dict[str, Any]],
    gpu_rules: set[str],
    here: Built,
    cluster: None,
    tmp_path: Path,
) -> None:
    if not LONG:
        # The data are there already: fits, tables and figures remain.
        for name in ("results/data", ".snakemake"):
            shutil.copytree(here.folder / name, tmp_path / name)
    with Run(tmp_path, *targets, configs=here.configs) as run:
        # An operator cancels one job and requeues another, as pre-emption does.
        cancelled = run.wait_for("mayzel2024_fit", "RUNNING")
        time.sleep(random.uniform(0.0, 3.0))
        slurm_cluster.cancel(cancelled)
        requeued = run.wait_for("mayzel2024_fit", "RUNNING")
        time.sleep(random.uniform(0.0, 3.0))
        slurm_cluster.requeue(requeued)
        printed = run.end()

    records = slurm_cluster.jobs()
    assert records[cancelled]["JobState"] == "CANCELLED" and records[requeued]["Restarts"] == "1"
    seen = set()
    for number, record in records.items():
        rule = record["Comment"].removeprefix("rule_").partition("_wildcards_")[0]
        seen.add(rule)
        assert f"submitted with SLURM jobid {number} " in printed
        partition, gpus = ("gpu", ["gres:gpu:1"]) if rule in gpu_rules else ("cpu", [])
        assert record["Partition"] == partition, record
        assert [value for name, value in record.items() if name.startswith("Tres")] == gpus, record
        hours, minutes, _ = map(int, record["TimeLimit"].split(":"))
        got = {
            "mem_mb": int(record["MinMemoryNode"].removesuffix("M")),
            "runtime": 60 * hours + minutes,
            "_cores": int(record["NumCPUs"]),
        }
        wanted = resources[rule]
        assert got == {name: got[name] if callable(wanted[name]) else wanted[name] for name in got}, record
    assert seen & gpu_rules == {rule for _, rule, _ in plan(here.folder, *targets, configs=here.configs)} & gpu_rules
    assert seen - gpu_rules, "no job without a GPU was seen"
    print({rule: sum(f"rule_{rule}" in job["Comment"] for job in records.values()) for rule in sorted(seen)})
    assert tables(tmp_path) == here.tables
