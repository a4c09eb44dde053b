"""Files of some kilobytes that claim gigabytes are refused in seconds, without the memory that they ask for."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from pipeline import PROGRAMS, environment
from spike_files import matlab_cell, trains, words, write_csv

from homeostat import memory
from homeostat.errors import DataError
from homeostat.memory import available, check_claim, check_fits, size
from homeostat.recordings import read_spikes

# Says the sentence, then the most memory (MB) and the CPU time (s) that reading took, imports included.
READ = """
import re, sys, time
began = time.process_time()
from homeostat.errors import DataError
from homeostat.recordings import read_spikes
try:
    recording = read_spikes(sys.argv[1])
    print("read", recording.spikes.shape)
except DataError as error:
    print(error)
# getrusage would count the memory of the process that this one was forked from.
most = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())
print(int(most[1]) / 1024, time.process_time() - began)
"""
MOST_MB, MOST_S = 500, 5


def read_apart(path: Path) -> tuple[str, float, float]:
    """Read a file in a process of its own; return what it said, its memory in MB and its CPU time in s."""
    command = [sys.executable, "-c", READ, str(path)]
    done = subprocess.run(command, env=environment(**PROGRAMS), capture_output=True, text=True, timeout=600, check=True)
    said, numbers = done.stdout.strip().rsplit("\n", 1)
    most, took = map(float, numbers.split())
    return said, most, took


def nwb_never_written(path: Path) -> None:
    with h5py.File(path, "w") as file:
        units = file.create_group("units")
        units["id"] = [0, 1]
        units.create_dataset("spike_times", (1 << 30,), "f8", chunks=(1 << 16,))
        units["spike_times_index"] = np.array([1 << 29, 1 << 30], np.uint64)


def mat_sparse(path: Path) -> None:
    spikes = scipy.sparse.csc_array(([1.0], ([7], [0])), shape=(1_000_000_000, 8))
    scipy.io.savemat(path, {"raster": spikes}, do_compression=True)


def npz_zeros(path: Path) -> None:
    from zipfile import ZIP_DEFLATED, ZipFile

    with ZipFile(path, "w", ZIP_DEFLATED) as archive, archive.open("spikes.npy", "w", force_zip64=True) as stream:
        header = {"descr": "<f8", "fortran_order": False, "shape": (5_000_000, 50)}
        np.lib.format.write_array_header_1_0(stream, header)
        block = bytes(10_000_000)
        for _ in range(200):
            stream.write(block)


def csv_wide(path: Path) -> None:
    path.write_text(",".join(f"unit{i}" for i in range(1_000_000)) + "\n" + "0," * 999_999 + "1\n")


def mat73_never_written(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("raster", (100, 80_000_000), "u1", chunks=(100, 10_000))


def mat73_one_chunk(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("raster", (50, 1 << 22), "u1", chunks=(50, 1 << 22), compression="gzip")
        file["raster"][0, :100] = 1


def mat73_cells_of_one(path: Path) -> None:
    with h5py.File(path, "w") as file:
        matlab_cell(file, "spikes", [np.arange(2.0)])
        times = file.create_dataset("times", (1 << 22, 1), "f8", chunks=(1 << 16, 1))
        file["many"] = np.full((1, 4000), times.ref, dtype=h5py.ref_dtype)
        del file["spikes"]


def mat5_struct(path: Path) -> None:
    scipy.io.savemat(path, {"spikes": {"times": np.zeros((20_000_000, 1))}}, do_compression=True)


def scipy_sparse(path: Path) -> None:
    scipy.sparse.save_npz(path, scipy.sparse.coo_array(([1.0], ([7], [0])), shape=(1_000_000_000, 8)))


BOMBS: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "nwb": ("a.nwb", nwb_never_written, "claims 8.0 GiB in 0 bytes"),
    "mat": ("a.mat", mat_sparse, "claims 7.5 GiB in"),
    "npz": ("a.npz", npz_zeros, "claims 238.4 MiB in"),
    "csv": ("a.csv", csv_wide, "columns or more"),
    "never written, v7.3": ("a.mat", mat73_never_written, "claims 7.5 GiB in 0 bytes"),
    "one chunk, v7.3": ("a.mat", mat73_one_chunk, "claims 200.0 MiB in"),
    "cells of one dataset, v7.3": ("a.mat", mat73_cells_of_one, "claims 125.0 GiB in"),
    "a struct": ("a.mat", mat5_struct, "claims 152.6 MiB in"),
    "scipy's sparse": ("a.npz", scipy_sparse, "claims 7.5 GiB in"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_small_files_do_not_take_the_machine(bomb: str, tmp_path: Path) -> None:
    name, write, sentence = BOMBS[bomb]
    write(tmp_path / name)
    said, most, took = read_apart(tmp_path / name)
    stored = (tmp_path / name).stat().st_size
    print(f"{bomb}: {stored / 1e3:,.1f} kB, {most:.0f} MB, {took:.1f} s: {said}")
    assert sentence in said and name in said and "\n" not in said
    assert most <= MOST_MB and took <= MOST_S


def test_what_is_really_large_is_read_as_bytes(tmp_path: Path) -> None:
    """An array of doubles of 240 MB on disk needs some copies of its 30 MB of words, not of the doubles."""
    spikes = words(600_000, 50)
    np.save(tmp_path / "small.npy", spikes[:2000])
    np.save(tmp_path / "large.npy", spikes.astype(np.float64))
    _, usual, _ = read_apart(tmp_path / "small.npy")
    said, most, _ = read_apart(tmp_path / "large.npy")
    print(f"{most - usual:.0f} MB more")
    assert said == "read (600000, 50)" and most - usual < 240


@pytest.mark.parametrize("dtype", ["u1", "f4", "f8", "i8"])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("kind", ["npy", "npz", "mat"])
def test_blocks_join_to_the_whole(kind: str, turned: bool, dtype: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("homeostat.recordings.compact._BLOCK", 1000)
    spikes = words(1211, 7)
    values = np.asfortranarray(spikes.astype(dtype)) if turned else spikes.astype(dtype)
    path = tmp_path / f"a.{kind}"
    if kind == "npy":
        np.save(path, values)
    elif kind == "npz":
        np.savez_compressed(path, x=values)
    else:
        with h5py.File(path, "w") as file:
            file.create_dataset("x", data=values.T if turned else values, chunks=(7, 7))
    assert np.array_equal(read_spikes(path).spikes, spikes)
    # What needs more than a byte is read in its own type, and refused by its value.
    large = values.astype("f8")
    large[-1, -1] = 0.5
    if kind == "npy":
        np.save(path, large)
    elif kind == "npz":
        np.savez_compressed(path, x=large)
    else:
        with h5py.File(path, "w") as file:
            file.create_dataset("x", data=large.T if turned else large, chunks=(7, 7))
    with pytest.raises(DataError, match=r"the value 0.5 in bin 1210 of unit '6'"):
        read_spikes(path)


def test_claims() -> None:
    check_claim("a", memory.FLOOR, 0)
    check_claim("a", 100 * 2_000_000, 2_000_000)
    with pytest.raises(DataError, match=r"a: claims 128.0 MiB in 1 bytes"):
        check_claim("a", memory.FLOOR + 1, 1)
    with pytest.raises(DataError, match=r"a: claims 190.7 MiB in 1.9 MiB"):
        check_claim("a", 100 * 2_000_000 + 1, 2_000_000)


def test_memory_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda: 3 << 30)
    check_fits("a", 3 << 30)
    with pytest.raises(DataError, match=r"a: does not fit in memory: it needs 4.0 GiB, and 3.0 GiB are available"):
        check_claim("a", 2 << 30, 2 << 30, copies=2)


def test_available_memory_counts_the_limit_of_the_shell() -> None:
    assert 0 < available() < 1 << 50
    code = "from homeostat.memory import available; print(available())"
    limited = f"ulimit -v 3000000; exec {sys.executable} -c '{code}'"
    done = subprocess.run(
        ["bash", "-c", limited], env=environment(**PROGRAMS), capture_output=True, text=True, check=True
    )
    assert 0 < int(done.stdout) < 3_000_000 * 1024


def test_sizes() -> None:
    assert [size(n) for n in (0, 1023, 1 << 20, 8 << 30)] == ["0 bytes", "1,023 bytes", "1.0 MiB", "8.0 GiB"]


def test_a_packed_recording_of_ours_that_claims_too_much(tmp_path: Path) -> None:
    """The shape is what decides, however small the packed bits are."""
    from homeostat.recordings import Recording

    Recording(words(), 20.0, list("abcd"), "x").save(tmp_path / "r.npz", {})
    with np.load(tmp_path / "r.npz") as archive:
        arrays = dict(archive)
    arrays["shape"] = np.array([1 << 50, 4])
    np.savez(tmp_path / "r.npz", **arrays)
    with pytest.raises(DataError, match=r"r.npz: does not fit in memory"):
        read_spikes(tmp_path / "r.npz")


def test_spike_times_with_more_bins_than_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_csv(tmp_path / "a.csv", trains(words()))
    enough = {"available": 32 * 1200, "holdable": 4 * 1200}

    def limit(**to: int) -> None:
        for name, number in (enough | to).items():
            monkeypatch.setattr(f"homeostat.recordings.binning.{name}", lambda number=number: number)

    limit()
    assert read_spikes(path).n_bins == 1200
    for name, number in enough.items():
        limit(**{name: number - 1})
        with pytest.raises(DataError, match=r"1,200 bins of 20 ms for 4 units do not fit in memory"):
            read_spikes(path)
