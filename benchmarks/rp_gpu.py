"""Speed of the batched RP fits on a GPU: seconds per step and job, what a step is made of, and how far from the floor.

    python benchmarks/rp_gpu.py [--check] [--output results/benchmarks] [--device cuda] [--small]

Patterns are samples of the embedded generator (config/generators), or with HOMEOSTAT_MIRROR set the recording
`prefrontal_50` itself: 160,000 of 50 neurons, K = 150, in-degree 5, 3,072 chains, as in config/paper.yaml. `--check`
runs the tests of the engine first. A line is printed as soon as its numbers are there; all go into rp_gpu.csv.
"""

import argparse
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from homeostat.files import load_npz, write_rows
from homeostat.recordings import read_spikes
from homeostat.rp.constraints import Homeostatic
from homeostat.rp.factory import make_engine
from homeostat.rp.fitting import with_factor
from homeostat.rp.partition import ais_log_partition, independent_bias
from homeostat.rp.projections import random_models
from homeostat.rp.registry import rule_of
from homeostat.rp.sampling import sample_patterns
from homeostat.rp.settings import Rule, Training
from homeostat.rp.storage import from_arrays
from homeostat.rp.trainer import Trainer

ROOT = Path(__file__).parents[1]
N_NEURONS = 50
ADAM = Training(steps=400, chains=3072, sweeps=2, batch=16_384, acceptance="metropolis")
FULL = replace(ADAM, batch=None, acceptance="heat_bath")
NATURAL = replace(ADAM, steps=200, optimizer="natural")
ROWS = []


def report(**row):
    """Print a row as it comes, and keep it."""
    ROWS.append(row)
    print("  ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in row.items()), flush=True)


def wait(device):
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def seconds(device, function, *args):
    """Return the wall seconds of a call that ends when the device is done, and its result."""
    wait(device)
    start = time.perf_counter()
    result = function(*args)
    wait(device)
    return time.perf_counter() - start, result


def patterns_of(n_patterns, device):
    """Return the recording's patterns, or samples of the generator that stands for it."""
    mirror = os.environ.get("HOMEOSTAT_MIRROR")
    if mirror:
        spikes = read_spikes(Path(mirror) / "prefrontal_50.mat", key="raster").spikes
        return "prefrontal_50", spikes[np.random.default_rng(0).permutation(len(spikes))[:n_patterns]]
    generator = from_arrays(load_npz(ROOT / "config/generators/prefrontal_50.npz")[0])
    settings = {"chains": 8192, "burn_in": 100, "device": device}
    samples = sample_patterns(generator, n_patterns, [np.random.SeedSequence(0)], **settings)
    return "samples of the generator", samples[0]


def models_of(count, projections=150, degree=5.0, lam=1.0, slope=3.0):
    generators = [np.random.default_rng(index) for index in range(count)]
    return random_models(N_NEURONS, projections, generators, in_degree=degree, lam=lam, slope=slope)


def seeds(count):
    return [np.random.SeedSequence(index) for index in range(count)]


def train(trainer, steps):
    for _ in range(steps):
        trainer.advance()


def peaks():
    """Return the measured fp32 rate of a large matrix product and the bandwidth of a copy (read + write)."""
    a = torch.randn(8192, 8192, device="cuda")
    copy_from = torch.empty(1 << 30, dtype=torch.uint8, device="cuda")
    copy_to = torch.empty_like(copy_from)
    times = {"product": [], "copy": []}
    for _ in range(4):
        times["product"].append(seconds("cuda", torch.mm, a, a)[0])
        times["copy"].append(seconds("cuda", copy_to.copy_, copy_from)[0])
    return 2 * 8192**3 / min(times["product"]), 2 * (1 << 30) / min(times["copy"])


def work(models, training, n_data, slopes):
    """Return flips, connections, floating-point operations and bytes of one step of all models.

    A connection costs the input (two per synapse of its projection), the changed input, two outputs at about six
    each, and three for the energy; a pattern of the averages the inputs, outputs and two per synapse for the sums.
    Bytes are those of the packed states, in and out, and of the packed patterns, once per 32 projections.
    """
    n_models, n_projections, _ = models.shape
    degree = models.wiring.fan_in.astype(float)
    chains, sweeps = training.chains, training.sweeps
    flips = float(n_models * chains * sweeps * N_NEURONS)
    connections = float(degree.sum()) * chains * sweeps
    sampler = (2 * (degree**2).sum() + 17 * degree.sum()) * chains * sweeps
    passes = chains + (n_data if slopes else 0)
    averages = (4 * degree.sum() + 8 * n_models * n_projections) * passes
    packed = 4 * 2 * n_models
    moved = packed * (2 * chains + passes * -(-n_projections // 32))
    return flips, connections, float(sampler + averages), float(moved)


def kernels(trainer, steps):
    """Return the device milliseconds per step of the sampler, the averages and everything else."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA]) as found:
        train(trainer, steps)
        torch.cuda.synchronize()
    parts = {"sampler": 0.0, "averages": 0.0, "update": 0.0}
    for event in found.key_averages():
        name = {"sweep": "sampler", "moments": "averages", "add_tiles": "averages"}.get(event.key, "update")
        parts[name] += event.self_device_time_total / 1e3 / steps
    return parts


def job(name, models, data, rule, training, device, peak, *, whole=False, steps=30):
    """Time one job: setting up, steps (all of them where ``whole``), what a step is made of."""
    count = models.shape[0]
    setup, trainer = seconds(device, Trainer, models, [data] * count, rule, training, seeds(count), device)
    train(trainer, 3)
    took = training.steps if whole else steps
    per_step = seconds(device, train, trainer, took)[0] / took
    slopes = bool(set(rule.learn) - {"lam"})
    n_data = len(data) if training.batch is None else min(training.batch, len(data))
    flips, connections, operations, moved = work(models, training, n_data, slopes)
    row = {
        "job": name,
        "device": device,
        "models": count,
        "setup_s": setup,
        "ms_per_step": 1e3 * per_step,
        "steps": training.steps,
        "s_per_job": setup + training.steps * per_step,
        "whole": whole,
        "flips_per_s": flips / per_step,
        "connections_per_s": connections / per_step,
    }
    if peak is not None:
        parts = kernels(trainer, 10)
        row |= {f"{part}_ms": value for part, value in parts.items()}
        row |= {
            "device_busy": sum(parts.values()) / (1e3 * per_step),
            "flop_share": operations / per_step / peak[0],
            "byte_share": moved / per_step / peak[1],
            "peak_gib": torch.cuda.max_memory_allocated() / 2**30,
        }
        torch.cuda.reset_peak_memory_stats()
    report(**row)
    return trainer


def likelihood_job(data, count, device, steps):
    """Fit until the likelihood has stopped growing, as config/paper.yaml does; then measure as fit.py does."""
    models = models_of(count)
    training = replace(ADAM, steps=steps, learning_rate=0.03, stopping="likelihood")
    setup, trainer = seconds(
        device, Trainer, models, [data] * count, rule_of("reshaped"), training, seeds(count), device
    )
    checks = []
    plain = trainer._likelihood

    def timed():
        took, value = seconds(device, plain)
        checks.append(took)
        return value

    trainer._likelihood = timed

    def run():
        while not trainer.done:
            trainer.advance()

    fitting, _ = seconds(device, run)
    result = trainer.result()
    base = np.stack([independent_bias(data.mean(axis=0), len(data))] * count)
    settings = {"chains": 1024, "temperatures": 1000, "device": device}
    annealing, log_z = seconds(device, lambda: ais_log_partition(result.models, base, seeds(count), **settings))
    tests = [data[-40_000:]] * count
    measuring, energies = seconds(device, make_engine(result.models, device).energies, tests)
    report(
        job="reshaped, until the likelihood has converged",
        models=count,
        device=device,
        setup_s=setup,
        fit_s=fitting,
        steps_mean=float(result.steps.mean()),
        steps_max=int(result.steps.max()),
        converged=int(result.converged.sum()),
        checks=len(checks),
        check_ms=1e3 * float(np.mean(checks)) if checks else 0.0,
        ais_s=annealing,
        ais_error=float(log_z.error.max()),
        energies_s=measuring,
        log_likelihood=float(np.mean([-e.mean() for e in energies] - log_z.value)),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--check", action="store_true", help="run the tests of the engine first")
    parser.add_argument("--small", action="store_true", help="few models and steps, to see that the script runs")
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks"))
    options = parser.parse_args()
    if options.check:
        tests = ["tests/rp/test_rp_fused.py", "tests/rp/test_rp_gpu.py"]
        subprocess.run([sys.executable, "-m", "pytest", "-q", "-x", "--durations=5", *tests], check=True, cwd=ROOT)
    device, peak = options.device, None
    if device.startswith("cuda"):
        if not torch.cuda.is_available():
            sys.exit("no CUDA device; see --device")
        peak = peaks()
        report(name=torch.cuda.get_device_name(), fp32_flops=peak[0], copy_bytes_per_s=peak[1])
    name, data = patterns_of(4000 if options.small else 160_000, device)
    report(patterns=name, shape=data.shape)
    few, many = (1, 2) if options.small else (10, 100)
    short = {"steps": 2} if options.small else {}
    natural, adam, full = (replace(t, **short) for t in (NATURAL, ADAM, FULL))
    homeostatic = Rule(("weight",), Homeostatic(3.0))
    run = {"steps": 2 if options.small else 30}
    # Compilation (or its cache) is no part of a step.
    for rule, training in ((rule_of("rp"), natural), (rule_of("reshaped"), adam), (rule_of("reshaped"), full)):
        train(Trainer(models_of(1), [data], rule, training, seeds(1), device), 2)
    print("compiled", flush=True)
    job("reshaped, all data", models_of(many), data, rule_of("reshaped"), full, device, peak, whole=True)
    job("rp, natural", with_factor(models_of(many), 0.0), data, rule_of("rp"), natural, device, peak, whole=True)
    for count in (1, few, many):
        job("rp, natural", with_factor(models_of(count), 0.0), data, rule_of("rp"), natural, device, peak, **run)
        job("reshaped, all data", models_of(count), data, rule_of("reshaped"), full, device, peak, **run)
        job("reshaped", models_of(count), data, rule_of("reshaped"), adam, device, peak, **run)
        job("backprop", models_of(count), data, rule_of("backprop"), adam, device, peak, **run)
        job("homeostatic", models_of(count), data, homeostatic, adam, device, peak, **run)
    likelihood_job(data, many, device, 4 if options.small else 6000)
    brief = {"steps": 2 if options.small else 8}
    for degree in (12, 20, 50):
        title = f"homeostatic, in-degree {degree}"
        job(
            title,
            models_of(many, degree=degree),
            data,
            homeostatic,
            adam,
            device,
            peak,
            steps=2 if options.small else 8,
        )
    job("reshaped, K = 400", models_of(many, projections=400), data, rule_of("reshaped"), adam, device, peak, **run)
    # The same fit on one core of this machine.
    torch.set_num_threads(1)
    for title, rule, training in (
        ("reshaped, all data", rule_of("reshaped"), full),
        ("rp, natural", rule_of("rp"), natural),
    ):
        models = models_of(1) if rule == rule_of("reshaped") else with_factor(models_of(1), 0.0)
        train(Trainer(models, [data[:500]], rule, training, seeds(1)), 1)
        job(title, models, data, rule, training, "cpu", None, **brief)
    options.output.mkdir(parents=True, exist_ok=True)
    write_rows(options.output / "rp_gpu.csv", list(dict.fromkeys(key for row in ROWS for key in row)), ROWS)


if __name__ == "__main__":
    main()
