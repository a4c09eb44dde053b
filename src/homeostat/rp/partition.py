"""Partition functions: exact enumeration, annealed importance sampling, and the silent-state cross-check."""

import warnings
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.rp.engine import make_engine
from homeostat.rp.exact import MAX_EXACT, all_patterns
from homeostat.rp.kernels import LANES
from homeostat.rp.projections import RPModels
from homeostat.seeds import child

_CHUNK = 1 << 16
_METHODS = ("auto", "exact", "ais")


class LogPartition(NamedTuple):
    """log Z of M models.

    Attributes
    ----------
    value : float64 (M,)
        log Z in nats.
    error : float64 (M,)
        Standard error; zero where exact.
    method : str
        ``"exact"``, ``"ais"`` or ``"silent"``.
    """

    value: NDArray[np.float64]
    error: NDArray[np.float64]
    method: str


def exact_log_partition(models: RPModels, device: str = "cpu") -> LogPartition:
    """Sum exp(-E) over all 2^n patterns, in chunks.

    Raises
    ------
    DataError
        More than 20 neurons.
    """
    n_models, _, n_neurons = models.shape
    engine = make_engine(models, device)
    parts = []
    for first in range(0, 2**n_neurons, _CHUNK):
        patterns = all_patterns(n_neurons, first, min(first + _CHUNK, 2**n_neurons))
        parts.append([np.logaddexp.reduce(-energy) for energy in engine.energies([patterns] * n_models)])
    return LogPartition(np.logaddexp.reduce(np.array(parts), axis=0), np.zeros(n_models), "exact")


def independent_bias(rates: NDArray[np.float64], n_patterns: int) -> NDArray[np.float64]:
    """Return b of the independent model p(x) ~ exp(-b . x) with the given firing probabilities.

    Probabilities of 0 and 1 are moved inside by half a count of ``n_patterns``.
    """
    p = np.clip(rates, 0.5 / n_patterns, 1 - 0.5 / n_patterns)
    return np.log1p(-p) - np.log(p)


def ais_log_partition(
    models: RPModels,
    base: NDArray[np.float64],
    seeds: Sequence[np.random.SeedSequence],
    *,
    chains: int = 512,
    temperatures: int = 500,
    device: str = "cpu",
) -> LogPartition:
    """Annealed importance sampling (Neal 2001) from independent models exp(-base . x).

    Parameters
    ----------
    base : float (M, n)
        Biases of the independent models, best those fitted to the data (:func:`independent_bias`).
    chains, temperatures : int
        Independent annealing runs (a multiple of 64), and steps of the linear path, one sweep each.

    Returns
    -------
    LogPartition
        With the standard error from the spread of the importance weights.

    Raises
    ------
    DataError
        No temperature, or chains that fill no block.
    """
    if temperatures < 1:
        raise DataError(f"temperatures must be at least 1, got {temperatures}")
    log_base = np.logaddexp(0.0, -base).sum(axis=1)
    starts, random = [], []
    for bias, seed in zip(base, seeds, strict=True):
        draws = np.random.default_rng(child(seed, 0)).random((chains, base.shape[1]))
        starts.append((draws < 1.0 / (1.0 + np.exp(bias))).astype(np.uint8))
        random.append(child(seed, 1))
    engine = make_engine(models, device)
    log_weight = engine.anneal(engine.start_chains(starts, random), base, np.linspace(0.0, 1.0, temperatures + 1))
    largest = log_weight.max(axis=1, keepdims=True)
    weight = np.exp(log_weight - largest)
    mean = weight.mean(axis=1)
    error = weight.std(axis=1, ddof=1) / mean / np.sqrt(chains)
    return LogPartition(log_base + largest[:, 0] + np.log(mean), error, "ais")


def silent_log_partition(models: RPModels, samples: Sequence[NDArray[np.uint8]]) -> LogPartition:
    """Estimate log Z = -E(0) - log p(0), with the model's probability of silence from ``samples`` of the model.

    The error is infinite for models whose samples are never silent. A check only: its error is large wherever
    silence is rare.
    """
    n_models, _, n_neurons = models.shape
    silence = np.zeros((1, n_neurons), np.uint8)
    energy = np.array([e[0] for e in make_engine(models).energies([silence] * n_models)])
    n_silent = np.array([float((~each.any(axis=1)).sum()) for each in samples])
    n_samples = np.array([float(len(each)) for each in samples])
    with np.errstate(divide="ignore"):
        value = -energy - np.log(n_silent / n_samples)
        error = np.sqrt((1 - n_silent / n_samples) / n_silent)
    return LogPartition(value, error, "silent")


def check_silent(estimate: LogPartition, silent: LogPartition, sigmas: float = 4.0) -> bool:
    """Compare an estimate with the silent-state check; warn and return false where they disagree."""
    known = np.isfinite(silent.error)
    spread = np.sqrt(estimate.error[known] ** 2 + silent.error[known] ** 2)
    gap = np.abs(estimate.value[known] - silent.value[known])
    bad = gap > sigmas * spread
    if bad.any():
        worst = int(np.argmax(gap / spread))
        warnings.warn(
            f"log Z by {estimate.method} ({estimate.value[known][worst]:.4f}) and from the silent state "
            f"({silent.value[known][worst]:.4f}) differ by {gap[worst]:.4f}, beyond {sigmas:g} standard errors "
            f"({spread[worst]:.4f}): use more chains or temperatures",
            stacklevel=2,
        )
    return not bool(bad.any())


def log_partition(
    models: RPModels,
    base: NDArray[np.float64],
    seeds: Sequence[np.random.SeedSequence],
    *,
    method: Literal["auto", "exact", "ais"] = "auto",
    chains: int = 512,
    temperatures: int = 500,
    device: str = "cpu",
) -> LogPartition:
    """Return log Z: exact up to 20 neurons, else by annealed importance sampling.

    Parameters
    ----------
    base, seeds, chains, temperatures
        Of the annealing, as in :func:`ais_log_partition`.
    method : {"auto", "exact", "ais"}
        ``auto`` decides by the number of neurons.

    Raises
    ------
    DataError
        Another ``method``, ``exact`` for more than 20 neurons, no temperature, or a number of chains that is no
        multiple of 64.
    """
    if method not in _METHODS:
        raise DataError(f"method must be one of {', '.join(_METHODS)}, got {method!r}")
    if method == "exact" or (method == "auto" and models.shape[2] <= MAX_EXACT):
        return exact_log_partition(models, device)
    return ais_log_partition(models, base, seeds, chains=chains, temperatures=temperatures, device=device)


def round_up_chains(count: int) -> int:
    """Return ``count`` rounded up to a full block of chains."""
    return -(-count // LANES) * LANES
