"""Draw the test trajectories and place cells of a block of seeds: what networks are evaluated and put to sleep on."""

from dataclasses import dataclass

import numpy as np

from homeostat import cli
from homeostat.files import save_npz
from homeostat.parameters import from_section
from homeostat.provenance import provenance
from homeostat.reactivation.codes import PlaceCode
from homeostat.reactivation.tasks import make_task
from homeostat.seeds import stream
from krishna2024.design import BIASES
from krishna2024.study import STUDY


@dataclass(frozen=True)
class Settings:
    """The first and last seed, test trajectories of each, and the steps and cells of both tasks."""

    first: int
    last: int
    trajectories: int
    steps: dict[str, int]
    cells: dict[str, int]


def main() -> None:
    job = cli.job(__doc__)
    settings = from_section(Settings, job.settings)
    arrays = {"bearing_cells": np.array(settings.cells["heading"])}
    for seed in range(settings.first, settings.last + 1):
        cells = settings.cells["position"]
        code = PlaceCode.random(cells, stream(seed, STUDY, "cells", str(cells)))
        arrays[f"{seed}_centres"] = code.centres.numpy()
        for task, steps in settings.steps.items():
            for bias in BIASES:
                rng = stream(seed, STUDY, "test", task, bias, f"{settings.trajectories} x {steps}")
                drawn = make_task(task, biased=bias == "biased").draw(settings.trajectories, steps, rng)
                for name in ("start", "inputs", "targets"):
                    arrays[f"{seed}_{task}_{bias}_{name}"] = getattr(drawn, name).astype(np.float32)
    save_npz(job.output, arrays, provenance(device="cpu", **job.settings))


if __name__ == "__main__":
    cli.run(main)
