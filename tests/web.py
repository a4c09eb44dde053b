"""A local HTTP server whose paths behave well, badly, slowly, or not at all."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What the server serves: bytes by path, a behaviour by path, and the requests it saw."""

    files: dict[str, bytes] = field(default_factory=dict)
    behaviour: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    tag: str = '"v1"'
    url: str = ""
    sent: int = 0  # bytes of bodies

    def ranges(self, path: str) -> list[str | None]:
        """Return the Range header of every request for ``path``."""
        return [header for seen, header in self.requests if seen == path]


@contextlib.contextmanager
def serve() -> Iterator[Site]:
    """Run the server on a free port of 127.0.0.1."""
    site, stop = Site(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            # One answer a connection, so that a broken one breaks nothing else.
            self.close_connection = True
            how = site.behaviour.get(self.path, "")
            wanted = self.headers.get("Range")
            site.requests.append((self.path, wanted))
            attempt = len(site.ranges(self.path))
            if self.path not in site.files or how == "403":
                return self.send_error(403 if how == "403" else 404)
            if how == "busy once" and attempt == 1:
                return self.send_error(503)
            body, status = site.files[self.path], 200
            part, has_ranges = body, how != "no ranges"
            if wanted and has_ranges and self.headers.get("If-Range", site.tag) == site.tag:
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                part, status = body[int(first) : int(last or len(body)) + 1], 206
            self.send_response(status)
            if has_ranges:
                self.send_header("Accept-Ranges", "bytes")
                self.send_header("ETag", site.tag)
            if status == 206:
                self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(body)}")
            if how != "no length":
                self.send_header("Content-Length", str(len(part)))
            self.send_header("Connection", "close")
            self.end_headers()
            if with_body:
                if how == "changes" and status == 206:
                    site.tag = '"v2"'
                site.sent += len(part)
                self._send(part, how, attempt)

        def _send(self, body: bytes, how: str, attempt: int) -> None:
            with contextlib.suppress(OSError):
                if (how in ("cut off once", "no ranges") and attempt == 1) or how == "cut off":
                    self.wfile.write(body[: len(body) // 2])
                elif how == "stall":
                    self.wfile.write(body[: len(body) // 2])
                    self.wfile.flush()
                    stop.wait(20)
                elif how == "drip":
                    began = time.monotonic()
                    for byte in body:
                        self.wfile.write(bytes([byte]))
                        if stop.wait(0.05) or time.monotonic() - began > 20:
                            return
                else:
                    self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
