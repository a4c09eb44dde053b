"""What makes a run impossible is said before it begins."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pipeline import PROGRAMS, ROOT, command, environment, run
from test_faults import disk

from homeostat.errors import HomeostatError
from homeostat.machine import check_machine

SAMPLING = """
import numpy as np
from homeostat import cli
from homeostat.rp import RP

def main():
    model = RP(n_projections=400, steps=2, chains=64).fit(np.eye(50, dtype=np.uint8))
    model.sample(100)
    print("sampling", flush=True)
    model.sample(2_000_000, thin=100)

cli.run(main)
"""


def test_ctrl_c_inside_a_kernel(tmp_path: Path) -> None:
    """Compiled code does not look at signals; what it is called for is short, and the next line of Python does."""
    words = [sys.executable, "-c", SAMPLING]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, env=environment(**PROGRAMS), cwd=tmp_path, **streams) as job:
        assert job.stdout is not None and job.stdout.readline() == "sampling\n"
        time.sleep(1)
        job.send_signal(signal.SIGINT)
        _, said = job.communicate(timeout=1200)
    assert job.returncode == 130 and said.endswith("error: interrupted\n") and "Traceback" not in said


def test_a_checkout_whose_path_has_a_colon(tmp_path: Path) -> None:
    check_machine(ROOT, tmp_path)
    with pytest.raises(HomeostatError, match=r"The checkout lies in /data/a:b, and a path with ':' cannot be given"):
        check_machine("/data/a:b", tmp_path)
    root = tmp_path / "a:b"
    root.mkdir()
    for name in ("src", "workflow", "config", "profiles", "record", "docs", "Snakefile"):
        (root / name).symlink_to(ROOT / name)
    status, printed = run(command(tmp_path, "all", root=root, configs=(), flags=("--dry-run",)))
    assert status != 0 and f"The checkout lies in {root}" in printed and "Traceback" not in printed, printed


def test_a_disk_that_is_full_at_the_start(tmp_path: Path) -> None:
    with disk(tmp_path / "disk", 1) as folder:
        subprocess.run(["fallocate", "-l", "1M", str(folder / "filler")], check=False, capture_output=True)
        with pytest.raises(HomeostatError, match=r"The disk is full: 0.0 MB are free in .*disk; make room first"):
            check_machine(ROOT, folder)
        status, printed = run(command(folder, "mayzel2024_fig1", configs=()))
        assert status != 0 and f"The disk is full: 0.0 MB are free in {folder}" in printed, printed
