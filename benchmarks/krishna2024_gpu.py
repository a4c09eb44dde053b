"""Training on a GPU: batches per second with 1 and 5 networks, work achieved, minutes of the paper's schedule.

    PYTHONPATH=src python benchmarks/krishna2024_gpu.py [--profile]

Under 3 minutes; writes results/benchmarks/krishna2024_gpu.csv. Work is counted as that of the matrix products, and
compared with a large product on the same GPU.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch

from homeostat.files import write_rows
from homeostat.reactivation.codes import make_code
from homeostat.reactivation.lockstep import Lockstep
from homeostat.reactivation.networks import Architecture
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.precision import products
from homeostat.reactivation.settings import Schedule
from homeostat.reactivation.tasks import make_task
from homeostat.reactivation.trainer import Trainer

# Task, cell, neurons, noise; batches of a network and conditions in config/paper.yaml and design.py.
FAMILIES = [
    ("position", "relu", 512, 0.01, 2500, 7),
    ("position", "gru", 512, 0.01, 2500, 4),
    ("heading", "relu", 128, 0.1, 20000, 4),
]
CELLS, BATCH, STEPS, EVALUATE_EVERY, FEATURES = 512, 200, 100, 100, 33


def lockstep(task: str, cell: str, neurons: int, noise: float, networks: int, precision: str) -> Lockstep:
    """Return networks of the paper's size that evaluate only when asked."""
    made, trainers = make_task(task), []
    for seed in range(networks):
        rng = np.random.default_rng(seed)
        code = make_code(task, CELLS, rng)
        architecture = Architecture(cell, neurons, CELLS, made.dimensions, 0.1 if task == "position" else 0.04)
        schedule, test = Schedule(10**6, BATCH, STEPS, evaluate_every=10**6), made.draw(BATCH, STEPS, rng)
        stream = np.random.SeedSequence(seed)
        trainers.append(Trainer(architecture, made, code, Noise("uniform", noise), schedule, test, stream, "cuda"))
    return Lockstep(trainers, precision=precision, threads=4)


def work(task: str, cell: str, n: int, inputs: int) -> float:
    """Return the floating-point operations of a network's batch, forwards and backwards."""
    rows = BATCH * STEPS
    recurrent = 3 * (1 if cell == "relu" else 3) * n * (n + inputs)
    readout = 3 * n * CELLS if task == "position" else 2 * n * n + 2 * n * FEATURES
    return 2.0 * rows * (recurrent + readout)


def seconds(function, repeats: int) -> float:
    """Return the mean seconds of a call, with the GPU's work done."""
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(repeats):
        function()
    torch.cuda.synchronize()
    return (time.perf_counter() - start) / repeats


def peak(precision: str, size: int = 8192) -> float:
    """Return the operations per second of a large product of random float32 matrices."""
    left, right = torch.randn(2, size, size, device="cuda")
    with products(precision):
        seconds(lambda: left @ right, 2)
        return 2 * size**3 / seconds(lambda: left @ right, 5)


def profile(networks: Lockstep) -> None:
    """Print the kernels that take longest."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as recorded:
        networks.advance()
        torch.cuda.synchronize()
    print(recorded.key_averages().table(sort_by="self_cuda_time_total", row_limit=14, max_name_column_width=90))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--profile", action="store_true", help="print the kernels of a batch, too")
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks/krishna2024_gpu.csv"))
    options = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("torch sees no CUDA device")
    print(torch.cuda.get_device_name(), torch.__version__, flush=True)
    peaks = {precision: peak(precision) for precision in ("highest", "high")}
    print({precision: f"{value / 1e12:.0f} TFLOP/s" for precision, value in peaks.items()}, flush=True)
    rows, minutes = [], 0.0
    for task, cell, neurons, noise, batches, conditions in FAMILIES:
        for networks, precision in ((1, "high"), (5, "high"), (5, "highest")):
            began = time.perf_counter()
            mine = lockstep(task, cell, neurons, noise, networks, precision)
            for _ in range(3):
                mine.advance()
            torch.cuda.synchronize()
            started = time.perf_counter() - began
            whole = seconds(mine.advance, options.repeats)
            alone = seconds(mine._graph.replay, options.repeats)
            evaluation = seconds(mine._evaluate, 2)
            rate = networks * work(task, cell, neurons, mine.architecture.inputs) / whole
            per_batch = whole + evaluation / EVALUATE_EVERY
            row = {
                "family": f"{task}, {cell}, {neurons} neurons, {BATCH} x {STEPS}",
                "networks": networks,
                "precision": precision,
                "start_seconds": round(started, 2),
                "batch_ms": round(whole * 1e3, 3),
                "batch_ms_of_the_graph": round(alone * 1e3, 3),
                "evaluation_ms": round(evaluation * 1e3, 1),
                "batches_per_second_and_network": round(1 / whole, 1),
                "networks_x_batches_per_second": round(networks / whole, 1),
                "tflops": round(rate / 1e12, 1),
                "share_of_peak": round(rate / peaks[precision], 3),
                "gpu_minutes_of_paper": round(per_batch * batches * conditions * 5 / networks / 60, 2),
                "memory_gib": round(torch.cuda.max_memory_allocated() / 2**30, 2),
            }
            rows.append(row)
            print(row, flush=True)
            if networks == 5 and precision == "high":
                minutes += row["gpu_minutes_of_paper"]
                if options.profile:
                    profile(mine)
            del mine
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
    print(f"training of config/paper.yaml, 5 networks in lockstep: {minutes:.1f} minutes of the GPU", flush=True)
    write_rows(options.output, list(rows[0]), rows)


if __name__ == "__main__":
    main()
