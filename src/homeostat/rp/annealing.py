"""Annealing between independent models and RP models, both ways, and the patterns that chains start from.

With Z0 of the independent model exp(-base . x), annealing up gives weights w with <w> = Z / Z0, annealing down from
samples of the model weights with <1 / w> = Z0 / Z (Neal 2001). Their averages err on opposite sides: upwards log Z is
missed from below, downwards from above.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeostat.rp.engine import Models
from homeostat.rp.factory import make_engine
from homeostat.rp.kernels import LANES
from homeostat.seeds import child

Patterns = NDArray[np.uint8]
Seeds = Sequence[np.random.SeedSequence]


class LogMean(NamedTuple):
    """Logarithm of the mean of exp(x) over the last axis.

    Attributes
    ----------
    value : float64 (M,)
    error : float64 (M,)
        Standard error by the spread of exp(x). It cannot exceed 1, and is right only where many values count.
    effective : float64 (M,)
        Effective sample size, (sum w)^2 / sum w^2: how many of the values count.
    """

    value: NDArray[np.float64]
    error: NDArray[np.float64]
    effective: NDArray[np.float64]


def log_mean_exp(values: NDArray[np.float64]) -> LogMean:
    """Return log <exp(x)> of ``values`` (M, count) over the last axis."""
    largest = values.max(axis=1, keepdims=True)
    weight = np.exp(values - largest)
    mean, count = weight.mean(axis=1), values.shape[1]
    error = weight.std(axis=1, ddof=1) / mean / np.sqrt(count)
    effective = weight.sum(axis=1) ** 2 / (weight**2).sum(axis=1)
    return LogMean(largest[:, 0] + np.log(mean), error, effective)


def round_up_chains(count: int) -> int:
    """Return ``count`` rounded up to a full block of chains."""
    return -(-count // LANES) * LANES


def independent_patterns(base: NDArray[np.float64], count: int, seeds: Seeds) -> list[Patterns]:
    """Draw ``count`` patterns from each independent model exp(-base . x), ``base`` (M, n)."""
    return [
        (np.random.default_rng(seed).random((count, base.shape[1])) < 1.0 / (1.0 + np.exp(bias))).astype(np.uint8)
        for bias, seed in zip(base, seeds, strict=True)
    ]


def scattered_patterns(n_neurons: int, count: int, seeds: Seeds) -> list[Patterns]:
    """Draw ``count`` patterns of all densities, from nearly silent to nearly all active, one set for each seed."""
    density = ((np.arange(count) + 0.5) / count)[:, None]
    return [(np.random.default_rng(seed).random((count, n_neurons)) < density).astype(np.uint8) for seed in seeds]


def spread_out(patterns: Patterns, count: int) -> Patterns:
    """Return ``count`` of the patterns at even distances, some of them repeatedly where there are fewer."""
    return patterns[np.arange(count) * len(patterns) // count]


def relaxed(
    models: Models, starts: Sequence[Patterns], seeds: Seeds, n_sweeps: int, device: str = "cpu"
) -> list[Patterns]:
    """Return the states of chains (a multiple of 64 for each model) that began at ``starts``, after some sweeps."""
    engine = make_engine(models, device)
    chains = engine.start_chains(starts, seeds)
    engine.sweep(chains, n_sweeps)
    return list(engine.chain_patterns(chains))


def anneal_up(
    models: Models, base: NDArray[np.float64], seeds: Seeds, chains: int, temperatures: int, device: str = "cpu"
) -> NDArray[np.float64]:
    """Anneal patterns of the independent models exp(-base . x) to the models.

    Returns
    -------
    float64 (M, chains)
        x with <exp(x)> = Z.
    """
    starts = independent_patterns(base, chains, [child(seed, 0) for seed in seeds])
    engine = make_engine(models, device)
    states = engine.start_chains(starts, [child(seed, 1) for seed in seeds])
    weight = engine.anneal(states, base, np.linspace(0.0, 1.0, temperatures + 1))
    return np.asarray(weight + _log_base(base))


def anneal_down(
    models: Models,
    base: NDArray[np.float64],
    samples: Sequence[Patterns],
    seeds: Seeds,
    temperatures: int,
    device: str = "cpu",
) -> NDArray[np.float64]:
    """Anneal samples of the models (a multiple of 64 for each) to the independent models exp(-base . x).

    Returns
    -------
    float64 (M, count)
        x with <exp(-x)> = 1 / Z.
    """
    engine = make_engine(models, device)
    weight = engine.anneal(engine.start_chains(samples, seeds), base, np.linspace(1.0, 0.0, temperatures + 1))
    return np.asarray(_log_base(base) - weight)


def _log_base(base: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.logaddexp(0.0, -base).sum(axis=1, keepdims=True))
