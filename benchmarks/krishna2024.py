"""CPU seconds of a training batch: the library against a plain autograd loop, in one process, on one thread.

    OMP_NUM_THREADS=1 PYTHONPATH=src python benchmarks/krishna2024.py

Writes results/benchmarks/krishna2024.csv. The two take turns, and medians are compared.
"""

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from plain_reactivation import PlainTraining

from homeostat.files import write_rows
from homeostat.reactivation.codes import make_code
from homeostat.reactivation.networks import Architecture
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.tasks import make_task
from homeostat.reactivation.training import Schedule, Trainer

# Task, cell, neurons, noise, goal in CPU seconds.
CASES = [
    ("position", "relu", 512, 0.01, 1.1),
    ("heading", "relu", 128, 0.1, 0.12),
    ("position", "relu", 256, 0.01, None),
    ("position", "gru", 512, 0.01, None),
]
CELLS, BATCH, STEPS = 512, 200, 100


def trainer(task: str, cell: str, neurons: int, noise: float) -> Trainer:
    """Return one that never evaluates within the benchmark."""
    rng = np.random.default_rng(0)
    made = make_task(task)
    architecture = Architecture(cell, neurons, CELLS, made.dimensions, 0.1 if task == "position" else 0.04)
    schedule = Schedule(10**6, BATCH, STEPS, evaluate_every=10**6)
    code, test = make_code(task, CELLS, rng), made.draw(2, 2, rng)
    return Trainer(architecture, made, code, Noise("uniform", noise), schedule, test, np.random.SeedSequence(0))


def timed(function, *args) -> float:
    """Return the CPU seconds, user and system, of a call."""
    start = time.process_time()
    function(*args)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks/krishna2024.csv"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for task, cell, neurons, noise, goal in CASES:
        ours = trainer(task, cell, neurons, noise)
        plain = PlainTraining(task, neurons, CELLS, noise) if cell == "relu" else None
        seconds: dict[str, list[float]] = {"ours": [], "plain": []}
        for repeat in range(options.repeats + 1):
            taken = {"ours": timed(ours.advance)}
            if plain is not None:
                taken["plain"] = timed(plain.step, BATCH, STEPS)
            if repeat:  # the first touches all memory
                for name, value in taken.items():
                    seconds[name].append(value)
        row = {
            "case": f"{task}, {cell}, {neurons} neurons, {BATCH} x {STEPS}",
            "cpu_seconds": round(statistics.median(seconds["ours"]), 4),
            "plain_cpu_seconds": round(statistics.median(seconds["plain"]), 4) if plain else "",
            "ratio": round(statistics.median(seconds["plain"]) / statistics.median(seconds["ours"]), 2)
            if plain
            else "",
            "goal": goal or "",
        }
        rows.append(row)
        print(row, flush=True)
    write_rows(options.output, list(rows[0]), rows)


if __name__ == "__main__":
    main()
