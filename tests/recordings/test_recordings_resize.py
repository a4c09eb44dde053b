"""Wider bins are those of the spike times."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spike_files import trains, words, write_nwb

from homeostat.errors import DataError
from homeostat.recordings import Recording, merge_bins, read_spikes


def recording(spikes: np.ndarray, **options: object) -> Recording:
    names = [str(unit) for unit in range(spikes.shape[1])]
    return Recording(spikes, 20.0, names, "example", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("factor", [2, 3, 5, 20])
def test_merged_bins_are_those_of_the_spike_times(tmp_path: Path, factor: int) -> None:
    path = write_nwb(tmp_path / "a.nwb", trains(words(2400)))
    fine, wide = (read_spikes(path, bin_ms=width, t_start=0, min_bins=100) for width in (5.0, 5.0 * factor))
    merged = merge_bins(fine, factor)
    assert merged.bin_ms == wide.bin_ms == 5 * factor and merged.units == wide.units
    # From spike times, the last bin is whole whatever was recorded after the last spike.
    np.testing.assert_array_equal(merged.spikes, wide.spikes[: merged.n_bins])
    assert wide.n_bins - merged.n_bins in (0, 1)


@pytest.mark.parametrize("width", [5.0, 10.0, 20.0, 50.0, 100.0])
def test_spike_times_in_bins_of_any_width(tmp_path: Path, width: float) -> None:
    times = trains(words(6000))
    read = read_spikes(write_nwb(tmp_path / "a.nwb", times), bin_ms=width, t_start=0, min_bins=100)
    truth = np.zeros_like(read.spikes)
    for column, train in enumerate(times):
        truth[(train * 1e3 // width).astype(int), column] = 1
    np.testing.assert_array_equal(read.spikes, truth)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_wide_bin_reaches_across_a_border(data: st.DataObject) -> None:
    n_bins, factor = data.draw(st.integers(20, 90)), data.draw(st.integers(2, 7))
    borders = tuple(sorted(data.draw(st.sets(st.integers(1, n_bins - 1), max_size=4))))
    spikes = np.random.default_rng(data.draw(st.integers(0, 99))).integers(0, 2, (n_bins, 3)).astype(np.uint8)
    rows, starts = [], []
    for a, b in zip((0, *borders), (*borders, n_bins), strict=True):
        starts.append(len(rows))
        rows += [spikes[i : i + factor].any(axis=0) for i in range(a, b - factor + 1, factor)]
    merged = merge_bins(recording(spikes, borders=borders), factor)
    np.testing.assert_array_equal(merged.spikes, np.array(rows))
    assert merged.borders == tuple(sorted({start for start in starts if 0 < start < len(rows)}))
    lost = [each.count for each in merged.left_out if each.kind == "time"]
    assert sum(filter(None, lost)) == n_bins - factor * len(rows)


def test_repeats_stay_equal() -> None:
    spikes = np.eye(7, 2, dtype=np.uint8)
    merged = merge_bins(recording(np.tile(spikes, (3, 1)), repeats=3), 3)
    assert merged.repeats == 3 and merged.spikes.tolist() == [[1, 1], [0, 0]] * 3
    assert [str(each) for each in merged.left_out] == [
        "Of each 3 bins of 20 ms one of 60 ms was made.",
        "3 of 21 bins at the ends of stretches were left out, as they fill no wide bin.",
    ]
    even = recording(np.tile(spikes, (3, 1)), repeats=3, borders=(5, 12, 19))
    assert merge_bins(even, 2).n_bins == 9 and merge_bins(even, 2).borders == (2, 5, 8)
    with pytest.raises(DataError, match="the 3 repeats would differ in length"):
        merge_bins(recording(np.tile(spikes, (3, 1)), repeats=3, borders=(2,)), 3)


def test_one_bin_stays_as_it_is() -> None:
    same = recording(words(50))
    assert merge_bins(same, 1) is same


@pytest.mark.parametrize("factor", [0, -1, True, 2.0])
def test_factors_that_are_none(factor: int) -> None:
    with pytest.raises(DataError, match="give a whole number of 1 or more"):
        merge_bins(recording(words(50)), factor)


def test_too_wide() -> None:
    with pytest.raises(DataError, match="no stretch of the recording is as long as 30 bins"):
        merge_bins(recording(words(50), borders=(25,)), 30)
