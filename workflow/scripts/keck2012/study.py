"""Initial weights and learners of one condition and seed; files of fits."""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat.files import save_npz
from homeostat.logs import progress
from homeostat.mixture.em import EM
from homeostat.mixture.inputs import Inputs
from homeostat.mixture.learner import Learned, Learner, fit_all
from homeostat.mixture.network import Network
from homeostat.mixture.starts import initial_weights
from homeostat.provenance import provenance
from homeostat.seeds import seed_sequence, stream
from keck2012.conditions import Condition

STUDY = "keck2012"


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Return the arguments that both programs of fits have."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--grid", required=True, help="conditions, as conditions.py names them")
    parser.add_argument("--seeds", type=int, nargs=2, required=True, metavar=("FIRST", "LAST"))
    parser.add_argument("--epochs", type=int, required=True, help="passes over the patterns of the network")
    parser.add_argument("--iterations", type=int, required=True, help="of EM")
    parser.add_argument("--every", type=int, required=True, help="epochs between two measurements of the likelihood")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    return parser


def start(condition: Condition, values: NDArray[Any], seed: int) -> NDArray[np.float64]:
    """Return initial weights; conditions with as many units on the same patterns start from the same ones."""
    kinds = (condition.scaling, f"{condition.gain:g}", f"{condition.total:g}", condition.start, str(condition.units))
    rng = stream(seed, STUDY, "start", *kinds)
    return initial_weights(condition.start, values, condition.units, rng, weight=condition.weight)


def learner(
    condition: Condition,
    options: argparse.Namespace,
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
        return EM(weights, inputs, total=total, epochs=options.iterations, every=options.every, device=device)
    return Network(
        weights,
        inputs,
        epochs=options.epochs,
        rate=condition.rate,
        seed=seed_sequence(seed, STUDY, "order", condition.name),
        schedule=condition.schedule,
        current=condition.current,
        plasticity=condition.plasticity,
        batch=condition.batch,
        later=None if later is None else (options.epochs // 2, later),
        every=options.every,
        device=device,
    )


def run(
    makers: Sequence[Callable[[], Learner]], options: argparse.Namespace, source: dict[str, Any], device: str
) -> tuple[list[Learned], dict[str, Any]]:
    """Run the learners of all conditions and seeds; return what they learned, and the record of the job."""
    settings = {
        name: value for name, value in vars(options).items() if name not in ("output", "checkpoint", "device", "data")
    }
    identity = json.dumps([settings, source, device], sort_keys=True)
    with progress(options.grid, "epoch") as report:
        learned = fit_all(makers, identity=identity, progress=report, checkpoint=options.checkpoint)
    return learned, provenance(device=device, source=source, **settings)


def save(path: Path, learned: Sequence[Learned], n_conditions: int, meta: dict[str, Any], **more: Any) -> None:
    """Write fits: the arrays of :class:`Learned` and ``more``, each (conditions, seeds, …)."""

    def stacked(values: Sequence[Any]) -> NDArray[Any]:
        array = np.array(values)
        return array.reshape(n_conditions, -1, *array.shape[1:])

    arrays = {name: stacked([getattr(each, name) for each in learned]) for name in Learned.__dataclass_fields__}
    save_npz(path, arrays | {name: stacked(values) for name, values in more.items()}, meta, compress=False)
