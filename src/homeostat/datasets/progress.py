"""How far a long transfer is: a bar on a terminal, a line every few seconds in a log."""

import sys
import time
from types import TracebackType

from tqdm import tqdm

_LINE_EVERY_S = 5.0


class Progress:
    """Count bytes towards ``total`` (None: unknown) and show them on stderr.

    Parameters
    ----------
    label
        What is being transferred.
    total, start
        Bytes in all, and bytes that were there before.
    enabled
        Show nothing when False.
    """

    def __init__(self, label: str, total: int | None, *, start: int = 0, enabled: bool = True) -> None:
        self._label, self._total, self._count = label, total, start
        self._next_line = time.monotonic() + _LINE_EVERY_S
        self._lines = enabled and not sys.stderr.isatty()
        # A bar redraws itself with carriage returns, which fill a log file: bars are for terminals only.
        self._bar = tqdm(
            total=total,
            initial=start,
            desc=label,
            unit="B",
            unit_scale=True,
            disable=not enabled or self._lines,
            leave=False,
        )

    def update(self, n_bytes: int) -> None:
        """Add ``n_bytes``."""
        self._count += n_bytes
        self._bar.update(n_bytes)
        if self._lines and time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _LINE_EVERY_S
            of = f" of {self._total / 1e6:.1f}" if self._total else ""
            print(f"{self._label}: {self._count / 1e6:.1f}{of} MB", file=sys.stderr, flush=True)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.close()
