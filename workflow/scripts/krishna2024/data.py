"""Draw the test trajectories and place cells of a block of seeds: what networks are evaluated and put to sleep on."""

import argparse
from pathlib import Path

import numpy as np

from homeostat import cli
from homeostat.files import save_npz
from homeostat.provenance import provenance
from homeostat.reactivation.codes import PlaceCode
from homeostat.reactivation.tasks import make_task
from homeostat.seeds import stream
from krishna2024.design import BIASES
from krishna2024.study import STUDY


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs=2, required=True, metavar=("FIRST", "LAST"))
    parser.add_argument("--trajectories", type=int, required=True)
    parser.add_argument("--steps", type=int, nargs=2, required=True, metavar=("POSITION", "HEADING"))
    parser.add_argument("--cells", type=int, nargs=2, required=True, metavar=("POSITION", "HEADING"))
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    arrays = {"bearing_cells": np.array(options.cells[1])}
    for seed in range(options.seeds[0], options.seeds[1] + 1):
        code = PlaceCode.random(options.cells[0], stream(seed, STUDY, "cells", str(options.cells[0])))
        arrays[f"{seed}_centres"] = code.centres.numpy()
        for task, steps in zip(("position", "heading"), options.steps, strict=True):
            for bias in BIASES:
                rng = stream(seed, STUDY, "test", task, bias, f"{options.trajectories} x {steps}")
                drawn = make_task(task, biased=bias == "biased").draw(options.trajectories, steps, rng)
                for name in ("start", "inputs", "targets"):
                    arrays[f"{seed}_{task}_{bias}_{name}"] = getattr(drawn, name).astype(np.float32)
    settings = {name: value for name, value in vars(options).items() if name != "output"}
    save_npz(options.output, arrays, provenance(device="cpu", **settings))


if __name__ == "__main__":
    cli.run(main)
