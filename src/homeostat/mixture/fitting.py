"""Runs of many learners, with progress and checkpoints."""

from collections.abc import Callable, Sequence
from typing import Unpack

from homeostat.checkpoints import Run, run_many
from homeostat.mixture.trainer import Learned, Learner


def fit_all(
    learners: Sequence[Callable[[], Learner]],
    *,
    identity: str = "",
    **run: Unpack[Run],
) -> list[Learned]:
    """Run learners one after the other; each gives the same numbers alone and beside others.

    Parameters
    ----------
    learners
        Each makes a learner when its turn comes, so that only one holds its patterns in memory.
    identity
        What the runs are, in words: a checkpoint of others is not used.
    run
        See :class:`homeostat.checkpoints.Run`.
    """
    finished = run_many(
        learners,
        name=lambda: identity,
        result=lambda learner: vars(learner.result()),
        **run,
    )
    return [Learned(**each) for each in finished]
