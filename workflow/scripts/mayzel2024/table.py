"""Collect the fits that one figure needs into a tidy table: one row per condition and seed.

Synaptic budgets (`available`, `used`) are in units of the expected sum of absolute weights of as many random
projections of the configured in-degree, so that wirings of different in-degrees share one axis.
"""

from dataclasses import asdict, dataclass

import numpy as np

from homeostat import cli
from homeostat.files import load_npz, write_rows
from homeostat.parameters import from_section
from homeostat.rp.projections import MEAN_ABSOLUTE_WEIGHT
from mayzel2024.conditions import Condition
from mayzel2024.reach import scale_on
from mayzel2024.study import StudyData

_CONDITION = Condition.columns()
_SCALARS = [
    "log_likelihood",
    "log_z_error",
    "independent",
    "correlation",
    "cost",
    "steps",
    "converged",
    "moment_error",
    "doubt",
]
COLUMNS = [
    "label",
    *_CONDITION,
    "seed",
    *_SCALARS,
    "rate",
    "initial_rate",
    "angle",
    "available",
    "used",
    "data",
    "scale",
    "device",
]


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
    for path, label in zip(job.inputs["fits"], settings.labels, strict=True):
        arrays, meta = load_npz(path)
        condition = Condition.parse(meta["settings"]["condition"])
        _, projections, neurons = (int(size) for size in arrays["shape"])
        shared = asdict(condition) | {
            # What was fitted, which may be a smaller group than asked for.
            "neurons": neurons,
            "projections": projections,
            "label": label,
            "available": condition.budget / unit,
            "data": meta["settings"]["recording"]["name"],
            "scale": scale,
            "device": meta["device"],
        }
        for index, seed in enumerate(arrays["seed"]):
            measured = {name: arrays[name][index].item() for name in _SCALARS}
            means = {name: float(np.nanmean(arrays[name][index])) for name in ("rate", "initial_rate", "angle")}
            used = float(arrays["absolute_weight"][index]) / (projections * unit)
            rows.append(shared | measured | means | {"seed": int(seed), "used": used})
    write_rows(job.output, COLUMNS, rows)


if __name__ == "__main__":
    cli.run(main)
