"""benchmarks/profile_run.py on a run that was made up: two cores, five jobs."""

import base64
import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from homeostat import cli

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "profile_run.py"
# Rule, output, inputs, start and end, seconds and CPU seconds by the benchmark, CPU seconds and imports by the log.
JOBS = [
    ("s_data", "results/data/s/a.npz", [], 0.0, 2.0, "1.9", "0.00", "1.80", "0.30"),
    ("s_fit", "results/fits/s/one.npz", ["results/data/s/a.npz"], 2.5, 42.5, "39.9", "15.10", "38.00", "0.50"),
    ("s_fit", "results/fits/s/two.npz", ["results/data/s/a.npz"], 2.5, 22.5, "19.8", "15.10", "19.00", "0.50"),
    (
        "s_fig1",
        "results/store/s/figures/1.pdf",
        ["results/fits/s/two.npz"],
        23.0,
        29.0,
        "5.9",
        "5.00",
        "5.50",
        "0.90",
    ),
    # A record of before the logs said anything.
    ("s_claims", "results/claims/s.csv", ["results/store/s/figures/1.pdf"], 43.0, 44.0, "0.9", "NA", None, None),
]


def made_up_run(folder: Path) -> None:
    """Write what Snakemake and the programs leave behind."""
    for rule, output, inputs, start, end, wall, sampled, cpu, loading in JOBS:
        log = (
            output.replace("results/store/", "results/").replace("results/", "results/logs/", 1).rsplit(".", 1)[0]
            + ".log"
        )
        record = {"rule": rule, "input": inputs, "log": [log], "starttime": 1e9 + start, "endtime": 1e9 + end}
        metadata = folder / ".snakemake/metadata" / base64.b64encode(output.encode(), altchars=b"-_").decode()
        benchmark = folder / log.replace("/logs/", "/benchmarks/").replace(".log", ".tsv")
        for path in (metadata, benchmark, folder / log):
            path.parent.mkdir(parents=True, exist_ok=True)
        metadata.write_text(json.dumps(record))
        benchmark.write_text(f"s\tcpu_time\n{wall}\t{sampled}\n")
        said = "" if cpu is None else cli.TOOK_LINE.format(cpu=float(cpu), loading=float(loading)) + "\n"
        (folder / log).write_text("working\n" + said)


def profile(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the program in a folder."""
    return subprocess.run([sys.executable, str(PROGRAM)], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict[str, str]]:
    """Return the table of the run by part and name."""
    folder = tmp_path_factory.mktemp("run")
    made_up_run(folder)
    done = profile(folder)
    assert done.returncode == 0, done.stderr
    assert "1 of 5 logs do not say how long imports took" in done.stdout
    with (folder / "results/benchmarks/profile.csv").open(newline="") as stream:
        return {(row["part"], row["name"]): row for row in csv.DictReader(stream)}


def test_time_of_the_run_and_its_cores(rows):
    assert float(rows["run", "wall-clock"]["seconds"]) == 44.0
    whole = rows["run", "core time, 2 cores"]
    # CPU time is that of the logs; without one, the benchmark's wall-clock.
    assert (float(whole["seconds"]), float(whole["cpu_seconds"])) == (88.0, 1.8 + 38 + 19 + 5.5 + 0.9)


def test_parts_of_the_core_time_add_up(rows):
    parts = {name: float(row["seconds"]) for (part, name), row in rows.items() if part == "core time"}
    assert parts["imports"] == 0.3 + 0.5 + 0.5 + 0.9
    assert parts["plotting"] == pytest.approx(5.9 - 0.9)
    assert parts["work"] == pytest.approx(1.9 + 39.9 + 19.8 + 0.9 - 0.3 - 1.0)
    assert parts["no job at hand"] == pytest.approx(88 - (2 + 40 + 20 + 6 + 1))
    assert sum(parts.values()) == pytest.approx(88.0)


def test_longest_chain_follows_inputs_and_times(rows):
    chain = [name for part, name in rows if part == "longest chain"]
    assert chain == ["all", "data/s/a", "fits/s/one"]
    # Next to it: a 2, two 20, fig1 6, claims 1.
    assert float(rows["longest chain", "all"]["seconds"]) == 42.0


def test_stages_and_slowest_jobs(rows):
    assert float(rows["stage", "fits"]["seconds"]) == 60.0
    assert [name for part, name in rows if part == "slowest jobs"][:2] == ["fits/s/one", "fits/s/two"]


def test_a_folder_without_a_run_is_told(tmp_path):
    done = profile(tmp_path)
    assert done.returncode == 1 and "has no record of a job" in done.stderr


def test_programs_say_in_their_logs_what_they_took(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("from homeostat import cli\ncli.run(lambda: sum(range(3_000_000)))\n")
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=True)
    found = cli.TOOK.search(done.stderr.splitlines()[-1])
    assert found and 0 < float(found[2]) < float(found[1])
