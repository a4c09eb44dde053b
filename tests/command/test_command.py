"""The command: what it says of a recording, what it writes, and its sentences."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from pipeline import ROOT
from spike_files import trains, words, write_nwb

from homeostat.command import clone, main
from homeostat.command.estimate import lines as estimate_lines
from homeostat.recordings import Recording, read_spikes


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_nwb(
        tmp_path / "session.nwb",
        trains(words(2000, 6)),
        columns={"quality": ["good", "noise", "good", "good", "good", "noise"], "depth": np.arange(6.0)},
        intervals={"trials": np.array([[0.0, 20.0], [21.0, 40.0]])},
    )


def said(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    if status:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == status
    else:
        main(arguments)
    captured = capsys.readouterr()
    return captured.err if status else captured.out


def test_help_is_there_at_once() -> None:
    seconds = []
    for _ in range(3):
        code = "import time, homeostat.command as c\ntry: c.main(['--help'])\nfinally: print(time.process_time())"
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
        )
        assert "figures" in done.stdout, done.stderr
        seconds.append(float(done.stdout.split()[-1]))
    assert min(seconds) < 0.3


def test_check_shows_the_file_and_writes_what_reads_it_the_same(
    session: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--where", "quality=good", "depth=<4", "--intervals", "trials", "--min-bins", "500")
    text = said(capsys, "check", "session.nwb", *options, "--no-estimate", "--write", "mine.yaml")
    assert "6 units with" in text and "quality: good (4), noise (2)" in text and "trials: 2, 0.0 to 40.0 s" in text
    assert "3 of 6 units were left out by the filter" in text
    written = yaml.safe_load(Path("mine.yaml").read_text())
    again = read_spikes(written["recording"], **written["recording_options"])
    where = {"quality": "good", "depth": "<4"}
    same = read_spikes(session, where=where, intervals="trials", min_bins=500)
    np.testing.assert_array_equal(again.spikes, same.spikes)
    assert again.n_neurons == 3
    error = said(capsys, "check", "session.nwb", "--write", "mine.yaml", status=1)
    assert error == "error: mine.yaml is there already and is not written over; name another file\n"
    assert "3 of 6 units" in said(capsys, "check", "--config", "mine.yaml", "--no-estimate")


def test_a_flag_that_is_given_twice_adds_to_the_first(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filters = ("--where", "quality=good", "--where", "depth=>0", "depth=<4")
    said(capsys, "check", "session.nwb", "--no-estimate", "--write", "a.yaml", *filters, "--min-bins", "500")
    assert yaml.safe_load(Path("a.yaml").read_text())["recording_options"] == {
        "where": {"quality": "good", "depth": [">0", "<4"]},
        "min_bins": 500,
    }
    said(capsys, "check", "session.nwb", "--no-estimate", "--write", "b.yaml", "--units", "12", "--units", "13")
    assert yaml.safe_load(Path("b.yaml").read_text())["recording_options"]["units"] == ["12", "13"]
    text = said(capsys, "check", "--no-estimate", "--config", "a.yaml", "--config", "b.yaml")
    assert "4 of 6 units were left out by the filter" in text  # of a.yaml


@pytest.mark.filterwarnings("error")
def test_check_of_intervals_without_times(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_nwb(session, trains(words(2000, 3)), intervals={"epochs": np.full((2, 2), np.nan)})
    assert "epochs: 2, none with start and stop" in said(capsys, "check", "session.nwb", "--no-estimate")


def test_check_proposes_to_leave_out_bad_units(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_nwb(session, [*trains(words(2000, 3)), np.zeros(0)])
    text = said(capsys, "check", "session.nwb", "--no-estimate")
    assert "Refused as it is: session.nwb: 1 of 4 units constant" in text and "drop_bad_units: true" in text
    Path("as-it-is.yaml").write_text("recording: session.nwb\n")
    assert "1 of 4 units constant" in said(capsys, "check", "--config", "as-it-is.yaml", status=1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["chek"], "there is no command 'chek'; did you mean 'check'?"),
        (["check"], "give a recording (homeostat check session.nwb)"),
        (["check", "a.nwb"], "a.nwb: there is no such file"),
        (["check", "session.nwb", "--where", "quality"], "'quality' is not a filter; write COLUMN=VALUE"),
        (["check", "session.nwb", "--where", "qualty=good"], "no column 'qualty'; did you mean 'quality'?"),
        (["check", "session.nwb", "--intervals", "[0, 1"], "--intervals: write starts and stops as"),
        (["check", "--config", "no.yaml"], "no.yaml: there is no such file"),
        (["check", "session.nwb", "--", "x"], "takes nothing behind --"),
        (["figures", "--config", "no.yaml"], "no.yaml: there is no such file here"),
        (["figures", "--cores", "none"], "--cores is 'none'"),
        (["figures", "--colour"], "unrecognized arguments: --colour; see homeostat --help"),
    ],
)
def test_mistakes_are_sentences(
    arguments: list[str], sentence: str, session: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = said(capsys, *arguments, status=1)
    assert error.startswith("error: ") and sentence in error and error.count("\n") == 1


def test_a_word_that_names_no_recording_is_refused(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for word in ("prefrontal_50", "prefrontal_surrogate", "prefrontl_50"):
        Path(f"{word}.yaml").write_text(f"recording: {word}\n")
    for word in ("prefrontal_50", "prefrontal_surrogate"):
        assert f"{word} comes with homeostat" in said(capsys, "check", "--config", f"{word}.yaml")
    error = said(capsys, "check", "--config", "prefrontl_50.yaml", status=1)
    assert "'prefrontl_50' is neither a file nor a known recording; did you mean 'prefrontal_50'?" in error


def test_one_neuron_has_no_correlation(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("one.npy", words(2000, 1))
    text = said(capsys, "check", "one.npy", "--no-estimate")
    assert "1 neuron\n" in text and "no pairs; " in text and "nan" not in text


def test_figures_outside_of_a_clone(
    session: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clone, "find_root", lambda: None)
    assert "the workflow is not part of this installation" in said(capsys, "figures", status=1)


def test_extra_models_are_checked(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.yaml").write_text("recording: session.nwb\nextra_models: [mine.py]\n")
    assert "mine.py: there is no such file" in said(capsys, "check", "--config", "mine.yaml", status=1)
    Path("mine.py").write_text("from homeostat.rp import no_such_name\n")
    assert "mine.py: this file of extra_models fails" in said(capsys, "check", "--config", "mine.yaml", status=1)


def test_a_target_may_follow_the_configuration(session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mine.yaml").write_text("recording: session.nwb\n")
    called: list[list[str]] = []
    monkeypatch.setattr(
        subprocess, "run", lambda words, **_: called.append(words) or subprocess.CompletedProcess(words, 0)
    )
    main(["figures", "--config", "mine.yaml", "mayzel2024_fig1"])
    main(["figures", "mayzel2024_fig1", "--config", "mine.yaml"])
    assert called[0] == called[1]
    assert called[0][-4:] == ["--configfile", "mine.yaml", "--", "mayzel2024_fig1"]


@pytest.mark.slow
def test_figures_plan_into_the_folder_of_the_command(session: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("mine.yaml").write_text("recording: session.nwb\n")
    main(
        [
            "figures",
            "mayzel2024_fig1",
            "--config",
            str(ROOT / "config/test.yaml"),
            "mine.yaml",
            "-n",
            "--",
            "--quiet",
            "rules",
        ]
    )
    assert "mayzel2024_fig1" in "".join(capfd.readouterr())
    assert not (session.parent / "results/figures").exists()


def test_an_estimate_names_sizes_and_time() -> None:
    recording = Recording(words(4000, 20), 20.0, [str(unit) for unit in range(20)], "example")
    text = list(estimate_lines(recording, yaml.safe_load((ROOT / "config/test.yaml").read_text())))
    assert any("bins of 20 neurons" in line for line in text) and any(line.startswith("time: about") for line in text)


def test_new_makes_a_folder_and_never_writes_over_one(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "new", "my analysis", "--recording", "session.nwb")
    assert "my analysis/Snakefile" in text and "cd 'my analysis' && " in text
    settings = yaml.safe_load(Path("my analysis/config.yaml").read_text())
    assert settings["homeostat"]["recording"] == str(session)
    assert "is there already and not empty" in said(capsys, "new", "my analysis", status=1)
    assert "lies in the clone" in said(capsys, "new", str(ROOT / "docs/new"), status=1)


@pytest.mark.slow
def test_a_new_analysis_plans_a_figure_with_the_rules_of_the_module(tmp_path: Path) -> None:
    main(["new", str(tmp_path / "mine")])
    words = [sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run"]
    done = subprocess.run(words, cwd=tmp_path / "mine", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "homeostat_mayzel2024_fit" in done.stdout
