"""Collect the fits that one figure needs into a tidy table: one row per condition and seed.

Synaptic budgets (`available`, `used`) are in units of the expected sum of absolute weights of as many random
projections of the configured in-degree, so that wirings of different in-degrees share one axis.
"""

from dataclasses import asdict, dataclass

import numpy as np

from homeostat import cli
from homeostat.parameters import from_section
from homeostat.rp.projections import MEAN_ABSOLUTE_WEIGHT
from homeostat.tables import read_fits, write_table
from mayzel2024.conditions import Condition
from mayzel2024.reach import scale_on
from mayzel2024.study import StudyData

_SCALARS = ["log_likelihood", "log_z_error", "independent", "correlation", "cost", "converged", "moment_error"]
_MEANS = ["rate", "initial_rate", "angle"]
OWN = ["label", *Condition.columns(), *_SCALARS, *_MEANS, "available", "used"]


@dataclass(frozen=True)
class Settings:
    """What a table gets: labels of the fits, the in-degree that sets the unit of cost, and scales (reach.py)."""

    labels: list[str]
    in_degree: float
    scale: str
    needs: dict[str, dict[str, int]]


def main() -> None:
    job = cli.job(__doc__, "data", "fits")
    settings = from_section(Settings, job.settings)
    unit = settings.in_degree * MEAN_ABSOLUTE_WEIGHT
    scale = scale_on(StudyData.read(job.path("data")), settings.scale, settings.needs)
    rows = []
    fits = read_fits(job.inputs["fits"], Condition, scale)
    for (arrays, its, (condition,), shared), label in zip(fits, settings.labels, strict=True):
        _, projections, neurons = (int(size) for size in arrays["shape"])
        shared |= asdict(condition) | {
            # What was fitted, which may be a smaller group than asked for.
            "neurons": neurons,
            "projections": projections,
            "label": label,
            "available": condition.budget / unit,
            "data": its["recording"]["name"],
        }
        for index, seed in enumerate(arrays["seed"]):
            measured = {name: arrays[name][index].item() for name in (*_SCALARS, "doubt")}
            measured["n_steps"] = int(arrays["steps"][index])
            means = {name: float(np.nanmean(arrays[name][index])) for name in _MEANS}
            used = float(arrays["absolute_weight"][index]) / (projections * unit)
            rows.append(shared | measured | means | {"seed": int(seed), "used": used})
    write_table(job.output, rows, OWN)


if __name__ == "__main__":
    cli.run(main)
