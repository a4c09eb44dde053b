"""Every format gives back the words that were written, and every bad file a sentence."""

import os
import struct
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from spike_files import BIN_S, refused, trains, words, write_arrays, write_csv, write_indy, write_nwb

from homeostat.errors import DataError
from homeostat.recordings import LeftOut, Recording, content_hash, read_spikes
from homeostat.recordings.matfile import list_variables, read_variable


@pytest.fixture(scope="module")
def known() -> np.ndarray:
    return words()


# ------------------------------------------------------------------------------------------- spike times


def test_nwb(tmp_path: Path, known: np.ndarray) -> None:
    recording = read_spikes(write_nwb(tmp_path / "a.nwb", trains(known)))
    np.testing.assert_array_equal(recording.spikes, known)
    assert recording.units == ["10", "11", "12", "13"]
    assert (recording.name, recording.bin_ms, recording.repeats) == ("a", 20.0, None)
    assert recording.content_hash == content_hash(known)
    assert not recording.spikes.flags.writeable and recording.spikes.flags.c_contiguous


def test_nwb_in_wider_bins(tmp_path: Path, known: np.ndarray) -> None:
    recording = read_spikes(write_nwb(tmp_path / "a.nwb", trains(known)), bin_ms=40, min_bins=1)
    np.testing.assert_array_equal(recording.spikes, known.reshape(-1, 2, 4).max(axis=1))


def test_nwb_keeps_only_bins_that_all_units_were_observed_in(tmp_path: Path, known: np.ndarray) -> None:
    whole = np.array([[0, 1200 * BIN_S]])
    gap = np.array([[0, 500 * BIN_S], [510.5 * BIN_S, 1200 * BIN_S]])
    path = write_nwb(tmp_path / "a.nwb", trains(known), observed=[whole, gap, whole, gap])
    expected = np.delete(known, np.s_[500:511], axis=0)  # bin 510 is seen in part only
    np.testing.assert_array_equal(read_spikes(path).spikes, expected)


def test_nwb_units_never_observed_together(tmp_path: Path, known: np.ndarray) -> None:
    halves = [np.array([[0.0, 10.0]]), np.array([[11.0, 24.0]])]
    path = write_nwb(tmp_path / "a.nwb", trains(known), observed=[*halves, *halves])
    refused(path, "unit '11'", "observed")


def test_observed_silence_counts(tmp_path: Path, known: np.ndarray) -> None:
    observed = [np.array([[-1.0, 26.0]])] * 4
    recording = read_spikes(write_nwb(tmp_path / "a.nwb", trains(known), observed=observed))
    assert recording.n_bins == 27 * 50
    np.testing.assert_array_equal(recording.spikes[50:1250], known)


def test_indy(tmp_path: Path, known: np.ndarray) -> None:
    times = trains(known)
    nothing = np.array([])
    hashes = [np.array([0.5, 0.7]), nothing]
    path = write_indy(tmp_path / "s.mat", [hashes, [times[0], times[1]], [times[2], nothing], [nothing, times[3]]])
    recording = read_spikes(path)
    assert recording.units == ["M1 001 u1", "M1 001 u2", "M1 002 u1", "M1 002 u3"]
    np.testing.assert_array_equal(recording.spikes, known[:, [0, 2, 1, 3]])
    assert read_spikes(path, include_unsorted=True).units[0] == "M1 001 u0"
    assert read_spikes(path, units=["M1 002 u3"]).n_neurons == 1


def test_indy_without_sorted_units(tmp_path: Path, known: np.ndarray) -> None:
    path = write_indy(tmp_path / "t.mat", [trains(known)[:2], [[], []]])
    refused(path, "no sorted unit", "include_unsorted")


def test_table_of_cells_that_is_not_of_the_indy_layout(tmp_path: Path, known: np.ndarray) -> None:
    """Of a lab's cells of trials and neurons, the first column was taken for unsorted crossings and left out."""
    times = trains(known)
    path = write_indy(tmp_path / "s.mat", [times[:3], times[1:]], named=False)
    refused(path, "a table of cells", "one row or column")
    refused(path, "'spikes'", "a table of cells", key="spikes")
    with h5py.File(path, "a") as file:
        store = file["#refs#"]
        names = [store.create_dataset(f"n{each}", data=np.array([[65]], np.uint16)).ref for each in range(2)]
        file.create_dataset("chan_names", data=[names], dtype=h5py.ref_dtype)  # of 2 for 3 columns
    refused(path, "a table of cells")


def test_csv(tmp_path: Path, known: np.ndarray) -> None:
    recording = read_spikes(write_csv(tmp_path / "a.csv", trains(known)))
    order = [recording.units.index(f"unit{i}") for i in range(4)]
    np.testing.assert_array_equal(recording.spikes[:, order], known)


def test_csv_with_blanks_after_the_commas(tmp_path: Path, known: np.ndarray) -> None:
    path = write_csv(tmp_path / "a.csv", trains(known))
    expected = read_spikes(path).spikes
    path.write_text(path.read_text().replace(",", ", "))
    np.testing.assert_array_equal(read_spikes(path).spikes, expected)


def test_csv_in_another_encoding(tmp_path: Path, known: np.ndarray) -> None:
    path = write_csv(tmp_path / "a.csv", trains(known))
    path.write_text(path.read_text().replace("unit1", "unité"), encoding="latin-1")
    refused(path, "save it as UTF-8")


def test_options_that_do_not_concern_a_file_are_refused(tmp_path: Path, known: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", known)
    refused(tmp_path / "a.npy", "t_start has no meaning for a matrix", "cut the matrix", t_start=1.0)
    refused(tmp_path / "a.npy", "t_stop has no meaning", t_stop=0.0)
    refused(tmp_path / "a.npy", "time_unit has no meaning", time_unit="ms")
    refused(tmp_path / "a.npy", "key has no meaning", "of a MAT or NPZ file", key="spikes")
    path = write_nwb(tmp_path / "a.nwb", trains(known))
    refused(path, "orientation has no meaning for spike times", orientation="neurons_by_time")
    refused(path, "key has no meaning", key="spikes")
    read_spikes(path).save(tmp_path / "own.npz", {})
    refused(tmp_path / "own.npz", "t_start has no meaning for a recording of homeostat's own", t_start=1.0)
    refused(tmp_path / "own.npz", "key has no meaning", key="spikes")


def test_units_may_be_numbers(tmp_path: Path, known: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", known)
    recording = read_spikes(tmp_path / "a.npy", units=[2, 0])  # type: ignore[list-item]
    np.testing.assert_array_equal(recording.spikes, known[:, [2, 0]])
    assert recording.units == ["2", "0"]
    refused(tmp_path / "a.npy", "expected a list of names, such as ['2']", units="2")


def test_csv_in_milliseconds(tmp_path: Path, known: np.ndarray) -> None:
    path = write_csv(tmp_path / "a.csv", [1e3 * train for train in trains(known)])
    recording = read_spikes(path, time_unit="ms", units=[f"unit{i}" for i in range(4)])
    np.testing.assert_array_equal(recording.spikes, known)


def test_range_of_time(tmp_path: Path, known: np.ndarray) -> None:
    path = write_nwb(tmp_path / "a.nwb", trains(known))
    part = read_spikes(path, t_start=100 * BIN_S, t_stop=1150 * BIN_S)
    np.testing.assert_array_equal(part.spikes, known[100:1150])
    refused(path, "no whole bin", t_start=5.0, t_stop=5.0)


def test_spikes_on_the_edge_of_a_bin_start_it(tmp_path: Path) -> None:
    # 0.06 / 0.02 is 2.9999999999999996 in floating point; the spike belongs to bin 3 all the same.
    edges = np.arange(2000) * 0.02
    path = write_nwb(tmp_path / "a.nwb", [edges[::2], edges[1::2], edges[::3]])
    spikes = read_spikes(path).spikes
    for column, step, first in ((0, 2, 0), (1, 2, 1), (2, 3, 0)):
        np.testing.assert_array_equal(np.flatnonzero(spikes[:, column]), np.arange(first, 2000, step))


# ---------------------------------------------------------------------------------------------- matrices


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("kind", ["mat5", "mat73", "npz", "npy"])
def test_matrices_either_way_round(tmp_path: Path, known: np.ndarray, kind: str, turned: bool) -> None:
    values = known.T if turned else known
    path = tmp_path / f"a.{kind[:3]}"
    if kind == "npy":
        np.save(path, values)
    else:
        write_arrays(path, kind, {"raster": values, "bin": np.array(20.0)})
    axes = "neurons_by_time" if turned else "time_by_neurons"
    for options in ({}, {"orientation": axes}):
        np.testing.assert_array_equal(read_spikes(path, **options).spikes, known)
    assert read_spikes(path, units=["2", "0"]).units == ["2", "0"]


@pytest.mark.parametrize("dtype", [bool, np.int16, np.float32, np.float64])
def test_matrix_types(tmp_path: Path, known: np.ndarray, dtype: type) -> None:
    np.save(tmp_path / "a.npy", known.astype(dtype))
    np.testing.assert_array_equal(read_spikes(tmp_path / "a.npy").spikes, known)


def test_sparse_mat(tmp_path: Path, known: np.ndarray) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"s": scipy.sparse.csc_array(known.astype(float))})
    np.testing.assert_array_equal(read_spikes(tmp_path / "a.mat").spikes, known)


@pytest.mark.parametrize("packed", [False, True])
def test_mat5_agrees_with_scipy(tmp_path: Path, packed: bool) -> None:
    generator = np.random.default_rng(0)
    types = [np.dtype(t) for t in ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", "?")]
    arrays = {f"v_{t.name}": generator.integers(0, 2, (7, 3)).astype(t) for t in types}
    arrays |= {"cube": generator.random((2, 3, 4)), "row": np.arange(5.0), "one": np.array(3.5)}
    arrays["sparse"] = scipy.sparse.csc_array(arrays["v_float64"])
    others = {"text": "spikes", "cell": np.array([1, "a"], object), "struct": {"x": 1}, "z": np.eye(2) * 1j}
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {**arrays, **others}, do_compression=packed)
    found, expected = list_variables(path), scipy.io.loadmat(path)
    assert {name for name, variable in found.items() if variable.numeric} == set(arrays)
    for name in arrays:
        wanted = expected[name].toarray() if name == "sparse" else expected[name]
        np.testing.assert_array_equal(read_variable(found[name]), wanted)


def test_big_endian_mat5(tmp_path: Path) -> None:
    def element(kind: int, data: bytes) -> bytes:
        return struct.pack(">II", kind, len(data)) + data + bytes(-len(data) % 8)

    values = words(1200, 3)
    parts = (6, struct.pack(">II", 6, 0)), (5, struct.pack(">ii", 1200, 3)), (1, b"x")
    matrix = b"".join(element(kind, data) for kind, data in (*parts, (9, values.T.astype(">f8").tobytes())))
    header = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\x00MI"
    (tmp_path / "a.mat").write_bytes(header + element(14, matrix))
    np.testing.assert_array_equal(read_spikes(tmp_path / "a.mat").spikes, values)


def test_old_mat_files(tmp_path: Path, known: np.ndarray) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"x": known}, format="4")
    refused(tmp_path / "a.mat", "version 5 to 7", "-v7")


def test_struct_field_of_mat73(tmp_path: Path, known: np.ndarray) -> None:
    with h5py.File(tmp_path / "a.mat", "w") as file:
        file["data/raster"] = known
    np.testing.assert_array_equal(read_spikes(tmp_path / "a.mat", key="data/raster").spikes, known)


def test_counts_need_binarize(tmp_path: Path, known: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", known * 3)
    refused(tmp_path / "a.npy", "value 3 in bin 0 of unit '0'", "binarize")
    np.testing.assert_array_equal(read_spikes(tmp_path / "a.npy", binarize=True).spikes, known)


@pytest.mark.parametrize(("value", "part"), [(np.nan, "nan in bin 7"), (np.inf, "inf"), (-1.0, "-1.0"), (0.5, "0.5")])
def test_values_that_are_no_spikes(tmp_path: Path, known: np.ndarray, value: float, part: str) -> None:
    values = known.astype(float)
    values[7, 2] = value
    np.save(tmp_path / "a.npy", values)
    refused(tmp_path / "a.npy", part, "unit '2'", "only 0 and 1", binarize=True)


@pytest.mark.parametrize("kind", ["mat5", "mat73", "npz"])
def test_keys(tmp_path: Path, known: np.ndarray, kind: str) -> None:
    arrays = {"first": known, "second": known[:, :2], "vector": np.arange(3)}
    path = write_arrays(tmp_path / f"a.{kind[:3]}", kind, arrays)
    refused(path, "several", "first", "second", "--key")
    refused(path, "no key 'frist'", "did you mean 'first'?", key="frist")
    np.testing.assert_array_equal(read_spikes(path, key="first").spikes, known)
    assert read_spikes(path, key="second").n_neurons == 2


def test_key_that_is_no_matrix(tmp_path: Path, known: np.ndarray) -> None:
    np.savez(tmp_path / "a.npz", spikes=known, cube=np.zeros((2, 3, 4)))
    refused(tmp_path / "a.npz", "'cube' must be a 2-D array of numbers, got a 3-D array", "spikes 1200 x 4", key="cube")
    np.savez(tmp_path / "b.npz", cube=np.zeros((2, 3, 4)))
    refused(tmp_path / "b.npz", "no 2-D array", "cube", "spike times as a CSV file")
    np.save(tmp_path / "b.npy", np.zeros((5, 400, 3)))
    refused(tmp_path / "b.npy", "(5, 400, 3)", "join trials one after the other")


def test_square_matrix_needs_an_orientation(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", words(30, 30))
    refused(tmp_path / "a.npy", "square", "time_by_neurons", min_bins=1)
    refused(tmp_path / "a.npy", "did you mean 'time_by_neurons'?", orientation="time_by_neuron", min_bins=1)


def test_repeats(tmp_path: Path, known: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", known)
    assert read_spikes(tmp_path / "a.npy", repeats=12).repeats == 12
    refused(tmp_path / "a.npy", "7 equal repeats", repeats=7)
    refused(tmp_path / "a.npy", "repeats is 0", repeats=0)


@pytest.mark.parametrize("bin_ms", [0.0, -20.0, float("nan"), float("inf")])
def test_bin_width(tmp_path: Path, known: np.ndarray, bin_ms: float) -> None:
    np.save(tmp_path / "a.npy", known)
    with pytest.raises(DataError, match="positive number of milliseconds"):
        read_spikes(tmp_path / "a.npy", bin_ms=bin_ms)


def test_unknown_unit(tmp_path: Path, known: np.ndarray) -> None:
    path = write_csv(tmp_path / "a.csv", trains(known))
    refused(path, "no unit 'unti3'", "did you mean 'unit3'?", units=["unti3"])
    refused(path, "names a unit twice", units=["unit1", "unit1"])


# ----------------------------------------------------------------------------------------- our own files


def test_saved_recording_reads_back(tmp_path: Path) -> None:
    spikes = words(1203, 5)  # not a multiple of 8 bins
    odd = LeftOut("units", "Odd.", "serious", "Look at it.", count=2, share=0.4)
    recording = Recording(spikes, 20.0, list("abcde"), "mine", repeats=3, left_out=(odd,))
    recording.save(tmp_path / "r.npz", {"device": "cpu"})
    for again in (Recording.read(tmp_path / "r.npz"), read_spikes(tmp_path / "r.npz")):
        np.testing.assert_array_equal(again.spikes, spikes)
        assert again.units == list("abcde") and again.left_out == (odd,) and again.name == "mine"
        assert again.repeats == 3 and again.content_hash == content_hash(spikes)
    assert read_spikes(tmp_path / "r.npz", units=["d", "a"], name="part").units == ["d", "a"]
    refused(tmp_path / "r.npz", "20 ms", "cannot be changed to 10 ms", bin_ms=10)


def test_tampered_or_foreign_recording(tmp_path: Path) -> None:
    Recording(words(), 20.0, list("abcd"), "mine").save(tmp_path / "r.npz", {})
    with np.load(tmp_path / "r.npz") as archive:
        arrays = dict(archive)
    arrays["spikes_packed"] = arrays["spikes_packed"] ^ 1
    np.savez(tmp_path / "bad.npz", **arrays)
    refused(tmp_path / "bad.npz", "content hash")
    del arrays["spikes_packed"]
    np.savez(tmp_path / "worse.npz", **arrays)
    with pytest.raises(DataError, match="damaged homeostat recording"):
        Recording.read(tmp_path / "worse.npz")
    np.savez(tmp_path / "other.npz", x=np.eye(3))
    with pytest.raises(DataError, match="not a recording written by homeostat"):
        Recording.read(tmp_path / "other.npz")


# ------------------------------------------------------------------------------------------- bad files


def test_paths(tmp_path: Path) -> None:
    refused(tmp_path, "directory")
    refused(tmp_path / "none.mat", "there is no such file")
    (tmp_path / "a.txt").write_text("x")
    refused(tmp_path / "a.txt", ".txt", "supported are")
    (tmp_path / "empty.npz").touch()
    refused(tmp_path / "empty.npz", "0 bytes")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"x")
    (tmp_path / "a.npy").chmod(0)
    refused(tmp_path / "a.npy", "permission")


def test_unreadable_file_as_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.npy").write_bytes(b"x")

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", denied)
    refused(tmp_path / "a.npy", "Permission denied", "check its permissions")


@pytest.mark.parametrize("suffix", ["nwb", "mat", "npz", "npy"])
def test_files_of_another_kind(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_text("<html>404: not found</html>\n" * 20)
    refused(path, "damaged, cut short")


@pytest.mark.parametrize("suffix", ["npz", "npy"])
def test_pickles_are_refused(tmp_path: Path, suffix: str) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "harm"),)

    path = tmp_path / f"a.{suffix}"
    value = np.array([[Harmful(), 1]], dtype=object)
    if suffix == "npz":
        np.savez(path, allow_pickle=True, spikes=value)
    else:
        np.save(path, value, allow_pickle=True)
    refused(path, "pickle")
    assert not (tmp_path / "harm").exists()


def test_npy_without_neurons_is_empty_and_not_damaged(tmp_path: Path) -> None:
    np.save(tmp_path / "none.npy", np.zeros((5000, 0)))
    with pytest.raises(DataError, match="empty recording"):
        read_spikes(tmp_path / "none.npy")


def test_npy_that_promises_more_than_it_holds(tmp_path: Path) -> None:
    with open(tmp_path / "a.npy", "wb") as stream:
        header = {"descr": "|u1", "fortran_order": False, "shape": (1 << 40, 50)}
        np.lib.format.write_array_header_1_0(stream, header)
    refused(tmp_path / "a.npy", "damaged")


def test_nwb_tables(tmp_path: Path, known: np.ndarray) -> None:
    path = tmp_path / "a.nwb"
    with h5py.File(path, "w") as file:
        file["acquisition/x"] = [1]
    refused(path, "no units table", "acquisition")
    with h5py.File(path, "w") as file:
        file["units/id"] = [1]
    refused(path, "no 'units/spike_times'", "id")
    with h5py.File(path, "w") as file:
        file["units/spike_times"] = [0.1, 0.2]
    refused(path, "no 'units/spike_times_index'", "did you mean 'spike_times'?")
    with h5py.File(path, "w") as file:
        file["units/spike_times"], file["units/spike_times_index"] = [0.1, 0.2], [1, 5]
    refused(path, "spike_times_index does not fit")
    with h5py.File(path, "w") as file:
        file["units/spike_times"], file["units/spike_times_index"] = np.zeros(0), np.zeros(0, int)
    refused(path, "no units")
    with h5py.File(path, "w") as file:
        file["units/spike_times"], file["units/spike_times_index"] = np.zeros(0), [0, 0]
    refused(path, "none of the 2 units has a spike")
    write_nwb(path, trains(known))
    path.write_bytes(path.read_bytes()[:-2000])
    refused(path, "cut short")


def test_hdf5_links_that_leave_the_file(tmp_path: Path, known: np.ndarray) -> None:
    write_nwb(tmp_path / "real.nwb", trains(known))
    with h5py.File(tmp_path / "a.nwb", "w") as file:
        file["units"] = h5py.ExternalLink("real.nwb", "/units")
    refused(tmp_path / "a.nwb", "link to another file", "real.nwb")
    with h5py.File(tmp_path / "b.nwb", "w") as file:
        file["far"] = h5py.ExternalLink("real.nwb", "/units")
        file["units"] = h5py.SoftLink("/far")
    refused(tmp_path / "b.nwb", "link to another file")
    with h5py.File(tmp_path / "c.nwb", "w") as file:
        file["units"], file["other"] = h5py.SoftLink("/other"), h5py.SoftLink("/units")
    refused(tmp_path / "c.nwb", "circle")
    with h5py.File(tmp_path / "d.mat", "w") as file:
        file.create_dataset("x", (2000, 3), "u1", external=[("/etc/passwd", 0, 6000)])
    refused(tmp_path / "d.mat", "other files")
    layout = h5py.VirtualLayout((2000, 3), "u1")
    layout[:] = h5py.VirtualSource(str(tmp_path / "real.nwb"), "x", (2000, 3))
    with h5py.File(tmp_path / "e.mat", "w") as file:
        file.create_virtual_dataset("x", layout)
    refused(tmp_path / "e.mat", "other files")


def test_soft_links_inside_the_file_are_followed(tmp_path: Path, known: np.ndarray) -> None:
    path = write_nwb(tmp_path / "a.nwb", trains(known))
    with h5py.File(path, "a") as file:
        file.move("units", "sorted")
        file["units"] = h5py.SoftLink("sorted")
    np.testing.assert_array_equal(read_spikes(path).spikes, known)


def test_hdf5_that_promises_more_than_memory(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.mat", "w") as file:
        file.create_dataset("x", (1 << 36, 50), "u1", chunks=(1 << 16, 1))
    refused(tmp_path / "a.mat", "/x: claims 3,200.0 GiB in 0 bytes of the file")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("unit,tmie\na,1\n", ["no column 'time'", "did you mean 'tmie'?"]),
        ("", ["0 bytes"]),
        ("\n\n", ["not a CSV file"]),
        ("unit,time\n", ["no units"]),
        ("unit,time\na,0.1\na,soon\n", ["row 3", "'soon'"]),
        ("unit,time\na,0.1\nb,\n", ["row 3", "''"]),
        ("unit,time\na,0.1\n,0.2\n", ["row 3", "unit is missing"]),
        ("unit,time\na,0.1\na,inf\n", ["row 3", "'inf'"]),
        ("unit,time\na,0.2\nb,0.3\na,0.1\n", ["unit 'a'", "not sorted", "spike 1"]),
        ("unit,time\na,-0.2\n", ["unit 'a'", "negative", "t_start"]),
    ],
)
def test_bad_csv(tmp_path: Path, text: str, parts: list[str]) -> None:
    (tmp_path / "a.csv").write_text(text)
    refused(tmp_path / "a.csv", *parts)
