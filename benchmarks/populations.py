"""Fits of populations of up to thousands of neurons: CPU seconds of one thread, peak memory, likelihood, growth.

    OMP_NUM_THREADS=1 python benchmarks/populations.py [--only "RP, n 1,000"] [--output results/benchmarks]

The data are 100,000 patterns of latent-driven neurons, with a rate of .043 spikes a bin; models have K = 3 n random
projections of in-degree 5. Each row is a process of its own. Seconds are those of ``fit``; the gain is the mean
log-likelihood of 20,000 held-out patterns above that of the independent model, in nats.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from timing import print_row, write

from homeostat.rp import RP, HomeostaticRP, Independent, KPairwise, KSynchrony, PairwiseMaxEnt, ReshapedRP
from homeostat.sklearn_api import DensityEstimator

PATTERNS, HELD_OUT = 100_000, 20_000
RATE, LATENTS = 0.043, 10


def population(n_neurons: int, n_patterns: int, seed: int = 0) -> NDArray[np.uint8]:
    """Return patterns of neurons that follow ten common latent variables, with rates of their own."""
    rng = np.random.default_rng([seed, n_neurons])
    loading = rng.normal(0.0, 0.6 / np.sqrt(LATENTS), (LATENTS, n_neurons)).astype(np.float32)
    loading[0] = np.abs(loading[0]) * 3.0  # the first drives all neurons
    offset = rng.normal(0.0, 1.0, n_neurons).astype(np.float32)

    def probability(latent: NDArray[np.float32], bias: float) -> NDArray[np.float32]:
        return np.asarray(1.0 / (1.0 + np.exp(-(latent @ loading + offset + bias))), dtype=np.float32)

    some, low, high = rng.normal(size=(2000, LATENTS)).astype(np.float32), -12.0, 0.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if probability(some, middle).mean() < RATE else (low, middle)
    patterns = np.empty((n_patterns, n_neurons), np.uint8)
    for first in range(0, n_patterns, 2000):
        latent = rng.normal(size=(min(2000, n_patterns - first), LATENTS)).astype(np.float32)
        chance = probability(latent, low)
        patterns[first : first + len(latent)] = rng.random(chance.shape, np.float32) < chance
    return patterns


@dataclass(frozen=True)
class Row:
    """One fit: the model, the number of neurons, and the most that it may cost (None: stated only)."""

    model: Callable[[], DensityEstimator]
    neurons: int
    seconds: float | None = None
    gigabytes: float | None = None


def random_projections(n: int, **settings: object) -> RP:
    return RP(3 * n, 5.0, seed=1, **settings)


def reshaped(n: int, steps: int) -> ReshapedRP:
    return ReshapedRP(3 * n, 5.0, steps=steps, seed=1)


def homeostatic(n: int, steps: int) -> HomeostaticRP:
    return HomeostaticRP(3 * n, 5.0, steps=steps, seed=1, budget=1.0)


ROWS: dict[str, Row] = {
    "RP, n 200": Row(lambda: random_projections(200), 200),
    "RP, n 1,000": Row(lambda: random_projections(1000), 1000, 8.0),
    "RP with neuron terms, n 1,000": Row(lambda: random_projections(1000, neuron_terms=True), 1000),
    "RP with neuron terms, n 5,000": Row(
        lambda: random_projections(5000, neuron_terms=True, sweeps=1), 5000, 100.0, 4.0
    ),
    "reshaped, n 200, 800 steps": Row(lambda: reshaped(200, 800), 200),
    "reshaped, n 1,000, 800 steps": Row(lambda: reshaped(1000, 800), 1000, 40.0, 0.8),
    "homeostatic, n 1,000, 800 steps": Row(lambda: homeostatic(1000, 800), 1000, 40.0, 0.8),
    "reshaped, n 5,000, 400 steps": Row(lambda: reshaped(5000, 400), 5000, 250.0, 4.0),
    "homeostatic, n 5,000, 400 steps": Row(lambda: homeostatic(5000, 400), 5000, 250.0, 4.0),
    "pairwise, n 50": Row(lambda: PairwiseMaxEnt(seed=1), 50, 1.5),
    "pairwise, n 200": Row(lambda: PairwiseMaxEnt(seed=1), 200, 25.0, 0.5),
    "K-pairwise, n 50": Row(lambda: KPairwise(seed=1), 50),
    "K-pairwise, n 200": Row(lambda: KPairwise(seed=1), 200),
    "K-synchrony with rates, n 200": Row(lambda: KSynchrony(rates=True), 200),
}


def measured(name: str) -> dict[str, object]:
    """Fit a row in this process; return what it cost and how good it is."""
    row = ROWS[name]
    spikes = population(row.neurons, PATTERNS + HELD_OUT)
    train, test = spikes[:PATTERNS], spikes[PATTERNS:]
    # Compilation, or reading what is compiled, is no part of a fit.
    small = {"steps": 2, "chains": 64}
    for warm_up in (
        RP(10, 3.0, **small),
        ReshapedRP(10, 3.0, **small),
        PairwiseMaxEnt(**small),
        KSynchrony(rates=True),
    ):
        warm_up.fit(train[:500, :10])
    model = row.model()
    began = time.process_time()
    model.fit(train)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    began = time.process_time()
    gain = model.score(test) - Independent().fit(train).score(test)
    return {
        "fit": name,
        "cpu_s": seconds,
        "at_most_s": row.seconds,
        "peak_gb": peak,
        "at_most_gb": row.gigabytes,
        "gain": gain,
        "log_z_error": getattr(model, "log_partition_error_", 0.0),
        "score_s": time.process_time() - began,
        "doubt": getattr(model, "doubt_", ""),
    }


def growth(rows: list[dict[str, object]], kind: str, few: int = 1000, many: int = 5000) -> float:
    """Return the exponent of CPU time a step in the number of neurons, between two sizes; NaN where one is missing."""
    found = {}
    for row in rows:
        model, size, *rest = str(row["fit"]).split(", ")
        if model == kind:
            steps = float(rest[0].split()[0]) if rest else 1.0
            found[int(size.removeprefix("n ").replace(",", ""))] = float(str(row["cpu_s"])) / steps
    if few not in found or many not in found:
        return float("nan")
    return float(np.log(found[many] / found[few]) / np.log(many / few))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=list(ROWS), choices=list(ROWS), metavar="ROW")
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks"))
    parser.add_argument("--row", choices=list(ROWS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row:
        print(json.dumps(measured(options.row)))
        return
    rows = []
    for name in options.only:
        child = [sys.executable, "-W", "ignore", __file__, "--row", name]
        done = subprocess.run(child, capture_output=True, text=True)
        found = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"fit": name, "doubt": "failed"}
        print(done.stderr, end="", file=sys.stderr)
        rows.append(found)
        print_row(found)
    write(options.output / "populations.csv", rows)
    for kind in ("RP", "reshaped"):
        print(f"growth of {kind} in n, 1,000 to 5,000: exponent {growth(rows, kind):.2f}")


if __name__ == "__main__":
    main()
