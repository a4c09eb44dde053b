"""What makes a run impossible is said before it begins."""

import subprocess
from pathlib import Path

import pytest
from pipeline import ROOT, command, run
from test_faults import disk

from homeostat.errors import HomeostatError
from homeostat.machine import check_machine


def test_a_checkout_whose_path_has_a_colon(tmp_path: Path) -> None:
    check_machine(ROOT, tmp_path)
    with pytest.raises(HomeostatError, match=r"The checkout lies in /data/a:b, and a path with ':' cannot be given"):
        check_machine("/data/a:b", tmp_path)
    root = tmp_path / "a:b"
    root.mkdir()
    for name in ("src", "workflow", "config", "profiles", "Snakefile"):
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
