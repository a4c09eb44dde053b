"""Collect the fits that one figure needs into a tidy table: one row per condition and seed.

Synaptic budgets (`available`, `used`) are in units of the expected sum of absolute weights of as many random
projections of the configured in-degree, so that wirings of different in-degrees share one axis.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from homeostat import cli
from homeostat.files import load_npz, write_rows
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--fits", type=Path, nargs="+", required=True)
    parser.add_argument("--labels", nargs="+", required=True, help="name of each fit's condition in the figure")
    parser.add_argument("--in-degree", type=float, required=True, help="of the projections that set the unit of cost")
    parser.add_argument("--scale", required=True, help="of the settings")
    parser.add_argument("--needs", type=json.loads, required=True, help="what each scale needs of the data, as JSON")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    unit = options.in_degree * MEAN_ABSOLUTE_WEIGHT
    scale = scale_on(StudyData.read(options.data), options.scale, options.needs)
    rows = []
    for path, label in zip(options.fits, options.labels, strict=True):
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
    write_rows(options.output, COLUMNS, rows)


if __name__ == "__main__":
    cli.run(main)
