"""Pruning and replacement (Maoz et al. 2020): projections that matter least make room for fresh ones."""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from homeostat.arrays import Patterns
from homeostat.checkpoints import Checkpoint, groups
from homeostat.errors import DataError
from homeostat.rp.fitting import fingerprint, fit_many, pattern_source, pruned_path
from homeostat.rp.projections import RPModels, random_models, stack
from homeostat.rp.registry import rule_of
from homeostat.rp.result import FitResult, packed, unpacked
from homeostat.rp.settings import Training
from homeostat.rp.storage import from_arrays, to_arrays
from homeostat.rp.trainer import Trainer
from homeostat.rp.wiring import widened
from homeostat.seeds import child


@dataclass(frozen=True)
class Pruning:
    """Schedule of pruning and replacement.

    Attributes
    ----------
    replacements : float
        Times that each projection is replaced on average; the paper's reference has 2 (low) to 8 (high).
    per_round : int
        Projections replaced at a time (5 in the reference), at most a third of all.
    steps : int
        Gradient steps on lambda between rounds, warm-started; new projections start at lambda = 0.
    """

    replacements: float = 2.0
    per_round: int = 5
    steps: int = 8

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not self.replacements > 0 or self.per_round < 1 or self.steps < 1:
            raise DataError(
                "pruning needs replacements above 0 and per_round and steps of at least 1, "
                f"got {self.replacements}, {self.per_round}, {self.steps}"
            )


def _replace_weakest(model: RPModels, count: int, in_degree: float, rng: np.random.Generator) -> RPModels:
    """Replace the ``count`` projections of one model with lambda nearest zero."""
    weakest = np.argsort(np.abs(model.lam[0]), kind="stable")[:count]
    threshold = float(model.threshold[0, 0])
    fresh = random_models(
        model.shape[2], count, [rng], in_degree=in_degree, slope=model.slope, threshold=threshold, lam=0.0
    )
    kept = np.setdiff1d(np.arange(model.shape[1]), weakest)
    place = np.argsort(np.concatenate([kept, weakest]))
    wiring = model.wiring.chosen(kept).joined(fresh.wiring).chosen(place)
    width = wiring.neuron.shape[2]
    synapses = np.zeros(wiring.neuron.shape, np.float32)
    synapses[:, kept] = widened(model.synapses[:, kept], width)
    synapses[:, weakest] = widened(fresh.synapses, width)
    values = {name: getattr(model, name).copy() for name in ("threshold", "lam")}
    for name, each in values.items():
        each[0, weakest] = getattr(fresh, name)[0]
    return replace(model, wiring=wiring, synapses=synapses, **values)


def prune_and_replace(
    models: RPModels,
    data: Callable[[int], Patterns] | Sequence[Patterns],
    training: Training,
    seeds: Sequence[np.random.SeedSequence],
    *,
    pruning: Pruning,
    in_degree: float,
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    keep_checkpoint: bool = False,
) -> FitResult:
    """Fit RP models whose projections are selected by repeated pruning and replacement.

    Each round fits lambda for a few warm-started steps and replaces the projections with the smallest
    absolute lambda; at the end lambda is fitted with ``training``.

    Parameters
    ----------
    models, data, training, seeds, device, progress, checkpoint, keep_checkpoint
        As in :func:`homeostat.rp.fitting.fit_many`; beside the checkpoint lies a file of the models that are pruned
        already.
    pruning
        How many projections are replaced, and how often.
    in_degree
        Mean number of neurons that feed a new projection.

    Returns
    -------
    FitResult
        As of the final fit.
    """
    n_models, n_projections, _ = models.shape
    count = min(pruning.per_round, max(1, n_projections // 3))
    rounds = max(1, round(pruning.replacements * n_projections / count))
    short = replace(training, steps=pruning.steps, optimizer="natural", stopping="steps")
    learned = rule_of("pruned")
    get = pattern_source(data, models.shape[2])
    store = Checkpoint(
        checkpoint and pruned_path(checkpoint),
        lambda: fingerprint(models, get, learned, short, seeds, asdict(pruning), in_degree, device),
    )
    for chosen in groups(n_models, device)[len(store.finished) :]:
        batch, patterns = models[chosen.start : chosen.stop], [get(index) for index in chosen]
        generators = [np.random.default_rng(child(seeds[index], 2)) for index in chosen]
        for turn in range(rounds):
            streams = [child(child(seeds[index], 3), turn) for index in chosen]
            trainer = Trainer(batch, patterns, learned, short, streams, device)
            while not trainer.done:
                trainer.advance()
            result = trainer.result()
            batch = stack(
                [_replace_weakest(result.models[index], count, in_degree, rng) for index, rng in enumerate(generators)]
            )
            if progress is not None:
                progress(chosen.start * rounds + (turn + 1) * len(chosen), n_models * rounds)
        store.finished.append(packed(replace(result, models=batch), to_arrays))
        store.write()
    pruned = stack([unpacked(each, from_arrays).models for each in store.finished])
    fitted = fit_many(
        pruned,
        get,
        learned,
        training,
        seeds,
        device=device,
        checkpoint=checkpoint,
        keep_checkpoint=keep_checkpoint,
        check=False,
    )
    if not keep_checkpoint:
        store.remove()
    return fitted
