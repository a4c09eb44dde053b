"""What grows while a run lasts: nothing without bound, neither memory nor logs."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from pipeline import LONG, environment

from homeostat import logs

ROUNDS = 200 if LONG else 34  # of six fits each

# Fits of every kind of model, over and over in one process; prints its memory in MB after each round.
PROGRAM = textwrap.dedent(
    """
    import sys, tempfile
    from pathlib import Path
    sys.path.insert(0, "tests")
    import numpy as np
    from rp_examples import correlated_patterns, seeds, small_models
    from homeostat.rp.fitting import fit_many
    from homeostat.rp.partition import independent_bias, log_partition
    from homeostat.rp.training import BACKPROP, RESHAPED, RP, Training

    pages = 4096 / 1e6
    checkpoint = Path(tempfile.mkdtemp()) / "fit.npz"
    models, data = small_models(2, n_neurons=30, n_projections=60, lam=1.0), [correlated_patterns(20_000, 30)] * 2
    bias = np.stack([independent_bias(each.mean(axis=0), len(each)) for each in data])
    for turn in range(int(sys.argv[1])):
        for rule, optimizer in ((RP, "natural"), (RESHAPED, "adam"), (BACKPROP, "sgd")):
            training = Training(steps=2, chains=512, batch=4096, optimizer=optimizer, learning_rate=0.01)
            fitted = fit_many(
                models, data, rule, training, seeds(2), device=sys.argv[2], checkpoint=checkpoint, checkpoint_seconds=0
            )
            log_partition(fitted.models, bias, seeds(2), chains=256, temperatures=4)
        print(int(Path("/proc/self/statm").read_text().split()[1]) * pages, flush=True)
    """
)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the memory of a process in /proc")
@pytest.mark.parametrize("device", ["cpu", "cpu:0"])
def test_memory_of_a_worker_does_not_grow(device: str) -> None:
    """Six fits a round: the CPU's own kernels, and torch's tensors, which a GPU uses too."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ROUNDS), device],
        env=environment(PYTHONPATH="src"),
        capture_output=True,
        text=True,
        timeout=900,
        check=True,
    )
    used = [float(line) for line in done.stdout.splitlines()]
    early, late = used[ROUNDS // 4], used[-1]
    print(f"{device}: {early:.0f} MB after {6 * ROUNDS // 4} fits, {late:.0f} MB after {6 * ROUNDS}")
    # Without the first quarter, in which pools of memory fill; 200 kB of patterns and results a fit would show.
    assert late < early + 10.0


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
