"""Recordings whose words are larger than memory should hold: they stand in a temporary file without a name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from homeostat import memory
from homeostat.errors import DataError
from homeostat.recordings import from_trains, numpy_files, read_spikes

SPIKES = (np.random.default_rng(0).random((3000, 5)) < 0.2).astype(np.uint8)
TRAINS = [np.flatnonzero(column) * 0.02 + 0.01 for column in SPIKES.T]
OBSERVED = [[0.0, 20.0], [30.0, 60.0]]


@pytest.fixture
def all_large(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Words of a kilobyte are large; the folder of temporary files."""
    for module in (memory, numpy_files):
        monkeypatch.setattr(module, "IN_FILE", 1000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def is_mapped(array: np.ndarray) -> bool:
    while array.base is not None and not isinstance(array, np.memmap):
        array = array.base
    return isinstance(array, np.memmap) or type(array).__name__ == "mmap"


@pytest.mark.parametrize("kind", [np.uint8, bool, np.float32])
def test_matrix_is_read_into_a_file_and_has_the_same_words(all_large: Path, kind: type) -> None:
    path = all_large / "a.npy"
    np.save(path, SPIKES.astype(kind))
    found = read_spikes(path, bin_ms=20)
    assert np.array_equal(found.spikes, SPIKES)
    assert is_mapped(found.spikes)
    assert [each.name for each in all_large.iterdir()] == ["a.npy"]


@pytest.mark.parametrize(
    ("options", "columns"),
    [
        ({"units": [3, 1]}, [3, 1]),
        ({"exclude_units": [0]}, [1, 2, 3, 4, 5]),
        ({"drop_bad_units": True}, [0, 1, 2, 3, 4]),
        ({"drop_bad_units": True, "binarize": True}, [0, 1, 2, 3, 4]),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_a_part_of_a_matrix_stays_in_a_file(
    all_large: Path, turned: bool, options: dict[str, Any], columns: list[int]
) -> None:
    words = np.column_stack([SPIKES, SPIKES[:, 0] if "exclude_units" in options else np.zeros(len(SPIKES), np.uint8)])
    stored = words * 3 if "binarize" in options else words
    np.save(all_large / "a.npy", stored.T if turned else stored)
    found = read_spikes(all_large / "a.npy", bin_ms=20, **options)
    assert np.array_equal(found.spikes, words[:, columns]) and found.spikes.flags.c_contiguous
    assert is_mapped(found.spikes)
    for part in (found.select(found.units[:1]), found[500:2500]):
        assert is_mapped(part.spikes)
    assert np.array_equal(found[500:2500].spikes, words[500:2500, columns])


def test_spike_times_are_binned_into_a_file(all_large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = from_trains(TRAINS, bin_ms=20, observed=OBSERVED)
    assert is_mapped(found.spikes)
    monkeypatch.setattr(memory, "IN_FILE", 1 << 30)
    held = from_trains(TRAINS, bin_ms=20, observed=OBSERVED)
    assert np.array_equal(found.spikes, held.spikes) and found.borders == held.borders
    assert not is_mapped(held.spikes)


def test_disk_without_space_is_named(all_large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(all_large / "a.npy", SPIKES)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 5000})())
    with pytest.raises(DataError, match=r"needs 14\.6 KiB in .* where 4\.9 KiB are free; set TMPDIR"):
        read_spikes(all_large / "a.npy", bin_ms=20)
