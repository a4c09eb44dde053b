"""Whether a fit of mayzel2024 should start where that of its neighbour in a grid ended, or from random weights.

    OMP_NUM_THREADS=1 python benchmarks/warm_starts.py [--mirror FOLDER] [--seeds 3] [--only factor] [--output FOLDER]

Grids of budgets (homeostatic models), of numbers of projections (reshaped models, nested projections) and of fixed
factors (reshaped models), each fit until its likelihood stands. On the recording `prefrontal_50` where a folder holds
it, else on the embedded surrogate.
"""

import argparse
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from rp import ROOT, reference_data
from timing import cpu, print_row, write

from homeostat.files import load_npz
from homeostat.rp.constraints import Homeostatic
from homeostat.rp.fitting import fit_many
from homeostat.rp.measures import log_likelihoods
from homeostat.rp.partition import ais_log_partition, independent_bias
from homeostat.rp.projections import random_models
from homeostat.rp.registry import rule_of
from homeostat.rp.sampling import sample_patterns
from homeostat.rp.settings import Rule, Training
from homeostat.rp.storage import from_arrays

# As config/real.yaml, with twice as many looks at the likelihood.
TRAINING = Training(
    steps=4000, learning_rate=0.05, chains=2048, sweeps=1, batch=8192, stopping="likelihood", check_every=50
)
BUDGETS = (1.0, 1.75, 3.0, 6.0, 12.0, 24.0)
PROJECTIONS = (25, 50, 100, 150, 250)
FACTORS = (1.0, 2.0, 4.0)


def patterns(mirror):
    """Return the name of the data, and patterns to train with and to test."""
    if mirror and (mirror / "prefrontal_50.mat").exists():
        return "prefrontal_50", *reference_data(mirror, "prefrontal_50")
    generator = from_arrays(load_npz(ROOT / "config/generators/prefrontal_50.npz")[0])
    drawn = sample_patterns(generator, 100_000, [np.random.SeedSequence(0)], chains=5000)[0]
    return "prefrontal_surrogate", drawn[:80_000], drawn[80_000:]


def fitted(initial, rule, data, seed):
    """Return the fitted model, and what the fit took and gave."""
    train, test = data
    seeds = [np.random.SeedSequence([seed, 1])]
    seconds, result = cpu(fit_many, initial, [train], rule, TRAINING, seeds)
    bias = independent_bias(train.mean(axis=0), len(train))[None]
    log_z = ais_log_partition(result.models, bias, seeds, chains=1024, temperatures=800)
    likelihood = {
        name: float(log_likelihoods(result.models, [each], log_z.value)[0].mean())
        for name, each in (("train", train), ("test", test))
    }
    return result.models, {"steps": int(result.steps[0]), "cpu_s": seconds} | likelihood


def continued(models, initial):
    """Return ``initial`` with the weights of its first projections taken from fitted ``models``."""
    weight = initial.weight
    weight[:, : models.shape[1]] = models.weight
    return initial.with_weight(weight)


def with_factor(models, lam):
    """Return models whose projections have the factor ``lam``."""
    return replace(models, lam=np.full_like(models.lam, lam))


def grid(name, values, initial, rule, data, seed):
    """Fit a grid twice, each fit from its random weights and from the fit before it; return a row for each fit."""
    rows, before = [], None
    for value in values:
        start = initial(value)
        model, cold = fitted(start, rule(value), data, seed)
        # The weights of a first fit are random either way.
        before, warm = (model, cold) if before is None else fitted(continued(before, start), rule(value), data, seed)
        for kind, found in (("cold", cold), ("warm", warm)):
            rows.append({"grid": name, "value": value, "start": kind, "seed": seed} | found)
            print_row(rows[-1])
    return rows


def summary(rows):
    """Return means over seeds of each grid's fits but its first: steps, CPU seconds, log-likelihoods."""
    found = []
    for name in dict.fromkeys(row["grid"] for row in rows):
        of_grid = [row for row in rows if row["grid"] == name]
        for value in list(dict.fromkeys(row["value"] for row in of_grid))[1:]:
            cold, warm = (
                [row for row in of_grid if row["value"] == value and row["start"] == start]
                for start in ("cold", "warm")
            )
            row = {"grid": name, "value": value, "seeds": len(cold)}
            for key in ("steps", "cpu_s", "train", "test"):
                row |= {
                    f"{key}_{start}": np.mean([each[key] for each in of])
                    for start, of in (("cold", cold), ("warm", warm))
                }
            gains = [w["test"] - c["test"] for c, w in zip(cold, warm, strict=True)]
            found.append(row | {"gain_low": min(gains), "gain_high": max(gains)})
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", type=Path, default=os.environ.get("HOMEOSTAT_MIRROR"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=("budget", "projections", "factor"), help="one of the grids")
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks"))
    options = parser.parse_args()
    name, *data = patterns(options.mirror and Path(options.mirror))
    print(f"data: {name}")

    rows = []
    for seed in range(options.seeds):

        def nested(count, seed=seed):
            whole = random_models(50, max(PROJECTIONS), [np.random.default_rng(seed)], lam=1.0)
            wiring = whole.wiring.chosen(np.arange(count))
            values = {key: getattr(whole, key)[:, :count] for key in ("synapses", "threshold", "lam")}
            return replace(whole, wiring=wiring, **values)

        grids = {
            "budget": (BUDGETS, lambda _: nested(150), lambda value: Rule(("weight",), Homeostatic(value))),
            "projections": (PROJECTIONS, nested, lambda _: rule_of("reshaped")),
            "factor": (FACTORS, lambda lam: with_factor(nested(150), lam), lambda _: rule_of("reshaped")),
        }
        for kind, chosen in grids.items():
            if options.only in (None, kind):
                rows += grid(kind, *chosen, data, seed)
    for row in rows:
        row["data"] = name
    write(options.output / "warm_starts.csv", rows)
    for row in summary(rows):
        print_row(row)


if __name__ == "__main__":
    main()
