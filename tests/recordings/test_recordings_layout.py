"""Which variable of a file is the recording, which way round it is, and how wide its bins are."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from spike_files import (
    matlab_cell,
    matlab_sparse,
    refused,
    trains,
    words,
    write_arrays,
    write_cells,
    write_sparse_logical,
)

from homeostat.recordings import Recording, read_spikes


@pytest.fixture(scope="module")
def known() -> np.ndarray:
    return words()


def kinds(recording: Recording) -> list[str]:
    return [each.kind for each in recording.left_out if each.kind != "size"]


# ----------------------------------------------------------------------------------------- cells of spike times


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("version", ["5", "packed", "7.3"])
def test_cells_of_spike_times(tmp_path: Path, known: np.ndarray, version: str, axis: int) -> None:
    """A row or column of cells is one unit each, the first among them; a signal of the same length is not taken."""
    more = {"running": known[:, :1]} | ({"note": "text"} if version != "7.3" else {})
    recording = read_spikes(write_cells(tmp_path / "a.mat", version, "spikes", trains(known), axis=axis, **more))
    np.testing.assert_array_equal(recording.spikes, known)
    assert recording.units == ["0", "1", "2", "3"]
    (passed,) = (each for each in recording.left_out if each.kind == "variables")
    assert "running" in passed.text and "spikes (cells of spike times" in passed.text and passed.count == 1


@pytest.mark.parametrize("version", ["5", "7.3"])
def test_cellexplorer(tmp_path: Path, known: np.ndarray, version: str) -> None:
    """The struct ``spikes`` with the cell ``times`` is found, with the numbers of the units beside it."""
    path = tmp_path / "a.mat"
    if version == "7.3":
        with h5py.File(path, "w") as file:
            matlab_cell(file, "spikes/times", trains(known), axis=1)
            file["spikes/UID"] = np.array([[7.0], [8.0], [9.0], [11.0]])
    else:
        cell = np.empty((1, 4), object)
        cell[0, :] = trains(known)
        scipy.io.savemat(path, {"spikes": {"times": cell, "UID": [7.0, 8.0, 9.0, 11.0], "basename": "x"}})
    for key in (None, "spikes/times", "spikes.times"):
        recording = read_spikes(path, key=key)
        np.testing.assert_array_equal(recording.spikes, known)
        assert recording.units == ["7", "8", "9", "11"]


@pytest.mark.parametrize("version", ["5", "7.3"])
def test_an_empty_cell_is_a_unit_without_spikes(tmp_path: Path, known: np.ndarray, version: str) -> None:
    path = write_cells(tmp_path / "a.mat", version, "spikes", [np.zeros(0), *trains(known)])
    refused(path, "1 of 5 units constant", ": 0;")
    np.testing.assert_array_equal(read_spikes(path, drop_bad_units=True).spikes, known)


def test_two_spikes_in_uint64_are_no_empty_cell(tmp_path: Path, known: np.ndarray) -> None:
    times = [np.round(1e3 * train).astype(np.uint64) for train in trains(known)]
    path = write_cells(tmp_path / "a.mat", "7.3", "spikes", [*times, np.array([0, 700], np.uint64)])
    recording = read_spikes(path, time_unit="ms")
    assert np.flatnonzero(recording.spikes[:, 4]).tolist() == [0, 35]
    with h5py.File(path, "a") as file:  # without marks, dimensions of an empty cell are told by their 0
        del file["#refs#/spikes4"].attrs["MATLAB_class"]
    refused(path, "1 of 5 units constant", time_unit="ms")


@pytest.mark.parametrize("version", ["5", "7.3"])
def test_cells_of_something_else(tmp_path: Path, known: np.ndarray, version: str) -> None:
    path = write_cells(tmp_path / "a.mat", version, "spikes", [*np.zeros((4, 3, 4))], licks=known)
    refused(
        path, "spikes (cells of other things", "seems to be the recording", "licks 1200 x 4" if version == "5" else ""
    )
    refused(path, "'spikes'", "cells of other things than spike times", key="spikes")


def test_a_table_of_cells(tmp_path: Path, known: np.ndarray) -> None:
    cell = np.empty((4, 3), object)
    cell[:] = [[train] * 3 for train in trains(known)]
    scipy.io.savemat(tmp_path / "a.mat", {"spikes": cell})
    refused(tmp_path / "a.mat", "a table of cells", "one row or column")


def test_a_cell_that_refers_to_nothing(tmp_path: Path, known: np.ndarray) -> None:
    path = tmp_path / "a.mat"
    with h5py.File(path, "w") as file:
        matlab_cell(file, "spikes", trains(known))
        file["spikes"][0, 2] = h5py.Reference()
    refused(path, "spikes")


# --------------------------------------------------------------------------------------------- which variable


@pytest.mark.parametrize("kind", ["mat5", "npz"])
def test_the_likely_variable_cannot_be_read(tmp_path: Path, known: np.ndarray, kind: str) -> None:
    arrays = {"spikes": np.zeros((4, 30, 40), np.uint8), "licks": known}
    path = write_arrays(tmp_path / f"a.{kind[:3]}", kind, arrays)
    refused(path, "spikes (a 3-D array, 4 x 30 x 40)", "licks 1200 x 4 can", "join the trials", "--key")
    np.testing.assert_array_equal(read_spikes(path, key="licks").spikes, known)


def test_a_signal_beside_something_unreadable_is_not_taken(tmp_path: Path, known: np.ndarray) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"session": {"spikes": known}, "running": known[:, :1]})
    refused(tmp_path / "a.mat", "running 1200 x 1 would be a single neuron", "session", "--key")
    assert read_spikes(tmp_path / "a.mat", key="running").n_neurons == 1
    np.testing.assert_array_equal(read_spikes(tmp_path / "a.mat", key="session.spikes").spikes, known)


def test_the_one_that_is_named_spikes_is_taken_and_the_others_are_said(tmp_path: Path, known: np.ndarray) -> None:
    np.savez(tmp_path / "a.npz", spike_raster=known, position=np.zeros((1200, 2)), rate=20.0)
    recording = read_spikes(tmp_path / "a.npz")
    np.testing.assert_array_equal(recording.spikes, known)
    (passed,) = (each for each in recording.left_out if each.kind == "variables")
    assert "position 1200 x 2" in passed.text and "rate" not in passed.text


# ------------------------------------------------------------------------------------------------------ sparse


@pytest.mark.parametrize("declared", ["as MATLAB does", "rightly"])
@pytest.mark.parametrize("packed", [False, True])
def test_sparse_logical_of_matlab(tmp_path: Path, known: np.ndarray, declared: str, packed: bool) -> None:
    """MATLAB declares the values double and stores bytes; scipy reads the same."""
    path = tmp_path / "a.mat"
    write_sparse_logical(path, known.T, as_double=declared != "rightly", packed=packed)
    np.testing.assert_array_equal(scipy.io.loadmat(path)["raster"].toarray(), known.T)
    np.testing.assert_array_equal(read_spikes(path).spikes, known)


def test_sparse_groups_of_mat73(tmp_path: Path, known: np.ndarray) -> None:
    path = tmp_path / "a.mat"
    with h5py.File(path, "w") as file:
        matlab_sparse(file, "raster", known.T)
        file["running"] = known[:, :1]
    recording = read_spikes(path)
    np.testing.assert_array_equal(recording.spikes, known)
    assert kinds(recording)[:2] == ["variables", "orientation"]
    with h5py.File(path, "w") as file:
        matlab_sparse(file, "raster", np.zeros_like(known.T))
    refused(path, "4 of 4 units constant")


@pytest.mark.parametrize("kind", ["csc", "csr", "coo"])
def test_scipys_sparse_npz(tmp_path: Path, known: np.ndarray, kind: str) -> None:
    scipy.sparse.save_npz(tmp_path / "a.npz", scipy.sparse.coo_array(known.astype(float)).asformat(kind))
    np.testing.assert_array_equal(read_spikes(tmp_path / "a.npz").spikes, known)


def test_sparse_npz_with_counts_told_twice(tmp_path: Path, known: np.ndarray) -> None:
    rows, columns = np.nonzero(known)
    twice = scipy.sparse.coo_array((np.ones(2 * len(rows)), (np.tile(rows, 2), np.tile(columns, 2))), shape=known.shape)
    scipy.sparse.save_npz(tmp_path / "a.npz", twice)
    refused(tmp_path / "a.npz", "value 2", "binarize")
    np.testing.assert_array_equal(read_spikes(tmp_path / "a.npz", binarize=True).spikes, known)


def test_sparse_npz_that_cannot_be_read(tmp_path: Path, known: np.ndarray) -> None:
    scipy.sparse.save_npz(tmp_path / "a.npz", scipy.sparse.dia_array(np.eye(1200, 4)))
    refused(tmp_path / "a.npz", "dia", "tocsc")
    good = scipy.sparse.csc_array(known)
    arrays = {"format": b"csc", "shape": good.shape, "data": good.data, "indices": good.indices, "indptr": good.indptr}
    for bad in ({"indices": good.indices + 10**6}, {"indices": -good.indices}, {"data": good.data[:-1]}):
        np.savez(tmp_path / "a.npz", **{**arrays, **bad})
        refused(tmp_path / "a.npz", "sparse matrix")
    np.savez(tmp_path / "a.npz", **{**arrays, "indptr": good.indptr[::-1]})
    refused(tmp_path / "a.npz", "do not rise")
    np.savez(tmp_path / "a.npz", **{**arrays, "indptr": [0, 0, 0, 0, 1 << 40]})
    refused(tmp_path / "a.npz", "1,099,511,627,776 places in a sparse matrix")


# -------------------------------------------------------------------------------------- which way round, how wide


def test_axes_of_similar_length_need_an_orientation(tmp_path: Path) -> None:
    values = words(1200, 800)
    np.save(tmp_path / "a.npy", values.T)
    refused(tmp_path / "a.npy", "nearly square matrix (800 x 1,200)", "time_by_neurons", "--orientation")
    recording = read_spikes(tmp_path / "a.npy", orientation="neurons_by_time", drop_bad_units=True)
    assert recording.n_bins == 1200 and "orientation" not in kinds(recording)


@pytest.mark.parametrize(
    ("neurons", "turned", "severity"),
    [(4, False, None), (4, True, "note"), (100, False, "warning"), (100, True, "warning")],
)
def test_an_assumed_orientation_is_said(tmp_path: Path, neurons: int, turned: bool, severity: str | None) -> None:
    values = words(1200, neurons)
    np.save(tmp_path / "a.npy", values.T if turned else values)
    recording = read_spikes(tmp_path / "a.npy")
    np.testing.assert_array_equal(recording.spikes, values)
    said = [each for each in recording.left_out if each.kind == "orientation"]
    assert [each.severity for each in said] == ([severity] if severity else [])
    if said:
        size = f"({neurons} x 1,200), its second" if turned else f"(1,200 x {neurons}), its first"
        assert size in said[0].text and ("time_by_neurons" if turned else "neurons_by_time") in said[0].advice


def test_times_beside_a_matrix_give_the_bin_width(tmp_path: Path, known: np.ndarray) -> None:
    """As pynapple writes a TsdFrame: the times of the bins' centres in s, and the columns' names."""
    path = tmp_path / "a.npz"
    frame = {"start": [0.0], "end": [120.0], "columns": [3, 5, 7, 9], "type": np.array(["TsdFrame"])}
    np.savez(path, t=0.05 + 0.1 * np.arange(1200), d=known, **frame)
    recording = read_spikes(path)
    np.testing.assert_array_equal(recording.spikes, known)
    assert recording.bin_ms == 100 and recording.units == ["3", "5", "7", "9"] and kinds(recording) == ["bins"]
    assert "100 ms" in recording.left_out[0].text
    assert kinds(read_spikes(path, bin_ms=100)) == []
    refused(path, "'t'", "0.1 apart, not 20 ms", bin_ms=20)


@pytest.mark.parametrize("kind", ["mat5", "mat73", "npz"])
def test_times_say_which_axis_is_time(tmp_path: Path, kind: str) -> None:
    values, times = words(1200, 700).T, 0.025 * np.arange(1200)
    path = tmp_path / f"a.{kind[:3]}"
    recording = read_spikes(write_arrays(path, kind, {"spikes": values, "time": times}), drop_bad_units=True)
    assert recording.n_bins == 1200 and recording.bin_ms == 25 and "orientation" not in kinds(recording)


def test_times_with_gaps_and_times_that_are_no_seconds(tmp_path: Path, known: np.ndarray) -> None:
    path = tmp_path / "a.npz"
    times = 0.02 * np.arange(1200)
    times[600:] += 5
    np.savez(path, x=known, t=times)
    (gap,) = (each for each in read_spikes(path).left_out if each.kind == "time")
    assert "1 gaps" in gap.text and gap.count == 1
    np.savez(path, x=known, t=20.0 * np.arange(1200))
    refused(path, "20 apart", "bin_ms")
    assert read_spikes(path, bin_ms=20).bin_ms == 20


@pytest.mark.parametrize("kind", ["mat5", "mat73", "npz"])
def test_times_that_are_used_are_not_called_unused(tmp_path: Path, known: np.ndarray, kind: str) -> None:
    arrays = {"spikes": known, "t": 0.025 * np.arange(1200), "running": known[:, :1]}
    recording = read_spikes(write_arrays(tmp_path / f"a.{kind[:3]}", kind, arrays))
    assert recording.bin_ms == 25
    (passed,) = (each for each in recording.left_out if each.kind == "variables")
    assert passed.text.endswith("not used: running 1200 x 1.")


@pytest.mark.parametrize("kind", ["mat5", "mat73", "npz"])
def test_starts_and_stops_of_bins_are_no_times(tmp_path: Path, kind: str) -> None:
    """Two columns do not say which axis is time: the first one has twice as many numbers."""
    values, starts = words(1200, 700), 0.02 * np.arange(1200)
    arrays = {"spikes": values, "t": np.column_stack([starts, starts + 0.02])}
    refused(write_arrays(tmp_path / f"a.{kind[:3]}", kind, arrays), "nearly square")


@pytest.mark.parametrize("first", [0, 1])
def test_times_that_count_are_no_seconds(tmp_path: Path, known: np.ndarray, first: int) -> None:
    """Bins of 1 ms, or numbers of frames, were read as bins of 1 s."""
    path = tmp_path / "a.npz"
    np.savez(path, x=known, t=first + np.arange(1200.0))
    refused(path, "'t'", "1 apart, which may be s, ms or a count of bins", "--bin-ms")
    for width in (1, 33, 1000):
        assert read_spikes(path, bin_ms=width).bin_ms == width
    np.savez(path, x=known, t=2 * np.arange(1200.0))
    refused(path, "2 apart, too far or near for seconds")
    assert read_spikes(path, bin_ms=2).bin_ms == 2


@pytest.mark.parametrize("later", [np.float32, np.float64])
def test_times_of_float32_are_even(tmp_path: Path, known: np.ndarray, later: type) -> None:
    path = tmp_path / "a.npz"
    times = (6000 + 0.02 * np.arange(1200)).astype(np.float32).astype(later)
    np.savez(path, x=known, t=times)
    recording = read_spikes(path)
    assert recording.bin_ms == 20 and kinds(recording) == ["bins"]
    times[600:] += 5
    np.savez(path, x=known, t=times)
    recording = read_spikes(path)
    assert recording.bin_ms == 20 and [each.count for each in recording.left_out if each.kind == "time"] == [1]


# ---------------------------------------------------------------------------------------------------- pynapple


def write_group(path: Path, times: list[np.ndarray], names: list[int], **more: object) -> Path:
    """Write spike times as pynapple's ``TsGroup.save`` does."""
    index = np.repeat(names, [len(train) for train in times])
    joined = np.concatenate(times)
    order = np.argsort(joined, kind="stable")
    arrays = {"t": joined[order], "index": index[order], "start": [0.0], "end": [24.0], "type": np.array(["TsGroup"])}
    np.savez(path, **{**arrays, **more})
    return path


def test_pynapples_group(tmp_path: Path, known: np.ndarray) -> None:
    path = write_group(tmp_path / "a.npz", trains(known), [4, 2, 9, 11], keys=[4, 2, 9, 11])
    recording = read_spikes(path)
    np.testing.assert_array_equal(recording.spikes, known)
    assert recording.units == ["4", "2", "9", "11"]
    # Without keys, as older versions wrote it: units in the order of their numbers.
    recording = read_spikes(write_group(tmp_path / "b.npz", trains(known), [4, 2, 9, 11], rate=np.ones(4)))
    assert recording.units == ["2", "4", "9", "11"]
    np.testing.assert_array_equal(recording.spikes, known[:, [1, 0, 2, 3]])


def test_pynapples_time_support_is_what_was_observed(tmp_path: Path, known: np.ndarray) -> None:
    path = write_group(tmp_path / "a.npz", trains(known), [0, 1, 2, 3], start=[0.0, 14.0], end=[10.0, 24.0])
    recording = read_spikes(path, min_bins=1)
    np.testing.assert_array_equal(recording.spikes, np.delete(known, np.s_[500:700], axis=0))


def test_pynapples_files_without_a_population(tmp_path: Path, known: np.ndarray) -> None:
    path = write_group(tmp_path / "a.npz", trains(known), [0, 0, 0, 0], rate=np.ones(4))
    refused(path, "index names 1 units and whose rate is of 4")
    np.savez(tmp_path / "b.npz", t=np.arange(5.0), d=np.arange(5.0), type=np.array(["Tsd"]))
    refused(tmp_path / "b.npz", "a pynapple Tsd", "TsGroup")
