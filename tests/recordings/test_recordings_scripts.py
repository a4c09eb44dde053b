"""The two data scripts, run as Snakemake runs them: exit status, one sentence on stderr, whole files."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pipeline import ROOT
from spike_files import mirror, trains, words, write_nwb

from homeostat import cli
from homeostat.errors import DataError
from homeostat.files import load_npz
from homeostat.recordings import Recording


def script(name: str, *arguments: object, **settings: Any) -> subprocess.CompletedProcess[str]:
    program = str(ROOT / "workflow" / "scripts" / "data" / name)
    return subprocess.run(
        [sys.executable, program, "--settings", json.dumps(settings), *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        timeout=1200,
    )


def test_from_the_mirror_to_a_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, output = tmp_path / "raw" / "example15", tmp_path / "recordings" / "example15.npz"
    monkeypatch.setenv("HOMEOSTAT_MIRROR", str(mirror("example15.mat")))
    fetched = script("fetch.py", "--output", raw / "fetched.json", dataset="example15")
    assert fetched.returncode == 0, fetched.stderr
    record = json.loads((raw / "fetched.json").read_text())
    assert record["dataset"] == "example15" and record["licence"] == "MIT"
    given = ("recording.py", "--raw", raw / "fetched.json", "--output", output)
    made = script(*given, dataset="example15", reading={})
    assert made.returncode == 0, made.stderr
    assert "40000 bins of 20 ms, 15 neurons" in made.stderr
    recording, meta = Recording.read(output), load_npz(output)[1]
    assert recording.spikes.shape == (40_000, 15) and recording.name == "example15"
    assert meta["device"] == "cpu" and meta["settings"]["sha256"] == record["files"][0]["sha256"]
    assert meta["recording"]["content_hash"] == record["content_sha256"]
    rebinned = script(*given, dataset="example15", reading={"bin_ms": 10})
    assert rebinned.returncode == 1 and "cannot be changed to 10 ms" in rebinned.stderr


def test_the_users_own_file_with_an_awkward_name(tmp_path: Path) -> None:
    folder = tmp_path / "my data; touch harm $(touch harm)"
    folder.mkdir()
    source = write_nwb(folder / "session 'one'.nwb", trains(words(1500, 3)))
    output = tmp_path / "own.npz"
    reading = {"units": ["12", "10"]}
    made = script("recording.py", "--source", source, "--output", output, own="mine", reading=reading)
    assert made.returncode == 0, made.stderr
    recording = Recording.read(output)
    assert recording.name == "mine" and recording.units == ["12", "10"]
    np.testing.assert_array_equal(recording.spikes[:, 1], words(1500, 3)[:, 0])


def test_units_and_time_are_chosen_and_the_log_says_so(tmp_path: Path) -> None:
    spikes = words(3000, 4)
    trials = np.array([[0.0, 20.0], [30.0, 60.0]])
    columns = {"quality": ["good", "mua", "good", "good"]}
    source = write_nwb(tmp_path / "a.nwb", trains(spikes), columns=columns, intervals={"trials": trials})
    output = tmp_path / "own.npz"
    for intervals in ("trials", trials.tolist()):
        reading = {"where": {"quality": "good"}, "exclude_units": ["13"], "intervals": intervals}
        made = script("recording.py", "--source", source, "--output", output, own="mine", reading=reading)
        assert made.returncode == 0, made.stderr
        recording = Recording.read(output)
        assert recording.units == ["10", "12"] and recording.borders == (1000,)
        np.testing.assert_array_equal(recording.spikes, np.delete(spikes, np.s_[1000:1500], axis=0)[:, [0, 2]])
        for said in ("note: 1 of 4 units was left out by the filter (quality: good).", "note: 500 bins (16.7%)"):
            assert said in made.stderr, made.stderr
    refused = script("recording.py", "--source", source, "--output", output, own="mine", reading={"wher": {}})
    assert refused.returncode != 0 and "wher" in refused.stderr and "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("settings", "arguments", "sentence"),
    [
        ({"dataset": "retina5"}, [], "did you mean 'retina50'?"),
        ({"dataset": "retina50"}, [], "--raw takes one file, 0 were given"),
        (
            {"dataset": "retina50"},
            ["--raw", "nowhere/fetched.json"],
            "nowhere/retina50.mat: there is no such file; fetch it",
        ),
        ({"dataset": "mnist"}, ["--raw", "nowhere/fetched.json"], "'mnist' is a set of images"),
        ({}, ["--source", "nowhere/mine.nwb"], "nowhere/mine.nwb: there is no such file"),
    ],
)
def test_refusals_of_recording(tmp_path: Path, settings: dict, arguments: list[str], sentence: str) -> None:
    done = script("recording.py", *arguments, "--output", tmp_path / "out.npz", **settings, reading={})
    assert done.returncode == 1 and done.stderr.startswith("error: ") and sentence in done.stderr
    assert "Traceback" not in done.stderr and list(tmp_path.iterdir()) == []


def test_refusals_of_fetch(tmp_path: Path) -> None:
    done = script("fetch.py", "--output", tmp_path / "x/fetched.json", dataset="retina")
    assert done.returncode == 1 and "did you mean 'retina50'?" in done.stderr
    (tmp_path / "file").touch()
    done = script("fetch.py", "--output", tmp_path / "file/fetched.json", dataset="retina50")
    assert done.returncode == 1 and "this is a file" in done.stderr


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (DataError("the file is odd"), "error: the file is odd\n"),
        (OSError(errno.ENOSPC, "No space left on device"), "error: the disk is full\n"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), "error: /x: permission denied\n"),
        (MemoryError("Unable to allocate 9 GiB"), "error: not enough memory (Unable to allocate 9 GiB)\n"),
        (KeyboardInterrupt(), "error: interrupted\n"),
    ],
)
def test_cli_turns_errors_into_sentences(capsys, error: BaseException, sentence: str) -> None:
    def main() -> None:
        raise error

    with pytest.raises(SystemExit) as stopped:
        cli.run(main)
    assert stopped.value.code == (130 if isinstance(error, KeyboardInterrupt) else 1)
    assert capsys.readouterr().err == sentence


@pytest.mark.parametrize("error", [ZeroDivisionError("ours"), ValueError("ours"), OSError(errno.EIO, "disk")])
def test_cli_keeps_the_traceback_of_our_own_faults(error: Exception) -> None:
    def main() -> None:
        raise error

    with pytest.raises(type(error)):
        cli.run(main)


def test_cli_returns_after_success() -> None:
    assert cli.run(lambda: None) is None
