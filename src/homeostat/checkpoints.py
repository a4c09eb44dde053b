"""Checkpoints: what a long job has finished and the state of what is at work, in one NPZ that knows whose it is."""

import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypedDict, TypeVar, Unpack

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
    """Return a name of the job with these data, random streams and settings (as JSON, or else as text)."""
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
        The path is that of a folder, or of an NPZ file that is not a checkpoint.
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


class Trainer(Protocol):
    """One model, or several in lockstep, on the way through training."""

    @property
    def step(self) -> int:
        """Steps done (batches, iterations or epochs, as the family counts)."""

    @property
    def n_steps(self) -> int:
        """Steps in all."""

    @property
    def done(self) -> bool:
        """Whether nothing is left to do, which may be before the last step."""

    def advance(self) -> None:
        """Go on by one step, or by several that are made at once."""

    def state(self) -> Arrays:
        """Return everything that :meth:`restore` needs to go on with the same numbers."""

    def restore(self, state: Arrays) -> None:
        """Go on from what :meth:`state` returned."""


T = TypeVar("T", bound=Trainer)


class Run(TypedDict, total=False):
    """What every function that trains many models takes beside what it trains.

    Attributes
    ----------
    progress : callable, optional
        Called with the steps done and in all, as many for each trainer as for the one at work.
    checkpoint : path, optional
        File to go on from after a kill, with identical results, removed at the end.
    checkpoint_seconds : float, optional
        How often it is written; None: as :func:`checkpoint_seconds` says.
    keep_checkpoint : bool
        Leave the file with all results at the end, for a program that does more with them before it writes them, and
        then removes the file.
    """

    progress: Callable[[int, int], None] | None
    checkpoint: str | os.PathLike[str] | None
    checkpoint_seconds: float | None
    keep_checkpoint: bool


def groups(count: int, device: str, at_once: int | None = None) -> list[range]:
    """Return which of ``count`` models are trained in lockstep.

    Default: one on the CPU, where a model fills a core and its cache; all on a GPU, which they fill together.
    """
    size = at_once or (1 if device == "cpu" else count)
    return [range(first, min(first + size, count)) for first in range(0, count, size)]


def run_many(
    makers: Sequence[Callable[[], T]], *, name: Callable[[], str], result: Callable[[T], Arrays], **run: Unpack[Run]
) -> list[Arrays]:
    """Bring trainers to their ends, one after the other, from where a checkpoint says; return all results.

    Parameters
    ----------
    makers
        Each makes a trainer when its turn comes, so that only one holds its data in memory.
    name
        Returns the name of the job (:func:`fingerprint`); called only where there is a checkpoint.
    result
        Returns what is kept of a trainer at its end.
    run
        See :class:`Run`.
    """
    progress = run.get("progress")
    store = Checkpoint(run.get("checkpoint"), name, run.get("checkpoint_seconds"))
    for number in range(len(store.finished), len(makers)):
        trainer = makers[number]()
        if store.running:
            trainer.restore(store.running)
            store.running = {}
        while not trainer.done:
            trainer.advance()
            if progress is not None:
                step = trainer.n_steps if trainer.done else trainer.step
                progress(number * trainer.n_steps + step, len(makers) * trainer.n_steps)
            if store.due() and not trainer.done:
                store.write(trainer.state())
        store.finished.append(result(trainer))
        del trainer
        if store.due() and number + 1 < len(makers):
            store.write()
    if run.get("keep_checkpoint"):
        store.write()
    else:
        store.remove()
    return store.finished
