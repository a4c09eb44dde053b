"""Training of many networks of one condition, with progress and checkpoints."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from functools import partial
from typing import Any, Unpack

import numpy as np

from homeostat.checkpoints import Run, fingerprint, groups, run_many
from homeostat.errors import DataError
from homeostat.normalization.conditions import Condition
from homeostat.normalization.data import ImageData
from homeostat.normalization.settings import Training
from homeostat.normalization.trainer import Trainer, TrainingResult

_SHARED = ("evaluated_at", "row_at")


def train_many(
    condition: Condition,
    data: ImageData,
    training: Training,
    seeds: Sequence[np.random.SeedSequence],
    *,
    device: str = "cpu",
    **run: Unpack[Run],
) -> TrainingResult:
    """Train one network for each seed.

    On the CPU networks are trained one after the other, and the numbers of each do not depend on the others; on another
    device all at once, where they are the same up to rounding.

    Parameters
    ----------
    condition
        What is done to weights and inputs, of :data:`homeostat.normalization.conditions.CONDITIONS`.
    data
        Training and test images.
    training
        How networks are trained and what is recorded.
    seeds
        Child 0 of a seed draws the first weights, child 1 the order of the images.
    device
        ``"cpu"``, ``"cuda"``, or ``"torch"``, the GPU's engine on the CPU.
    run
        See :class:`homeostat.checkpoints.Run`.

    Raises
    ------
    DataError
        There are no seeds, or fewer training images than a batch has.
    ConfigError
        Another device.
    DeviceError
        ``"cuda"`` without a GPU.
    """
    if not seeds:
        raise DataError("there are no seeds; one network is trained for each")
    if training.batch > len(data.train_images):
        raise DataError(f"a batch of {training.batch} images, but there are {len(data.train_images):,} training images")
    chosen = groups(len(seeds), device)
    finished = run_many(
        [partial(Trainer, condition, data, training, [seeds[i] for i in some], device) for some in chosen],
        name=lambda: _fingerprint(condition, data, training, seeds, chosen, device),
        result=lambda trainer: trainer.result().arrays(),
        **run,
    )
    return _join([TrainingResult(**each) for each in finished])


def _join(results: Sequence[TrainingResult]) -> TrainingResult:
    joined = {
        name: value if name in _SHARED else np.concatenate([getattr(result, name) for result in results])
        for name, value in results[0].arrays().items()
    }
    return TrainingResult(**joined)


def _fingerprint(
    condition: Condition, data: ImageData, training: Training, seeds: Sequence[np.random.SeedSequence], *rest: Any
) -> str:
    """Name the training that a checkpoint belongs to."""
    arrays = [getattr(data, field.name) for field in fields(data)]
    return fingerprint(arrays, seeds, condition.name, asdict(training), *rest)
