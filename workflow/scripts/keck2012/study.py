"""Initial weights and learners of one condition and seed; files of fits."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat.conditions import Grid
from homeostat.files import save_npz
from homeostat.logs import progress
from homeostat.mixture.em import EM
from homeostat.mixture.fitting import fit_all
from homeostat.mixture.inputs import Inputs
from homeostat.mixture.network import Network
from homeostat.mixture.starts import initial_weights
from homeostat.mixture.trainer import Learned, Learner
from homeostat.provenance import provenance
from homeostat.seeds import seed_sequence, stream
from keck2012.conditions import Condition

STUDY = "keck2012"


@dataclass(frozen=True)
class Settings:
    """What both programs of fits get (jobs.py).

    A grid of conditions by its name, the first and last seed, passes over the patterns (epochs of the network, or
    iterations of EM), and the passes between two measurements of the likelihood.
    """

    condition: str
    first: int
    last: int
    passes: int
    every: int

    @property
    def conditions(self) -> list[Condition]:
        """The conditions of the grid."""
        return list(Grid.parse(Condition, self.condition))

    @property
    def seeds(self) -> range:
        """The seeds of the job."""
        return range(self.first, self.last + 1)


def start(condition: Condition, values: NDArray[Any], seed: int) -> NDArray[np.float64]:
    """Return initial weights: from the same random numbers for all conditions with as many units and this start.

    So conditions are paired by seed, also those that see the patterns in another form, such as raw and normalized.
    """
    rng = stream(seed, STUDY, "start", condition.start, str(condition.units))
    return initial_weights(condition.start, values, condition.units, rng, weight=condition.weight)


def learner(
    condition: Condition,
    settings: Settings,
    weights: NDArray[np.float64],
    inputs: Inputs,
    seed: int,
    *,
    later: Inputs | None = None,
    device: str = "cpu",
) -> Learner:
    """Return the learner of a condition; ``later`` are the inputs of the second half."""
    if condition.learner == "em":
        total = condition.total if condition.scaling == "normalized" else None
        return EM(weights, inputs, total=total, epochs=settings.passes, every=settings.every, device=device)
    return Network(
        weights,
        inputs,
        epochs=settings.passes,
        rate=condition.rate,
        # The order of the patterns is that of the seed, in every condition.
        seed=seed_sequence(seed, STUDY, "order"),
        schedule=condition.schedule,
        current=condition.current,
        plasticity=condition.plasticity,
        batch=condition.batch,
        later=None if later is None else (settings.passes // 2, later),
        every=settings.every,
        device=device,
    )


def run(
    makers: Sequence[Callable[[], Learner]],
    settings: Settings,
    source: dict[str, Any],
    device: str,
    checkpoint: Path | None,
) -> tuple[list[Learned], dict[str, Any]]:
    """Run the learners of all conditions and seeds; return what they learned, and the record of the job."""
    identity = json.dumps([asdict(settings), source, device], sort_keys=True)
    with progress(settings.condition, "epoch") as report:
        learned = fit_all(makers, identity=identity, progress=report, checkpoint=checkpoint)
    return learned, provenance(device=device, source=source, **asdict(settings))


def save(path: Path, learned: Sequence[Learned], n_conditions: int, meta: dict[str, Any], **more: Any) -> None:
    """Write fits: the arrays of :class:`Learned` and ``more``, each (conditions, seeds, …)."""

    def stacked(values: Sequence[Any]) -> NDArray[Any]:
        array = np.array(values)
        return array.reshape(n_conditions, -1, *array.shape[1:])

    arrays = {name: stacked([getattr(each, name) for each in learned]) for name in Learned.__dataclass_fields__}
    save_npz(path, arrays | {name: stacked(values) for name, values in more.items()}, meta, compress=False)
