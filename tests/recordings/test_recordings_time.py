"""Which time is used: trials, invalid and unobserved time, pauses, clocks of every kind; and what is said of it."""

from fractions import Fraction
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spike_files import BIN_S, trains, words, write_csv, write_nwb

from homeostat.errors import DataError
from homeostat.recordings import LeftOut, Recording, read_spikes
from homeostat.recordings.binning import bin_spikes, kept_bins
from homeostat.recordings.intervals import bins_inside, bins_touched, inside, merged
from homeostat.recordings.times import SpikeTimes

BOUNDS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 120)), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def known() -> np.ndarray:
    return words(3000, 3)


def said(recording: Recording, kind: str = "time") -> LeftOut:
    """Return the only item of one kind."""
    (found,) = [each for each in recording.left_out if each.kind == kind]
    return found


# ------------------------------------------------------------------------------------------ intervals and bins


@given(BOUNDS)
def test_intervals_against_a_fine_grid(bounds: list[tuple[int, int]]) -> None:
    # In units of a quarter of a bin, so a bin is inside when its four quarters are.
    intervals = np.array([(start, start + length) for start, length in bounds], dtype=float)
    quarters = np.zeros(600, dtype=bool)
    for start, length in bounds:
        quarters[start : start + length] = True
    grid = (0.0, 150, 4.0, 1e-9)
    np.testing.assert_array_equal(bins_inside(intervals, *grid), quarters.reshape(150, 4).all(axis=1))
    wide = intervals[intervals[:, 1] > intervals[:, 0]]
    if len(wide):
        np.testing.assert_array_equal(bins_touched(wide, *grid), quarters.reshape(150, 4).any(axis=1))
        np.testing.assert_array_equal(inside(np.arange(600) + 0.5, wide), quarters)
    union = merged(intervals)
    assert (union[1:, 0] > union[:-1, 1]).all()


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.sets(st.integers(1, 59)))
def test_borders_follow_the_time_that_is_left(use: list[bool], before: set[int]) -> None:
    borders = sorted(each for each in before if each < len(use))
    clock = np.arange(len(use)) + 1000 * np.searchsorted(borders, np.arange(len(use)), side="right")
    kept, found = kept_bins(np.arange(len(use))[:, None], np.array(use), borders)
    np.testing.assert_array_equal(kept[:, 0], np.flatnonzero(use))
    expected = np.flatnonzero(np.diff(clock[np.array(use)]) > 1) + 1
    assert list(found) == expected.tolist()


# ------------------------------------------------------------------------------------------------- trials


def in_trials(path: Path, known: np.ndarray, *, pause_s: float = 6.0, between: bool = False) -> tuple[Path, np.ndarray]:
    """Write trials of 100 bins that start off the grid, with pauses between them; also return their intervals."""
    starts = np.arange(30) * (100 * BIN_S + pause_s) + 0.007
    spikes = []
    for train in trains(known):
        trial = np.floor(train / (100 * BIN_S)).astype(int)
        spikes.append(train - trial * 100 * BIN_S + starts[trial])
    if between:
        noise = np.random.default_rng(1)
        ends = starts[-1]
        spikes = [np.sort(np.concatenate([train, noise.uniform(0, ends, 2000)])) for train in spikes]
    bounds = np.column_stack([starts, starts + 100 * BIN_S])
    return write_nwb(path, spikes, intervals={"trials": bounds}), bounds


def test_pauses_between_trials_are_not_silent_time(tmp_path: Path, known: np.ndarray) -> None:
    path, bounds = in_trials(tmp_path / "a.nwb", known)
    whole = read_spikes(path)
    trial, pauses = [each for each in whole.left_out if each.kind == "time"]
    assert trial.severity == "serious" and "30 trials" in trial.text and "intervals: trials" in trial.advice
    assert trial.share == pytest.approx(0.75, abs=0.02)
    assert pauses.severity == "serious" and "29 stretches" in pauses.text and "drop_pauses" in pauses.advice

    chosen = read_spikes(path, intervals="trials")
    # 100 bins of time that start 7 ms after an edge of the grid hold 99 whole bins.
    assert chosen.n_bins == 30 * 99 and chosen.borders == tuple(99 * trial for trial in range(1, 30))
    for row, (start, stop) in enumerate(bounds):
        first = int(np.ceil(start / BIN_S))
        assert first * BIN_S >= start and (first + 99) * BIN_S <= stop
        part = chosen.spikes[99 * row : 99 * (row + 1)]
        np.testing.assert_array_equal(part, whole.spikes[first - first_bin(path) :][:99])
    listed = read_spikes(path, intervals=bounds.tolist())
    np.testing.assert_array_equal(listed.spikes, chosen.spikes)
    assert said(chosen).severity == "note" and "30 trials" in said(chosen).text


def first_bin(path: Path) -> int:
    """Return the bin of the first spike of a file, from 0 s."""
    with h5py.File(path) as file:
        return int(np.floor(file["units/spike_times"][()].min() / BIN_S))


def test_time_between_trials_with_spikes_is_only_noted(tmp_path: Path, known: np.ndarray) -> None:
    path, _ = in_trials(tmp_path / "a.nwb", known, between=True)
    assert said(read_spikes(path)).severity == "note" and "intervals: trials" in said(read_spikes(path)).advice
    chosen = read_spikes(path, intervals="trials")
    lost = said(chosen)
    assert lost.count == pytest.approx(29 * 300, rel=0.05) and "were left out" in lost.text
    assert read_spikes(path, intervals=[[0, 1000]]).n_bins == read_spikes(path).n_bins


def test_intervals_that_cannot_be_used(tmp_path: Path, known: np.ndarray) -> None:
    path, _ = in_trials(tmp_path / "a.nwb", known)
    for intervals, message in (
        ("trails", r"no table of intervals 'trails'; did you mean 'trials'\?"),
        ([[2.0, 1.0]], "stops before it starts"),
        ([[1.0, 2.0], [3.0]], "each with start and stop"),
        ([[1e6, 2e6]], "no bin of 20 ms is left inside 1 of a list"),
    ):
        with pytest.raises(DataError, match=message):
            read_spikes(path, intervals=intervals)
    np.save(tmp_path / "a.npy", known)
    with pytest.raises(DataError, match="intervals has no meaning for a matrix"):
        read_spikes(tmp_path / "a.npy", intervals=[[0, 1]])
    table = write_csv(tmp_path / "a.csv", trains(known))
    with pytest.raises(DataError, match="tables in the file: none"):
        read_spikes(table, intervals="trials")
    assert read_spikes(table, intervals=[[0, 30]]).n_bins == 1500
    for intervals in ([0, 30], [[0, 30], [40]], [["a", 30]], 30):
        with pytest.raises(DataError, match=r"intervals is not a list of intervals.*such as \[\[0, 600\]\]"):
            read_spikes(table, intervals=intervals)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("option", ["t_start", "t_stop"])
def test_ends_that_are_no_times(tmp_path: Path, known: np.ndarray, option: str, value: float) -> None:
    path = write_nwb(tmp_path / "a.nwb", trains(known))
    with pytest.raises(DataError, match=f"{option} is {value}, expected a number of seconds"):
        read_spikes(path, **{option: value})


# ------------------------------------------------------------------------------------- invalid, unobserved time


def test_invalid_times_are_left_out_unless_asked_for(tmp_path: Path, known: np.ndarray) -> None:
    bounds = np.array([[10.007, 12.0], [20.0, 20.005]])  # 501st to 600th bin, and a part of the 1001st
    path = write_nwb(tmp_path / "a.nwb", trains(known), intervals={"invalid_times": bounds})
    recording = read_spikes(path)
    np.testing.assert_array_equal(recording.spikes, np.delete(known, [*range(500, 600), 1000], axis=0))
    assert recording.borders == (500, 900) and said(recording).severity == "note" and said(recording).count == 101
    used = read_spikes(path, ignore_invalid_times=True)
    np.testing.assert_array_equal(used.spikes, known)
    assert said(used).severity == "serious" and used.borders == ()
    broken = write_nwb(tmp_path / "b.nwb", trains(known), intervals={"invalid_times": np.array([[3.0, np.nan]])})
    with pytest.raises(DataError, match=r"invalid_times .*--ignore-invalid-times.* has an interval with NaN"):
        read_spikes(broken)
    assert read_spikes(broken, ignore_invalid_times=True).n_bins == 3000


def test_spikes_outside_the_observed_time_are_counted(tmp_path: Path, known: np.ndarray) -> None:
    times = trains(known)
    early = [np.array([[0.0, 15.0]])] * 3
    path = write_nwb(tmp_path / "a.nwb", times, observed=early)
    recording = read_spikes(path, min_bins=100)
    np.testing.assert_array_equal(recording.spikes, known[:750])
    lost, total = sum(int((train > 15.0).sum()) for train in times), sum(map(len, times))
    found = said(recording, "spikes")
    assert (found.count, found.severity) == (lost, "serious") and found.share == pytest.approx(lost / total)
    assert f"{lost:,} of {total:,} spikes" in found.text and "ignore_obs_intervals" in found.advice
    whole = read_spikes(path, ignore_obs_intervals=True)
    np.testing.assert_array_equal(whole.spikes, known)
    assert "obs_intervals" in said(whole).text


def test_the_units_that_cost_most_time_are_named(tmp_path: Path) -> None:
    spikes = words(3000, 4)
    seconds = {0: 60.0, 1: 60.0, 2: 30.0, 3: 45.0}  # unit 12 costs 15 of 60 s; 13 alone costs none
    observed = [np.array([[0.0, seconds[unit]]]) for unit in range(4)]
    times = [train[train < seconds[unit]] for unit, train in enumerate(trains(spikes))]
    recording = read_spikes(write_nwb(tmp_path / "a.nwb", times, observed=observed))
    assert recording.n_bins == 1500
    assert said(recording).share == pytest.approx(0.5)
    assert "50.0% of the recording was left out" in said(recording).text
    assert "unit 12 (25.0%)" in said(recording).advice and "13" not in said(recording).advice
    assert not [each for each in recording.left_out if each.kind == "spikes"]


def test_observed_time_in_milliseconds(tmp_path: Path, known: np.ndarray) -> None:
    path = write_nwb(tmp_path / "a.nwb", trains(known), observed=[np.array([[0.0, 60_000.0]])] * 3)
    with pytest.raises(DataError, match=r"cover 60,000 s, but all spikes lie within 60 s.*--ignore-obs-intervals"):
        read_spikes(path)
    np.testing.assert_array_equal(read_spikes(path, ignore_obs_intervals=True).spikes, known)
    assert read_spikes(path, trust_times=True).n_bins == 3_000_000


# ------------------------------------------------------------------------------------------------- pauses


def test_drop_pauses_keeps_the_words_between_them(tmp_path: Path) -> None:
    spikes = words(6000, 4)
    parts = [spikes[start : start + 1000] for start in range(0, 6000, 1000)]
    gap = np.zeros((300, 4), np.uint8)
    np.save(tmp_path / "a.npy", np.concatenate([part for each in parts for part in (each, gap)]))
    kept = read_spikes(tmp_path / "a.npy", drop_pauses=True)
    silent = [1000 - int(np.flatnonzero(part.any(axis=1))[-1]) - 1 for part in parts]
    begin = [int(np.flatnonzero(part.any(axis=1))[0]) for part in parts]
    # A pause takes the silent bins at its edges with it.
    begin[0] = 0
    cut = [part[start : 1000 - end] for part, start, end in zip(parts, begin, silent, strict=True)]
    np.testing.assert_array_equal(kept.spikes, np.concatenate(cut))
    assert kept.borders == tuple(np.cumsum([len(each) for each in cut])[:-1].tolist())
    assert said(kept).severity == "note" and "6 pauses" in said(kept).text
    found = said(read_spikes(tmp_path / "a.npy"))
    assert found.severity == "serious" and "6 stretches" in found.text
    # Without pauses, nothing is left out, nor said.
    np.save(tmp_path / "b.npy", spikes)
    assert read_spikes(tmp_path / "b.npy", drop_pauses=True).borders == ()


def test_silence_of_bursting_units_is_no_pause(tmp_path: Path) -> None:
    # Bursts of 5 bins of all units, with geometric silences of 40 bins between them.
    random = np.random.default_rng(5)
    rate = np.zeros(60_000)
    at = 0
    while at < 59_990:
        rate[at : at + 5] = 0.5
        at += 5 + random.geometric(1 / 40)
    np.save(tmp_path / "a.npy", (random.random((60_000, 10)) < rate[:, None]).astype(np.uint8))
    assert not [each for each in read_spikes(tmp_path / "a.npy").left_out if each.kind == "time"]


# ------------------------------------------------------------------------------------------------- clocks


def exact_bins(times: np.ndarray, bin_ms: int, origin: float) -> list[int]:
    """Return the bins by rational arithmetic, for times that were rounded to 0.1 ms before they became floats."""
    start = Fraction(round(origin * 10_000), 10_000)
    return [int((Fraction(round(time * 10_000), 10_000) - start) // Fraction(bin_ms, 1000)) for time in times]


@pytest.mark.parametrize("offset", [0.0, 1e5, 1.7e9])
@pytest.mark.parametrize("bin_ms", [1, 20, 33])
def test_any_clock_bins_exactly(offset: float, bin_ms: int) -> None:
    random = np.random.default_rng(2)
    edges = np.arange(0, 500) * bin_ms / 1e3 + offset  # every edge, where rounding decides
    within = np.round(random.uniform(0, 499 * bin_ms / 1e3, 400), 4) + offset
    train = np.unique(np.concatenate([edges, within]))
    for t_start in (None, offset):
        found = bin_spikes("here", SpikeTimes([train], ["a"]), bin_ms, t_start=t_start).spikes[:, 0]
        bins = np.array(exact_bins(train, bin_ms, t_start or 0.0))
        expected = np.zeros_like(found)
        expected[bins - (bins.min() if t_start is None else 0)] = 1
        np.testing.assert_array_equal(found, expected)


def test_a_clock_since_1970_gives_the_same_words(tmp_path: Path, known: np.ndarray) -> None:
    path = write_nwb(tmp_path / "a.nwb", [train + 1.7e9 for train in trains(known)])
    np.testing.assert_array_equal(read_spikes(path).spikes, known)


@pytest.mark.parametrize(
    ("coarse", "step"),
    [
        (lambda train: (train + 1e5).astype(np.float32), "7.81 ms"),
        (lambda train: (train + 1e5).astype(np.float32).astype(np.float64), "7.81 ms"),
        (lambda train: np.round((train + 100) * 1e3, -2) / 1e3, "100 ms"),  # four digits beyond 100 s
        (lambda train: np.floor(train * 30.0) / 30.0, "33.3 ms"),  # frames of a camera
    ],
)
def test_times_coarser_than_the_bins_are_said(tmp_path: Path, known: np.ndarray, coarse, step: str) -> None:
    path = write_nwb(tmp_path / "a.nwb", [coarse(train) for train in trains(known)])
    found = said(read_spikes(path, drop_bad_units=True), "unit of time")
    assert found.severity == "serious" and f"multiples of {step}" in found.text


@pytest.mark.parametrize(
    "fine",
    [
        lambda train: train,
        lambda train: np.round(train, 4),
        lambda train: np.floor(train * 30_000) / 30_000,
        lambda train: np.floor(train / 0.01) * 0.01,  # two steps in a bin: words are exact
        lambda train: np.floor(train / BIN_S) * BIN_S,
        lambda train: train.astype(np.float32),
    ],
)
def test_times_as_fine_as_the_bins_need_are_not_mentioned(tmp_path: Path, known: np.ndarray, fine) -> None:
    recording = read_spikes(write_nwb(tmp_path / "a.nwb", [fine(train) for train in trains(known)]))
    np.testing.assert_array_equal(recording.spikes, known)
    assert not [each for each in recording.left_out if each.kind == "unit of time"]


def busy(rate: float, n_units: int = 6, seconds: float = 15.0) -> list[np.ndarray]:
    """Return units that fire at random, with 2 ms between spikes at least."""
    random = np.random.default_rng(4)
    return [np.cumsum(0.002 + random.exponential(1 / rate, int(rate * seconds))) for _ in range(n_units)]


def test_milliseconds_at_high_rates_are_recognised(tmp_path: Path) -> None:
    # 60 spikes/s for 15 s: 0.06 spikes/s for 4 h, too high to be refused for the rate alone.
    fractions = write_nwb(tmp_path / "a.nwb", [1e3 * train for train in busy(60.0)])
    with pytest.raises(DataError, match=r"no unit ever fires twice within 0\.2 s .*time_unit='ms'"):
        read_spikes(fractions)
    assert read_spikes(fractions, time_unit="ms", min_bins=500).n_bins == pytest.approx(850, rel=0.2)
    whole = write_nwb(tmp_path / "b.nwb", [np.unique(np.round(1e3 * train)) for train in busy(60.0)])
    with pytest.raises(DataError, match=r"all .* spike times are whole numbers.*time_unit='ms'.*sampling rate"):
        read_spikes(whole)
    assert read_spikes(whole, trust_times=True).n_bins > 500_000


def test_sparse_and_regular_units_in_seconds_are_read(tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    sparse = [np.sort(random.uniform(0, 600, 60)) for _ in range(20)]
    assert read_spikes(write_nwb(tmp_path / "a.nwb", sparse)).n_neurons == 20
    pacemakers = [np.cumsum(random.normal(0.25, 0.01, 2400)) for _ in range(6)]
    assert read_spikes(write_nwb(tmp_path / "b.nwb", pacemakers), trust_times=False).n_neurons == 6


def test_times_of_trials_that_were_joined(tmp_path: Path, known: np.ndarray) -> None:
    relative = [np.concatenate([train[train < 20] - 5] * 3) for train in trains(known)]
    path = write_nwb(tmp_path / "a.nwb", relative)
    for options in ({}, {"t_start": -5.0}):
        with pytest.raises(DataError, match=r"They fall back 2 times.*add the start of its trial"):
            read_spikes(path, **options)
    with pytest.raises(DataError, match="fall back 2 times"):
        read_spikes(write_nwb(tmp_path / "b.nwb", [train + 5 for train in relative]))


def test_the_range_of_time_counts_what_it_cuts(tmp_path: Path, known: np.ndarray) -> None:
    times = trains(known)
    recording = read_spikes(write_nwb(tmp_path / "a.nwb", times), t_start=10.0, t_stop=50.0)
    cut = sum(int(((train < 10.0) | (train >= 50.0)).sum()) for train in times)
    assert said(recording, "spikes").count == cut and said(recording, "spikes").severity == "note"
