"""Fits of many models: groups of models one after the other, with progress and checkpoints."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.files import checkpoint_path, load_npz, save_npz
from homeostat.files import checkpoint_seconds as seconds_between_checkpoints
from homeostat.rp.learning import FitResult, Patterns, Trainer
from homeostat.rp.projections import RPModels, stack
from homeostat.rp.storage import from_arrays, to_arrays
from homeostat.rp.training import Rule, Training

_FIELDS = ("steps", "converged", "trace_step", "trace_rate", "trace_error")


def fit_many(
    models: RPModels,
    data: Callable[[int], Patterns] | Sequence[Patterns],
    rule: Rule,
    training: Training,
    seeds: Sequence[np.random.SeedSequence],
    *,
    device: str = "cpu",
    models_at_once: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_seconds: float | None = None,
    keep_checkpoint: bool = False,
) -> FitResult:
    """Fit M models; the numbers of each are the same alone and in any company.

    Parameters
    ----------
    models : RPModels
        Initial models.
    data : callable or sequence
        Training patterns of model i, ``data(i)`` or ``data[i]``; a callable keeps only those at work in memory.
    models_at_once : int, optional
        Models trained in lockstep. Default: one on the CPU, where a model fills a core and its cache; all on a
        GPU, which they fill together.
    progress : callable, optional
        Called with the gradient steps done and in all.
    checkpoint : path, optional
        File to go on from after a kill, written every ``checkpoint_seconds`` (None: as
        :func:`homeostat.files.checkpoint_seconds` says) and removed at the end.
    keep_checkpoint : bool
        Leave the file with the fitted models at the end. For programs that do more with them before they write
        them; they remove it when they are done.

    Returns
    -------
    FitResult
        With the traces padded by NaN where models stopped at different steps.
    """
    n_models = models.shape[0]
    if len(seeds) != n_models or (not callable(data) and len(data) != n_models):
        raise DataError(f"{n_models} models need as many data sets and seeds, one for each")
    at_once = models_at_once or (1 if device == "cpu" else n_models)
    get = data if callable(data) else data.__getitem__
    store = Checkpoint(checkpoint, lambda: fingerprint(models, get, rule, training, seeds, at_once, device))
    every = seconds_between_checkpoints(checkpoint_seconds)
    done = store.finished
    total = training.steps * n_models
    for first in range(len(done) * at_once, n_models, at_once):
        chosen = range(first, min(first + at_once, n_models))
        trainer = Trainer(
            models[chosen.start : chosen.stop],
            [get(index) for index in chosen],
            rule,
            training,
            [seeds[index] for index in chosen],
            device,
        )
        if store.running:
            trainer.restore(store.running)
            store.running = {}
        saved = time.monotonic()
        while not trainer.done:
            trainer.advance()
            if progress is not None:
                progress(first * training.steps + trainer.step * len(chosen), total)
            if store.path is not None and time.monotonic() - saved > every:
                store.write(done, trainer.state())
                saved = time.monotonic()
        done.append(trainer.result())
        if progress is not None:
            progress(chosen.stop * training.steps, total)
        if store.path is not None and (chosen.stop < n_models or keep_checkpoint):
            store.write(done, {})
    if not keep_checkpoint:
        store.remove()
    return _join(done)


def _join(results: Sequence[FitResult]) -> FitResult:
    steps = max((result.trace_step for result in results), key=len)

    def padded(name: str) -> NDArray[np.float64]:
        rows = []
        for result in results:
            values = getattr(result, name)
            rows.append(np.pad(values, ((0, 0), (0, len(steps) - values.shape[1])), constant_values=np.nan))
        return np.concatenate(rows)

    return FitResult(
        models=stack([result.models for result in results]),
        steps=np.concatenate([result.steps for result in results]),
        converged=np.concatenate([result.converged for result in results]),
        trace_step=steps,
        trace_rate=padded("trace_rate"),
        trace_error=padded("trace_error"),
    )


def fingerprint(
    models: RPModels,
    data: Callable[[int], Patterns],
    rule: Rule,
    training: Training,
    seeds: Sequence[np.random.SeedSequence],
    *rest: Any,
) -> str:
    """Name the fit that a checkpoint belongs to: its models, patterns, seeds and settings."""
    digest = hashlib.sha256()
    for index in range(models.shape[0]):
        patterns = np.ascontiguousarray(data(index))
        digest.update(f"{patterns.dtype}{patterns.shape}".encode())
        digest.update(patterns.data)
    for values in to_arrays(models).values():
        digest.update(values.tobytes())
    words = [[str(seed.entropy), list(seed.spawn_key)] for seed in seeds]
    settings = [asdict(rule), type(rule.constraint).__name__, asdict(training), models.slope, words, rest]
    digest.update(json.dumps(settings, default=str).encode())
    return digest.hexdigest()


class Checkpoint:
    """Finished models and the trainer at work, in one NPZ; nothing where the path is None."""

    def __init__(self, path: str | os.PathLike[str] | None, name: Callable[[], str]) -> None:
        self.path = checkpoint_path(path)
        self._fingerprint = name() if self.path is not None else ""
        self.finished: list[FitResult] = []
        self.running: dict[str, NDArray[Any]] = {}
        if self.path is not None and self.path.exists():
            self._read(self.path)

    def _read(self, path: Path) -> None:
        try:
            arrays, meta = load_npz(path)
        except DataError:
            return  # Cut short by whatever stopped the run: start again.
        if "fingerprint" not in meta:
            raise DataError(f"checkpoint: {path} holds something else, which would be overwritten; name another file")
        if meta["fingerprint"] != self._fingerprint:
            return
        for index in range(meta["finished"]):
            part = {n.removeprefix(f"{index}_"): v for n, v in arrays.items() if n.startswith(f"{index}_")}
            self.finished.append(FitResult(models=from_arrays(part), **{n: part[n] for n in _FIELDS}))
        self.running = {n.removeprefix("run_"): v for n, v in arrays.items() if n.startswith("run_")}

    def write(self, finished: Sequence[FitResult], running: dict[str, NDArray[Any]]) -> None:
        """Save what there is."""
        assert self.path is not None
        arrays: dict[str, Any] = {f"run_{name}": value for name, value in running.items()}
        for index, result in enumerate(finished):
            arrays |= to_arrays(result.models, f"{index}_")
            arrays |= {f"{index}_{name}": getattr(result, name) for name in _FIELDS}
        save_npz(self.path, arrays, {"fingerprint": self._fingerprint, "finished": len(finished)})

    def remove(self) -> None:
        """Remove the file."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def with_factor(models: RPModels, lam: float) -> RPModels:
    """Return the models with every lambda set to one value."""
    return replace(models, lam=np.full_like(models.lam, lam))


def pruned_path(checkpoint: str | os.PathLike[str]) -> Path:
    """Return the file beside a ``checkpoint`` with the models that are pruned already."""
    return Path(checkpoint).with_suffix(".pruned.npz")


def remove_checkpoint(checkpoint: str | os.PathLike[str]) -> None:
    """Remove a checkpoint that was kept, once what was done with its models is safe."""
    for path in (Path(checkpoint), pruned_path(checkpoint)):
        path.unlink(missing_ok=True)
