"""Fits of many Ising models, one after the other, with progress and checkpoints."""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial

import numpy as np

from homeostat import checkpoints
from homeostat.ising.learning import IsingTrainer
from homeostat.ising.models import IsingModels, stack
from homeostat.ising.storage import from_arrays, to_arrays
from homeostat.rp.fitting import join, packed, unpacked
from homeostat.rp.learning import FitResult, Patterns
from homeostat.rp.training import Training


def fit_ising(
    data: Callable[[int], Patterns],
    training: Training,
    seeds: Sequence[np.random.SeedSequence],
    *,
    potential: bool = False,
    progress: Callable[[int, int], None] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_seconds: float | None = None,
    keep_checkpoint: bool = False,
) -> FitResult[IsingModels]:
    """Fit a pairwise or K-pairwise model for each seed; the numbers of each are the same alone and beside others.

    Parameters
    ----------
    data : callable
        Training patterns of model i, as :func:`~homeostat.rp.learning.check_patterns` returns them.
    training, potential
        As in :class:`~homeostat.ising.learning.IsingTrainer`.
    progress, checkpoint, checkpoint_seconds, keep_checkpoint
        As in :func:`~homeostat.rp.fitting.fit_many`.

    Raises
    ------
    DataError
        A fit diverged.
    """

    def make(index: int) -> IsingTrainer:
        return IsingTrainer(data(index), training, seeds[index], potential=potential)

    def name() -> str:
        arrays = [data(index) for index in range(len(seeds))]
        return checkpoints.fingerprint(arrays, seeds, "ising", potential, asdict(training))

    finished = checkpoints.run_many(
        [partial(make, index) for index in range(len(seeds))],
        name=name,
        result=lambda trainer: packed(trainer.result(), to_arrays),
        progress=progress,
        checkpoint=checkpoint,
        checkpoint_seconds=checkpoint_seconds,
        keep_checkpoint=keep_checkpoint,
    )
    return join([unpacked(each, from_arrays) for each in finished], stack)
