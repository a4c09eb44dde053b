"""One HTTP download that survives cut-off transfers and gives up on stalled servers.

Why requests: it brings its own certificates, honours proxies and the usual certificate variables, reports
truncated bodies, and is there anyway (Snakemake needs it). pooch has neither resumption nor more than one
source; urllib finds no certificates on some Python installations.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import requests
import urllib3

from homeostat import __version__
from homeostat.datasets.progress import Progress
from homeostat.datasets.verify import SourceError

BACKOFF_S = 1.0  # wait before the first further try; doubled each time
_SLOWEST = 200  # bytes/s over a whole timeout: a server that drips is as good as silent
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_CHUNK = 1 << 16
_LARGEST = 4 << 30  # bytes accepted where the size is not known beforehand


class _Transient(Exception):
    """A failure that another try may not meet."""


def download(
    url: str,
    target: Path,
    *,
    timeout: float,
    retries: int,
    expected: int | None = None,
    progress: bool = True,
) -> None:
    """Download ``url`` to ``target``; the final name appears only when all bytes are there.

    Bytes that arrived are kept in ``<target>.part``. A later try, or a later run, goes on from there if the
    server supports ranges and says (ETag or date) that the file is still the same.

    Parameters
    ----------
    url, target
        From where, to where.
    timeout
        Seconds without an answer, or with hardly any bytes, after which a try is given up.
    retries
        Number of further tries after a failure that may pass, with a doubling pause between them.
    expected
        Size in bytes, where known; another size is refused before the bytes are transferred.
    progress
        Show progress on stderr.

    Raises
    ------
    SourceError
        What the server or the network answered, in a few words.
    """
    for attempt in range(retries + 1):
        try:
            _attempt(url, target, timeout, expected, progress)
            return
        except _Transient as error:
            if attempt == retries:
                raise SourceError(f"{error} ({retries + 1} tries)") from error
            time.sleep(BACKOFF_S * 2**attempt)


def _attempt(url: str, target: Path, timeout: float, expected: int | None, progress: bool) -> None:
    part, stamp = target.with_name(f"{target.name}.part"), target.with_name(f"{target.name}.part.etag")
    headers = {"Accept-Encoding": "identity", "User-Agent": f"homeostat/{__version__}"}
    have = part.stat().st_size if part.exists() else 0
    if have and stamp.exists():
        # If-Range: the rest if the file is unchanged, the whole of it otherwise.
        headers |= {"Range": f"bytes={have}-", "If-Range": stamp.read_text()}
    try:
        with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
            start = _start(response, part, have)
            length = response.headers.get("Content-Length", "")
            total = start + int(length) if length.isdigit() else None
            _check_size(total, expected)
            if start == 0:
                _remember(response, stamp)
            with (
                open(part, "ab" if start else "wb") as out,
                Progress(target.name, total or expected, start=start, enabled=progress) as bar,
            ):
                for chunk in _chunks(response.raw, timeout):
                    out.write(chunk)
                    bar.update(len(chunk))
                    if out.tell() > (expected or _LARGEST):
                        raise _refused(part, f"the server sends more than {expected or _LARGEST:,} bytes")
                received = out.tell()
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _explain(error, timeout, part) from error
    if total is not None and received != total:
        raise _Transient(f"the transfer was cut off after {received:,} of {total:,} bytes")
    os.replace(part, target)
    stamp.unlink(missing_ok=True)


def _start(response: requests.Response, part: Path, have: int) -> int:
    """Return at which byte the body starts: ``have`` if the server goes on from there, else 0."""
    status = response.status_code
    if status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        return have
    if status in (206, 416):  # a range that does not fit what we have: begin again
        part.unlink(missing_ok=True)
        raise _Transient(f"the server cannot go on from byte {have:,}")
    if status in _TRANSIENT:
        raise _Transient(f"HTTP {status} {response.reason}")
    if status != 200:
        raise SourceError(f"HTTP {status} {response.reason}")
    return 0


def _check_size(total: int | None, expected: int | None) -> None:
    if total is None:
        return
    if expected is not None and total != expected:
        raise SourceError(f"the server offers {total:,} bytes instead of {expected:,}")
    if total > _LARGEST:
        raise SourceError(f"the server offers {total:,} bytes, more than the {_LARGEST:,} that are accepted")


def _remember(response: requests.Response, stamp: Path) -> None:
    """Keep what identifies this version of the file on the server, if it says so (weak tags do not)."""
    tag = response.headers.get("ETag", "")
    validator = tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")
    if validator:
        stamp.write_text(validator)
    else:
        stamp.unlink(missing_ok=True)


def _chunks(raw: urllib3.BaseHTTPResponse, timeout: float) -> Iterator[bytes]:
    """Yield the body as it arrives. The socket's timeout catches silence; the speed test catches dripping."""
    window, received = time.monotonic(), 0
    while chunk := raw.read1(_CHUNK, decode_content=False):
        yield chunk
        received += len(chunk)
        if (elapsed := time.monotonic() - window) > timeout:
            if received < _SLOWEST * elapsed:
                raise _Transient(f"the server stalled: {received:,} bytes in {elapsed:.0f} s")
            window, received = time.monotonic(), 0


def _refused(part: Path, reason: str) -> SourceError:
    for path in (part, part.with_name(f"{part.name}.etag")):
        path.unlink(missing_ok=True)
    return SourceError(reason)


def _explain(error: Exception, timeout: float, part: Path) -> Exception:
    """Turn an error of requests or urllib3, whose texts are long, into a few words."""
    chain = [error, *error.args, *(getattr(argument, "reason", None) for argument in error.args)]
    if any(isinstance(link, urllib3.exceptions.NameResolutionError) for link in chain):
        return SourceError("the host name cannot be resolved (offline?)")  # another try would not help
    if isinstance(error, requests.exceptions.SSLError):
        return SourceError(f"the TLS certificate cannot be verified ({error})")
    if any(isinstance(link, urllib3.exceptions.NewConnectionError) for link in chain):
        return _Transient("the connection failed")
    timeouts = (requests.Timeout, urllib3.exceptions.TimeoutError)
    if any(isinstance(link, timeouts) for link in chain):
        return _Transient(f"no answer from the server for {timeout:g} s")
    if isinstance(error, urllib3.exceptions.ProtocolError | requests.exceptions.ChunkedEncodingError):
        return _Transient(f"the transfer was cut off after {part.stat().st_size if part.exists() else 0:,} bytes")
    if isinstance(error, requests.ConnectionError):
        return _Transient("the connection failed")
    return SourceError(f"{type(error).__name__}: {error}")
