"""Fits of many models: groups of models one after the other, with progress and checkpoints."""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from homeostat import checkpoints
from homeostat.arrays import Patterns, check_patterns
from homeostat.checkpoints import Run, run_many
from homeostat.errors import DataError
from homeostat.rp.projections import RPModels, stack
from homeostat.rp.result import FitResult, join, packed, unpacked
from homeostat.rp.settings import Rule, Training
from homeostat.rp.storage import from_arrays, to_arrays
from homeostat.rp.trainer import Trainer


def fit_many(
    models: RPModels,
    data: Callable[[int], Patterns] | Sequence[Patterns],
    rule: Rule,
    training: Training,
    seeds: Sequence[np.random.SeedSequence],
    *,
    device: str = "cpu",
    models_at_once: int | None = None,
    check: bool = True,
    **run: Unpack[Run],
) -> FitResult[RPModels]:
    """Fit M models; the numbers of each are the same alone and beside others.

    Parameters
    ----------
    models : RPModels
        Initial models.
    data : callable or sequence
        Training patterns of model i, ``data(i)`` or ``data[i]``; a callable keeps only those at work in memory.
    models_at_once : int, optional
        Models trained in lockstep; default as in :func:`homeostat.checkpoints.groups`.
    check : bool
        Whether the patterns are checked; False for those that :func:`~homeostat.arrays.check_patterns` returned.
    run
        See :class:`homeostat.checkpoints.Run`.

    Returns
    -------
    FitResult
        With the traces padded by NaN where models stopped at different steps.

    Raises
    ------
    DataError
        Another number of data sets or seeds than of models, unsuitable patterns, or a fit that diverged.
    """
    n_models = models.shape[0]
    if len(seeds) != n_models or (not callable(data) and len(data) != n_models):
        raise DataError(f"{n_models} models need as many data sets and seeds, one for each")
    get = pattern_source(data, models.shape[2], check=check)

    def make(chosen: range) -> Trainer:
        batch, streams = models[chosen.start : chosen.stop], [seeds[index] for index in chosen]
        return Trainer(batch, [get(index) for index in chosen], rule, training, streams, device)

    groups = checkpoints.groups(n_models, device, models_at_once)
    finished = run_many(
        [partial(make, chosen) for chosen in groups],
        name=lambda: fingerprint(models, get, rule, training, seeds, groups, device),
        result=lambda trainer: packed(trainer.judged(), to_arrays),
        **run,
    )
    return join([unpacked(each, from_arrays) for each in finished], stack)


def pattern_source(
    data: Callable[[int], Patterns] | Sequence[Patterns], n_neurons: int, *, check: bool = True
) -> Callable[[int], Patterns]:
    """Return a function that gives the training patterns of model i, checked where they are not known to be sound."""
    get = data if callable(data) else data.__getitem__
    return (lambda index: check_patterns(get(index), n_neurons)) if check else get


def fingerprint(
    models: RPModels,
    data: Callable[[int], Patterns],
    rule: Rule,
    training: Training,
    seeds: Sequence[np.random.SeedSequence],
    *rest: Any,
) -> str:
    """Name the fit that a checkpoint belongs to: its models, patterns, seeds and settings."""
    arrays = [*(data(index) for index in range(models.shape[0])), *to_arrays(models).values()]
    return checkpoints.fingerprint(
        arrays, seeds, asdict(rule), type(rule.constraint).__name__, asdict(training), models.slope, *rest
    )


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
