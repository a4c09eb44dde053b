"""Refusals name the unit and the fix; odd but usable recordings get a warning."""

from pathlib import Path

import numpy as np
import pytest
from spike_files import trains, words, write_nwb

from homeostat.errors import DataError
from homeostat.recordings import Recording, pairwise_correlations, read_spikes, statistics
from homeostat.recordings.checks import check_recording
from homeostat.recordings.times import SpikeTimes, in_seconds


def check(spikes: np.ndarray, **options: object) -> tuple[np.ndarray, list[str], tuple[str, ...]]:
    kept, units, left_out = check_recording("here", spikes, [f"u{i}" for i in range(spikes.shape[1])], **options)
    return kept, units, tuple(map(str, left_out))


def test_a_good_recording_passes_unchanged() -> None:
    spikes = words(6000)
    kept, units, warnings = check(spikes)
    np.testing.assert_array_equal(kept, spikes)
    assert units == ["u0", "u1", "u2", "u3"] and warnings == ()


@pytest.mark.parametrize("shape", [(0, 5), (2000, 0), (0, 0)])
def test_empty(shape: tuple[int, int]) -> None:
    with pytest.raises(DataError, match="here: empty recording"):
        check(np.zeros(shape, np.uint8))


def test_too_short() -> None:
    with pytest.raises(DataError, match="a single sample"):
        check(words(1))
    with pytest.raises(DataError, match=r"999 bins of 4 neurons; 1,000 bins"):
        check(words(999))
    assert len(check(words(999), min_bins=500)[0]) == 999


@pytest.mark.parametrize("value", [0, 1])
def test_constant_unit(value: int) -> None:
    spikes = words()
    spikes[:, 2] = value
    with pytest.raises(DataError, match=r"1 of 4 units constant .*: u2; .*--drop-bad-units"):
        check(spikes)
    kept, units, warnings = check(spikes, drop_bad_units=True)
    np.testing.assert_array_equal(kept, spikes[:, [0, 1, 3]])
    assert units == ["u0", "u1", "u3"] and "u2" in warnings[0]
    assert kept.flags.c_contiguous


def test_all_silent() -> None:
    with pytest.raises(DataError, match=r"5 of 5 units constant .*: u0, u1, u2, u3, u4;"):
        check(np.zeros((2000, 5), np.uint8))
    with pytest.raises(DataError, match="every unit is constant"):
        check(np.zeros((2000, 5), np.uint8), drop_bad_units=True)


def test_copies() -> None:
    spikes = words()
    spikes[:, 3] = spikes[:, 1]
    with pytest.raises(DataError, match="exact copy of another unit: u3"):
        check(spikes)
    assert check(spikes, drop_bad_units=True)[1] == ["u0", "u1", "u2"]


def test_correlated_pair_is_named() -> None:
    spikes = words(6000)
    spikes[:, 3] = np.where(np.arange(6000) % 20 == 0, 1 - spikes[:, 1], spikes[:, 1])
    (warning,) = check(spikes)[2]
    assert "u1-u3 (r = 0.8" in warning


def test_a_pause_of_the_recording_is_named() -> None:
    spikes = words(6000)
    paused = np.concatenate([spikes[:4000], np.zeros((900, 4), np.uint8), spikes[4000:]])
    (warning,) = check(paused)[2]
    silent = np.flatnonzero(~paused.any(axis=1))
    first = next(start for start in silent if not paused[start : start + 900].any())
    assert f"No unit fires in bins {first:,} to" in warning and "13% of all" in warning
    # A late end counts as a pause; sparse firing, where such runs are chance, does not.
    assert "No unit fires" in check(np.concatenate([spikes, np.zeros((9000, 4), np.uint8)]))[2][-1]
    sparse = (np.random.default_rng(0).random((200_000, 3)) < 0.003).astype(np.uint8)
    assert not any("No unit fires" in warning for warning in check(sparse)[2])


def test_shuffled_data_is_recognised() -> None:
    generator = np.random.default_rng(3)
    coins = (generator.random((20_000, 6)) < generator.uniform(0.02, 0.4, 6)).astype(np.uint8)
    assert any("shuffled or simulated" in warning for warning in check(coins)[2])
    real = words(20_000, 6)
    assert not any("shuffled" in warning for warning in check(real)[2])
    assert any("shuffled" in warning for warning in check(generator.permutation(real))[2])


def test_a_noisy_unit_does_not_hide_that_the_rest_is_shuffled() -> None:
    generator = np.random.default_rng(3)
    n_units = 60
    coins = (generator.random((20_000, n_units)) < generator.uniform(0.02, 0.4, n_units)).astype(np.uint8)
    coins[:, 7] = words(20_000, 1)[:, 0]
    assert any("59 of 60 units do not remember their own past" in warning for warning in check(coins)[2])
    # When a fifth of them remember, they were not shuffled.
    coins[:, :12] = words(20_000, 12)
    assert not any("shuffled" in warning for warning in check(coins)[2])
    # Weak memory of all units, which the test of a single one would miss.
    drive = np.repeat(generator.normal(size=5_000), 4)[:, None] * 0.3
    weak = (generator.random((20_000, n_units)) < 1 / (1 + np.exp(1.5 - drive))).astype(np.uint8)
    assert not any("shuffled" in warning for warning in check(weak)[2])


def test_false_alarms_of_the_test_for_shuffled_bins_are_all_that_it_gives() -> None:
    generator = np.random.default_rng(8)
    found = 0
    for _ in range(20):
        coins = (generator.random((5_000, 10)) < 0.1).astype(np.uint8)
        found += any("shuffled" in warning for warning in check(coins)[2])
    assert found >= 19


def test_few_bins_per_neuron() -> None:
    (warning,) = check(words(2000, 8))[2]
    assert "250 per neuron" in warning


def test_very_few_bins_per_neuron_are_serious() -> None:
    left_out = check_recording("x", words(2000, 40), [str(i) for i in range(40)])[2]
    (found,) = [each for each in left_out if each.kind == "size"]
    assert found.severity == "serious" and "50 per neuron" in found.text and "either sign" in found.advice


def test_doubled_names() -> None:
    with pytest.raises(DataError, match="two units are named 'a'"):
        check_recording("here", words(1200, 3), ["a", "b", "a"])


def convert(*times: list[float], unit: str = "s", **options: bool) -> SpikeTimes:
    named = SpikeTimes([np.array(train) for train in times], [f"u{i}" for i in range(len(times))])
    return in_seconds("here", named, unit, **options)


def test_spike_times_that_cannot_be() -> None:
    with pytest.raises(DataError, match="spike 1 of unit 'u1' is NaN"):
        convert([0.1], [0.1, float("nan")])
    with pytest.raises(DataError, match=r"spike 0 of unit 'u1' has the negative time -0\.1"):
        convert([0.1], [-0.1, 0.2])
    assert convert([-0.1, 0.2], allow_negative=True).trains[0][0] == -0.1
    with pytest.raises(DataError, match=r"unit 'u1' are not sorted \(spike 2 at 0\.2 follows 0\.3\)"):
        convert([0.1], [0.1, 0.3, 0.2])
    with pytest.raises(DataError, match="unknown time unit 'us'; allowed are 's' and 'ms'"):
        convert([0.1], unit="us")


def test_seconds_and_milliseconds_mixed_up(tmp_path: Path) -> None:
    seconds = trains(words(3000))
    in_ms = write_nwb(tmp_path / "ms.nwb", [1e3 * train for train in seconds])
    with pytest.raises(DataError, match=r"milliseconds \(give time_unit='ms'\), sample numbers"):
        read_spikes(in_ms)
    assert read_spikes(in_ms, time_unit="ms").n_bins == 3000
    in_s = write_nwb(tmp_path / "s.nwb", seconds)
    with pytest.raises(DataError, match=r"time_unit='s'.*--trust-times"):
        read_spikes(in_s, time_unit="ms")
    samples = write_nwb(tmp_path / "samples.nwb", [np.floor(30e3 * train) for train in seconds])
    with pytest.raises(DataError, match="sample numbers"):
        read_spikes(samples)


def test_trusted_times_are_still_bounded(tmp_path: Path) -> None:
    rare = write_nwb(tmp_path / "a.nwb", [np.array([0.0, 200.0]), np.array([100.0])])
    with pytest.raises(DataError, match="trust_times"):
        read_spikes(rare)
    assert read_spikes(rare, trust_times=True).n_bins == 10_001
    stray = write_nwb(tmp_path / "b.nwb", [np.array([0.0, 1e12])])
    with pytest.raises(DataError, match=r"do not fit in memory.*stray spike"):
        read_spikes(stray, trust_times=True)


def test_statistics_against_counting() -> None:
    spikes = words(1500, 5)
    found = statistics(Recording(spikes, 20.0, list("abcde"), "x"))
    patterns = {tuple(row) for row in spikes.tolist()}
    assert found.distinct_patterns == len(patterns)
    assert found.silent_fraction == np.mean([not any(row) for row in spikes.tolist()])
    np.testing.assert_allclose(found.rates, spikes.mean(axis=0))
    expected = np.corrcoef(spikes.T.astype(float))
    np.testing.assert_allclose(pairwise_correlations(spikes), expected, atol=1e-12)
    np.testing.assert_allclose(found.mean_correlation, expected[np.triu_indices(5, 1)].mean())
    counts = [np.mean(spikes.sum(axis=1) == k) for k in range(6)]
    np.testing.assert_allclose(found.population_counts, counts)
    assert np.isclose(found.population_counts @ np.arange(6), 5 * found.mean_rate)


def test_statistics_of_one_neuron() -> None:
    found = statistics(Recording(words(1200, 1), 20.0, ["a"], "x"))
    assert np.isnan(found.mean_correlation) and found.distinct_patterns == 2


@pytest.mark.parametrize("bin_ms", [0.0, -20.0, float("nan"), float("inf")])
def test_a_recording_has_bins_of_some_width(bin_ms: float) -> None:
    with pytest.raises(DataError, match=r"x: bin_ms is .*, expected a positive number"):
        Recording(words(), bin_ms, list("abcd"), "x")
