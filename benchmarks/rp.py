"""The hot paths of the RP engine (``cases``); its fits against maxent_toolbox, growth of cost, memory.

    OMP_NUM_THREADS=1 python benchmarks/rp.py [--mirror FOLDER] [--output results/benchmarks]

The folder of real data that holds `reference_rp.npz` is needed for the fits of maxent_toolbox (same projections, split
and data). Times are CPU seconds of one thread.
"""

import argparse
import os
import resource
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import timing
from plain_rp import PlainSampler, anneal, fit_factors, reshape, synaptic_means
from scipy.optimize import nnls
from timing import cpu, print_row, write

from homeostat.files import atomic_path, load_npz
from homeostat.recordings import read_spikes
from homeostat.rp.factory import make_engine
from homeostat.rp.fitting import fit_many, with_factor
from homeostat.rp.measures import log_likelihoods
from homeostat.rp.partition import ais_log_partition, independent_bias
from homeostat.rp.projections import RPModels, random_models
from homeostat.rp.registry import rule_of
from homeostat.rp.sampling import sample_patterns
from homeostat.rp.settings import Training
from homeostat.rp.storage import from_arrays

ROOT = Path(__file__).resolve().parents[1]

SEED = [np.random.SeedSequence(1)]
FITTING_RP = Training(steps=80, optimizer="natural", chains=3072, sweeps=2)
FITTING_RESHAPED = Training(steps=1000, learning_rate=0.05, chains=2048, sweeps=1, batch=8192)


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
    bias = np.zeros((1, n_neurons), np.float32)
    models = RPModels.dense(weight, weight != 0, threshold, np.zeros_like(lam), bias, np.inf)
    return models, lam


def against_toolbox(mirror):
    """Fit the reference projections; compare time, likelihood and lambda with maxent_toolbox."""
    arrays, _ = load_npz(mirror / "reference_rp.npz")
    rows = []
    for name in ("example50_K150", "example50_K500", "prefrontal_50_K150"):
        train, test = reference_data(mirror, name.rsplit("_", 1)[0])
        models, lam = reference_models(arrays, name)
        their_likelihood, their_seconds, _ = arrays[f"{name}_reference"]
        seconds, result = cpu(fit_many, models, [train], rule_of("rp"), FITTING_RP, SEED)
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
    seconds, result = cpu(fit_many, models, [train], rule_of("reshaped"), FITTING_RESHAPED, SEED)
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


# Operations of the kernels (homeostat.rp.kernels): for each connection of a flip, sums and comparison of the step, or
# sums and the rational tanh of the sigmoid (13 multiply-adds and a division); for each flip, its acceptance and a
# random number; for each output, the tanh alone.
CONNECTION = {"step": 8, "sigmoid": 38}
FLIP, OUTPUT = 45, 30


def flips(kind, models):
    """Return the operations of a sweep of one chain."""
    return models.wiring.n_synapses * CONNECTION[kind] + models.shape[2] * FLIP


def cases():
    """Yield the hot paths of the study: 50 neurons, K = 150, in-degree 5, but for the surrogate's generator."""
    train, size = drawn_patterns(32_000), "n = 50, K = 150, d = 5"
    for kind, slope in (("step", np.inf), ("sigmoid", 3.0)):
        models = random_models(50, 150, [np.random.default_rng(1)], slope=slope, lam=0.5)
        engine, plain = make_engine(models), PlainSampler(models, train[:64])
        yield timing.Case(
            f"RP sampler, {kind}",
            f"{size}, 2,048 chains",
            "flip",
            partial(engine.sweep, engine.start_chains([train[:2048]], SEED), 10),
            partial(plain.sweep, models.lam[0].astype(float), 5, 0),
            units=10 * 50 * 2048,
            plain_units=5 * 50 * 64,
            flops=flips(kind, models) / 50,
            connections=models.wiring.n_synapses / 50,
        )
    yield fit_case(train, size)
    sigmoid = random_models(50, 150, [np.random.default_rng(1)], slope=3.0, lam=1.0)
    yield reshape_case(sigmoid, train, size)
    yield data_case(sigmoid, train, size)
    yield anneal_case(sigmoid, train, size)
    yield surrogate_case()


def fit_case(train, size):
    """Return the fit of lambda. The plain one needs about 400 steps of 3,072 chains; a sixtieth of them is timed."""
    models = random_models(50, 150, [np.random.default_rng(1)], slope=np.inf, threshold=0.5)
    steps, chains, sweeps = FITTING_RP.steps, FITTING_RP.chains, FITTING_RP.sweeps
    return timing.Case(
        "RP fit",
        f"{size}, step, 32,000 patterns",
        "fit",
        partial(fit_many, models, [train], rule_of("rp"), FITTING_RP, SEED),
        partial(fit_factors, models, train, chains=1024, sweeps=2, steps=20),
        plain_units=20 / 400 * 1024 / 3072,
        # Sweeps, and the covariance of the outputs.
        flops=steps * chains * (sweeps * flips("step", models) + 2 * 150**2),
    )


def reshape_case(models, train, size):
    """Return a step of a reshaping fit; the setup of the fit is spread over its steps."""
    training, connections = replace(FITTING_RESHAPED, steps=100), models.wiring.n_synapses
    each = 4 * connections + 150 * OUTPUT
    return timing.Case(
        "RP reshaped fit",
        f"{size}, 2,048 chains, batches of 8,192",
        "step",
        partial(fit_many, models, [train], rule_of("reshaped"), training, SEED),
        partial(reshape, models, train, chains=training.chains, batch=training.batch, steps=4),
        units=training.steps,
        plain_units=4,
        flops=training.chains * (flips("sigmoid", models) + each) + training.batch * each,
    )


def data_case(models, train, size):
    """Return the means of the outputs and of their slopes over the data."""
    engine = make_engine(models)
    weight, threshold = models.weight[0].astype(float), models.threshold[0].astype(float)
    return timing.Case(
        "RP data pass",
        f"{size}, 32,000 patterns",
        "pattern",
        partial(engine.data_moments, engine.upload([train]), slopes=True),
        partial(synaptic_means, train, weight, threshold, models.slope),
        units=len(train),
        plain_units=len(train),
        flops=4 * models.wiring.n_synapses + 150 * OUTPUT,
        nbytes=train.shape[1],
    )


def anneal_case(models, train, size):
    """Return a chain of annealed importance sampling, 400 temperatures."""
    base = independent_bias(train.mean(axis=0), len(train))
    start = (np.random.default_rng(2).random((32, 50)) < 1 / (1 + np.exp(base))).astype(np.uint8)
    return timing.Case(
        "RP annealing (AIS)",
        f"{size}, 400 temperatures",
        "chain",
        partial(ais_log_partition, models, base[None], SEED, chains=512, temperatures=400),
        partial(anneal, models, base, start, 40),
        units=512,
        plain_units=len(start) * 40 / 400,
        flops=400 * (flips("sigmoid", models) + 3 * 150 + 2 * 50),
        connections=400 * models.wiring.n_synapses,
    )


def surrogate_case():
    """Return a pattern of the embedded generator: 20 to a chain, after 200 sweeps and with 10 in between."""
    models = from_arrays(load_npz(ROOT / "config/generators/prefrontal_50.npz")[0])
    _, n_projections, n = models.shape
    chains, sweeps = 320, 200 + 19 * 10
    plain = PlainSampler(models, drawn_patterns(64, n))
    return timing.Case(
        "surrogate sampling",
        f"n = {n}, K = {n_projections}, 20 patterns a chain",
        "pattern",
        partial(sample_patterns, models, 20 * chains, SEED, chains=chains, burn_in=200, thin=10),
        partial(plain.sweep, models.lam[0].astype(float), sweeps // 39, 0, models.bias[0].astype(float)),
        units=20 * chains,
        plain_units=20 * 64 * (sweeps // 39) / sweeps,
        flops=sweeps / 20 * flips("sigmoid", models),
        connections=sweeps / 20 * models.wiring.n_synapses,
    )


BASE = {"neurons": 50, "projections": 150, "in_degree": 5, "samples": 16_384, "chains": 2048, "models": 1}
# As neurons grow, projections stay or grow with them (K = 3 n); every other size grows alone.
GRIDS = {
    "neurons": [25, 50, 100, 200, 400],
    "neurons, K = 3 n": [25, 50, 100, 200, 400],
    "projections": [50, 100, 200, 400, 800],
    "in_degree": [2, 4, 8, 16, 32],
    "samples": [8192, 16_384, 32_768, 65_536, 131_072],
    "chains": [512, 1024, 2048, 4096, 8192],
    "models": [1, 2, 4, 8],
}
# Reshaping sees all patterns at each step here, so that what the data cost is seen too.
GROWN = {
    "RP": (rule_of("rp"), {"steps": 40, "optimizer": "natural", "sweeps": 2}),
    "reshaped": (rule_of("reshaped"), {"steps": 20, "sweeps": 1, "batch": None}),
}


def growth():
    """Return the CPU seconds of fits as one size grows at a time."""
    rows = []
    for fit, (rule, settings) in GROWN.items():
        for name, grid in GRIDS.items():
            for value in grid:
                sizes = BASE | ({"neurons": value, "projections": 3 * value} if "=" in name else {name: value})
                rows.append({"fit": fit, "size": name, "value": value, "cpu_s": fit_seconds(rule, settings, sizes)})
                print_row(rows[-1])
    return rows


def fit_seconds(rule, settings, sizes, repeats=2):
    """Return the CPU seconds of a fit of some sizes."""
    n, count = sizes["neurons"], sizes["models"]
    models = random_models(
        n, sizes["projections"], [np.random.default_rng(i) for i in range(count)], in_degree=sizes["in_degree"], lam=1.0
    )
    data, seeds = [drawn_patterns(sizes["samples"], n)] * count, [np.random.SeedSequence(i) for i in range(count)]
    training = Training(chains=sizes["chains"], **settings)
    return min(cpu(fit_many, models, data, rule, training, seeds)[0] for _ in range(repeats))


def slopes(rows):
    """Return the log-log slope of each size: over all of its grid, and at its upper end (the last two points)."""
    found = []
    for fit, name in dict.fromkeys((row["fit"], row["size"]) for row in rows):
        x, y = (np.log(values) for values in points(rows, fit, name))
        last = (y[-1] - y[-2]) / (x[-1] - x[-2])
        found.append({"fit": fit, "size": name, "slope": np.polyfit(x, y, 1)[0], "last_slope": last})
    return found


def points(rows, fit, name):
    """Return the values of a size and the CPU seconds there."""
    chosen = [row for row in rows if (row["fit"], row["size"]) == (fit, name)]
    return np.array([float(row["value"]) for row in chosen]), np.array([row["cpu_s"] for row in chosen])


def projected(rows, name="neurons, K = 3 n", checked=200, wanted=(200, 1000)):
    """Return what fits of more neurons cost, by the sum of a constant, n, n^2 and n^3 (none negative) that fits best.

    Those below ``checked`` alone project the first, which was also measured.
    """
    found = []
    for fit in GROWN:
        x, y = points(rows, fit, name)
        for n in wanted:
            used = x < n if n == checked else np.ones(len(x), bool)
            powers = np.arange(4 if used.sum() > 3 else used.sum())
            terms = (x[used, None] / n) ** powers / y[used, None]  # relative errors count alike at all sizes
            cost = nnls(terms, np.ones(used.sum()))[0].sum()
            measured = float(y[x == n][0]) if n in x else None
            found.append({"fit": fit, "neurons": n, "projected_cpu_s": cost, "measured_cpu_s": measured})
    return found


def draw_growth(rows, path):
    """Plot the cost of fits against each size in double logarithmic axes, with the slopes."""
    from homeostat.figures import style

    figure, axes = style.panels(2, len(GRIDS), width=2.0 * len(GRIDS), height=4.2, sharey="row")
    slope_of = {(row["fit"], row["size"]): row["slope"] for row in slopes(rows)}
    for line, fit in zip(axes, GROWN, strict=True):
        for ax, name in zip(line, GRIDS, strict=True):
            x, y = points(rows, fit, name)
            ax.loglog(x, y, "o-", color="#D55E00", label=f"slope {slope_of[fit, name]:.2f}")
            ax.set_xticks(x, [f"{value:g}" for value in x], rotation=45)
            ax.minorticks_off()
            ax.set_xlabel(name.replace("_", "-"))
            ax.legend()
        line[0].set_ylabel(f"CPU s, {fit} fit of {GROWN[fit][1]['steps']} steps")
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
    fit_many(models, [drawn_patterns(160_000)], rule_of("reshaped"), training, SEED)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


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
    fit_many(random_models(50, 10, [np.random.default_rng(0)]), [drawn_patterns(500)], rule_of("rp"), FITTING_RP, SEED)
    rows = []
    if options.mirror and (Path(options.mirror) / "reference_rp.npz").exists():
        rows += against_toolbox(Path(options.mirror))
    else:
        print("no reference_rp.npz (give --mirror): no comparison with maxent_toolbox")
    gib = peak_memory()
    rows.append({"path": "peak memory, 160,000 x 50, K = 500", "gib": gib})
    print_row(rows[-1])
    write(options.output / "rp.csv", rows)
    grown = growth()
    write(options.output / "rp_growth.csv", grown)
    for name, found in (("rp_slopes", slopes(grown)), ("rp_projected", projected(grown))):
        write(options.output / f"{name}.csv", found)
        for row in found:
            print_row(row)
    draw_growth(grown, options.output / "rp_growth.png")


if __name__ == "__main__":
    main()
