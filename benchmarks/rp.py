"""Speed of the RP engine: fits against references, sampler against a plain one, growth of cost, memory.

    make bench, or: OMP_NUM_THREADS=1 python benchmarks/rp.py [--mirror FOLDER] [--output results/benchmarks]

With the folder of real data that holds `reference_rp.npz`, the fits are those of maxent_toolbox (same projections,
split and data) and the log-likelihoods can be compared; without it, projections and patterns are drawn here and only
ratios to the plain reference of this folder are reported. Times are CPU seconds of one thread.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from plain_rp import PlainSampler, fit_factors

from homeostat.files import atomic_path, load_npz, write_rows
from homeostat.recordings import read_spikes
from homeostat.rp.engine import make_engine
from homeostat.rp.fitting import fit_many, with_factor
from homeostat.rp.measures import log_likelihoods
from homeostat.rp.partition import ais_log_partition, independent_bias
from homeostat.rp.projections import RPModels, random_models
from homeostat.rp.training import RESHAPED, RP, Training

SEED = [np.random.SeedSequence(1)]
FITTING_RP = Training(steps=80, optimizer="natural", chains=3072, sweeps=2)
FITTING_RESHAPED = Training(steps=1000, learning_rate=0.05, chains=2048, sweeps=1, batch=8192)


def cpu(function, *args, **kwargs):
    """Return the CPU seconds of a call, and its result."""
    start = time.process_time()
    result = function(*args, **kwargs)
    return time.process_time() - start, result


def held_out(models, train, test):
    """Return the mean held-out log-likelihood in nats, and the standard error of log Z."""
    bias = independent_bias(train.mean(axis=0), len(train))[None]
    log_z = ais_log_partition(models, bias, SEED, chains=1024, temperatures=1000)
    return float(log_likelihoods(models, [test], log_z.value)[0].mean()), float(log_z.error[0])


def reference_data(mirror, name):
    """Return the training and test patterns of a reference fit."""
    file, key, sizes = {
        "example50": ("example50.mat", "spikes50", (32_000, 8_000)),
        "prefrontal_50": ("prefrontal_50.mat", "raster", (160_000, 40_000)),
    }[name]
    spikes = read_spikes(mirror / file, key=key).spikes
    order = np.random.default_rng(0).permutation(len(spikes))
    return spikes[order[: sizes[0]]], spikes[order[sizes[0] : sum(sizes)]]


def reference_models(arrays, name, n_neurons=50):
    """Return the reference's projections without the unconnected ones, and its trained lambda."""
    lam = arrays[f"{name}_lambda"].astype(np.float32)
    weight = np.zeros((len(lam), n_neurons), np.float32)
    weight[arrays[f"{name}_row"], arrays[f"{name}_col"]] = arrays[f"{name}_weight"]
    threshold = np.broadcast_to(arrays[f"{name}_theta"], lam.shape).astype(np.float32)
    # A projection without a synapse never fires: it is no part of the model.
    fed = (weight != 0).any(axis=1)
    weight, threshold, lam = weight[fed][None], threshold[fed][None], lam[fed][None]
    models = RPModels(weight, weight != 0, threshold, np.zeros_like(lam), np.zeros((1, n_neurons), np.float32), np.inf)
    return models, lam


def against_toolbox(mirror):
    """Fit the reference projections; compare time, likelihood and lambda with maxent_toolbox."""
    arrays, _ = load_npz(mirror / "reference_rp.npz")
    rows = []
    for name in ("example50_K150", "example50_K500", "prefrontal_50_K150"):
        train, test = reference_data(mirror, name.rsplit("_", 1)[0])
        models, lam = reference_models(arrays, name)
        their_likelihood, their_seconds, _ = arrays[f"{name}_reference"]
        seconds, result = cpu(fit_many, models, [train], RP, FITTING_RP, SEED)
        ours, error = held_out(result.models, train, test)
        theirs, _ = held_out(replace(models, lam=lam), train, test)
        rows.append(
            {
                "fit": name,
                "cpu_s": seconds,
                "log_likelihood": ours,
                "log_z_error": error,
                "reference_cpu_s": their_seconds,
                "reference_log_likelihood": their_likelihood,
                "reference_log_likelihood_here": theirs,
                "speed_up": their_seconds / seconds,
                "lambda_correlation": np.corrcoef(result.models.lam[0], lam[0])[0, 1],
            }
        )
        print_row(rows[-1])
    train, test = reference_data(mirror, "prefrontal_50")
    models = random_models(50, 150, [np.random.default_rng(160)], lam=1.0)
    seconds, result = cpu(fit_many, models, [train], RESHAPED, FITTING_RESHAPED, SEED)
    likelihood, error = held_out(result.models, train, test)
    rows.append(
        {"fit": "prefrontal_50_K150_reshaped", "cpu_s": seconds, "log_likelihood": likelihood, "log_z_error": error}
    )
    print_row(rows[-1])
    return rows


def drawn_patterns(n_patterns, n_neurons=50):
    """Return correlated patterns that need no data file."""
    rng = np.random.default_rng(0)
    drive = rng.normal(size=(n_patterns, 1))
    rates = 1 / (1 + np.exp(2.2 - 0.5 * drive - 0.6 * rng.normal(size=n_neurons)))
    return (rng.random((n_patterns, n_neurons)) < rates).astype(np.uint8)


def against_plain():
    """Time sampler and fit against the plain reference, interleaved; medians of three."""
    train = drawn_patterns(32_000)
    rows = []
    for name, slope in (("Heaviside", np.inf), ("sigmoid", 3.0)):
        models = random_models(50, 150, [np.random.default_rng(1)], slope=slope, lam=0.5)
        connections = models.connectivity.sum() / 50
        engine = make_engine(models)
        chains = engine.start_chains([train[:2048]], SEED)
        plain = PlainSampler(models, train[:64])
        engine.sweep(chains, 1)
        plain.sweep(models.lam[0].astype(float), 1, 0)
        ours, theirs = [], []
        for turn in range(3):
            ours.append(cpu(engine.sweep, chains, 40)[0] / (40 * 50 * 2048))
            theirs.append(cpu(plain.sweep, models.lam[0].astype(float), 20, turn)[0] / (20 * 50 * 64))
        fast, slow = np.median(ours), np.median(theirs)
        rows.append(
            {
                "path": f"sampler, {name}",
                "ns_per_flip": 1e9 * fast,
                "ns_per_connection": 1e9 * fast / connections,
                "plain_ns_per_flip": 1e9 * slow,
                "ratio": slow / fast,
            }
        )
        print_row(rows[-1])
    models = random_models(50, 150, [np.random.default_rng(1)], slope=np.inf, threshold=0.5)
    fast, _ = cpu(fit_many, models, [train], RP, FITTING_RP, SEED)
    slow, _ = cpu(fit_factors, models, train, chains=1024, sweeps=2, steps=60)
    # The plain fit needs about 400 such steps with 3,000 chains; the time of all follows from the part.
    slow *= 400 / 60 * 3072 / 1024
    rows.append({"path": "fit, Heaviside, K = 150", "cpu_s": fast, "plain_cpu_s": slow, "ratio": slow / fast})
    print_row(rows[-1])
    return rows


def growth():
    """Return CPU seconds of 30 reshaping steps (setup left out) as one size grows at a time."""
    base = {"samples": 16_384, "chains": 2048, "projections": 150, "in_degree": 5}
    grids = {
        "samples": [8192, 16_384, 32_768, 65_536, 131_072],
        "chains": [512, 1024, 2048, 4096, 8192],
        "projections": [50, 100, 200, 400, 800],
        "in_degree": [2, 4, 8, 16, 32],
    }
    patterns = drawn_patterns(max(grids["samples"]))
    rows = []
    for name, grid in grids.items():
        for value in grid:
            sizes = base | {name: value}
            models = random_models(
                50, sizes["projections"], [np.random.default_rng(1)], in_degree=sizes["in_degree"], lam=1.0
            )
            data = [patterns[: sizes["samples"]]]
            seconds = []
            for steps in (1, 31):
                training = Training(steps=steps, chains=sizes["chains"], sweeps=1, batch=None)
                seconds.append(min(cpu(fit_many, models, data, RESHAPED, training, SEED)[0] for _ in range(2)))
            rows.append({"size": name, "value": value, "ms_per_step": 1e3 * (seconds[1] - seconds[0]) / 30})
            print_row(rows[-1])
    return rows


def draw_growth(rows, path):
    """Plot the cost of a step against each size, with the straight line that fits it best."""
    from homeostat.figures import style

    figure, axes = style.panels(1, 4, width=9.0, height=2.4)
    for ax, name in zip(axes, dict.fromkeys(row["size"] for row in rows), strict=True):
        x = np.array([float(row["value"]) for row in rows if row["size"] == name])
        y = np.array([float(row["ms_per_step"]) for row in rows if row["size"] == name])
        slope, start = np.polyfit(x, y, 1)
        r = np.corrcoef(x, y)[0, 1]
        ends = np.array([0.0, x.max()])
        ax.plot(ends, start + slope * ends, ":", color=style.GREY, label=f"line, r = {r:.4f}")
        ax.plot(x, y, "o", color=style.COLOURS["reshaped"])
        ax.set(xlabel=name.replace("_", "-"), ylabel="CPU ms per reshaping step", ylim=(0, None))
        ax.legend()
    with atomic_path(path) as temporary:
        style.save(figure, temporary)


def peak_memory():
    """Return the peak memory in GiB of a reshaped fit of 160,000 x 50 samples with K = 500, in a fresh process."""
    command = [sys.executable, __file__, "--memory-child"]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def memory_child():
    """Run the fit whose memory is measured."""
    models = with_factor(random_models(50, 500, [np.random.default_rng(1)]), 1.0)
    training = Training(steps=20, chains=3072, batch=None)
    fit_many(models, [drawn_patterns(160_000)], RESHAPED, training, SEED)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


def print_row(row):
    """Print a row as it comes."""
    print("  ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in row.items()), flush=True)


def write(path, rows):
    """Write rows with the union of their keys."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    write_rows(path, columns, rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", type=Path, default=os.environ.get("HOMEOSTAT_MIRROR"))
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks"))
    parser.add_argument("--memory-child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_child:
        memory_child()
        return
    # Compilation is no part of a fit.
    fit_many(random_models(50, 10, [np.random.default_rng(0)]), [drawn_patterns(500)], RP, FITTING_RP, SEED)
    rows = against_plain()
    if options.mirror and (Path(options.mirror) / "reference_rp.npz").exists():
        rows += against_toolbox(Path(options.mirror))
    else:
        print("no reference_rp.npz (give --mirror): ratios only")
    gib = peak_memory()
    rows.append({"path": "peak memory, 160,000 x 50, K = 500", "gib": gib})
    print_row(rows[-1])
    write(options.output / "rp.csv", rows)
    grown = growth()
    write(options.output / "rp_growth.csv", grown)
    draw_growth(grown, options.output / "rp_growth.png")


if __name__ == "__main__":
    main()
