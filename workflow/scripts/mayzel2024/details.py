"""Collect what a figure shows of single projections and synapses: rates, rotations, weights, courses of learning."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat import cli
from homeostat.parameters import from_section
from homeostat.rp.storage import from_arrays
from homeostat.tables import read_fits, write_table
from mayzel2024.conditions import Condition
from mayzel2024.reach import scale_on
from mayzel2024.study import StudyData

OWN = ["label", "budget", "measure", "x", "y"]
Arrays = Mapping[str, NDArray[Any]]
Numbers = Iterator[tuple[str, float, float]]

_ANGLE_BINS = np.linspace(0.0, 180.0, 61)
_WEIGHT_BINS = np.linspace(-4.0, 4.0, 161)


def projections(arrays: Arrays, index: int) -> Numbers:
    """Yield (measure, x, y) of each projection: its number, and rate, initial rate and rotation angle."""
    for measure in ("rate", "initial_rate", "angle"):
        for number, value in enumerate(arrays[measure][index]):
            yield measure, number, value


def histograms(arrays: Arrays, index: int) -> Numbers:
    """Yield (measure, x, y): densities of the rotation angles and of the existing synapses' weights."""
    models = from_arrays(arrays)
    weights = models.synapses[index][models.wiring.slots[index]]
    angles = arrays["angle"][index]
    for measure, values, edges in (
        ("angle density", angles[np.isfinite(angles)], _ANGLE_BINS),
        ("weight density", weights, _WEIGHT_BINS),
    ):
        # Densities of all values: what lies beyond the bins is missing mass, not moved into the last ones.
        counts, _ = np.histogram(values, bins=edges)
        density = counts / (max(len(values), 1) * np.diff(edges))
        yield from ((measure, x, y) for x, y in zip((edges[1:] + edges[:-1]) / 2, density, strict=True))


def course(arrays: Arrays, index: int) -> Numbers:
    """Yield (measure, x, y): the mean firing rate of the projections over the steps of learning."""
    for step, rate in zip(arrays["trace_step"], arrays["trace_rate"][index], strict=True):
        if np.isfinite(rate):
            yield "course of rate", int(step), rate


@dataclass(frozen=True)
class Settings:
    """What is collected: labels of the fits, kinds of details, and scales (reach.py)."""

    labels: list[str]
    kinds: list[str]
    scale: str
    needs: dict[str, dict[str, int]]


def main() -> None:
    job = cli.job(__doc__, "data", "fits")
    settings = from_section(Settings, job.settings)
    makers = {"projections": projections, "histograms": histograms, "course": course}
    scale = scale_on(StudyData.read(job.path("data")), settings.scale, settings.needs)
    rows = []
    fits = read_fits(job.inputs["fits"], Condition, scale)
    for (arrays, its, (condition,), shared), label in zip(fits, settings.labels, strict=True):
        shared |= {"label": label, "budget": condition.budget, "data": its["recording"]["name"]}
        for index, seed in enumerate(arrays["seed"]):
            fit = shared | {
                "seed": int(seed),
                "n_steps": int(arrays["steps"][index]),
                "doubt": str(arrays["doubt"][index]),
            }
            for kind in settings.kinds:
                for measure, x, y in makers[kind](arrays, index):
                    rows.append(fit | {"measure": measure, "x": x, "y": float(y)})
    write_table(job.output, rows, OWN)


if __name__ == "__main__":
    cli.run(main)
