"""Progress of long jobs: a bar on a terminal, a line every few seconds in a log."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SECONDS = 5.0


@contextmanager
def progress(label: str, unit: str = "step") -> Iterator[Callable[[int, int], None]]:
    """Yield a function to be called with the work done and in all.

    On a terminal it drives a tqdm bar on stderr; elsewhere it prints a line at most every five seconds, so
    that logs stay short.
    """
    if sys.stderr.isatty():
        from tqdm import tqdm

        with tqdm(desc=label, unit=unit) as bar:

            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            yield show
        return
    start = time.monotonic()
    last, written = start, -1

    def write(done: int, total: int) -> None:
        nonlocal last, written
        now = time.monotonic()
        if done != written and (done >= total or now - last >= _SECONDS):
            last, written = now, done
            left = (now - start) / max(done, 1) * (total - done)
            print(
                f"{label}: {done}/{total} {unit}s, {now - start:.0f} s, {left:.0f} s left",
                file=sys.stderr,
                flush=True,
            )

    yield write
