"""Collect what a figure shows of single projections and synapses: rates, rotations, weights, courses of learning."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat import cli
from homeostat.parameters import from_section
from homeostat.rp.storage import from_arrays
from homeostat.tables import write_table
from mayzel2024 import collected
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
class Settings(collected.Settings):
    """What a table gets, and the kinds of details."""

    kinds: list[str]


def main() -> None:
    job = cli.job(__doc__, "data", "fits")
    settings = from_section(Settings, job.settings)
    makers = {"projections": projections, "histograms": histograms, "course": course}
    rows = []
    for arrays, index, condition, columns in collected.seeds(job, settings, StudyData.read(job.path("data"))):
        columns |= {"budget": condition.budget}
        for kind in settings.kinds:
            rows += [columns | {"measure": name, "x": x, "y": float(y)} for name, x, y in makers[kind](arrays, index)]
    write_table(job.output, rows, OWN)


if __name__ == "__main__":
    cli.run(main)
