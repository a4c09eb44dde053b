"""The list of what was left out survives its file, and its summary names the count and the worst."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from spike_files import words

from homeostat.errors import DataError
from homeostat.files import load_npz, save_npz
from homeostat.recordings import LeftOut, Recording
from homeostat.recordings.left_out import from_records, summary, worst_first

NOTE = LeftOut("orientation", "The matrix was turned.", "note")
SMALL = LeftOut("units", "1 of 10 units was left out.", count=1, share=0.1)
LARGE = LeftOut("spikes", "5 of 10 spikes were left out.", count=5, share=0.5)
WORST = LeftOut("time", "No unit fires in bins 1 to 9.", "serious", "Leave them out.")


def test_worst_first_goes_by_severity_then_by_share() -> None:
    assert worst_first([NOTE, SMALL, WORST, LARGE]) == [WORST, LARGE, SMALL, NOTE]


def test_summary_gives_the_count_and_the_worst() -> None:
    assert summary([]) == ""
    assert summary([SMALL]) == "recording: left out, assumed or in doubt: 1 of 10 units was left out"
    found = summary([NOTE, SMALL, WORST, LARGE])
    assert found.startswith("recording: 4 things") and found.endswith("the worst: No unit fires in bins 1 to 9")


def test_records_come_back_equal(tmp_path: Path) -> None:
    items = (NOTE, SMALL, LARGE, WORST)
    assert from_records([each.record() for each in items]) == items
    recording = dataclasses.replace(Recording(words(), 20.0, list("abcd"), "x"), left_out=items)
    recording.save(tmp_path / "r.npz", {})
    again = Recording.read(tmp_path / "r.npz")
    assert again.left_out == items
    chosen = again.select(["c", "a"]).left_out
    assert chosen[:-1] == items and chosen[-1].text == "2 of 4 units were left out by the choice of units."
    assert again.warnings[-1] == "No unit fires in bins 1 to 9. Leave them out."


def test_a_list_that_cannot_be_read_is_a_damaged_recording(tmp_path: Path) -> None:
    Recording(words(), 20.0, list("abcd"), "x", left_out=(WORST,)).save(tmp_path / "r.npz", {})
    arrays, meta = load_npz(tmp_path / "r.npz")
    for record in ({"kind": "units"}, {**WORST.record(), "severity": "dire"}, {**WORST.record(), "new": 1}, "text"):
        meta["recording"]["left_out"] = [record]
        save_npz(tmp_path / "bad.npz", arrays, meta)
        with pytest.raises(DataError, match="damaged homeostat recording"):
            Recording.read(tmp_path / "bad.npz")


def test_a_recording_of_an_older_version_says_so(tmp_path: Path) -> None:
    Recording(words(), 20.0, list("abcd"), "x").save(tmp_path / "r.npz", {})
    arrays, meta = load_npz(tmp_path / "r.npz")
    meta["recording"]["format"] = "homeostat-recording-1"
    save_npz(tmp_path / "old.npz", {name: np.asarray(value) for name, value in arrays.items()}, meta)
    with pytest.raises(DataError, match="another version of homeostat"):
        Recording.read(tmp_path / "old.npz")
