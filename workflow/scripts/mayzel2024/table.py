"""Collect the fits that one figure needs into a tidy table: one row per condition and seed.

Synaptic budgets (`available`, `used`) are in units of the expected sum of absolute weights of as many random
projections of the configured in-degree, so that wirings of different in-degrees share one axis.
"""

from dataclasses import asdict, dataclass

import numpy as np

from homeostat import cli
from homeostat.parameters import from_section
from homeostat.rp.projections import MEAN_ABSOLUTE_WEIGHT
from homeostat.tables import write_table
from mayzel2024 import collected
from mayzel2024.conditions import Condition
from mayzel2024.study import StudyData

_SCALARS = ["log_likelihood", "log_z_error", "independent", "correlation", "cost", "converged", "moment_error"]
_MEANS = ["rate", "initial_rate", "angle"]
OWN = ["label", *Condition.columns(), *_SCALARS, *_MEANS, "available", "used"]


@dataclass(frozen=True)
class Settings(collected.Settings):
    """What a table gets, and the in-degree that sets the unit of cost."""

    in_degree: float


def main() -> None:
    job = cli.job(__doc__, "data", "fits")
    settings = from_section(Settings, job.settings)
    unit = settings.in_degree * MEAN_ABSOLUTE_WEIGHT
    rows = []
    for arrays, index, condition, columns in collected.seeds(job, settings, StudyData.read(job.path("data"))):
        _, projections, neurons = (int(size) for size in arrays["shape"])
        measured = {name: arrays[name][index].item() for name in _SCALARS}
        means = {name: float(np.nanmean(arrays[name][index])) for name in _MEANS}
        used = float(arrays["absolute_weight"][index]) / (projections * unit)
        # What was fitted, which may be a smaller group than asked for.
        sizes = {"neurons": neurons, "projections": projections}
        budgets = {"available": condition.budget / unit, "used": used}
        rows.append(columns | asdict(condition) | sizes | measured | means | budgets)
    write_table(job.output, rows, OWN)


if __name__ == "__main__":
    cli.run(main)
