"""Training of many networks in groups of one shape, with progress and checkpoints."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from functools import partial
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from homeostat.checkpoints import Run, fingerprint, groups, run_many
from homeostat.errors import DataError
from homeostat.inhibition.configurations import Configuration
from homeostat.inhibition.data import Images
from homeostat.inhibition.kinds import Network
from homeostat.inhibition.settings import Schedule
from homeostat.inhibition.trainer import MEASURES, Trainer


def train_many(
    network: Network,
    configurations: Sequence[Configuration],
    schedule: Schedule,
    images: Images,
    seeds: Sequence[Sequence[np.random.SeedSequence]],
    *,
    device: str = "cpu",
    networks_at_once: int | None = None,
    **run: Unpack[Run],
) -> dict[str, NDArray[Any]]:
    """Train networks of each configuration; the numbers of each are the same alone and beside others.

    Parameters
    ----------
    seeds
        For each configuration those of its networks, as many for all.
    networks_at_once
        Networks that are trained in lockstep, those of like width together; default as in
        :func:`homeostat.checkpoints.groups`. In lockstep numbers are the same up to rounding.
    run
        See :class:`homeostat.checkpoints.Run`; a checkpoint is written between two epochs.

    Returns
    -------
    dict
        ``MEASURES``, each (n_configurations, n_networks, n_epochs), and ``diverged``, (n_configurations,
        n_networks): whether weights became infinite. Accuracies are shares; a diverged network names class 0.

    Raises
    ------
    DataError
        Lists of seeds that do not fit the configurations, or fewer training images than a batch has.
    ConfigError
        A configuration with more hidden units than inputs.
    """
    if len(seeds) != len(configurations) or len({len(each) for each in seeds}) != 1:
        raise DataError(f"{len(configurations)} configurations need as many lists of seeds, all of one length")
    members = [(one, seed) for one, each in zip(configurations, seeds, strict=True) for seed in each]
    chosen = groups(len(members), device, networks_at_once)
    order = list(range(len(members)))
    if len(chosen) < len(members):
        order.sort(key=lambda index: members[index][0].width)

    def make(some: range) -> Trainer:
        its, streams = zip(*(members[order[i]] for i in some), strict=True)
        return Trainer(network, its, schedule, images, streams, device)

    finished = run_many(
        [partial(make, some) for some in chosen],
        name=lambda: _fingerprint(network, schedule, members, images, chosen, device),
        result=Trainer.result,
        **run,
    )
    shape = (len(configurations), len(seeds[0]))
    back = np.argsort(order)
    joined = {name: np.concatenate([each[name] for each in finished])[back] for name in (*MEASURES, "diverged")}
    return {name: values.reshape(*shape, *values.shape[1:]) for name, values in joined.items()}


def _fingerprint(
    network: Network,
    schedule: Schedule,
    members: Sequence[tuple[Configuration, np.random.SeedSequence]],
    images: Images,
    *rest: Any,
) -> str:
    """Name the training that a checkpoint belongs to."""
    arrays = [getattr(images, field.name) for field in fields(images)]
    configurations = [asdict(one) for one, _ in members]
    seeds = [seed for _, seed in members]
    return fingerprint(arrays, seeds, asdict(network), asdict(schedule), configurations, *rest)
