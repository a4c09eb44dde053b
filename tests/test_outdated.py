"""What is out of date is put aside, never taken for current, and comes back where a run had not begun to replace it."""

import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import outdated
import pytest
from outdated import Job, aside, drop_replaced, put_aside, put_back
from pipeline import ROOT, TEST, command, overlay, plan, pretend, run


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def read(path: str) -> str | None:
    return Path(path).read_text() if Path(path).exists() else None


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def chain(here: Path) -> list[Job]:
    """A source, two fits of it, and a figure of both, with their logs."""
    needs: Mapping[str, Sequence[str]] = {"data": (), "fit0": ("data",), "fit1": ("data",), "figure": ("fit0", "fit1")}
    for name in needs:
        write(f"results/{name}.npz", "old")
        write(f"results/logs/{name}.log", "old")
    return [
        Job.of([f"results/{name}.npz"], [f"results/{each}.npz" for each in of], f"results/logs/{name}.log")
        for name, of in needs.items()
    ]


def begin(name: str, *, done: bool) -> None:
    """Do what Snakemake does of a job that begins, and of one that is done."""
    Path(f"results/{name}.npz").unlink(missing_ok=True)
    write(f"results/logs/{name}.log", "new")
    if done:
        write(f"results/{name}.npz", "new")


def state(names: str = "data fit0 fit1 figure") -> list[str | None]:
    return [read(f"results/{name}.npz") for name in names.split()]


def times() -> list[int]:
    return [path.stat().st_mtime_ns for path in sorted(Path("results").glob("*.npz"))]


def test_nothing_is_left_and_all_comes_back(here: Path) -> None:
    jobs = chain(here)
    before = times()
    assert put_aside(jobs) == 4
    assert state() == [None] * 4 and read(str(aside("results/fit0.npz"))) == "old"
    assert put_back() == 4
    assert state() == ["old"] * 4 and times() == before and not outdated.ASIDE.exists()


def test_what_was_begun_and_what_hangs_below_it_stays_away(here: Path) -> None:
    _, fit0, fit1, figure = chain(here)
    put_aside([fit0, fit1, figure])
    begin("fit0", done=False)
    assert put_back() == 1
    assert state() == ["old", None, "old", None]


def test_what_was_replaced_is_not_undone(here: Path) -> None:
    _, fit0, fit1, figure = chain(here)
    put_aside([fit0, fit1, figure])
    begin("fit0", done=True)
    assert drop_replaced() == 2 and not aside("results/fit0.npz").exists()
    assert put_back() == 2
    # The figure is older than what it was made from now, so it is made again.
    assert state() == ["old", "new", "old", "old"]
    assert Path("results/figure.npz").stat().st_mtime_ns < Path("results/fit0.npz").stat().st_mtime_ns


def test_a_file_without_a_record_is_lost(here: Path) -> None:
    put_aside(chain(here)[1:])
    assert drop_replaced(lost=lambda path: "fit1" in path) == 2
    assert put_back() == 1 and state() == ["old", "old", None, None]


def test_a_file_of_which_nothing_was_recorded_stays_away(here: Path) -> None:
    jobs = chain(here)
    put_aside([*jobs[:3], Job.of(jobs[3].outputs, None, jobs[3].log)])
    assert put_back() == 3 and state() == ["old"] * 3 + [None]


def test_what_it_was_made_from_counts_and_not_what_the_run_asks_for(here: Path) -> None:
    _, fit0, _, figure = chain(here)
    put_aside([fit0, figure])
    begin("fit0", done=False)
    # This figure was made from a fit that the run does not know.
    write("results/other.npz", "old")
    other = Job(figure.outputs, ("results/other.npz",), figure.log, figure.logged)
    assert not figure.may_come_back() and other.may_come_back()


def test_files_of_two_stopped_runs_come_back(here: Path) -> None:
    jobs = chain(here)
    put_aside(jobs[3:])
    put_aside([Job.of(job.outputs, job.made_from, job.log) for job in jobs[1:]])
    assert put_back() == 3 and state() == ["old"] * 4


def test_a_successful_run_leaves_nothing(here: Path) -> None:
    put_aside(chain(here))
    for name in ("data", "fit0", "fit1", "figure"):
        begin(name, done=True)
    assert drop_replaced() == 0 and not outdated.ASIDE.exists()
    assert state() == ["new"] * 4


@pytest.mark.parametrize("seed", range(30))
def test_any_run_stopped_anywhere(seed: int, here: Path) -> None:
    """Of random graphs: a file comes back with all that it was made from, or not at all; and all of those do."""
    dice = random.Random(seed)
    needs = {k: dice.sample(range(k), min(k, dice.randint(0, 3))) for k in range(12)}
    jobs = {}
    for k, of in needs.items():
        write(f"results/{k}.npz", "old")
        write(f"results/logs/{k}.log", "old")
        jobs[k] = Job.of([f"results/{k}.npz"], [f"results/{each}.npz" for each in of], f"results/logs/{k}.log")
    # As Snakemake has it: with a job, all that hangs below it.
    away = {k for k in needs if dice.random() < 0.3}
    for k, of in needs.items():
        away |= {k} if away & set(of) else set()
    put_aside(jobs[k] for k in sorted(away))
    begun = {}
    for k in sorted(away):
        if all(each not in away or begun.get(each) for each in needs[k]) and dice.random() < 0.6:
            begun[k] = dice.random() < 0.6
            begin(str(k), done=begun[k])
    if dice.random() < 0.5:
        drop_replaced()
    put_back()
    for k, of in needs.items():
        whole = all(read(f"results/{each}.npz") for each in of)
        expected = ("new" if begun[k] else None) if k in begun else "old" if whole else None
        assert read(f"results/{k}.npz") == expected, k


def test_a_run_started_by_mistake_costs_what_it_began(tmp_path: Path) -> None:
    only = {"studies": ["mayzel2024"]}
    right = (TEST, overlay(tmp_path / "right.yaml", only))
    wrong = (*right, overlay(tmp_path / "wrong.yaml", {"mayzel2024": {"steps": {"rp": 7}}}))
    everything = plan(tmp_path, "all", configs=right)
    pretend(tmp_path, [path for path, _, _ in everything], "all", configs=right)
    planned = {path for path, _, todo in plan(tmp_path, "all", configs=wrong) if todo}
    assert planned and not any(todo for _, _, todo in plan(tmp_path, "all", configs=right))

    # The data are no data, so the first fit fails.
    status, printed = run(command(tmp_path, "all", configs=wrong, cores=1))
    assert status != 0 and f"{len(planned)} files are out of date. results/.outdated keeps them" in printed, printed
    # A failed run leaves a scorecard of what is there, and nothing else.
    assert {path for path in planned if (tmp_path / path).exists()} == {
        path for path in planned if "scorecard." in path and path.endswith(("csv", "json", "txt"))
    }
    restored = subprocess.run(
        [sys.executable, ROOT / "workflow/lib/outdated.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    lost = {path for path in planned if not (tmp_path / path).exists()}
    (fit,) = {path for path in lost if "/fits/" in path}
    assert 0 < len(lost) < len(planned) / 3, restored.stdout
    # What is back is current for the right configuration, and for that one only.
    rest = {path for path, _, todo in plan(tmp_path, "all", configs=right) if todo}
    assert lost <= rest and {path for path in rest if "/fits/" in path} == {fit}
    assert {path for path, _, todo in plan(tmp_path, "all", configs=wrong) if todo} == planned


def test_not_while_a_run_is_at_work(here: Path) -> None:
    put_aside(chain(here))
    write(".snakemake/locks/0.output.lock", "")
    done = subprocess.run(
        [sys.executable, ROOT / "workflow/lib/outdated.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and done.stderr.startswith("Another run works in this folder")
    assert state() == [None] * 4
