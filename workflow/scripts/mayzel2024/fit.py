"""Fit one condition for a block of seeds, and measure the fitted models on held-out patterns."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from homeostat import cli
from homeostat.device import resolve_device
from homeostat.files import load_npz, save_npz
from homeostat.logs import progress
from homeostat.provenance import provenance
from homeostat.rp import registry
from homeostat.rp.annealing import round_up_chains
from homeostat.rp.constraints import Constraint
from homeostat.rp.factory import make_engine
from homeostat.rp.fitting import fit_many, remove_checkpoint
from homeostat.rp.learning import FitResult, Patterns
from homeostat.rp.measures import (
    firing_rates,
    independent_log_likelihood,
    mean_correlation,
    rotation_angles,
    synaptic_cost,
)
from homeostat.rp.partition import independent_bias, log_partition
from homeostat.rp.projections import RPModels
from homeostat.rp.pruning import Pruning, prune_and_replace
from homeostat.rp.storage import from_arrays, to_arrays
from homeostat.rp.training import Training
from homeostat.rp.wiring import Wiring
from homeostat.seeds import child, seed_sequence
from mayzel2024.conditions import Condition
from mayzel2024.study import STUDY, StudyData, initial_models


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, nargs="*", help="the model that the data were drawn from, if any")
    parser.add_argument("--condition", type=cli.argument(Condition.parse), required=True)
    parser.add_argument("--seeds", type=int, nargs=2, required=True, metavar=("FIRST", "LAST"))
    parser.add_argument("--threshold", type=float, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--chains", type=int, required=True)
    parser.add_argument("--sweeps", type=int, required=True)
    parser.add_argument("--batch", type=int, default=None)
    parser.add_argument("--acceptance", required=True)
    parser.add_argument("--stopping", required=True)
    parser.add_argument("--tolerance", type=float, required=True)
    parser.add_argument("--ais", type=int, nargs=2, required=True, metavar=("CHAINS", "TEMPERATURES"))
    parser.add_argument("--prune", type=float, nargs=3, required=True, metavar=("REPLACEMENTS", "FRACTION", "STEPS"))
    parser.add_argument("--device", required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    return parser.parse_args()


def constraint(condition: Condition) -> Constraint:
    """Return the constraint on the weights."""
    return registry.constraint(condition.constraint, condition.budget, condition.degree)


def stopping(condition: Condition, wanted: str) -> str:
    """Return the stopping rule that a kind of model can have.

    Weights have no marginals to compare; the step sizes of the natural gradient fall by themselves.
    """
    unsuitable = "clopper_pearson" if "weight" in registry.MODELS[condition.model].learn else "likelihood"
    return "budget" if wanted == unsuitable else wanted


def fit(
    options: argparse.Namespace, initial: RPModels, train: Callable[[int], Patterns], seeds: list[Any], device: str
) -> FitResult:
    """Fit the models of all seeds."""
    condition = options.condition
    training = Training(
        steps=options.steps,
        optimizer=condition.optimizer,
        learning_rate=options.learning_rate,
        chains=options.chains,
        sweeps=options.sweeps,
        batch=options.batch,
        acceptance=options.acceptance,
        stopping=stopping(condition, options.stopping),  # type: ignore[arg-type]
        tolerance=options.tolerance,
    )
    with progress(condition.name) as report:
        if condition.model == "pruned":
            replacements, fraction, steps = options.prune
            per_round = max(1, round(fraction * condition.projections))
            return prune_and_replace(
                initial,
                train,
                training,
                seeds,
                pruning=Pruning(replacements, per_round, int(steps)),
                in_degree=min(condition.degree, initial.shape[2]),
                device=device,
                progress=report,
                checkpoint=options.checkpoint,
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
            checkpoint=options.checkpoint,
            keep_checkpoint=True,
        )


def measure(
    options: argparse.Namespace, result: FitResult, data: StudyData, initial: RPModels, seeds: range, device: str
) -> dict[str, Any]:
    """Return the measures of each model on its test patterns, stacked over seeds."""
    chains, temperatures = options.ais
    models = result.models
    mapped = np.asarray(constraint(options.condition).weights(initial.weight, Wiring(initial.shape)), np.float32)
    constrained = replace(initial, weight=mapped)
    pairs = [data.patterns(seed, data.size(options.condition)) for seed in seeds]
    tests = [test for _, test in pairs]
    biases = np.stack([independent_bias(train.mean(axis=0), len(train)) for train, _ in pairs])
    streams = [seed_sequence(seed, STUDY, "ais", options.condition.name) for seed in seeds]
    log_z = log_partition(
        models,
        biases,
        streams,
        chains=round_up_chains(chains),
        temperatures=temperatures,
        samples=list(result.chains),
        device=device,
    )
    energies = make_engine(models, device).energies(tests)
    rows = []
    for index, test in enumerate(tests):
        outputs = make_engine(models[index], device).outputs([test])[0]
        rows.append(
            {
                "log_likelihood": float(-energies[index].mean() - log_z.value[index]),
                "log_z": float(log_z.value[index]),
                "log_z_error": float(log_z.error[index]),
                "doubt": "; ".join(filter(None, (result.doubt[index], log_z.doubt[index]))),
                "independent": independent_log_likelihood(biases[index], test),
                "rate": firing_rates(outputs),
                "initial_rate": firing_rates(make_engine(constrained[index], device).outputs([test])[0]),
                "correlation": mean_correlation(outputs),
            }
        )
    stacked = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return stacked | {
        "cost": synaptic_cost(models, initial),
        "absolute_weight": np.abs(models.weight).sum(axis=(1, 2), dtype=float),
        "angle": rotation_angles(models, initial),
    }


def main() -> None:
    options = arguments()
    device = resolve_device(options.device)
    data = StudyData.read(options.data)
    condition = options.condition
    seeds = range(options.seeds[0], options.seeds[1] + 1)
    size = data.size(condition)
    teacher = from_arrays(load_npz(options.teacher[0])[0]) if options.teacher else None
    initial = initial_models(condition, data, seeds, options.threshold, teacher)
    streams = [child(seed_sequence(seed, STUDY, "fit", condition.name), 0) for seed in seeds]
    result = fit(options, initial, lambda index: data.patterns(seeds[index], size)[0], streams, device)
    arrays = to_arrays(result.models) | to_arrays(initial, "initial_")
    names = ("steps", "converged", "trace_step", "trace_rate", "trace_error", "moment_error")
    arrays |= {name: getattr(result, name) for name in names}
    arrays |= measure(options, result, data, initial, seeds, device)
    for seed, doubt in zip(seeds, arrays["doubt"], strict=True):
        if doubt:
            print(f"doubtful fit, seed {seed}: {doubt}", file=sys.stderr)
    arrays["seed"] = np.array(seeds)
    settings = {
        k: str(v) if isinstance(v, Path) else v
        for k, v in vars(options).items()
        if k not in ("output", "checkpoint", "device", "teacher")
    }
    settings["condition"] = condition.name
    source = {"name": data.recording.name, "content_sha256": data.recording.content_hash}
    save_npz(options.output, arrays, provenance(device=device, recording=source, **settings))
    remove_checkpoint(options.checkpoint)


if __name__ == "__main__":
    cli.run(main)
