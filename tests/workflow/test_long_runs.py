"""What grows while a run lasts: nothing without bound, neither memory nor logs."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from pipeline import environment, trials

from homeostat import logs

FITS = trials(204, 204, 1200)

# Fits over and over in one process, each of them with checkpoints; prints its memory in MB after every sixth: its own,
# without the pages of files (libraries), which come and go with what else the machine does.
PROGRAM = """
import itertools, sys, tempfile
from pathlib import Path
sys.path[:0] = ["tests", "tests/inhibition", "tests/reactivation"]
import numpy as np
{setup}
pages = 4096 / 1e6
saving = {{"checkpoint": Path(tempfile.mkdtemp()) / "fit.npz", "checkpoint_seconds": 0}}
for number, kind in enumerate(itertools.islice(itertools.cycle({kinds}), {fits}), 1):
    {fit}
    saving["checkpoint"].unlink(missing_ok=True)
    if number % 6 == 0:
        resident, of_files = map(int, Path("/proc/self/statm").read_text().split()[1:3])
        print((resident - of_files) * pages, flush=True)
"""

RP_MODELS = """
from rp_examples import correlated_patterns, seeds, small_models
from homeostat.rp.fitting import fit_many
from homeostat.rp.partition import independent_bias, log_partition
from homeostat.rp.registry import rule_of
from homeostat.rp.settings import Training

models, data = small_models(2, n_neurons=30, n_projections=60, lam=1.0), [correlated_patterns(20_000, 30)] * 2
bias = np.stack([independent_bias(each.mean(axis=0), len(each)) for each in data])

def fit(rule, optimizer, device):
    training = Training(steps=2, chains=512, batch=4096, optimizer=optimizer, learning_rate=0.01)
    fitted = fit_many(models, data, rule, training, seeds(2), device=device, **saving)
    log_partition(fitted.models, bias, seeds(2), chains=256, temperatures=4)
"""
LENET = """
from normalization_examples import image_data
from homeostat.normalization import CONDITIONS, Training, train_many

data, seeds = image_data(200, 40), [np.random.SeedSequence(0)]
training = Training(iterations=2, batch=32, learning_rate=0.003, rows_every=1, test_batches=(40,))
"""
MIXTURES = """
from homeostat.mixture import HebbianNetwork, PoissonMixture
from homeostat.mixture.bars import bar_fields, draw

patterns = draw(bar_fields(4, 160), 600, np.random.default_rng(0))[0]
"""
INHIBITION = """
from inhibition_examples import images
from test_inhibition_training import CONFIGURATIONS, SEEDS
from homeostat.inhibition import NETWORKS
from homeostat.inhibition.settings import Schedule
from homeostat.inhibition.fitting import train_many

pictures = images()
"""
REACTIVATION = """
from test_reactivation_networks import make_trainer
from homeostat.reactivation.fitting import train
"""
# What is imported and made first, the kinds of fits that take turns, and a fit. Of the models of mayzel2024, the CPU's
# own kernels and torch's tensors, which a GPU uses too.
WORKERS = {
    "mayzel2024": (
        RP_MODELS,
        '[(rule_of("rp"), "natural"), (rule_of("reshaped"), "adam"), (rule_of("backprop"), "sgd")]',
        'fit(*kind, "cpu")',
    ),
    "mayzel2024, torch": (
        RP_MODELS,
        '[(rule_of("rp"), "natural"), (rule_of("reshaped"), "adam"), (rule_of("backprop"), "sgd")]',
        'fit(*kind, "cpu:0")',
    ),
    "shen2021": (
        LENET,
        '[(name, device) for name in ("SynapticScaling", "BatchNorm") for device in ("cpu", "torch")]',
        "train_many(CONDITIONS[kind[0]], data, training, seeds, device=kind[1], **saving)",
    ),
    "keck2012": (MIXTURES, "[HebbianNetwork, PoissonMixture]", "kind(8).fit(patterns)"),
    "eyono2026": (
        INHIBITION,
        '["e_ln", "ei", "inorm_full"]',
        "train_many(NETWORKS[kind], CONFIGURATIONS[:1], Schedule(1, 0.5, 16), pictures, SEEDS[:1], **saving)",
    ),
    "krishna2024": (REACTIVATION, '["position", "heading"]', "train(make_trainer(kind, batches=3), **saving)"),
}


def steady_growth(used: list[float]) -> float:
    """Return the least that memory grew from any quarter to the next: a leak grows in each, a pool fills once."""
    usual = [median(used[len(used) * quarter // 4 : len(used) * (quarter + 1) // 4]) for quarter in range(4)]
    return min(late - early for early, late in pairwise(usual))


def test_a_leak_is_told_from_a_pool_that_fills() -> None:
    fits = range(6, FITS + 1, 6)
    assert steady_growth([500 + 0.07 * fit + 5 * (fit % 5 == 0) for fit in fits]) > 2.0
    assert steady_growth([500 + 15 * (fit > FITS / 2) for fit in fits]) < 0.1


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the memory of a process in /proc")
@pytest.mark.parametrize("name", WORKERS)
def test_memory_of_a_worker_does_not_grow(name: str) -> None:
    setup, kinds, fit = WORKERS[name]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(setup=setup, kinds=kinds, fit=fit, fits=FITS)],
        env=environment(PYTHONPATH="src"),
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    used = [float(line) for line in done.stdout.splitlines()]
    print(
        f"{name}: {used[0]:.1f} MB after 6 fits, {used[-1]:.1f} MB after {FITS}, {steady_growth(used):.2f} MB a quarter"
    )
    # 70 kB of patterns and results a fit would show: 3.6 MB a quarter, less what free memory of pools takes in.
    assert steady_growth(used) < 0.6


def test_a_log_has_a_line_every_few_seconds_at_most(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    now = 0.0
    monkeypatch.setattr(logs.time, "monotonic", lambda: now)
    with logs.progress("fitting") as report:
        for step in range(1_000_000):
            now += 0.036  # ten hours in all
            report(step + 1, 1_000_000)
    written = capsys.readouterr().err
    assert written.endswith("fitting: 1000000/1000000 steps, 36000 s, 0 s left\n")
    assert len(written) < 600_000 and len(written.splitlines()) <= 36_000 / 5 + 1
