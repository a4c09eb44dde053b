"""Recordings on a server: the words of the file, a small part of its bytes, and sentences for what goes wrong."""

import contextlib
import gc
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import h5py
import numpy as np
import pytest
from pipeline import command, run
from spike_files import trains, words, write_nwb

from homeostat.errors import DataError
from homeostat.recordings import Recording, read_spikes, remote
from homeostat.recordings.names import own_name

pytest.importorskip("aiohttp", reason="needs aiohttp (pip install 'homeostat[remote]')")
fsspec = pytest.importorskip("fsspec", reason="needs fsspec (pip install 'homeostat[remote]')")
HTTPFile = pytest.importorskip("fsspec.implementations.http").HTTPFile


@dataclass
class Server:
    """One file, how it is served, and how many of its bytes were."""

    body: bytes
    how: str = ""
    tag: str = '"one"'
    sent: int = 0
    url: str = ""
    stop: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def serving(body: bytes, how: str = "") -> Iterator[Server]:
    server = Server(body, how)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, with_body: bool) -> None:
            if self.path != "/sub.nwb" or server.how == "403":
                return self.send_error(403 if server.how == "403" else 404)
            wanted, status, part = self.headers.get("Range"), 200, server.body
            if with_body and server.how == "stall":
                server.stop.wait(20)
            if wanted and server.how != "no ranges":
                first, last = wanted.removeprefix("bytes=").split("-")
                part, status = server.body[int(first) : int(last or len(server.body)) + 1], 206
            self.send_response(status)
            if server.how != "no ranges":
                self.send_header("Accept-Ranges", "bytes")
            if status == 206:
                self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(server.body)}")
            self.send_header("ETag", server.tag)
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            if with_body:
                if status == 206 and server.how == "changes":
                    server.tag = '"two"'
                server.sent += len(part)
                with contextlib.suppress(OSError):
                    self.wfile.write(part)

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    server.url = f"http://127.0.0.1:{http.server_address[1]}/sub.nwb"
    try:
        yield server
    finally:
        server.stop.set()
        http.shutdown()
        http.server_close()


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
    with serving(file.read_bytes()) as server:
        found = read_spikes(server.url, bin_ms=20)
        print(f"{server.sent:,} of {len(server.body):,} bytes")
        assert server.sent < 0.1 * len(server.body)
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
    with serving(file.read_bytes(), how) as server, pytest.raises(DataError, match=f"sub.nwb: .*{sentence}"):
        read_spikes(server.url)


def test_a_server_that_falls_silent(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_TIMEOUT_S", 1.0)
    began = time.monotonic()
    with serving(file.read_bytes(), "stall") as server, pytest.raises(DataError, match="said nothing for 1 s"):
        read_spikes(server.url)
    assert time.monotonic() - began < 15


def test_files_that_are_not_there_or_no_nwb(file: Path) -> None:
    with serving(file.read_bytes()) as server:
        with pytest.raises(DataError, match=r"no such file on the server \(404\)"):
            read_spikes(server.url.replace("sub", "other"))
        server.body = b"no HDF5 at all" * 1000
        with pytest.raises(DataError, match=r"sub\.nwb: damaged, cut short, or no HDF5 file"):
            read_spikes(server.url)
    with pytest.raises(DataError, match=r"sub\.nwb: cannot be fetched"):
        read_spikes(server.url)
    for wrong in ("https://server", "s3://bucket/"):
        with pytest.raises(DataError, match="this address names no file"):
            read_spikes(wrong)
    with pytest.raises(DataError, match="of files on a server only NWB can be read"):
        read_spikes("https://server/words.mat")


def test_a_changed_file_is_another_recording(file: Path) -> None:
    with serving(file.read_bytes()) as server:
        before = remote.identity(server.url)
        assert before == remote.identity(server.url) and before.size == len(server.body)
        server.tag = '"two"'
        assert remote.identity(server.url) != before


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

    with serving(file.read_bytes()) as server:
        status, printed = planned(server.url, "--until", "data_own_recording")
        assert status == 0, printed
        (made,) = (tmp_path / "results/store/data/recordings").glob("own-sub-*.npz")
        np.testing.assert_array_equal(Recording.read(made).spikes, read_spikes(file).spikes)
        assert "data_own_recording" not in planned(server.url, "-n")[1]
        server.tag = '"two"'
        assert "data_own_recording" in planned(server.url, "-n")[1]
        server.how = "403"
        status, printed = planned(server.url, "-n")
        assert status == 1 and "the server refuses the file (403)" in printed


def test_no_garbage_is_collected_while_h5py_waits(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HDF5 objects in it would wait for h5py's lock, which the reader holds while another thread fetches."""
    fetch, seen = HTTPFile.async_fetch_range, set()

    async def spied(self: HTTPFile, start: int, end: int) -> bytes:
        seen.add(gc.isenabled())
        return await fetch(self, start, end)

    monkeypatch.setattr(HTTPFile, "async_fetch_range", spied)
    monkeypatch.setattr(HTTPFile, "_fetch_range", fsspec.asyn.sync_wrapper(spied))
    with serving(file.read_bytes()) as server:
        read_spikes(server.url, bin_ms=20)
    assert seen == {False} and gc.isenabled()
