"""Recordings on a server: the words of the file, a small part of its bytes, and sentences for what goes wrong."""

import contextlib
import gc
import time
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from pipeline import command, run
from spike_files import trains, words, write_nwb
from web import Site, serve

from homeostat.errors import DataError
from homeostat.recordings import Recording, read_spikes, remote
from homeostat.recordings.names import own_name

pytest.importorskip("aiohttp", reason="needs aiohttp (pip install 'homeostat[remote]')")
fsspec = pytest.importorskip("fsspec", reason="needs fsspec (pip install 'homeostat[remote]')")
HTTPFile = pytest.importorskip("fsspec.implementations.http").HTTPFile


@contextlib.contextmanager
def serving(body: bytes, how: str = "") -> Iterator[tuple[Site, str]]:
    """Serve one file; also return its address."""
    with serve() as site:
        site.files["/sub.nwb"], site.behaviour["/sub.nwb"] = body, how
        yield site, f"{site.url}/sub.nwb"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sorted units beside 60 MB of raw voltage, as archives have them."""
    folder = tmp_path_factory.mktemp("nwb")
    units = write_nwb(folder / "units.nwb", trains(words(3000)), columns={"quality": ["good"] * 4})
    path = folder / "sub.nwb"
    with h5py.File(path, "w") as nwb, h5py.File(units) as source:
        nwb["acquisition/voltage"] = np.random.default_rng(0).integers(0, 255, 60_000_000, dtype=np.uint8)
        source.copy("units", nwb)
    return path


def test_the_same_words_from_a_small_part_of_the_file(file: Path) -> None:
    with serving(file.read_bytes()) as (site, url):
        found = read_spikes(url, bin_ms=20)
        print(f"{site.sent:,} of {file.stat().st_size:,} bytes")
        assert site.sent < 0.1 * file.stat().st_size
    same = read_spikes(file, bin_ms=20)
    np.testing.assert_array_equal(found.spikes, same.spikes)
    assert found.units == same.units and found.name == "sub"


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("no ranges", "the server does not give parts of files .* download the file"),
        ("403", "the server refuses the file .403."),
        ("changes", "was changed on the server while it was read"),
    ],
)
def test_servers_that_do_not_do(file: Path, how: str, sentence: str) -> None:
    with serving(file.read_bytes(), how) as (_, url), pytest.raises(DataError, match=f"sub.nwb: .*{sentence}"):
        read_spikes(url)


def test_a_server_that_falls_silent(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_TIMEOUT_S", 1.0)
    began = time.monotonic()
    with serving(file.read_bytes(), "stall") as (_, url), pytest.raises(DataError, match="said nothing for 1 s"):
        read_spikes(url)
    assert time.monotonic() - began < 15


def test_files_that_are_not_there_or_no_nwb(file: Path) -> None:
    with serving(file.read_bytes()) as (site, url):
        with pytest.raises(DataError, match=r"no such file on the server \(404\)"):
            read_spikes(url.replace("sub", "other"))
        site.files["/sub.nwb"] = b"no HDF5 at all" * 1000
        with pytest.raises(DataError, match=r"sub\.nwb: damaged, cut short, or not an HDF5 file"):
            read_spikes(url)
    with pytest.raises(DataError, match=r"sub\.nwb: cannot be fetched"):
        read_spikes(url)
    for wrong in ("https://server", "s3://bucket/"):
        with pytest.raises(DataError, match="this address names no file"):
            read_spikes(wrong)
    with pytest.raises(DataError, match="only NWB files can be read from a server"):
        read_spikes("https://server/words.mat")


def test_a_changed_file_is_another_recording(file: Path) -> None:
    with serving(file.read_bytes()) as (site, url):
        before = remote.identity(url)
        assert before == remote.identity(url) and before.size == len(site.files["/sub.nwb"])
        site.tag = '"v2"'
        assert remote.identity(url) != before


def test_names_of_addresses() -> None:
    assert own_name("https://api.dandiarchive.org/api/assets/0f1a/download/").startswith("own-download-")
    assert own_name("s3://dandiarchive/blobs/sub-1.nwb").startswith("own-sub-1-")
    assert remote.address("s3://a.b/c d.nwb") == "https://s3.amazonaws.com/a.b/c%20d.nwb"


@pytest.mark.slow
def test_the_workflow_reads_a_recording_on_a_server(file: Path, tmp_path: Path) -> None:
    """A changed file is a new recording, and one that is not there is said when the run is planned."""

    def planned(url: str, *flags: str) -> tuple[int, str]:
        target = f"results/data/mayzel2024/{own_name(url)}.npz"
        return run(command(tmp_path, target, configs=(), config=(f"recording={url}",), flags=flags, cores=1))

    with serving(file.read_bytes()) as (site, url):
        status, printed = planned(url, "--until", "data_own_recording")
        assert status == 0, printed
        (made,) = (tmp_path / "results/store/data/recordings").glob("own-sub-*.npz")
        np.testing.assert_array_equal(Recording.read(made).spikes, read_spikes(file).spikes)
        assert "data_own_recording" not in planned(url, "-n")[1]
        site.tag = '"v2"'
        assert "data_own_recording" in planned(url, "-n")[1]
        site.behaviour["/sub.nwb"] = "403"
        status, printed = planned(url, "-n")
        assert status == 1 and "the server refuses the file (403)" in printed


def test_no_garbage_is_collected_while_h5py_waits(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HDF5 objects in it would wait for h5py's lock, which the reader holds while another thread fetches."""
    fetch, seen = HTTPFile.async_fetch_range, set()

    async def spied(self: HTTPFile, start: int, end: int) -> bytes:
        seen.add(gc.isenabled())
        return await fetch(self, start, end)

    monkeypatch.setattr(HTTPFile, "async_fetch_range", spied)
    monkeypatch.setattr(HTTPFile, "_fetch_range", fsspec.asyn.sync_wrapper(spied))
    with serving(file.read_bytes()) as (_, url):
        read_spikes(url, bin_ms=20)
    assert seen == {False} and gc.isenabled()
