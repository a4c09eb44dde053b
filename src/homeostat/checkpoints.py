"""Checkpoints: what a long job has finished and the state of what is at work, in one NPZ that knows whose it is."""

import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import ConfigError, DataError
from homeostat.files import load_npz, save_npz

CHECKPOINT_VARIABLE = "HOMEOSTAT_CHECKPOINT_SECONDS"
# Writing takes this share of the time at most: ninety wide networks are half a gigabyte.
_MOST = 1 / 20

Arrays = dict[str, NDArray[Any]]


def checkpoint_seconds(given: float | None = None) -> float:
    """Return how often a long job writes a checkpoint: as given, else as HOMEOSTAT_CHECKPOINT_SECONDS says, else 30 s.

    Raises
    ------
    ConfigError
        The variable holds no number from 0 on.
    """
    if given is not None:
        return given
    text = os.environ.get(CHECKPOINT_VARIABLE) or "30"
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise ConfigError(f"{CHECKPOINT_VARIABLE} is {text!r}; give a number of seconds, 0 or more")
    return seconds


def fingerprint(arrays: Iterable[NDArray[Any]], seeds: Iterable[np.random.SeedSequence], *settings: Any) -> str:
    """Return a name of the job with these data, random streams and settings (of JSON's types, or told by text)."""
    digest = hashlib.sha256()
    for each in arrays:
        digest.update(f"{each.dtype}{each.shape}".encode())
        digest.update(np.ascontiguousarray(each).data)
    streams = [[str(seed.entropy), list(seed.spawn_key)] for seed in seeds]
    digest.update(json.dumps([streams, settings], default=str).encode())
    return digest.hexdigest()


class Checkpoint:
    """What a job has finished and the state of what is at work; does nothing where there is no path.

    Parameters
    ----------
    path
        The file, which is read if it is there. A damaged checkpoint, or that of another job, is not used.
    name
        Returns the name of the job (:func:`fingerprint`); called only where there is a path.
    seconds
        Time between two writings; None: as :func:`checkpoint_seconds` says.

    Attributes
    ----------
    finished
        Results of the parts that are finished.
    running
        State of the part at work, as read; empty if there was none.

    Raises
    ------
    DataError
        The path is that of a folder, or of an NPZ file that is no checkpoint.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None, name: Callable[[], str], seconds: float | None = None
    ) -> None:
        self.path = None if path is None else Path(path)
        self.finished: list[Arrays] = []
        self.running: Arrays = {}
        self._every = checkpoint_seconds(seconds)
        self._name = "" if path is None else name()
        self._written, self._took = time.monotonic(), 0.0
        if self.path is not None and self.path.is_dir():
            raise DataError(f"checkpoint: {path} is a folder; give the path of a file, such as {self.path / 'fit.npz'}")
        if self.path is not None and self.path.exists():
            self._read(self.path)

    def _read(self, path: Path) -> None:
        try:
            arrays, meta = load_npz(path)
        except DataError:
            return  # Cut short by whatever stopped the job: start again.
        if "finished" not in meta:
            raise DataError(f"checkpoint: {path} holds something else, which would be overwritten; name another file")
        if meta.get("job") != self._name:
            return

        def of(part: object) -> Arrays:
            return {n.removeprefix(f"{part}:"): v for n, v in arrays.items() if n.startswith(f"{part}:")}

        self.finished = [of(number) for number in range(meta["finished"])]
        self.running = of("running")

    def due(self) -> bool:
        """Whether it is time to write."""
        pause = max(self._every, self._took / _MOST) if self._every else 0.0
        return self.path is not None and time.monotonic() - self._written > pause

    def write(self, running: Arrays | None = None) -> None:
        """Write what is finished, and the state of the part at work."""
        if self.path is None:
            return
        began = time.monotonic()
        parts = [*enumerate(self.finished), ("running", running or {})]
        arrays = {f"{part}:{name}": value for part, its in parts for name, value in its.items()}
        save_npz(self.path, arrays, {"job": self._name, "finished": len(self.finished)}, compress=False)
        self._written = time.monotonic()
        self._took = self._written - began

    def remove(self) -> None:
        """Remove the file."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


class Part(Protocol):
    """A part of a job: a model, or several in lockstep, on the way through training."""

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""

    def advance(self) -> None:
        """Go on by one step."""

    def state(self) -> Arrays:
        """Return everything that :meth:`restore` needs to go on with the same numbers."""

    def restore(self, state: Arrays) -> None:
        """Go on from what :meth:`state` returned."""


P = TypeVar("P", bound=Part)


def run_parts(
    parts: Sequence[Callable[[], P]],
    store: Checkpoint,
    *,
    result: Callable[[P], Arrays],
    report: Callable[[int, P], None] | None = None,
) -> list[Arrays]:
    """Bring the parts of a job to their ends, one after the other, from where a checkpoint says; return all results.

    Parameters
    ----------
    parts
        Each makes a part when its turn comes, so that only one holds its data in memory.
    store
        Written when it is due; what becomes of it at the end is the caller's to say.
    result
        Returns what is kept of a part at its end.
    report
        Called with the number of the part at work and the part, after each step.
    """
    for number in range(len(store.finished), len(parts)):
        part = parts[number]()
        if store.running:
            part.restore(store.running)
            store.running = {}
        while not part.done:
            part.advance()
            if report is not None:
                report(number, part)
            if store.due() and not part.done:
                store.write(part.state())
        store.finished.append(result(part))
        del part
        if store.due() and number + 1 < len(parts):
            store.write()
    return store.finished
