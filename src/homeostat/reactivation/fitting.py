"""Training of one network, or of many, with progress and checkpoints."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar, Unpack

import numpy as np

from homeostat import checkpoints
from homeostat.checkpoints import Arrays, Run, groups, run_many
from homeostat.reactivation.lockstep import Lockstep
from homeostat.reactivation.trainer import Trained, Trainer

Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)


class Training(checkpoints.Trainer, Protocol[Result_co]):
    """What :func:`train` brings to its end: one network (``Trainer``), or several in lockstep (``Lockstep``)."""

    def result(self) -> Result_co:
        """Return the outcome as it stands."""

    def fingerprint(self) -> str:
        """Name the training that a checkpoint belongs to."""


def train(trainer: Training[Result], **run: Unpack[Run]) -> Result:
    """Train to the end of the schedule, or until the network (of several: each of them) diverges.

    Parameters
    ----------
    run
        See :class:`homeostat.checkpoints.Run`. A checkpoint of another network or schedule, or a damaged one, is not
        used.
    """
    (finished,) = run_many([lambda: trainer], name=trainer.fingerprint, result=lambda made: made.state(), **run)
    trainer.restore(finished)
    return trainer.result()


def train_many(
    makers: Sequence[Callable[[], Trainer]], *, device: str = "cpu", threads: int = 2, **run: Unpack[Run]
) -> list[Trained]:
    """Train networks of one architecture and schedule: one after the other on the CPU, all in lockstep on a GPU.

    Parameters
    ----------
    makers
        Each makes a trainer when its turn comes.
    threads
        Draw batches ahead for a GPU.
    run
        See :class:`homeostat.checkpoints.Run`.
    """

    def make(some: range) -> Lockstep | Trainer:
        made = [makers[index]() for index in some]
        return made[0] if device == "cpu" else Lockstep(made, threads=threads)

    def result(trainer: Lockstep | Trainer) -> Arrays:
        found = trainer.result()
        several = found if isinstance(found, list) else [found]
        return {f"{i}_{name}": np.array(value) for i, one in enumerate(several) for name, value in vars(one).items()}

    chosen = groups(len(makers), device)
    finished = run_many(
        [partial(make, some) for some in chosen],
        name=lambda: " ".join(maker().fingerprint() for maker in makers),
        result=result,
        **run,
    )
    return [
        Trained(each[f"{i}_weights"], each[f"{i}_curve"], int(each[f"{i}_diverged"]))
        for each, some in zip(finished, chosen, strict=True)
        for i in range(len(some))
    ]
