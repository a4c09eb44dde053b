"""Snakemake runs for tests: planned, started, killed and compared; and single programs, called in this process."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
TEST = ROOT / "config/test.yaml"
# 1: more trials, and figures of every study (some 30 CPU minutes); all: many trials, and all figures (some hours).
LONG = os.environ.get("HOMEOSTAT_LONG_TESTS") in ("1", "all")
ALL = os.environ.get("HOMEOSTAT_LONG_TESTS") == "all"

# The environment of a rule's command, when it is run without Snakemake.
PROGRAMS = {
    "HOMEOSTAT_ROOT": str(ROOT),
    "PYTHONPATH": f"{ROOT}/src:{ROOT}/workflow/scripts",
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
}

# Four fits, a table and a figure: the least that goes the whole way. One fit takes some seconds.
STEPS = {"rp": 300, "reshaped": 15_000, "backprop": 60, "pairwise": 60, "sgd": 60}
SMALL = {"device": "auto", "mayzel2024": {"seeds": 2, "fig1": {"projections": [10]}, "steps": STEPS}}
SMALL_FIGURE = "results/figures/mayzel2024/fig1s1"


# One figure of each study, with few jobs.
FIGURES = ("mayzel2024/fig3", "shen2021/learning_rates", "keck2012/fig3", "eyono2026/fig2", "krishna2024/figC2")
TARGETS = ("all",) if ALL else tuple(f"results/figures/{figure}.pdf" for figure in FIGURES)


class Built(NamedTuple):
    """A run that nobody disturbed: where it is, of which configuration, the figures' numbers, how long it took."""

    folder: Path
    configs: tuple[Path, ...]
    tables: dict[str, bytes]
    seconds: float


def long_test(why: str) -> pytest.MarkDecorator:
    """Return the mark of a test that runs only where somebody asked for the long ones."""
    return pytest.mark.skipif(not LONG, reason=f"{why}; set HOMEOSTAT_LONG_TESTS=1")


def trials(short: int, long: int, many: int) -> int:
    """Return how many trials are asked for."""
    return many if ALL else long if LONG else short


def overlay(path: Path, settings: Mapping[str, object]) -> Path:
    """Write a configuration file."""
    path.write_text(yaml.safe_dump(dict(settings), allow_unicode=True), encoding="utf-8")
    return path


def command(
    folder: Path,
    *targets: str,
    configs: Sequence[Path] = (TEST,),
    config: Sequence[str] = (),
    flags: Sequence[str] = (),
    cores: int = 2,
    root: Path = ROOT,
) -> list[str]:
    """Return the command that builds ``targets`` in ``folder``; ``config`` are single keys.

    No cores where a profile of the flags says how many.
    """
    words = [sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile"), "--directory", str(folder)]
    words += ["--cores", str(cores)] if cores else []
    words += ["--configfile", *map(str, configs)] if configs else []
    words += ["--config", *config] if config else []
    return [*words, *flags, "--", *targets]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a run: this one's without what pytest was told."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | more


def run(words: Sequence[str], timeout: float = 1200, cwd: Path = ROOT, **more: str) -> tuple[int, str]:
    """Run a command with ``more`` in its environment; return its exit status and all that it printed."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    done = subprocess.run(words, env=environment(**more), cwd=cwd, timeout=timeout, check=False, **streams)
    return done.returncode, done.stdout


def call(program: Any, *arguments: Any, settings: Mapping[str, Any] | None = None) -> None:
    """Run a program's main with arguments, and with its settings as JSON."""
    given = ["--settings", json.dumps(settings)] if settings else []
    before, sys.argv = sys.argv, ["program", *given, *map(str, arguments)]
    try:
        program.main()
    finally:
        sys.argv = before


def build(folder: Path, *targets: str, timeout: float = 1200, **options) -> str:
    """Build ``targets``; return what was printed, fail with it if that failed."""
    status, printed = run(command(folder, *targets, **options), timeout)
    assert status == 0, printed
    return printed


def tables(folder: Path) -> dict[str, bytes]:
    """Return the source data of every figure that is there."""
    figures = folder / "results/figures"
    return {str(path.relative_to(figures)): path.read_bytes() for path in sorted(figures.rglob("*.csv"))}


def plan(folder: Path, *targets: str, **options) -> list[tuple[str, str, str]]:
    """Return (file, rule, plan) of every file of the DAG; the plan is empty where nothing is to be done."""
    status, printed = run(command(folder, *targets, flags=("--summary",), **options))
    assert status == 0, printed
    rows = [line.split("\t") for line in printed.splitlines() if line.startswith("results/")]
    return [(row[0], row[2], "" if row[-1] == "no update" else row[-1]) for row in rows]


def place(folder: Path, start: str, *targets: str, **options) -> Path:
    """Return where a run would store the one file whose path below results/store begins with ``start``."""
    (path,) = {path for path, _, _ in plan(folder, *targets, **options) if path.startswith(f"results/store/{start}.")}
    return folder / path


def put(folder: Path, start: str, made: Any, *targets: str, **options) -> None:
    """Save an image set or recording of the test's own where a run would store the one that it has no need to make."""
    path = place(folder, start, *targets, **options)
    # A file of a key is written by the run alone, which says what it is made from.
    elsewhere = folder / f"{path.name.partition('.')[0]}.npz"
    made.save(elsewhere, {})
    path.parent.mkdir(parents=True, exist_ok=True)
    elsewhere.rename(path)


def pretend(folder: Path, files: Iterable[str], *targets: str, **options) -> None:
    """Have Snakemake believe that ``targets`` were built, with all their ``files``; what is there keeps its content."""
    for path in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    # All of them, so that Snakemake keeps a record of each.
    build(folder, *targets, flags=("--touch", "--forceall"), **options)


def shell_commands(folder: Path, *targets: str, flags: Sequence[str] = (), **options) -> list[str]:
    """Return the shell command of each job that would run."""
    printed = build(folder, *targets, flags=("--dry-run", "--printshellcmds", *flags), **options)
    lines = re.findall(r"^Shell command: (python .+)$", printed, re.MULTILINE)
    # A program by itself stores nothing: without Snakemake nobody says what the key of its result is made from.
    output = re.compile(r"(?<=--output )('?)results/store/(\S+?)\.[0-9a-f]{16}\.")
    return [output.sub(r"\1results/alone/\2.", line) for line in lines]


def copy_data(small: Built, folder: Path) -> None:
    """Copy the stored data of a run, which its fits are made from."""
    for name in ("results/store/data", "results/store/mayzel2024/data"):
        shutil.copytree(small.folder / name, folder / name)


def left_over(folder: Path) -> list[str]:
    """Return the temporary files and checkpoints in ``folder``."""
    found = [path for path in folder.rglob("*") if ".part" in path.name or "checkpoints" in path.parts]
    return [str(path.relative_to(folder)) for path in found if path.is_file()]


def read_only(words: Sequence[str], root: Path = ROOT) -> list[str]:
    """Return the command with the source tree mounted so that nobody can write there, not even root.

    A test that cannot have this (no root, or a container without the right to mount) is skipped.
    """
    mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"'
    inside = ["unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', str(root)]
    if os.geteuid() or shutil.which("unshare") is None or subprocess.run([*inside, "true"], check=False).returncode:
        pytest.skip("needs root and the right to mount")
    return [*inside, *words]


def snakemake(*arguments: str, cwd: Path = ROOT) -> tuple[int, str]:
    """Run Snakemake; return its exit status and all that it printed."""
    return run([sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *arguments], cwd=cwd)


def orphans(folder: Path) -> Iterator[int]:
    """Yield the processes that work in a folder or below it."""
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if Path(os.readlink(path / "cwd")).is_relative_to(folder):
                yield int(path.name)
