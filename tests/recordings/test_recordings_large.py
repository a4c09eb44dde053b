"""Recordings whose words are larger than memory should hold: they stand in a temporary file without a name."""

from pathlib import Path

import numpy as np
import pytest

from homeostat import memory
from homeostat.errors import DataError
from homeostat.recordings import binning, from_trains, numpy_files, read_spikes

SPIKES = (np.random.default_rng(0).random((3000, 5)) < 0.2).astype(np.uint8)
TRAINS = [np.flatnonzero(column) * 0.02 + 0.01 for column in SPIKES.T]
OBSERVED = [[0.0, 20.0], [30.0, 60.0]]


@pytest.fixture
def all_large(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Words of a kilobyte are large; the folder of temporary files."""
    for module in (memory, numpy_files, binning):
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


def test_spike_times_are_binned_into_a_file(all_large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = from_trains(TRAINS, bin_ms=20, observed=OBSERVED)
    assert is_mapped(found.spikes)
    for module in (memory, binning):
        monkeypatch.setattr(module, "IN_FILE", 1 << 30)
    held = from_trains(TRAINS, bin_ms=20, observed=OBSERVED)
    assert np.array_equal(found.spikes, held.spikes) and found.borders == held.borders
    assert not is_mapped(held.spikes)


def test_disk_without_space_is_named(all_large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(all_large / "a.npy", SPIKES)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 5000})())
    with pytest.raises(DataError, match=r"needs 14\.6 KiB in .* where 4\.9 KiB are free; set TMPDIR"):
        read_spikes(all_large / "a.npy", bin_ms=20)
