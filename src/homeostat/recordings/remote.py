"""NWB files on a server, of which only the parts that are needed are fetched (by range requests)."""

import contextlib
import gc
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import h5py

from homeostat.errors import DataError
from homeostat.extras import need

_TIMEOUT_S = 30.0  # to connect, and between two pieces of an answer
_BLOCK = 1 << 20  # bytes of one request


class Identity(NamedTuple):
    """What tells a remote file from a changed one: as the server says, without reading it."""

    size: int
    tag: str
    modified: str


def address(source: str) -> str:
    """Return the address to ask; a public S3 bucket is asked by HTTPS.

    >>> address("s3://dandiarchive/blobs/1a/2b.nwb")
    'https://dandiarchive.s3.amazonaws.com/blobs/1a/2b.nwb'

    Raises
    ------
    DataError
        An address without a server, a bucket or a file.
    """
    parts = urlsplit(source)
    if not parts.hostname or parts.path in ("", "/"):
        raise DataError(f"{source}: this address names no file; write https://server/file.nwb or s3://bucket/file.nwb")
    if parts.scheme.lower() != "s3":
        return source
    if "." in parts.netloc:  # no certificate is for a bucket's name with a dot
        return f"https://s3.amazonaws.com/{parts.netloc}{quote(parts.path)}"
    return f"https://{parts.netloc}.s3.amazonaws.com{quote(parts.path)}"


def identity(source: str) -> Identity:
    """Return size, ETag and date of a remote file.

    Raises
    ------
    DataError
        It is not there, the server does not answer, or does not give parts of files.
    """
    with _sentences(source):
        return _identity(source, _system())


@contextlib.contextmanager
def open_remote(source: str) -> Iterator[h5py.File]:
    """Open a remote HDF5 file to read.

    Raises
    ------
    DataError
        As :func:`identity`; the file is not an HDF5 file, or was changed while it was read.
    """
    with _sentences(source):
        system = _system()
        before = _identity(source, system)
        where = address(source)
        with system.open(where, block_size=_BLOCK, cache_type="blockcache", size=before.size) as stream:
            part, failed = _Named(source, stream), None
            try:
                with h5py.File(part, "r") as file:
                    yield file
            except DataError:
                raise
            except Exception as error:
                # Python crashes at its end where the frames of a failed h5py.File on a stream live until then.
                failed = error.with_traceback(None)
            if part.failure is not None or failed is not None:
                raise part.failure or failed  # type: ignore[misc]
        if _identity(source, system) != before:
            raise DataError(f"{source}: the file was changed on the server while it was read; start again")


class _Named:
    """A stream whose name is its address, in HDF5's messages and ours.

    It keeps its first failure, and gives zeros from then on: HDF5 would hide what its driver ran into.
    """

    def __init__(self, name: str, stream: Any) -> None:
        self._name, self._stream = name, stream
        self.failure: Exception | None = None

    def __repr__(self) -> str:
        return self._name

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        data = bytes(len(view))
        if self.failure is None:
            try:
                with _no_collection():
                    found = self._stream.read(len(view))
                data = found + data[len(found) :]
            except Exception as error:
                self.failure = error.with_traceback(None)  # which would keep HDF5's buffer after it was freed
        view[:] = data
        return len(view)

    def read(self, size: int = -1) -> bytes:
        return bytes(self._stream.read(size))

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._stream.seek(offset, whence))

    def tell(self) -> int:
        return int(self._stream.tell())

    def flush(self) -> None:
        """Nothing is written."""


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Keep Python's garbage collector off.

    HDF5 reads with h5py's lock held, and waits for the thread that fetches. A collection there that found an h5py
    object would wait for that lock: for ever.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _system() -> Any:
    need("reading a recording from a server", "remote", "fsspec", "aiohttp")
    import aiohttp
    from fsspec.implementations.http import HTTPFileSystem

    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_TIMEOUT_S, sock_read=_TIMEOUT_S)
    return HTTPFileSystem(client_kwargs={"timeout": timeout}, skip_instance_cache=True, use_listings_cache=False)


def _identity(source: str, system: Any) -> Identity:
    found = system.info(address(source))
    if not found.get("size") or not found.get("partial", True):
        raise DataError(f"{source}: {_NO_RANGES}")
    return Identity(int(found["size"]), str(found.get("ETag", "")), str(found.get("Last-Modified", "")))


_NO_RANGES = "the server does not give parts of files (range requests); download the file and give its path"


@contextlib.contextmanager
def _sentences(source: str) -> Iterator[None]:
    """Turn what goes wrong on the way into sentences."""
    try:
        yield
    except (DataError, MemoryError):
        raise
    except Exception as error:
        raise DataError(f"{source}: {_sentence(error)}") from error


def _sentence(error: BaseException) -> str:
    """Say what an error of fsspec, aiohttp or HDF5 means."""
    # fsspec says of everything that it asks first that it was not found.
    if isinstance(error, FileNotFoundError) and error.__cause__ is not None:
        error = error.__cause__
    status = getattr(error, "status", None)
    if isinstance(error, FileNotFoundError) or status == 404:
        return "there is no such file on the server (404)"
    if status is not None:
        return f"the server refuses the file ({status}); download it and give its path"
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return f"the server said nothing for {_TIMEOUT_S:g} s; try again later, or download the file"
    if "range request" in str(error) or "more bytes" in str(error):
        return _NO_RANGES
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    if type(error).__module__.partition(".")[0] == "aiohttp" or isinstance(error, ConnectionError):
        return f"cannot be fetched ({said}); check the address and the network"
    return f"damaged, cut short, or not an HDF5 file ({said}); export it again"
