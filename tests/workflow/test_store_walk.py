"""A random walk over everything that happens to results: each finished run has the figures of a clean one."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from pipeline import ROOT, command, environment, orphans, overlay, run, trials

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes by /proc")

STEPS = int(os.environ.get("HOMEOSTAT_WALK_STEPS") or trials(40, 150, 300))
SEEDS = trials(1, 1, 2)

# Two fits of a recording, tables of two kinds, and a figure: every stage from the user's file on.
FIGURE = "mayzel2024/fig3"
SMALL = {
    "device": "cpu",
    "mayzel2024": {"seeds": 2, "fig3": {"budgets": [3.0]}, "neurons": 12, "projections": 8},
}
# Code that matters: what a fit measures, in the library; and text that does not.
MATTERS = ("src/homeostat/rp/measures.py", "return ", "return 0.5 * ", "def firing_rates")
TEXT = {
    "src/homeostat/rp/trainer.py": '"""',
    "workflow/scripts/mayzel2024/fit.py": '"""',
    "src/homeostat/errors.py": '"""',
}


@dataclass(frozen=True)
class State:
    """What the figures depend on."""

    steps: int = 10
    recording: int = 0
    edited: bool = False


class World:
    """A checkout, a recording and a folder of results, in which things happen."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.dice = folder, random.Random(seed)
        self.state, self.name, self.number = State(), "default", 0
        self.tree = folder / "tree"
        for name in ("src", "workflow", "config", "envs", "record", "docs"):
            shutil.copytree(ROOT / name, self.tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("Snakefile", "CITATION.cff"):
            shutil.copy2(ROOT / name, self.tree)
        self.plain = {path: (self.tree / path).read_text() for path in (MATTERS[0], *TEXT)}
        self.work = folder / "work0"
        self.work.mkdir()
        self.recording = folder / "mine.npy"
        self.references: dict[State, dict[str, bytes]] = {}
        self.write_recording()

    # ---- what may happen

    def change_a_setting(self) -> None:
        self.state = replace(self.state, steps=22 - self.state.steps)

    def replace_the_recording(self) -> None:
        self.state = replace(self.state, recording=1 - self.state.recording)
        self.write_recording()

    def write_recording(self) -> None:
        rng = np.random.default_rng(self.state.recording)
        rate = 0.1 + 0.3 * rng.random((1, 16)) * (1 + np.sin(np.arange(4000)[:, None] / 20))
        np.save(self.recording, (rng.random((4000, 16)) < rate).astype(np.uint8))
        # Older than everything that was made from the one before.
        when = 1_000_000_000 + self.dice.randrange(1000)
        os.utime(self.recording, (when, when))

    def edit_code_that_matters(self) -> None:
        self.state = replace(self.state, edited=not self.state.edited)
        path, old, new, place = MATTERS
        before, found, after = (text := self.plain[path]).partition(place)
        assert found and old in after, "the edit of the test fits no longer"
        (self.tree / path).write_text(before + found + after.replace(old, new, 1) if self.state.edited else text)

    def edit_text(self) -> None:
        path = self.dice.choice(list(TEXT))
        text = self.plain[path].replace(TEXT[path], f"{TEXT[path]}Edit {self.dice.random()}. ", 1)
        (self.tree / path).write_text(text + f"\n\n# A comment: {self.dice.random()}\n")

    def lose_records(self) -> None:
        shutil.rmtree(self.work / ".snakemake", ignore_errors=True)

    def cut_a_record(self) -> None:
        self.harm(self.work / ".snakemake/metadata", lambda path: os.truncate(path, path.stat().st_size // 2))

    def delete_a_stored_file(self) -> None:
        self.harm(self.work / "results/store", Path.unlink)

    def delete_a_view(self) -> None:
        self.harm(self.views(), Path.unlink)

    def edit_a_view(self) -> None:
        self.harm(self.views(), lambda path: path.write_bytes(path.read_bytes()[:-1] + b"!"))

    def harm(self, folder: Path, how: Callable[[Path], object]) -> None:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        if files:
            how(self.dice.choice(files))

    def move_with_dates(self) -> None:
        self.move("-a", ("results", ".snakemake"))

    def move_without_dates(self) -> None:
        self.move("-r", ("results",))

    def move(self, flag: str, names: tuple[str, ...]) -> None:
        self.number += 1
        old, self.work = self.work, self.folder / f"work{self.number}"
        self.work.mkdir()
        for name in names:
            if (old / name).exists():
                subprocess.run(["cp", flag, str(old / name), str(self.work)], check=True)
        shutil.rmtree(old)

    def take_another_name(self) -> None:
        self.name = "other" if self.name == "default" else "default"

    def kill_a_run(self) -> None:
        """Start a run and kill Snakemake with -9; its jobs live on."""
        # In its own session, so that its orphans can be found at the end.
        process = subprocess.Popen(
            self.words(), env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=self.dice.uniform(0.5, 9.0))
        process.kill()
        process.wait()
        # The next run is of something else, half of the time.
        if self.dice.random() < 0.5:
            self.dice.choice([self.change_a_setting, self.replace_the_recording, self.edit_code_that_matters])()
        if (self.work / ".snakemake/locks").is_dir():
            status, printed = run([*self.words()[:-2], "--unlock"])
            assert status == 0, printed

    # ---- runs

    def words(self, work: Path | None = None) -> list[str]:
        settings = overlay(
            self.folder / f"config{self.state.steps}.yaml",
            SMALL | {"recording": str(self.recording)} | {"mayzel2024": SMALL["mayzel2024"] | {"steps": self.steps()}},
        )
        work = work or self.work
        return command(
            work, f"{self.views(work)}/{FIGURE}.csv", configs=(self.tree / "config/test.yaml", settings), root=self.tree
        )

    def steps(self) -> dict[str, int]:
        return dict.fromkeys(("rp", "reshaped", "backprop", "pairwise", "sgd"), self.state.steps)

    def environment(self) -> dict[str, str]:
        return environment(HOMEOSTAT_RUN=self.name, PYTHONDONTWRITEBYTECODE="1")

    def views(self, work: Path | None = None) -> Path:
        name = "results" if self.name == "default" else f"results/runs/{self.name}"
        return (Path() if work else self.work) / name / "figures"

    def run(self) -> str:
        status, printed = run(self.words(), timeout=1200, HOMEOSTAT_RUN=self.name)
        assert status == 0, printed
        return printed

    def made(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.views().rglob("*.csv")}

    def expected(self) -> dict[str, bytes]:
        """Return what a clean run of this configuration, code and recording makes."""
        if self.state not in self.references:
            clean = self.folder / f"clean{len(self.references)}"
            clean.mkdir()
            name, work, self.name, self.work = self.name, self.work, "default", clean
            self.run()
            self.references[self.state] = self.made()
            self.name, self.work = name, work
        return self.references[self.state]


HAPPENINGS = (
    World.change_a_setting,
    World.replace_the_recording,
    World.edit_code_that_matters,
    World.edit_text,
    World.lose_records,
    World.cut_a_record,
    World.delete_a_stored_file,
    World.delete_a_view,
    World.edit_a_view,
    World.move_with_dates,
    World.move_without_dates,
    World.take_another_name,
    World.kill_a_run,
)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_each_run_has_the_figures_of_a_clean_one(seed: int, tmp_path: Path) -> None:
    seed = int(os.environ.get("HOMEOSTAT_WALK_SEED") or seed)
    print(f"seed {seed}, {STEPS} steps")
    world = World(tmp_path, seed)
    happened: list[str] = []
    try:
        for step in range(STEPS):
            # One or two things between two runs.
            for happening in world.dice.sample(HAPPENINGS, world.dice.choice((1, 1, 2))):
                happened.append(happening.__name__)
                happening(world)
            began = time.monotonic()
            world.run()
            assert world.made() == world.expected(), f"seed {seed}, step {step}: {happened[-3:]}, {world.state}"
            print(f"{step}: {happened[-1]}, {world.state}, {time.monotonic() - began:.1f} s", flush=True)
    finally:
        for pid in orphans(tmp_path):
            os.kill(pid, signal.SIGKILL)
    # The walk could tell them apart.
    assert len(world.references) > 1 and len(set(map(repr, world.references.values()))) == len(world.references)
