"""What a run says on the terminal."""

import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from homeostat.logs import progress
from snakemake_logger_plugin_homeostat import LogHandler

ROOT = Path(__file__).resolve().parents[1]


def handler(**changes: Any) -> LogHandler:
    settings = {"quiet": set(), "show_failed_logs": True, "dryrun": False, "stdout": True}
    return LogHandler(SimpleNamespace(**{**settings, **changes}), None)  # type: ignore[arg-type]


def record(message: str | None = None, level: int = logging.INFO, **fields: Any) -> logging.LogRecord:
    made = logging.LogRecord("snakemake", level, "", 0, message, None, None)
    made.__dict__.update(fields)
    return made


def test_one_line_per_job_with_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    says = handler()
    says.emit(record("Job stats: …", event=LogEvent.RUN_INFO, stats={"fit": 11, "total": 12}))
    says.emit(record("Select jobs to execute..."))
    says.emit(record(event=LogEvent.JOB_INFO, rule_msg="mayzel2024: drawing figure 1.", rule_name="fig1"))
    says.emit(record("Finished", event=LogEvent.JOB_FINISHED, job_id=1))
    says.emit(record(event=LogEvent.PROGRESS, done=1, total=12))
    says.emit(record(event=LogEvent.JOB_INFO, rule_msg=None, rule_name="fig2"))
    says.emit(record(event=LogEvent.PROGRESS, done=12, total=12))
    says.emit(record("Nothing to be done (all requested files are present and up to date)."))
    assert re.sub(r"\d+ s\]", "T]", capsys.readouterr().out).splitlines() == [
        "12 jobs to do.",
        "[ 0 of 12, T] mayzel2024: drawing figure 1.",
        "[ 1 of 12, T] fig2",
        "[12 of 12, T] done.",
        "Nothing to be done (all requested files are present and up to date).",
    ]


def test_warnings_and_errors_are_told_in_full() -> None:
    says = handler()
    for level in (logging.WARNING, logging.ERROR):
        assert says.said(record("Execute with care", level)) == "Execute with care"


def test_a_dry_run_is_left_as_it_is() -> None:
    says = handler(dryrun=True)
    assert says.said(record("Job stats: …", event=LogEvent.RUN_INFO, stats={"total": 1})) == "Job stats: …"


@pytest.mark.parametrize(("seconds", "said"), [(0.4, "0 s"), (75, "1 min 15 s"), (3599.6, "1 h 00 min")])
def test_elapsed_time(seconds: float, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    says = handler()
    monkeypatch.setattr("time.monotonic", lambda: says._start + seconds)
    assert f", {said}]" in says.said(record(event=LogEvent.JOB_INFO, rule_msg="x", rule_name="x"))


@pytest.mark.slow
def test_snakemake_finds_it(tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_text("no archive")
    command = [sys.executable, "-m", "snakemake", "--logger", "homeostat", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--cores", "1", "--directory", str(tmp_path), "--configfile", str(ROOT / "config/test.yaml")]
    command += ["--config", "recording=bad.npz", "--", "mayzel2024_fig1s1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    printed = found.stdout + found.stderr
    assert found.returncode != 0
    assert re.search(r"^\[ 0 of 20, \d+ s\] Reading and checking your recording bad.npz\.$", printed, re.MULTILINE)
    assert "error: bad.npz: damaged" in printed and "Traceback" not in printed
    assert "Select jobs" not in printed


def test_a_log_tells_the_end_once(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("fit") as report:
        for done in (1, 2, 2):
            report(done, 2)
    assert capsys.readouterr().err.count("fit: 2/2 steps") == 1
