"""Objects of other packages become the same words as the spike trains that they hold.

`make test-objects` runs these tests in an environment with the real packages; elsewhere those that need one skip.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from homeostat.errors import DataError
from homeostat.recordings import Recording, as_recording, from_trains, read_spikes

BIN_MS, SECONDS = 20.0, 60.0
NEEDS = "needs the package {}; `make test-objects` installs it"


def needed(package: str) -> Any:
    return pytest.importorskip(package, reason=NEEDS.format(package))


@pytest.fixture(scope="module")
def trains() -> dict[str, np.ndarray]:
    """Spike times on a grid of 1 ms, in the middle of it, so that no unit of time moves one into another bin."""
    random = np.random.default_rng(0)
    return {
        name: (np.sort(random.choice(int(1e3 * SECONDS), size, replace=False)) + 0.5) / 1e3
        for name, size in (("a", 400), ("b", 700), ("c", 250))
    }


@pytest.fixture(scope="module")
def truth(trains: dict[str, np.ndarray]) -> np.ndarray:
    words = np.zeros((int(SECONDS * 1e3 / BIN_MS), len(trains)), np.uint8)
    for column, times in enumerate(trains.values()):
        words[(times * 1e3 // BIN_MS).astype(int), column] = 1
    return words


def same(recording: Recording, truth: np.ndarray, units: list[str] | None = None) -> None:
    np.testing.assert_array_equal(recording.spikes, truth)
    assert recording.units == (units or ["a", "b", "c"]) and recording.bin_ms == BIN_MS


def test_trains(trains: dict[str, np.ndarray], truth: np.ndarray) -> None:
    same(from_trains(trains, bin_ms=BIN_MS, observed=[0, SECONDS]), truth)
    several = from_trains(list(trains.values()), bin_ms=BIN_MS, observed=[[0, 20], [40, SECONDS]], units="abc")
    same(several, np.concatenate([truth[:1000], truth[2000:]]))
    in_ms = from_trains([1e3 * t for t in trains.values()], bin_ms=BIN_MS, observed=[0, 6e4], time_unit="ms")
    same(in_ms, truth, ["0", "1", "2"])
    with pytest.raises(DataError, match="3 spike trains, but 2 names"):
        from_trains(list(trains.values()), bin_ms=BIN_MS, units=["a", "b"])


def test_mappings_lists_and_arrays(trains: dict[str, np.ndarray], truth: np.ndarray) -> None:
    first = min(int(t[0] * 1e3 // BIN_MS) for t in trains.values())
    last = max(int(t[-1] * 1e3 // BIN_MS) for t in trains.values())
    same(as_recording(trains, bin_ms=BIN_MS), truth[first : last + 1])
    same(as_recording(list(trains.values()), bin_ms=BIN_MS), truth[first : last + 1], ["0", "1", "2"])
    same(as_recording(truth, bin_ms=BIN_MS), truth, ["0", "1", "2"])
    same(as_recording(truth.astype(bool), bin_ms=BIN_MS, units=[2, 0]), truth[:, [2, 0]], ["2", "0"])
    recording = as_recording(trains, bin_ms=BIN_MS)
    assert as_recording(recording) is recording and as_recording(recording, units=["b"]).units == ["b"]


def test_pandas(trains: dict[str, np.ndarray], truth: np.ndarray) -> None:
    pandas = needed("pandas")
    same(as_recording(pandas.DataFrame(truth, columns=list("abc")), bin_ms=BIN_MS), truth)
    timed = pandas.DataFrame(truth, columns=list("abc"), index=np.arange(len(truth)) * BIN_MS / 1e3)
    same(as_recording(timed), truth)
    with pytest.raises(DataError, match=r"are 0\.02 apart"):
        as_recording(timed, bin_ms=10)
    rows = [(unit, time) for unit, times in trains.items() for time in times]
    spikes = as_recording(pandas.DataFrame(rows, columns=["unit", "time"]), bin_ms=BIN_MS, t_start=0, t_stop=SECONDS)
    same(spikes, truth)


def test_spikes_of_a_table_are_in_its_order(trains: dict[str, np.ndarray]) -> None:
    """Times that start again in each trial are not laid on top of each other."""
    pandas = needed("pandas")
    rows = [(unit, time) for unit, times in trains.items() for _ in range(2) for time in times]
    with pytest.raises(DataError, match="the spike times of unit 'a' are not sorted"):
        as_recording(pandas.DataFrame(rows, columns=["unit", "time"]), bin_ms=BIN_MS)


def test_a_named_time_axis_is_believed() -> None:
    """However many neurons there are; the longer axis was taken as time."""
    pandas = needed("pandas")
    words = (np.random.default_rng(0).random((40, 90)) < 0.5).astype(np.uint8)
    given: dict[str, Any] = {"bin_ms": 33, "min_bins": 1}
    frame = pandas.DataFrame(words, columns=[f"u{each}" for each in range(90)])
    for data in (frame, frame.convert_dtypes()):
        found = as_recording(data, **given)
        np.testing.assert_array_equal(found.spikes, words)
        assert found.units[1] == "u1" and "orientation" not in [each.kind for each in found.left_out]
    np.testing.assert_array_equal(as_recording(frame, orientation="neurons_by_time", **given).spikes, words.T)
    with pytest.raises(DataError, match="missing"):
        as_recording(frame.astype("Int64").mask(frame == 0), **given)
    xarray = needed("xarray")
    array = xarray.DataArray(words.T, dims=("unit", "time"), coords={"time": np.arange(40)})
    np.testing.assert_array_equal(as_recording(array, **given).spikes, words)


def test_sparse(truth: np.ndarray) -> None:
    from scipy import sparse

    same(as_recording(sparse.csr_array(truth), bin_ms=BIN_MS), truth, ["0", "1", "2"])
    same(as_recording(sparse.coo_matrix(truth.T), bin_ms=BIN_MS), truth, ["0", "1", "2"])


def test_xarray(truth: np.ndarray) -> None:
    xarray = needed("xarray")
    coordinates = {"time": np.arange(len(truth)) * BIN_MS / 1e3, "unit": list("abc")}
    array = xarray.DataArray(truth.T, dims=("unit", "time"), coords=coordinates)
    same(as_recording(array), truth)
    with pytest.raises(DataError, match="which of the dimensions"):
        as_recording(xarray.DataArray(truth, dims=("x", "y")))


def test_pynapple(trains: dict[str, np.ndarray], truth: np.ndarray) -> None:
    nap = needed("pynapple")
    numbers = {number: nap.Ts(times) for number, times in enumerate(trains.values())}
    group = nap.TsGroup(numbers, time_support=nap.IntervalSet([0, 40], [20, SECONDS]))
    same(as_recording(group, bin_ms=BIN_MS), np.concatenate([truth[:1000], truth[2000:]]), ["0", "1", "2"])
    whole = nap.TsGroup(numbers, time_support=nap.IntervalSet(0, SECONDS))
    same(as_recording(whole.count(BIN_MS / 1e3), binarize=True), truth, ["0", "1", "2"])
    with pytest.raises(DataError, match=r"are 0\.02 apart"):
        as_recording(whole.count(BIN_MS / 1e3), bin_ms=40, binarize=True)
    with pytest.raises(DataError, match="TsGroup"):
        as_recording(numbers[0], bin_ms=BIN_MS)


def test_neo(trains: dict[str, np.ndarray], truth: np.ndarray) -> None:
    neo, pq = needed("neo"), needed("quantities")
    # Another unit of time, and a clock that starts before 0 and stops after the spikes.
    made = [
        neo.SpikeTrain(1e3 * times * pq.ms, t_start=0 * pq.s, t_stop=SECONDS * pq.s, name=name)
        for name, times in trains.items()
    ]
    same(as_recording(made, bin_ms=BIN_MS), truth)
    segment = neo.Segment()
    segment.spiketrains.extend(made)
    same(as_recording(segment, bin_ms=BIN_MS), truth)
    block = neo.Block()
    block.segments += [segment, neo.Segment()]
    with pytest.raises(DataError, match="2 segments"):
        as_recording(block, bin_ms=BIN_MS)
    later = [
        neo.SpikeTrain((times[times > 10] + 5) * pq.s, t_start=15 * pq.s, t_stop=65 * pq.s, name=name)
        for name, times in trains.items()
    ]
    same(as_recording(later, bin_ms=BIN_MS), truth[500:])


def test_spikeinterface(trains: dict[str, np.ndarray], truth: np.ndarray) -> None:
    core = needed("spikeinterface.core")
    samples = {name: np.round(times * 30_000).astype(int) for name, times in trains.items()}
    sorting = core.NumpySorting.from_unit_dict([samples], 30_000.0)
    same(as_recording(sorting, bin_ms=BIN_MS, t_start=0, t_stop=SECONDS), truth)
    with pytest.raises(DataError, match="2 segments"):
        as_recording(core.NumpySorting.from_unit_dict([samples, samples], 30_000.0), bin_ms=BIN_MS)


def test_pynwb(trains: dict[str, np.ndarray], truth: np.ndarray) -> None:
    pynwb = needed("pynwb")
    file = pynwb.NWBFile("a session", "session", datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(DataError, match="units table"):
        as_recording(file, bin_ms=BIN_MS)
    for times in trains.values():
        file.add_unit(spike_times=times, obs_intervals=[[0, 20], [40, SECONDS]])
    same(as_recording(file, bin_ms=BIN_MS), np.concatenate([truth[:1000], truth[2000:]]), ["0", "1", "2"])


def test_pynwb_is_read_as_the_file_is(tmp_path: Path, trains: dict[str, np.ndarray]) -> None:
    """Invalid time is left out, and units and time can be chosen by the tables, as when the file is read."""
    pynwb = needed("pynwb")
    file = pynwb.NWBFile("a session", "session", datetime(2026, 1, 1, tzinfo=UTC))
    probe = file.create_device("probe")
    for place in ("CA1", "V1"):
        shank = file.create_electrode_group(place, "a shank", place, probe)
        file.add_electrode(group=shank, location=place)
    file.add_unit_column("quality", "of the sorter")
    file.add_unit_column("is_good", "of the lab")
    for row, times in enumerate(trains.values()):
        kind = {"quality": ["good", "mua", "good"][row], "is_good": row != 1}
        file.add_unit(spike_times=times, electrodes=[[0], [1], []][row], electrode_group=shank, **kind)
    for start in (0.0, 30.0):
        file.add_trial(start_time=start, stop_time=start + 25)
    file.add_epoch(start_time=10.0, stop_time=50.0, tags=["running"])
    file.add_invalid_time_interval(start_time=5.0, stop_time=7.0)
    sleep = pynwb.epoch.TimeIntervals(name="sleep", description="of the animal")
    sleep.add_row(start_time=20.0, stop_time=60.0)
    file.add_time_intervals(sleep)
    with pynwb.NWBHDF5IO(tmp_path / "a.nwb", "w") as io:
        io.write(file)
    for options in (
        {},
        {"ignore_invalid_times": True},
        {"where": {"quality": "good"}},
        {"where": {"is_good": True}},
        {"where": {"location": "CA1"}},
        {"where": {"electrode_group": "V1"}},
        *({"intervals": name} for name in ("trials", "epochs", "sleep")),
    ):
        given: dict[str, Any] = {"bin_ms": BIN_MS, "min_bins": 500, **options}
        expected = read_spikes(tmp_path / "a.nwb", **given)
        with pynwb.NWBHDF5IO(tmp_path / "a.nwb", "r") as io:
            for made in (as_recording(file, **given), as_recording(io.read(), **given)):
                same(made, expected.spikes, expected.units)
                assert made.left_out == expected.left_out and made.borders == expected.borders


def test_what_is_no_recording_is_refused() -> None:
    for thing in (None, "session.nwb", 3, np.zeros(5), [np.zeros((2, 2))], []):
        with pytest.raises(DataError, match="recording cannot be read"):
            as_recording(thing, bin_ms=BIN_MS)
    with pytest.raises(DataError, match="give bin_ms"):
        as_recording([np.arange(5.0)])


def test_options_that_would_be_passed_over_are_refused() -> None:
    matrix = (np.random.default_rng(0).random((2000, 3)) < 0.2).astype(np.uint8)
    with pytest.raises(DataError, match="there is no option 'bins_ms'; did you mean 'bin_ms'"):
        as_recording(matrix, bins_ms=10)
    with pytest.raises(DataError, match="there is no option 'split'"):
        from_trains([[1.0]], bin_ms=20, split="blocks")
    for unused in ({"t_start": 60}, {"where": {"quality": "good"}}, {"time_unit": "ms"}, {"intervals": [[0, 5]]}):
        with pytest.raises(DataError, match=f"{next(iter(unused))} has no meaning for a matrix"):
            as_recording(matrix, bin_ms=20, **unused)
    with pytest.raises(DataError, match="orientation has no meaning for spike times"):
        from_trains([np.arange(0.5, 60, 0.3)], bin_ms=20, orientation="upside_down")
    recording = as_recording(matrix, bin_ms=20)
    assert as_recording(recording, bin_ms=20) is recording
    with pytest.raises(DataError, match="a Recording, which was read already; leave bin_ms, drop_bad_units out"):
        as_recording(recording, bin_ms=100, drop_bad_units=True)


def test_masked_values_and_spikes_without_a_unit_are_refused() -> None:
    matrix = (np.random.default_rng(0).random((2000, 3)) < 0.2).astype(np.uint8)
    assert (as_recording(np.ma.masked_array(matrix)).spikes == matrix).all()
    with pytest.raises(DataError, match="3 values are masked"):
        as_recording(np.ma.masked_array(matrix, np.arange(6000).reshape(2000, 3) < 3))
    pandas = pytest.importorskip("pandas")
    spikes = pandas.DataFrame({"unit": [1.0, np.nan, 2.0], "time": [0.1, 0.2, 0.3]})
    with pytest.raises(DataError, match="the unit of 1 spikes is missing"):
        as_recording(spikes, bin_ms=20)
