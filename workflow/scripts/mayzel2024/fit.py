"""Fit one condition for a block of seeds, and measure the fitted models on held-out patterns."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from homeostat import cli
from homeostat.arrays import Patterns
from homeostat.device import resolve_device
from homeostat.errors import ConfigError
from homeostat.files import load_npz, save_npz
from homeostat.ising import storage as ising
from homeostat.ising.fitting import fit_ising
from homeostat.logs import progress
from homeostat.parameters import from_section
from homeostat.provenance import provenance
from homeostat.rp import registry
from homeostat.rp.annealing import round_up_chains
from homeostat.rp.constraints import Constraint
from homeostat.rp.factory import make_engine
from homeostat.rp.fitting import fit_many, remove_checkpoint
from homeostat.rp.measures import (
    absolute_weight,
    firing_rates,
    independent_log_likelihood,
    mean_correlation,
    rotation_angles,
    synaptic_cost,
)
from homeostat.rp.partition import independent_bias, log_partition
from homeostat.rp.projections import RPModels
from homeostat.rp.pruning import Pruning, prune_and_replace
from homeostat.rp.result import FitResult
from homeostat.rp.settings import Training
from homeostat.rp.storage import from_arrays, to_arrays
from homeostat.seeds import child, seed_sequence
from mayzel2024.conditions import Condition
from mayzel2024.study import STUDY, StudyData, initial_models


@dataclass(frozen=True)
class Annealing:
    """How log Z is estimated."""

    chains: int
    temperatures: int


@dataclass(frozen=True)
class Replacements:
    """How a model is pruned: rounds, the share of projections that each replaces, steps of each."""

    replacements: int
    fraction: float
    steps: int


@dataclass(frozen=True)
class Settings:
    """What a fit gets (jobs.py): a condition by its name, the first and last seed, and how it is trained."""

    condition: str
    first: int
    last: int
    threshold: float
    training: Training
    ais: Annealing
    pruning: Replacements | None = None


def constraint(condition: Condition) -> Constraint:
    """Return the constraint on the weights."""
    return registry.constraint(condition.constraint, condition.budget, condition.degree)


def stopping(condition: Condition, wanted: str) -> str:
    """Return the stopping rule that a kind of model can have.

    Weights have no marginals to compare; the step sizes of the natural gradient fall by themselves.
    """
    unsuitable = "clopper_pearson" if "weight" in registry.MODELS[condition.model].learn else "likelihood"
    return "steps" if wanted == unsuitable else wanted


def fit(
    settings: Settings,
    initial: RPModels | None,
    train: Callable[[int], Patterns],
    seeds: list[Any],
    device: str,
    checkpoint: Path | None,
) -> FitResult[Any]:
    """Fit the models of all seeds; the pairwise model has no projections to begin with."""
    condition = Condition.parse(settings.condition)
    chosen = stopping(condition, settings.training.stopping)
    training = replace(settings.training, stopping=chosen)
    with progress(condition.name) as report:
        if initial is None:
            return fit_ising(train, training, seeds, progress=report, checkpoint=checkpoint, keep_checkpoint=True)
        if condition.model == "pruned":
            chosen = settings.pruning
            if chosen is None:
                raise ConfigError(f"{condition.name}: a pruned model needs the setting 'pruning'")
            per_round = max(1, round(chosen.fraction * condition.projections))
            return prune_and_replace(
                initial,
                train,
                training,
                seeds,
                pruning=Pruning(chosen.replacements, per_round, chosen.steps),
                in_degree=min(condition.degree, initial.shape[2]),
                device=device,
                progress=report,
                checkpoint=checkpoint,
                keep_checkpoint=True,
            )
        return fit_many(
            initial,
            train,
            registry.rule_of(condition.model, constraint(condition), tuned=condition.thresholds == "tuned"),
            training,
            seeds,
            device=device,
            progress=report,
            checkpoint=checkpoint,
            keep_checkpoint=True,
        )


def measure(
    settings: Settings, result: FitResult[Any], data: StudyData, initial: RPModels | None, seeds: range, device: str
) -> dict[str, Any]:
    """Return the measures of each model on its test patterns, stacked over seeds."""
    condition, models = Condition.parse(settings.condition), result.models
    if initial is not None:
        mapped = constraint(condition).weights(initial.synapses, initial.wiring)
        constrained = replace(initial, synapses=np.asarray(mapped, np.float32))
    pairs = [data.patterns(seed, data.size(condition)) for seed in seeds]
    tests = [test for _, test in pairs]
    biases = np.stack([independent_bias(train.mean(axis=0), len(train)) for train, _ in pairs])
    streams = [seed_sequence(seed, STUDY, "ais", condition.name) for seed in seeds]
    log_z = log_partition(
        models,
        biases,
        streams,
        chains=round_up_chains(settings.ais.chains),
        temperatures=settings.ais.temperatures,
        samples=list(result.chains),
        device=device,
    )
    energies = make_engine(models, device).energies(tests)
    rows = []
    for index, test in enumerate(tests):
        outputs = make_engine(models[index], device).outputs([test])[0]
        first = outputs if initial is None else make_engine(constrained[index], device).outputs([test])[0]
        rows.append(
            {
                "log_likelihood": float(-energies[index].mean() - log_z.value[index]),
                "log_z": float(log_z.value[index]),
                "log_z_error": float(log_z.error[index]),
                "doubt": "; ".join(filter(None, (result.doubt[index], log_z.doubt[index]))),
                "independent": independent_log_likelihood(biases[index], test),
                "rate": firing_rates(outputs),
                "initial_rate": firing_rates(first),
                "correlation": mean_correlation(outputs),
            }
        )
    stacked = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    if initial is None:
        # Neurons and pairs are fed by synapses of weight one, which do not change.
        n_models, n_features, n_neurons = models.shape
        return stacked | {
            "cost": np.ones(n_models),
            "absolute_weight": np.full(n_models, float(n_neurons**2)),
            "angle": np.zeros((n_models, n_features)),
        }
    return stacked | {
        "cost": synaptic_cost(models, initial),
        "absolute_weight": absolute_weight(models),
        "angle": rotation_angles(models, initial),
    }


def main() -> None:
    job = cli.job(__doc__, "data", "teacher", "extra")
    registry.load(job.inputs["extra"])
    # After it, so that what was run is what the key names.
    job.own_hashes("extra")
    settings = from_section(Settings, job.settings)
    device = resolve_device(job.device)
    data = StudyData.read(job.path("data"))
    condition = Condition.parse(settings.condition)
    if condition.model == "pairwise":
        device = "cpu"  # its kernel is for the CPU only
    seeds = range(settings.first, settings.last + 1)
    size = data.size(condition)
    teacher = from_arrays(load_npz(job.path("teacher"))[0]) if job.inputs["teacher"] else None
    initial = None
    if condition.model != "pairwise":
        initial = initial_models(condition, data, seeds, settings.threshold, teacher)
    streams = [child(seed_sequence(seed, STUDY, "fit", condition.name), 0) for seed in seeds]
    result = fit(settings, initial, lambda index: data.patterns(seeds[index], size)[0], streams, device, job.checkpoint)
    if initial is None:
        arrays = ising.to_arrays(result.models)
    else:
        arrays = to_arrays(result.models) | to_arrays(initial, "initial_")
    names = ("steps", "converged", "trace_step", "trace_rate", "trace_error", "moment_error")
    arrays |= {name: getattr(result, name) for name in names}
    arrays |= measure(settings, result, data, initial, seeds, device)
    for seed, doubt in zip(seeds, arrays["doubt"], strict=True):
        if doubt:
            print(f"doubtful fit, seed {seed}: {doubt}", file=sys.stderr)
    arrays["seed"] = np.array(seeds)
    source = {"name": data.recording.name, "content_sha256": data.recording.content_hash}
    save_npz(job.output, arrays, provenance(device=device, recording=source, **job.settings))
    remove_checkpoint(job.checkpoint)


if __name__ == "__main__":
    cli.run(main)
