"""The hot paths of krishna2024 (``cases``), and CPU seconds of a training batch at the paper's sizes.

The library against a plain autograd loop, in one process, on one thread.

    OMP_NUM_THREADS=1 PYTHONPATH=src python benchmarks/krishna2024.py

Writes results/benchmarks/krishna2024.csv. The two take turns, and medians are compared.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import timing
import torch
from plain_reactivation import PlainTraining

from homeostat.reactivation.codes import make_code
from homeostat.reactivation.networks import Architecture
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.settings import Schedule
from homeostat.reactivation.tasks import make_task
from homeostat.reactivation.trainer import Trainer

# Task, cell, neurons, noise, goal in CPU seconds.
CASES = [
    ("position", "relu", 512, 0.01, 1.1),
    ("heading", "relu", 128, 0.1, 0.12),
    ("position", "relu", 256, 0.01, None),
    ("position", "gru", 512, 0.01, None),
]
CELLS, BATCH, STEPS = 512, 200, 100


# Operations of a cell's code of a stimulus: distance or angle, and an exponential.
CODE = 25


def trainer(
    task: str, cell: str, neurons: int, noise: float, *, cells: int = CELLS, batch: int = BATCH, steps: int = STEPS
) -> Trainer:
    """Return one that never evaluates within the benchmark."""
    rng = np.random.default_rng(0)
    made = make_task(task)
    architecture = Architecture(cell, neurons, cells, made.dimensions, 0.1 if task == "position" else 0.04)
    schedule = Schedule(10**6, batch, steps, evaluate_every=10**6)
    code, test = make_code(task, cells, rng), made.draw(2, 2, rng)
    return Trainer(architecture, made, code, Noise("uniform", noise), schedule, test, np.random.SeedSequence(0))


def cases():
    """Yield the hot paths at the sizes of the default run: a batch of each task and cell."""
    sizes = [
        ("position", "relu", 128, 128, 0.01),
        ("heading", "relu", 64, 512, 0.1),
        ("position", "gru", 64, 128, 0.01),
    ]
    batch, steps = 64, 50
    torch.set_num_threads(1)
    for task, cell, neurons, cells, noise in sizes:
        ours = trainer(task, cell, neurons, noise, cells=cells, batch=batch, steps=steps)
        gates = 3 if cell == "gru" else 1
        # Forward, errors and gradients of weights: three products for each matrix; and the code of the targets.
        products = 3 * 2 * neurons * (gates * neurons + cells)
        yield timing.Case(
            f"{'GRU' if cell == 'gru' else 'RNN'}, {task}",
            f"{neurons} neurons, {cells} cells, {batch} x {steps}",
            "batch",
            ours.advance,
            partial(PlainTraining(task, neurons, cells, noise, cell).step, batch, steps),
            calls=3,
            plain_calls=3,
            flops=batch * steps * (products + cells * CODE),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks/krishna2024.csv"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for task, cell, neurons, noise, goal in CASES:
        ours = trainer(task, cell, neurons, noise)
        plain = PlainTraining(task, neurons, CELLS, noise, cell)
        functions = {"ours": (ours.advance, 1), "plain": (partial(plain.step, BATCH, STEPS), 1)}
        seconds = timing.in_turns(functions, options.repeats)
        row = {
            "case": f"{task}, {cell}, {neurons} neurons, {BATCH} x {STEPS}",
            "cpu_seconds": round(seconds["ours"], 4),
            "plain_cpu_seconds": round(seconds["plain"], 4),
            "ratio": round(seconds["plain"] / seconds["ours"], 2),
            "goal": goal or "",
        }
        rows.append(row)
        timing.print_row(row)
    timing.write(options.output, rows)


if __name__ == "__main__":
    main()
