"""Partition functions: exact enumeration or annealed importance sampling, and what speaks against an estimate."""

import warnings
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.rp.annealing import (
    anneal_down,
    anneal_up,
    independent_patterns,
    log_mean_exp,
    relaxed,
    round_up_chains,
    scattered_patterns,
    spread_out,
)
from homeostat.rp.engine import Models
from homeostat.rp.exact import MAX_EXACT, all_patterns
from homeostat.rp.factory import make_engine
from homeostat.rp.sampling import check_count
from homeostat.seeds import child

_CHUNK = 1 << 16
_METHODS = ("auto", "exact", "ais")
# Below so many effective samples, in all or as a share, errors from the spread of the weights were found too small.
_FEWEST, _SHARE = 16.0, 1 / 16
# The checks take this share of the chains, after so many sweeps where they have no samples of the model.
_CHECKED, _SWEEPS = 1 / 8, 20
# Gaps that count: in standard errors, and in nats. Chains that follow a fit lag behind it by some hundredths.
_SIGMAS, _GAP = 4.0, 0.05
# The share of Z above which a mode that annealing never comes to counts.
_MISSED = 0.01
_UNKNOWN = "the error of log Z is not known: "


class LogPartition(NamedTuple):
    """log Z of M models.

    Attributes
    ----------
    value : float64 (M,)
        log Z in nats.
    error : float64 (M,)
        Standard error; zero where exact, NaN where it is not known.
    method : str
        ``"exact"``, ``"ais"`` or ``"silent"``.
    doubt : tuple of M str
        Why an error is not known, in a sentence; empty for the others.
    """

    value: NDArray[np.float64]
    error: NDArray[np.float64]
    method: str
    doubt: tuple[str, ...]


def exact_log_partition(models: Models, device: str = "cpu") -> LogPartition:
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
    value = np.logaddexp.reduce(np.array(parts), axis=0)
    return LogPartition(value, np.zeros(n_models), "exact", ("",) * n_models)


def independent_bias(rates: NDArray[np.float64], n_patterns: int) -> NDArray[np.float64]:
    """Return b of the independent model p(x) ~ exp(-b . x) with the given firing probabilities.

    Probabilities of 0 and 1 are moved inside by half a count of ``n_patterns``.
    """
    p = np.clip(rates, 0.5 / n_patterns, 1 - 0.5 / n_patterns)
    return np.log1p(-p) - np.log(p)


def ais_log_partition(
    models: Models,
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
        With the standard error from the spread of the importance weights. It is NaN where the effective sample size
        is below 16 or below a sixteenth of the chains. A mode of the model that no chain comes to remains unnoticed
        here: see :func:`check_ais`.

    Raises
    ------
    DataError
        No whole number of temperatures from 1 on, or chains that fill no block.
    """
    check_count(temperatures, "temperatures")
    check_count(chains, "chains")
    found = log_mean_exp(anneal_up(models, base, seeds, chains, temperatures, device))
    few = found.effective < max(_FEWEST, _SHARE * chains)
    doubt = tuple(
        f"{_UNKNOWN}of {chains} annealing runs only {effective:.1f} count (effective sample size)" if unknown else ""
        for unknown, effective in zip(few, found.effective, strict=True)
    )
    return LogPartition(found.value, np.where(few, np.nan, found.error), "ais", doubt)


def check_ais(
    found: LogPartition,
    models: Models,
    base: NDArray[np.float64],
    seeds: Sequence[np.random.SeedSequence],
    *,
    samples: Sequence[NDArray[np.uint8]] | None = None,
    chains: int = 512,
    temperatures: int = 500,
    device: str = "cpu",
) -> LogPartition:
    """Look for what annealing from the independent models missed, with an eighth of its chains for each of three looks.

    1. Chains that begin at patterns of all densities come to modes far from the data. Annealed down, their weights
       tell whether annealing up could have come there.
    2. Annealing up from a second base, the independent model with the rates of those that it could not have come to,
       or of all, bounds log Z from below.
    3. Annealing down from samples of the model bounds log Z from above.

    The error is not known where a bound contradicts the estimate by more than 4 standard errors, and .05 nats, or
    where a mode was missed that adds more than a hundredth to Z.

    Parameters
    ----------
    found
        What :func:`ais_log_partition` returned for the models, bases and seeds.
    samples : sequence of M uint8 arrays (count, n), optional
        Samples of each model, as the chains that a fit kept. Default: chains that began at the independent models,
        which come to no mode that annealing does not come to.

    Returns
    -------
    LogPartition
        With the value of the second base where that is the larger one of two that differ.
    """
    few = round_up_chains(max(1, int(_CHECKED * chains)))
    streams = [child(seed, 2) for seed in seeds]
    numbers = iter(range(2, 7))

    def other() -> list[np.random.SeedSequence]:
        number = next(numbers)
        return [child(seed, number) for seed in streams]

    scattered = relaxed(models, scattered_patterns(models.shape[2], few, other()), other(), _SWEEPS, device)
    # One annealing run with a larger weight than this would alone have raised the estimate.
    missed = anneal_down(models, base, scattered, other(), temperatures, device) > found.value[:, None] + np.log(chains)
    second = np.stack(
        [
            independent_bias(each[there if there.any() else ~there].mean(axis=0), few)
            for each, there in zip(scattered, missed, strict=True)
        ]
    )
    below = log_mean_exp(anneal_up(models, second, streams, few, temperatures, device))
    if samples is None:
        starts = relaxed(models, independent_patterns(base, few, other()), other(), _SWEEPS, device)
    else:
        starts = [spread_out(each, few) for each in samples]
    above = log_mean_exp(-anneal_down(models, base, starts, [child(seed, 7) for seed in streams], temperatures, device))
    value, error, doubt = found.value.copy(), found.error.copy(), list(found.doubt)
    for model, estimate in enumerate(found.value):
        own = np.nan_to_num(found.error[model])
        up, back = below.value[model], -above.value[model]
        reasons = []
        if up - estimate > max(_GAP, _SIGMAS * np.hypot(own, below.error[model])):
            reasons.append(f"annealing from a second start gives {up:.2f}, not {estimate:.2f}")
        elif missed[model].any() and up - estimate > np.log(_MISSED):
            reasons.append(f"annealing misses a mode, whose own log Z is about {up:.2f} against {estimate:.2f}")
        if abs(back - estimate) > max(_GAP, _SIGMAS * np.hypot(own, above.error[model])):
            reasons.append(f"annealing samples of the model back gives {back:.2f}, not {estimate:.2f}")
        if reasons:
            value[model], error[model] = max(estimate, up), np.nan
            doubt[model] = (f"{doubt[model]}; " if doubt[model] else _UNKNOWN) + "; ".join(reasons)
    return LogPartition(value, error, found.method, tuple(doubt))


def silent_log_partition(models: Models, samples: Sequence[NDArray[np.uint8]]) -> LogPartition:
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
        # Where all are silent, one that is not may have been missed.
        error = np.sqrt(np.maximum(1 - n_silent / n_samples, 1 / n_samples) / n_silent)
    return LogPartition(value, error, "silent", ("",) * n_models)


def check_silent(estimate: LogPartition, silent: LogPartition, sigmas: float = 4.0) -> bool:
    """Compare an estimate with the silent-state check; warn and return false where they disagree.

    Where log Z is exact, it is the samples that are wrong.
    """
    known = np.isfinite(silent.error) & np.isfinite(estimate.error)
    spread = np.sqrt(estimate.error[known] ** 2 + silent.error[known] ** 2)
    gap = np.abs(estimate.value[known] - silent.value[known])
    bad = gap > sigmas * spread
    if bad.any():
        worst = int(np.argmax(gap / spread))
        if estimate.method == "exact":
            advice = "log Z is exact, so the samples are not those of the model: use a longer burn-in"
        else:
            advice = "use more chains or temperatures for log Z, or a longer burn-in for the samples"
        warnings.warn(
            f"log Z by {estimate.method} ({estimate.value[known][worst]:.4f}) and from the share of silent samples "
            f"({silent.value[known][worst]:.4f}) differ by {gap[worst]:.4f}, beyond {sigmas:g} standard errors "
            f"({spread[worst]:.4f}): {advice}",
            stacklevel=2,
        )
    return not bool(bad.any())


def log_partition(
    models: Models,
    base: NDArray[np.float64],
    seeds: Sequence[np.random.SeedSequence],
    *,
    method: Literal["auto", "exact", "ais"] = "auto",
    chains: int = 512,
    temperatures: int = 500,
    check: bool = True,
    samples: Sequence[NDArray[np.uint8]] | None = None,
    device: str = "cpu",
) -> LogPartition:
    """Return log Z: exact up to 20 neurons, else by annealed importance sampling.

    Parameters
    ----------
    base, seeds, chains, temperatures
        For the annealing, as in :func:`ais_log_partition`.
    method : {"auto", "exact", "ais"}
        ``auto`` decides by the number of neurons.
    check, samples
        Whether the annealing is checked, and by which samples (:func:`check_ais`).

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
    found = ais_log_partition(models, base, seeds, chains=chains, temperatures=temperatures, device=device)
    if not check:
        return found
    return check_ais(
        found, models, base, seeds, samples=samples, chains=chains, temperatures=temperatures, device=device
    )
