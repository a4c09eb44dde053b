"""What a recording of the user's own is called, whatever its file is called."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from pipeline import TEST, build, command, overlay, run
from spike_files import words

from homeostat.errors import DataError
from homeostat.recordings import Recording
from homeostat.recordings.names import check_date, own_name

AWKWARD = ("データ.npy", "-rf.npy", "a<B>c.npy", "x" * 236 + ".npy")


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("my session.nwb", "own-my-session-"),
        ("データ.npy", "own-recording-"),
        ("-.npy", "own-recording-"),
        ("-rf.npy", "own-rf-"),
        ("a<B>c.npy", "own-a-B-c-"),
        ("x" * 236 + ".npy", f"own-{'x' * 40}-"),
        ("a" * 39 + " b.npy", f"own-{'a' * 39}-"),
    ],
)
def test_names(source: str, name: str) -> None:
    """Each fits the workflow's wildcard; another folder gives another name."""
    found = own_name(source)
    assert re.fullmatch(rf"{re.escape(name)}[0-9a-f]{{6}}", found)
    assert re.fullmatch(r"own-[\w-]+-[0-9a-f]{6}", found) and found.isascii()
    assert own_name(f"elsewhere/{source}") != found


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("a{b}.npy", "holds '{', which names a wildcard in Snakemake; rename"),
        ("a<b>c.npy", "holds '<b>', which names a path variable in Snakemake; rename"),
        ("session.txt", "files of type .txt cannot be read"),
        ("session.nbw", "did you mean '.nwb'?"),
        ("folder/session", "(no suffix)"),
    ],
)
def test_sources_that_are_refused(source: str, sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        own_name(source)
    assert sentence in str(caught.value)


def test_a_suffix_that_cannot_be_read_is_refused_before_anything_is_run(tmp_path: Path) -> None:
    (tmp_path / "session.xlsx").write_bytes(b"x")
    configs = (TEST, overlay(tmp_path / "mine.yaml", {"recording": "session.xlsx"}))
    status, printed = run(command(tmp_path, "all", configs=configs, flags=("--dry-run",)))
    assert status != 0 and "Traceback" not in printed
    assert "recording: session.xlsx: files of type .xlsx cannot be read" in printed, printed


def test_a_recording_of_the_future(tmp_path: Path) -> None:
    path = tmp_path / "my session.npy"
    np.save(path, words(1500, 4))
    check_date(str(path))
    check_date(str(tmp_path / "there is none.npy"))
    os.utime(path, (2e9, 2e9))
    with pytest.raises(DataError, match=r"is dated 2033-05-1\d .*, in the future; .*: touch '.*my session.npy'"):
        check_date(str(path))
    configs = (TEST, overlay(tmp_path / "mine.yaml", {"recording": str(path)}))
    status, printed = run(command(tmp_path, "all", configs=configs, flags=("--dry-run",)))
    assert status != 0 and "is dated 2033-05-1" in printed and "Traceback" not in printed, printed


@pytest.mark.parametrize("name", AWKWARD, ids=["Japanese", "dash", "brackets", "long"])
def test_recordings_with_awkward_names_reach_the_fits(name: str, tmp_path: Path) -> None:
    with open(tmp_path / name, "wb") as stream:
        np.save(stream, words(1500, 4))
    configs = (TEST, overlay(tmp_path / "mine.yaml", {"recording": name}))
    build(tmp_path, "mayzel2024_fig1", configs=configs, flags=("--until", "mayzel2024_data"))
    (made,) = tmp_path.glob(f"results/**/recordings/{own_name(name)}*.npz")
    assert np.array_equal(Recording.read(made).spikes, words(1500, 4))
