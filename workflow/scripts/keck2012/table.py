"""Collect the fits that one figure needs into a tidy table: one row per condition, seed and measure.

Fields count as found when they match those that EM learned from the generating ones on the same patterns.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat import cli
from homeostat.errors import DataError
from homeostat.mixture.fields import match
from homeostat.parameters import from_section
from homeostat.tables import read_fits, write_table
from keck2012.conditions import Condition

OWN = [*Condition.columns(), "measure", "unit", "x", "y"]
_TOTALS = ("smallest total", "mean total", "largest total")

Arrays = Mapping[str, NDArray[Any]]
Row = tuple[str, int, float, float]


def finals(arrays: Arrays, at: tuple[int, int]) -> Iterator[Row]:
    """Yield measure, unit, x and y of a fit after learning."""
    epoch = float(arrays["epoch"][at][-1])
    yield "log_likelihood", 0, epoch, arrays["log_likelihood"][at][-1]
    for name, value in zip(_TOTALS, arrays["totals"][at][-1], strict=True):
        yield f"final {name}", 0, epoch, value
    if "error" in arrays:
        yield "baseline", 0, epoch, arrays["baseline"][at]
        for count, error in zip(arrays["labels"][at], arrays["error"][at], strict=True):
            yield "test error", 0, float(count), error


def course(arrays: Arrays, at: tuple[int, int]) -> Iterator[Row]:
    """Yield the course of learning."""
    for position, epoch in enumerate(arrays["epoch"][at]):
        yield "course of log_likelihood", 0, float(epoch), arrays["log_likelihood"][at][position]
        for name, value in zip(_TOTALS, arrays["totals"][at][position], strict=True):
            yield f"course of {name}", 0, float(epoch), value


def fields(weights: NDArray[Any], most: int) -> Iterator[Row]:
    """Yield the weights of the first units."""
    for unit, field in enumerate(weights[:most]):
        for position, weight in enumerate(field):
            yield "weight", unit, float(position), weight


def recovery(weights: NDArray[Any], likelihood: float, truth: tuple[NDArray[Any], float] | str) -> Iterator[Row]:
    """Yield how a fit compares with EM from the generating fields; NaN where these are not a reference."""
    if isinstance(truth, str):
        for name in ("gap", "fields found", "all found", "field distance"):
            yield name, 0, 0.0, np.nan
        return
    found = match(weights, truth[0])
    yield "gap", 0, 0.0, likelihood - truth[1]
    yield "fields found", 0, 0.0, found.found
    yield "all found", 0, 0.0, float(found.found == len(truth[0]))
    yield "field distance", 0, 0.0, found.distance.mean()


def presented(condition: Condition) -> tuple[Any, ...]:
    """Return what says which patterns a condition learns."""
    return condition.scaling, condition.gain, condition.total


def references(files: Sequence[tuple[list[Condition], range, Arrays]]) -> dict[Any, Any]:
    """Return what EM from the generating fields learned, by patterns and seed: fields and likelihood, or why not."""
    found: dict[Any, Any] = {}
    for conditions, seeds, arrays in files:
        for row, condition in enumerate(conditions):
            for column, seed in enumerate(seeds):
                if condition.start != "truth":
                    continue
                weights = arrays["weights"][row, column]
                try:
                    match(weights, weights)
                    found[presented(condition), seed] = weights, arrays["log_likelihood"][row, column, -1]
                except DataError as error:
                    found[presented(condition), seed] = str(error)
                    print(f"note: seed {seed}, {condition.name}: {error}", flush=True)
    return found


@dataclass(frozen=True)
class Settings:
    """Units of the first seed whose weights are in the table, whether it holds courses of learning, and the scale."""

    units: int
    courses: bool
    scale: str


def main() -> None:
    job = cli.job(__doc__, "fits")
    settings = from_section(Settings, job.settings)
    fits = list(read_fits(job.inputs["fits"], Condition, settings.scale))
    seeds_of = [range(its["first"], its["last"] + 1) for _, its, _, _ in fits]
    truths = references([(fit.conditions, seeds, fit.arrays) for fit, seeds in zip(fits, seeds_of, strict=True)])
    rows: list[dict[str, Any]] = []
    for (arrays, its, conditions, source), seeds in zip(fits, seeds_of, strict=True):
        source["data"] = its["source"]["name"]
        for row, condition in enumerate(conditions):
            for column, seed in enumerate(seeds):
                at = (row, column)
                found = list(finals(arrays, at))
                if settings.courses:
                    found += course(arrays, at)
                if seed == 0:
                    found += fields(arrays["weights"][at], settings.units)
                truth = None if condition.switch else truths.get((presented(condition), seed))
                if truth is not None:
                    found += recovery(arrays["weights"][at], float(arrays["log_likelihood"][at][-1]), truth)
                steps = int(arrays["epoch"][at][-1])
                shared = source | asdict(condition) | {"fit": condition.name, "seed": seed, "n_steps": steps}
                rows += [
                    shared | {"measure": measure, "unit": unit, "x": x, "y": float(y)} for measure, unit, x, y in found
                ]
    write_table(job.output, rows, OWN)


if __name__ == "__main__":
    cli.run(main)
