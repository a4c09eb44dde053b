"""Fits of many Ising models, one after the other, with progress and checkpoints."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Unpack

import numpy as np

from homeostat import checkpoints
from homeostat.arrays import Patterns
from homeostat.checkpoints import Run
from homeostat.ising.models import IsingModels, stack
from homeostat.ising.storage import from_arrays, to_arrays
from homeostat.ising.trainer import IsingTrainer
from homeostat.rp.result import FitResult, join, packed, unpacked
from homeostat.rp.settings import Training


def fit_ising(
    data: Callable[[int], Patterns],
    training: Training,
    seeds: Sequence[np.random.SeedSequence],
    *,
    potential: bool = False,
    **run: Unpack[Run],
) -> FitResult[IsingModels]:
    """Fit a pairwise or K-pairwise model for each seed; the numbers of each are the same alone and beside others.

    Parameters
    ----------
    data : callable
        Training patterns of model i, as :func:`~homeostat.arrays.check_patterns` returns them.
    training, potential
        As in :class:`~homeostat.ising.trainer.IsingTrainer`.
    run
        See :class:`homeostat.checkpoints.Run`.

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
        **run,
    )
    return join([unpacked(each, from_arrays) for each in finished], stack)
