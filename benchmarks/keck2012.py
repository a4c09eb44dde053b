"""The hot paths of keck2012 (``cases``): a step of EM, the network one pattern at a time and in batches."""

from functools import partial

import numpy as np
import timing
from plain_mixture import em_step, learn_batches, learn_online

from homeostat.mixture.em import EM
from homeostat.mixture.inputs import as_inputs, normalized
from homeostat.mixture.network import Network

# Operations of an exponential or a logarithm, as in the vectorised libraries.
EXP = 20


def patterns(count, n_inputs, total, kind):
    """Return normalized patterns that need no data file: sparse ones, like digits."""
    rng = np.random.default_rng(0)
    raw = rng.gamma(0.3, size=(count, n_inputs)) * (rng.random((count, n_inputs)) < 0.3) + 1e-3
    return normalized(raw, total).astype(kind)


def start(values, units):
    """Return first weights: means of a few patterns."""
    rng = np.random.default_rng(1)
    return values[rng.integers(len(values), size=(units, 20))].mean(axis=1, dtype=np.float64)


def cases():
    """Yield the hot paths at the sizes of the default run."""
    count, units, n_inputs, total = 10_000, 40, 784, 900.0
    values = patterns(count, n_inputs, total, np.float32)
    weights = start(values, units)
    em = EM(weights, as_inputs(values), total=total, epochs=10**6, every=10**6)
    size = f"{n_inputs} inputs, {units} units"
    products = 4 * units * n_inputs
    yield timing.Case(
        "EM",
        f"{count:,} digits, {size}",
        "step",
        em.advance,
        partial(em_step, values, weights.astype(np.float32), total),
        flops=count * (products + units * EXP),
        nbytes=2 * values.nbytes,
    )
    rate, batch = 0.2 * units / count, 100
    network = Network(
        weights, as_inputs(values), epochs=10**6, rate=rate, batch=batch, seed=np.random.SeedSequence(0), every=10**6
    )
    yield timing.Case(
        "network, batches of 100",
        f"{count:,} digits, {size}",
        "pattern",
        network.advance,
        partial(learn_batches, values, weights.astype(np.float32), np.float32(rate), batch),
        units=count,
        plain_units=count,
        # The logarithms of the weights are taken once a batch.
        flops=products + units * EXP + units * n_inputs * (EXP + 2) / batch,
    )
    count, units, n_inputs, total = 2000, 10, 25, 250.0
    bars = patterns(count, n_inputs, total, np.float64)
    weights = start(bars, units)
    online = Network(weights, as_inputs(bars), epochs=10**6, rate=0.003, seed=np.random.SeedSequence(0), every=10**6)
    yield timing.Case(
        "network, one by one",
        f"{count:,} bars, {n_inputs} inputs, {units} units",
        "pattern",
        online.advance,
        partial(learn_online, bars, weights.copy(), 0.003),
        calls=5,
        units=count,
        plain_units=count,
        # At least one unit learns, and takes its logarithms again.
        flops=2 * units * n_inputs + units * EXP + n_inputs * (3 + EXP),
    )
