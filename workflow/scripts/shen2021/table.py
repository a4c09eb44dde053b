"""Collect the fits that one figure needs into a tidy table: one row for each number that the figure shows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from homeostat import cli
from homeostat.normalization import CONDITIONS
from homeostat.normalization.lenet import parameter_count, parts
from homeostat.normalization.measures import coding_capacity, coefficient_of_variation, row_variation, sampling_floor
from homeostat.parameters import from_section
from homeostat.tables import read_fits, write_table
from shen2021.conditions import Condition

OWN = ["condition", "learning_rate", "batch", "measure", "iteration", "x", "y", "n_train", "n_test"]
# Rows of a heat map in the table: every so many of those that were recorded, up to this number.
HEAT_ROWS = 20

# Measure, iteration (where it is not the last), x and y.
Numbers = Iterator[tuple[str, Any, Any, Any]]


def parameters(condition: Condition) -> Numbers:
    """Yield how many parameters are trained beside weights and biases."""
    more = parameter_count(CONDITIONS[condition.normalization]) - parameter_count(CONDITIONS["Vanilla"])
    yield "added parameters", None, 0, more


def accuracies(arrays: dict[str, np.ndarray], model: int, test_batches: list[int]) -> Numbers:
    """Yield test accuracy along training, and at the end for each size of test batch."""
    yield "test accuracy", arrays["evaluated_at"], arrays["evaluated_at"], arrays["accuracy"][model]
    yield "training loss", arrays["row_at"], arrays["row_at"], arrays["row_loss"][model]
    yield "final test accuracy", None, np.array(test_batches), arrays["final_accuracy"][model]
    yield "diverged", None, 0, float(not arrays["finite"][model])


def units(arrays: dict[str, np.ndarray], model: int, condition: Condition, heat: bool) -> Numbers:
    """Yield measures of the hidden units; their activation batch by batch if ``heat``."""
    removed = CONDITIONS[condition.normalization].batch
    rows = {layer: arrays[f"{layer}_rows"][model] for layer in ("fc1", "fc2")}
    p = {layer: arrays[f"{layer}_probability"][model] for layer in ("fc1", "fc2")}
    rows["both"], p["both"] = np.concatenate(list(rows.values()), axis=1), np.concatenate(list(p.values()))
    for layer in p:
        if len(rows[layer]):
            yield f"CV of a batch, {layer}", None, 0, row_variation(rows[layer])
        yield f"CV on the test set, {layer}", None, 0, coefficient_of_variation(p[layer])
        yield f"sampling floor, {layer}", None, 0, sampling_floor(p[layer], condition.batch, removed)
        yield f"coding capacity, {layer}", None, 0, coding_capacity(p[layer])
    for layer in ("fc1", "fc2"):
        yield f"distinct codes, {layer}", None, 0, arrays[f"{layer}_distinct"][model]
        yield f"joint capacity, {layer}", None, 0, arrays[f"{layer}_joint"][model]
        numbers = np.arange(len(p[layer]))
        yield f"probability, {layer}", None, numbers, p[layer]
        mean = arrays[f"{layer}_mean_active"][model]
        lives = np.isfinite(mean)
        # A unit that is never active on the test set has no such mean; how many there are is told beside it.
        yield f"mean output when active, {layer}", None, numbers[lives], mean[lives]
        yield f"units never active, {layer}", None, 0, float((~lives).sum())
        if heat:
            for index in shown(len(rows[layer])):
                yield f"probability in a batch, {layer}", arrays["row_at"][index], numbers, rows[layer][index]
    yield "mean output, fc1", None, np.arange(len(p["fc1"])), arrays["fc1_mean"][model]


def alphas(arrays: dict[str, np.ndarray], model: int, condition: Condition) -> Numbers:
    """Yield the trained alphas of the fully connected layers, where the condition has them."""
    if CONDITIONS[condition.normalization].weights == "scaled":
        named = parts(CONDITIONS[condition.normalization], arrays["rows"])
        for layer in ("fc1", "fc2"):
            alpha = named[f"{layer}.alpha"][model]
            yield f"alpha, {layer}", None, np.arange(len(alpha)), alpha
            yield f"share of alphas between 0 and 1, {layer}", None, 0, ((alpha > 0) & (alpha < 1)).mean()


def median_seeds(fits: Iterable[tuple[str, Mapping[str, np.ndarray]]]) -> dict[str, int]:
    """Return for each condition, by its name, the seed whose final accuracy is the median one (of two, the lower)."""
    found: dict[str, list[tuple[float, int]]] = {}
    for name, arrays in fits:
        final = np.nan_to_num(arrays["accuracy"][:, -1])
        found.setdefault(name, []).extend(zip(final.tolist(), map(int, arrays["seed"]), strict=True))
    return {name: sorted(each)[(len(each) - 1) // 2][1] for name, each in found.items()}


def shown(n_rows: int) -> np.ndarray:
    """Return which recorded rows a heat map shows: evenly spaced, with the last one."""
    step = -(-n_rows // HEAT_ROWS) if n_rows else 1
    return np.arange(n_rows - 1, -1, -step)[::-1]


@dataclass(frozen=True)
class Settings:
    """Whether the table holds measures of single units, and the scale."""

    units: bool
    scale: str


def main() -> None:
    job = cli.job(__doc__, "fits")
    settings = from_section(Settings, job.settings)
    frames, fits = [], list(read_fits(job.inputs["fits"], Condition, settings.scale))
    typical = median_seeds((fit.shared["fit"], fit.arrays) for fit in fits)
    for arrays, its, (condition,), shared in fits:
        shared |= {
            "condition": condition.normalization,
            "learning_rate": condition.rate,
            "batch": condition.batch,
            "n_steps": condition.iterations,
            "data": its["images"]["name"],
            "n_train": its["images"]["n_train"],
            "n_test": its["images"]["n_test"],
        }
        for model, seed in enumerate(arrays["seed"]):
            of_seed = shared | {"seed": int(seed), "diverged": not arrays["finite"][model]}
            numbers = [*accuracies(arrays, model, its["training"]["test_batches"]), *parameters(condition)]
            if settings.units:
                numbers += units(arrays, model, condition, heat=seed == typical[shared["fit"]])
            numbers += alphas(arrays, model, condition)
            for measure, iteration, x, y in numbers:
                at = condition.iterations if iteration is None else iteration
                values = {"measure": measure, "iteration": at, "x": np.atleast_1d(x), "y": np.atleast_1d(y)}
                frames.append(pd.DataFrame(of_seed | values))
    write_table(job.output, pd.concat(frames), OWN, digits=6)


if __name__ == "__main__":
    cli.run(main)
