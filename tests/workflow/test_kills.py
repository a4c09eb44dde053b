"""kill -9 at random moments, of a fit and of Snakemake: the next run ends with the numbers of an undisturbed one."""

import contextlib
import math
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from pipeline import (
    PROGRAMS,
    ROOT,
    SMALL_FIGURE,
    TEST,
    Built,
    build,
    command,
    copy_data,
    environment,
    left_over,
    long_test,
    orphans,
    overlay,
    plan,
    shell_commands,
    tables,
    trials,
)

from homeostat.checkpoints import CHECKPOINT_VARIABLE
from homeostat.files import load_npz

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes by /proc")

LONG_ENOUGH = 12.0  # CPU seconds of a job that is killed; less would be lost in the noise
LENGTHS = ("epochs", "batches", "iterations")
CHECKPOINTS = {CHECKPOINT_VARIABLE: "0.3"}


# ------------------------------------------------------------------------------------------------ the run


def running(session: int, words: str) -> list[int]:
    """Return the processes of a session whose command line holds ``words``."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            # After the name in brackets: state, parent, group, session.
            same = int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == session
        except (OSError, ValueError):
            continue
        if same and words in line and "bash" not in line.split(" ")[0]:
            found.append(int(folder.name))
    return found


def disturbed_run(folder: Path, configs: Sequence[Path], victim: str, moments: random.Random) -> None:
    """Start a run, and kill Snakemake or one of its fits at a moment at which fits are at work."""
    if not disturbed(folder, configs, victim, moments):
        # What outlived the run before had finished all fits by then: with the store, they need not be made again.
        for name in ("fits", "tables", "figures"):
            shutil.rmtree(folder / "results/store/mayzel2024" / name)
        assert disturbed(folder, configs, victim, moments), (folder / "printed.txt").read_text()


def disturbed(folder: Path, configs: Sequence[Path], victim: str, moments: random.Random) -> bool:
    """Start a run and kill; return whether there was anything to kill."""
    printed = folder / "printed.txt"
    with open(printed, "w") as out:
        words = command(folder, f"{SMALL_FIGURE}.pdf", configs=configs)
        process = subprocess.Popen(
            words, cwd=ROOT, env=environment(**CHECKPOINTS), stdout=out, stderr=out, start_new_session=True
        )
    # Behind none, one or two of the four fits, and up to two seconds after the next has begun.
    done, delay = (moments.choice((0, 1, 2)) if victim == "snakemake" else 0), moments.uniform(0.0, 2.0)
    while process.poll() is None:
        fits = sorted(running(process.pid, "mayzel2024.fit"))
        if fits and printed.read_text().count(" steps (") >= done:
            time.sleep(delay)
            # Without Snakemake, its jobs go on: the next run meets them.
            pid = process.pid if victim == "snakemake" else moments.choice(fits)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                process.wait(timeout=600)
                return True
        time.sleep(0.02)
    assert process.returncode == 0, printed.read_text()
    return False


def look_like_another_configuration(small: Built, folder: Path) -> None:
    """Leave wrong files of an earlier run, under other keys in the store; only the data are right."""
    shutil.copytree(small.folder, folder, dirs_exist_ok=True)
    for name in ("store/mayzel2024/fits", "store/mayzel2024/tables", "store/mayzel2024/figures", "tables", "figures"):
        for path in [path for path in (folder / "results" / name).rglob("*") if path.is_file()]:
            path.write_text("of another configuration")
            path.rename(path.with_name(re.sub(r"[0-9a-f]{16}", "0" * 16, path.name)))


@pytest.mark.parametrize("trial", range(trials(1, 3, 15)))
def test_killed_runs_end_with_the_same_numbers(trial: int, small: Built, tmp_path: Path) -> None:
    moments = random.Random(trial)
    look_like_another_configuration(small, tmp_path)
    try:
        disturbed_run(tmp_path, small.configs, "snakemake", moments)
        build(tmp_path, configs=small.configs, flags=("--unlock",))
        disturbed_run(tmp_path, small.configs, "fit", moments)
        build(tmp_path, f"{SMALL_FIGURE}.pdf", configs=small.configs)
    finally:
        for pid in orphans(tmp_path):
            os.kill(pid, signal.SIGKILL)
    print("killed Snakemake once and a fit once")
    assert tables(tmp_path) == small.tables
    assert not left_over(tmp_path)


# ------------------------------------------------------------------------------------------------- the fit


def start(shell_command: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["bash", "-c", f"exec {shell_command}"], cwd=folder, env=environment(**PROGRAMS, **CHECKPOINTS)
    )


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def to_the_end(shell_command: str, folder: Path, kill_after: float = math.inf) -> float:
    """Run a job, or kill it after some CPU seconds; return those that it took."""
    before = cpu_seconds()
    process = start(shell_command, folder)
    while process.poll() is None:
        if cpu_of(process.pid) >= kill_after:
            process.kill()
        time.sleep(0.01)
    allowed = (0,) if kill_after == math.inf else (0, -signal.SIGKILL)
    assert process.returncode in allowed, log_of(shell_command, folder)
    return cpu_seconds() - before


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process, which a busy machine does not stretch."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def log_of(shell_command: str, folder: Path) -> str:
    return (folder / re.findall(r"> '?(results/logs/[^ ']+)", shell_command)[0]).read_text()


def output_of(shell_command: str) -> str:
    return re.findall(r"--output '?([^ ']+)", shell_command)[0]


def assert_same(found: tuple, expected: tuple) -> None:
    assert found[1] == expected[1] and list(found[0]) == list(expected[0])
    for name, values in expected[0].items():
        assert np.array_equal(values, found[0][name], equal_nan=values.dtype.kind == "f"), name


def measured(shell_command: str, folder: Path) -> tuple[float, float]:
    """Run a job as far as its first line, and to its end; return the CPU seconds of both."""
    output = folder / output_of(shell_command)
    log = folder / re.findall(r"> '?(results/logs/[^ ']+)", shell_command)[0]
    for path in (output, log):
        path.parent.mkdir(parents=True, exist_ok=True)
    start_up = to_the_end(shell_command.partition(" --")[0] + f" --help > '{log}' 2>&1", folder)
    return start_up, to_the_end(shell_command, folder)


def assert_checkpoints_save_half(shell_command: str, folder: Path, times: tuple[float, float], kills: int) -> None:
    """Kill a job at random moments, and have it go on to the same arrays.

    The kills must cost at most half of the CPU seconds that they would cost without checkpoints. What a job takes
    changes by a third while a machine's neighbours come and go: each kill is compared with a whole run just before it,
    and there are up to three times as many kills until the sums agree, which chance does not bring about where nothing
    is saved.
    """
    output, (start_up, whole) = folder / output_of(shell_command), times
    expected = load_npz(output)
    moments, without, with_them, done = random.Random(kills), 0.0, 0.0, 0
    for _ in range(6 * kills):
        output.unlink()
        spent = to_the_end(shell_command, folder, kill_after=moments.uniform(start_up, 0.9 * whole))
        if output.exists():
            # Killed behind its last deed, if at all: the file must be whole.
            assert_same(load_npz(output), expected)
            print(f"not killed within {spent:.1f} CPU s of {whole:.1f}")
            whole = spent
            continue
        rest = to_the_end(shell_command, folder)
        assert_same(load_npz(output), expected)
        assert not left_over(folder)
        without += spent - start_up
        with_them += spent + rest - whole - start_up
        print(f"killed after {spent:.1f} CPU s of {whole:.1f}; the rest took {rest:.1f} ({start_up:.1f} to start)")
        done += 1
        if done >= 3 * kills or (done >= kills and with_them <= 0.5 * without):
            break
        output.unlink()
        whole = to_the_end(shell_command, folder)
    print(f"lost {with_them:.1f} CPU s of {without:.1f} in {done} kills")
    assert done >= kills and with_them <= 0.5 * without


def test_checkpoints_save_at_least_half_of_the_lost_work(small: Built, tmp_path: Path) -> None:
    jobs = shell_commands(tmp_path, f"{SMALL_FIGURE}.pdf", configs=small.configs)
    (reshaped,) = [line for line in jobs if "model~reshaped" in line and "--checkpoint" in line]
    copy_data(small, tmp_path)
    times = measured(reshaped, tmp_path)
    assert_checkpoints_save_half(reshaped, tmp_path, times, kills=trials(2, 6, 20))


def checkpointed_rules() -> list[str]:
    """Return the rules whose jobs write checkpoints."""
    text = "".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
    parts = re.split(r'^stage\(\n    "(\w+)"', text, flags=re.MULTILINE)
    return [name for name, body in zip(parts[1::2], parts[2::2], strict=True) if "resumes=True" in body]


def lengthened(section: Any, factor: int, inside: bool = False) -> Any:
    """Return a section of the configuration with so many times as many epochs, batches, iterations, steps of fits."""
    if isinstance(section, dict):
        # The `steps` of a study that are one number are those of a trajectory.
        return {
            key: lengthened(value, factor, inside or key in LENGTHS or (key == "steps" and isinstance(value, dict)))
            for key, value in section.items()
        }
    return factor * section if inside and isinstance(section, int) else section


@long_test("kills of a job of each study")
@pytest.mark.parametrize("name", checkpointed_rules())
def test_killed_jobs_of_every_study(name: str, tmp_path: Path) -> None:
    settings, factor, took = yaml.safe_load(TEST.read_text()), 10, 0.0
    while took < LONG_ENOUGH:
        configs = (overlay(tmp_path / "longer.yaml", lengthened(settings, factor)),)
        path = next(path for path, rule, _ in plan(tmp_path, "all", configs=configs) if rule == name)
        build(tmp_path, path, flags=("--omit-from", name), configs=configs)
        (job,) = shell_commands(tmp_path, path, flags=("--forcerun", path), configs=configs)
        start_up, whole = measured(job, tmp_path)
        took = whole - start_up
        factor *= max(2, min(30, round(1.3 * LONG_ENOUGH / took)))
    print(f"{name}: {whole:.1f} CPU s")
    assert_checkpoints_save_half(job, tmp_path, (start_up, whole), kills=trials(0, 3, 5))
