"""Which units are used: filters on the units table, marks of quality, double names, columns that MATLAB wrote."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from spike_files import trains, words, write_csv, write_indy, write_nwb

from homeostat.errors import DataError
from homeostat.recordings import LeftOut, Recording, read_spikes

QUALITY = ["good", "mua", "good", "noise", "good", "good"]
SNR = [3.0, 0.2, 0.5, 8.0, 4.0, 2.5]
GOOD_FLAG = [True, False, True, False, True, True]


@pytest.fixture(scope="module")
def known() -> np.ndarray:
    return words(6000, 6)


@pytest.fixture
def marked(tmp_path: Path, known: np.ndarray) -> Path:
    columns = {"quality": QUALITY, "snr": SNR, "is_good": np.array(GOOD_FLAG), "depth": np.arange(6)}
    columns["stamp"] = 20230101093000 + np.arange(6)
    path = write_nwb(tmp_path / "a.nwb", trains(known), columns=columns)
    with h5py.File(path, "a") as file:
        shanks = [file.create_group(f"general/extracellular_ephys/shank{each}") for each in "AB"]
        references = [shanks[row % 2].ref for row in range(6)]
        file["units"].create_dataset("electrode_group", data=references, dtype=h5py.ref_dtype)
        file["units/waveform_mean"] = np.zeros((6, 40))  # no value per unit, so no column to choose by
        file["units/elsewhere"] = h5py.ExternalLink("other.nwb", "/units/x")
    return path


def items(recording: Recording, kind: str = "units") -> list[LeftOut]:
    return [each for each in recording.left_out if each.kind == kind]


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ({"quality": "good"}, [0, 2, 4, 5]),
        ({"quality": ["mua", "noise"]}, [1, 3]),
        ({"is_good": True}, [0, 2, 4, 5]),
        ({"is_good": 0}, [1, 3]),
        ({"snr": "> 0.5"}, [0, 3, 4, 5]),
        ({"snr": ">=0.5"}, [0, 2, 3, 4, 5]),
        ({"snr": "< 3"}, [1, 2, 5]),
        ({"depth": [0, 3]}, [0, 3]),
        ({"depth": ["> 0", "< 4", "> 1"]}, [2, 3]),
        ({"depth": ["< 4", 0, 3, 5]}, [0, 3]),
        ({"stamp": 20230101093001}, [1]),
        ({"electrode_group": "shankB"}, [1, 3, 5]),
        ({"quality": "good", "electrode_group": "shankA", "snr": "<= 3"}, [0, 2]),
    ],
)
def test_filters(marked: Path, known: np.ndarray, where: dict[str, object], rows: list[int]) -> None:
    recording = read_spikes(marked, where=where)
    assert recording.units == [str(10 + row) for row in rows]
    np.testing.assert_array_equal(recording.spikes, known[:, rows])
    found = [each for each in items(recording) if "filter" in each.text]
    assert [each.count for each in found] == [6 - len(rows)] and found[0].severity == "note"


def test_filters_that_do_not_fit_name_what_there_is(marked: Path, tmp_path: Path, known: np.ndarray) -> None:
    for where, message in (
        ({"qualty": "good"}, r"no column 'qualty'; did you mean 'quality'\?.*columns: .*snr"),
        ({"quality": "god"}, r"no unit has quality: 'god'; did you mean 'good'\?.*: good, mua, noise"),
        ({"snr": "> high"}, r"'> high' is not a bound; write for example '> 0\.5'"),
        ({"snr": "> 5", "quality": "good"}, "no unit has snr: > 5, quality: good all at once"),
        ({"waveform_mean": 0}, "no column 'waveform_mean'"),
        ({"quality": []}, "no unit has quality"),
        ({"stamp": 20230101093009}, "values in that column: 20230101093000, 20230101093001"),
    ):
        with pytest.raises(DataError, match=message):
            read_spikes(marked, where=where)
    with pytest.raises(DataError, match="the units table has no column 'quality'; its columns: none"):
        read_spikes(write_csv(tmp_path / "a.csv", trains(known)), where={"quality": "good"})
    np.save(tmp_path / "a.npy", known)
    with pytest.raises(DataError, match="where has no meaning for a matrix"):
        read_spikes(tmp_path / "a.npy", where={"quality": "good"})


def test_marks_that_were_not_used_are_named(marked: Path) -> None:
    good, quality = sorted(items(read_spikes(marked)), key=lambda each: "quality" in each.text)
    assert "4 good, 1 mua, 1 noise" in quality.text and quality.advice.endswith("where: {quality: good}.")
    assert quality.severity == "warning" and quality.count == 2
    assert "4 true, 2 false" in good.text and good.advice.endswith("where: {is_good: true}.")
    # A column that was a filter, or does not tell the units apart that are used, is not named.
    assert not [each for each in items(read_spikes(marked, where={"quality": "good"})) if "marked" in each.text]
    assert not [each for each in items(read_spikes(marked, units=["10", "12"])) if "marked" in each.text]


def test_groups_and_places_of_electrodes(tmp_path: Path, known: np.ndarray) -> None:
    path = write_nwb(tmp_path / "a.nwb", trains(known))
    with h5py.File(path, "a") as file:
        table = file.create_group("general/extracellular_ephys/electrodes")
        table["location"], table["group_name"] = ["VISp", "CA1", "VISp"], ["imec0", "imec1", "imec1"]
        file["units/electrodes"], file["units/electrodes_index"] = [0, 1, 1, 2, 0, 1, 2, 0], [1, 2, 4, 5, 7, 8]
    # First electrodes: 0, 1, 1, 0, 1, 0.
    assert read_spikes(path, where={"location": "CA1"}).units == ["11", "12", "14"]
    assert read_spikes(path, where={"group_name": "imec0"}).units == ["10", "13", "15"]
    with h5py.File(path, "a") as file:
        file["units/electrodes_index"][...] = [1, 2, 2, 5, 7, 8]  # the third unit has no electrode: 0, 1, -, 1, 1, 0
    assert read_spikes(path, where={"location": "CA1"}).units == ["11", "13", "14"]


@pytest.mark.parametrize("suffix", ["nwb", "csv", "npy", "npz"])
def test_exclude_units(tmp_path: Path, known: np.ndarray, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "nwb":
        names = [f"{10 + row}" for row in range(6)]
        write_nwb(path, trains(known), ids=np.arange(10, 16))
    elif suffix == "csv":
        names = [f"unit{row}" for row in range(6)]
        write_csv(path, trains(known))
    else:
        names = [str(row) for row in range(6)]
        np.save(path, known) if suffix == "npy" else Recording(known, 20.0, names, "x").save(path, {})
    recording = read_spikes(path, exclude_units=[names[4], names[0]])
    assert sorted(recording.units) == [names[row] for row in (1, 2, 3, 5)]
    (out,) = items(recording)
    assert (out.count, out.severity) == (2, "note")
    assert read_spikes(path, units=[names[3], names[1], names[0]], exclude_units=[names[0]]).units == [
        names[3],
        names[1],
    ]
    with pytest.raises(DataError, match="there is no unit 'unit9'"):
        read_spikes(path, exclude_units=["unit9"])
    with pytest.raises(DataError, match="exclude_units leaves no unit"):
        read_spikes(path, units=[names[1]], exclude_units=[names[1]])


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ({"probe": ["A", "A", "A", "B", "B", "B"]}, ["A 0", "A 1", "A 2", "B 0", "B 1", "B 2"]),
        ({}, [f"{row % 3} (row {row})" for row in range(6)]),
        ({"probe": ["A"] * 6}, [f"{row % 3} (row {row})" for row in range(6)]),
    ],
)
def test_ids_that_stand_twice_get_names_of_their_own(
    tmp_path: Path, known: np.ndarray, columns: dict[str, object], names: list[str]
) -> None:
    path = write_nwb(tmp_path / "a.nwb", trains(known), ids=[0, 1, 2, 0, 1, 2], columns=columns)
    recording = read_spikes(path)
    assert recording.units == names
    np.testing.assert_array_equal(recording.spikes, known)
    assert "3 unit ids stand for more than one unit (0, 1, 2)" in items(recording)[0].text
    with pytest.raises(DataError, match="2 units are named '1'; say which: ") as caught:
        read_spikes(path, units=[1])  # type: ignore[list-item]
    assert names[1] in str(caught.value) and names[4] in str(caught.value)
    np.testing.assert_array_equal(read_spikes(path, units=[names[4]]).spikes[:, 0], known[:, 4])


def test_columns_that_matlab_wrote(tmp_path: Path, known: np.ndarray) -> None:
    observed = [np.array([[0.0, 120.0]])] * 6
    path = write_nwb(tmp_path / "a.nwb", trains(known), observed=observed, columns={"quality": QUALITY})
    with h5py.File(path, "a") as file:
        units = file["units"]
        for name in ("id", "spike_times", "quality", "obs_intervals_index"):
            values = units[name][()]
            del units[name]
            units[name] = values[:, None]
        index = units["spike_times_index"][()]
        del units["spike_times_index"]
        units["spike_times_index"] = index[None, :]
    recording = read_spikes(path, where={"quality": "good"})
    np.testing.assert_array_equal(recording.spikes, known[:, [0, 2, 4, 5]])


def test_unsorted_crossings_are_counted(tmp_path: Path, known: np.ndarray) -> None:
    times = trains(known)
    nothing = np.array([])
    path = write_indy(tmp_path / "s.mat", [[times[4], nothing], [times[0], times[1]], [times[2], nothing]])
    (found,) = items(read_spikes(path), "spikes")
    assert found.count == len(times[4]) and "1 of 2 channels" in found.text and "include_unsorted" in found.advice
    assert not items(read_spikes(path, include_unsorted=True), "spikes")


def test_a_filter_that_is_not_installed_is_named_with_its_cure(tmp_path: Path, known: np.ndarray) -> None:
    path = write_nwb(tmp_path / "a.nwb", trains(known))
    with h5py.File(path, "a") as file:
        values = file["units/spike_times"][()]
        del file["units/spike_times"]
        made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        made.set_chunk(values.shape)
        made.set_filter(32999, h5py.h5z.FLAG_OPTIONAL, ())  # a number that no filter has
        space = h5py.h5s.create_simple(values.shape)
        dataset = h5py.h5d.create(file["units"].id, b"spike_times", h5py.h5t.IEEE_F64LE, space, made)
        dataset.write_direct_chunk((0,), values.tobytes())
    with pytest.raises(DataError, match=r"a filter that this HDF5 library lacks.*pip install hdf5plugin"):
        read_spikes(path)


@pytest.mark.parametrize("name", ["session.nwb.zarr", "session.nwb"])
def test_a_zarr_store_is_called_by_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / ".zgroup").write_text("{}")
    with pytest.raises(DataError, match=r"this is a Zarr store.*export the recording to one HDF5 file"):
        read_spikes(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("unit;time\n0;0,1\n", "separated by semicolons"),
        ("unit\ttime\n0\t0.1\n", "separated by tabs"),
        ("unit,time\n0,0.1\n0,3,07\n", "row 3 has 3 fields under 2 headings; if the decimals are written with commas"),
        ('unit,time\n0,"3,07"\n', "row 2: the time '3,07' is not a number; write decimals with a point"),
        ("unit,time,time\n0,0.1,0.2\n", "2 columns are named 'time'"),
    ],
)
def test_csv_of_other_countries(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_spikes(tmp_path / "a.csv")


def test_csv_with_more_columns_in_another_order(tmp_path: Path, known: np.ndarray) -> None:
    path = write_csv(tmp_path / "a.csv", trains(known))
    expected = read_spikes(path)
    rows = [line.split(",") for line in path.read_text().splitlines()]
    path.write_text("\n".join(f"{time}, x ,{unit}" for unit, time in rows))
    np.testing.assert_array_equal(read_spikes(path).spikes, expected.spikes)


def test_csv_units_that_became_decimals(tmp_path: Path, known: np.ndarray) -> None:
    path = write_csv(tmp_path / "a.csv", trains(known))
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([head, *(row.removeprefix("unit").replace(",", ".0,") for row in rows)]))
    recording = read_spikes(path, units=[3, 5])  # type: ignore[list-item]
    np.testing.assert_array_equal(recording.spikes, known[:, [3, 5]])
    assert any("named" in each.text for each in items(recording))
