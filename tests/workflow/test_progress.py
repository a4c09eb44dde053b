"""What a run says on the terminal."""

import fcntl
import logging
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pipeline import ROOT, command, environment, run
from snakemake_interface_logger_plugins.common import LogEvent

from homeostat import targets
from homeostat.logs import progress
from snakemake_logger_plugin_homeostat import LogHandler, lines
from snakemake_logger_plugin_homeostat.made import Made
from snakemake_logger_plugin_homeostat.pace import Pace


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
    start = says._pace._start
    monkeypatch.setattr("time.monotonic", lambda: start + seconds)
    assert f", {said}]" in says.said(record(event=LogEvent.JOB_INFO, rule_msg="x", rule_name="x"))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "10 s"),
        (34, "30 s"),
        (54.9, "50 s"),
        (55, "1 min"),
        (400, "7 min"),
        (3570, "1 h 00 min"),
        (9e3, "2 h 30 min"),
    ],
)
def test_an_estimate_is_no_finer_than_it_can_be(seconds: float, said: str) -> None:
    assert lines.about(seconds) == said


def test_time_left_is_that_of_jobs_of_each_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rules of known, unequal times, two fits side by side."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    pace = Pace({"fit": 20, "table": 9})
    for job in range(0, 10, 2):
        for each in (job, job + 1):
            pace.started(each, "fit")
        now[0] += 30
        for each in (job, job + 1):
            pace.finished(each)
    # No table was seen yet: it counts as what was.
    assert pace.left() == pytest.approx((10 * 30 + 9 * 30) / 2)
    for job in range(20, 24):
        pace.started(job, "table")
        now[0] += 1
        pace.finished(job)
    beside = (300 + 4) / 154
    assert pace.left() == pytest.approx((10 * 30 + 5 * 1) / beside)
    pace.started(50, "fit")
    now[0] += 6
    assert pace.left() == pytest.approx((10 * 30 + 5 - 6) / ((304 + 6) / 160))


def test_time_left_is_not_guessed_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    pace = Pace({"data": 1, "fit": 20})
    assert pace.left() is None
    pace.started(0, "data")
    now[0] += 60
    pace.finished(0)
    assert pace.left() is None  # nothing is known of fits yet
    pace.started(1, "fit")
    now[0] += 5
    pace.finished(1)
    assert pace.left() == pytest.approx(19 * 5 / (65 / 65))


NAMES = {
    "mayzel2024": {
        "model~reshaped_neurons~50_projections~150_degree~5_slope~3_factor~1_optimizer~adam_constraint~input_budget~1.75":
            "homeostatic, φ = 1.75, K = 150",
        "model~reshaped_neurons~50_projections~150_degree~12_slope~3_factor~0.5_optimizer~sgd_constraint~clamp_budget~3":
            "bounded (clamp), φ = 3, λ = 0.5, SGD, in-degree 12, K = 150",
        "model~pairwise_neurons~50_projections~0_degree~2_slope~inf_factor~0_optimizer~natural": "pairwise",
    },
    "shen2021": {"normalization~BatchNorm_batch~32_rate~0.003_iterations~1000_rows~20": "BatchNorm, rate 0.003"},
    "keck2012": {
        "learner~network_units~10_total~250_rate~0.003_schedule~constant+decaying_switch~0+500":
            "network, C = 10, 4 of schedule, switch",
    },
    "eyono2026": {"epsilon~0.75_network~inorm_full": "I-Norm + full, ε = 0.75"},
    "krishna2024": {"task~heading_cell~relu_bias~biased_noise~gaussian": "heading, biased, gaussian"},
}  # fmt: skip


@pytest.mark.parametrize(("study", "name", "legend"), [(s, n, g) for s, of in NAMES.items() for n, g in of.items()])
def test_conditions_have_the_names_of_the_legends(study: str, name: str, legend: str) -> None:
    rule, message = f"{study}_fit", f"{study}: fitting {name}, seeds 0 to 4."
    assert lines.job("[1 of 2] ", message, rule, None) == f"[1 of 2] {study}: fitting {legend}, seeds 0–4."
    for width in (80, 60, 40):
        line = lines.job("[100 of 285, 12 min left] ", message, rule, width)
        assert len(line) <= width
        assert line.endswith(" 0–4.") and line.startswith("[100 of 285, 12 min left]"[: width // 3])


def test_a_condition_that_nobody_knows_stays_as_it_is() -> None:
    assert lines.job("", "mine: fitting a~1_b~2, seeds 3 to 3.", "mine_fit", None) == "mine: fitting a~1_b~2, seed 3."
    assert lines.job("", "keck2012: fitting a~1.", "keck2012_fit", None) == "keck2012: fitting a~1."


def test_errors_are_wrapped_on_a_terminal_and_whole_in_a_pipe() -> None:
    text = f"Error in rule x:\n    log: {'a/' * 60}b\n{'word ' * 40}end"
    wrapped = lines.wrapped(text, 80)
    assert max(map(len, wrapped.splitlines())) <= 80
    assert re.sub(r"\s", "", wrapped) == re.sub(r"\s", "", text)
    assert all(line.startswith("    ") for line in wrapped.splitlines()[1:3])
    assert lines.wrapped(text, None) == text


def test_the_end_names_the_figures_in_their_order() -> None:
    made = Made()
    for name in ("fig10", "fig2", "fig1s1", "fig1"):
        made.job(["t.csv"], [f"results/figures/keck2012/{name}.{kind}" for kind in ("pdf", "png", "csv")])
    made.job(["x"], ["results/store/keck2012/figures/fig1.0123456789abcdef.pdf"])
    made.job(["results/figures/keck2012/fig1.csv"], ["results/index.html", "results/scorecard/scorecard.html"])
    assert list(made.told()) == ["results/figures/keck2012/: fig1, fig1s1, fig2, fig10 (pdf, png, csv)"]


def test_the_end_names_the_page() -> None:
    made = Made()
    made.job(["results/store/report/page/index.0123456789abcdef.html"], ["results/runs/tight/index.html"])
    assert list(made.told()) == ["Report page: results/runs/tight/index.html"]


def test_the_end_of_other_targets_names_what_nothing_used() -> None:
    made = Made()
    made.job([], ["data.npz"])
    made.job(["data.npz"], ["table.csv"])
    assert list(made.told()) == ["table.csv"]
    made.job([], [f"{k}.npz" for k in range(12)])
    assert list(made.told())[-1] == "and 3 more files"


def test_a_mistyped_target_gets_the_nearest_name() -> None:
    targets.announce(["mayzel2024", "mayzel2024_fig2", "keck2012_fig2", "results/figures/mayzel2024/fig2.pdf"])
    says = handler()

    def answer(target: str) -> str:
        text = f"MissingRuleException:\nNo rule to produce {target} (if you use input functions make sure)."
        return says.said(record(text, logging.ERROR))

    assert answer("mayzel2042").endswith("did you mean 'mayzel2024'?")
    assert answer("fig2").endswith("did you mean 'mayzel2024_fig2' or 'keck2012_fig2'?")
    assert answer("results/figures/mayzel2024/fig22.pdf").endswith(
        "did you mean 'results/figures/mayzel2024/fig2.pdf'?"
    )
    assert answer("fig2.pdf").endswith("did you mean 'results/figures/mayzel2024/fig2.pdf'?")
    assert "--list-rules" in answer("zzzzz")


def on_a_terminal(command: list[str], columns: int, **where: Any) -> str:
    """Return what a program writes on a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, **where) as process:
        os.close(theirs)
        parts = []
        try:
            while part := os.read(ours, 1 << 16):
                parts.append(part)
        except OSError:  # the other end is closed
            pass
        process.wait(timeout=300)
    os.close(ours)
    return b"".join(parts).decode().replace("\r\n", "\n")


@pytest.mark.slow
def test_no_line_is_wider_than_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_text("no archive")
    flags = ("--logger", "homeostat", "--workflow-profile", "none", "--show-failed-logs", "--quiet", "reason")
    around = environment(PYTHONPATH=str(ROOT / "src"))

    def shown(target: str) -> str:
        words = command(tmp_path, target, config=("recording=bad.npz",), flags=flags, cores=1)
        return on_a_terminal(words, 80, cwd=tmp_path, env=around)

    printed = shown("mayzel2024_fig1s1")
    assert "error: bad.npz: damaged" in printed
    assert [line for line in printed.splitlines() if len(line) > 80] == []
    printed = shown("mayzel2024_fig7")
    assert "did you mean 'mayzel2024_fig" in " ".join(printed.split())
    assert [line for line in printed.splitlines() if len(line) > 80] == []


@pytest.mark.slow
def test_snakemake_finds_it(tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_text("no archive")
    flags = ("--logger", "homeostat")
    words = command(tmp_path, "mayzel2024_fig1s1", config=("recording=bad.npz",), flags=flags, cores=1)
    status, printed = run(words, PYTHONPATH=str(ROOT / "src"))
    assert status != 0
    assert re.search(r"^\[ 0 of \d+, \d+ s\] Reading and checking your recording bad.npz\.$", printed, re.MULTILINE)
    assert "error: bad.npz: damaged" in printed and "Traceback" not in printed
    assert "Select jobs" not in printed


def test_a_log_tells_the_end_once(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("fit") as report:
        for done in (1, 2, 2):
            report(done, 2)
    assert capsys.readouterr().err.count("fit: 2/2 steps") == 1
