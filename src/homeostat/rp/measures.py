"""Measures of fitted models: likelihood, projection firing and correlation, synaptic cost, rotation."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from homeostat.rp.factory import make_engine
from homeostat.rp.projections import RPModels

NATS_PER_BIT = float(np.log(2.0))


def log_likelihoods(
    models: RPModels, patterns: Sequence[NDArray[np.uint8]], log_z: NDArray[np.float64], device: str = "cpu"
) -> list[NDArray[np.float64]]:
    """Return log p(x) = -E(x) - log Z of each model's patterns, in nats: M arrays (n_patterns,).

    ``patterns`` are M arrays (n_patterns, n); ``log_z`` is (M,).
    """
    energies = make_engine(models, device).energies(patterns)
    return [-energy - z for energy, z in zip(energies, log_z, strict=True)]


def independent_log_likelihood(bias: NDArray[np.float64], patterns: NDArray[np.uint8]) -> float:
    """Return the mean log-likelihood per pattern, in nats, of the independent model p(x) ~ exp(-bias . x).

    ``bias`` is (n,), ``patterns`` (n_patterns, n).
    """
    return log_likelihood_of_rates(bias, patterns.mean(axis=0))


def log_likelihood_of_rates(bias: NDArray[np.float64], rates: NDArray[np.float64]) -> float:
    """Return the same where the neurons of the patterns fire at the given ``rates``, (n,) per bin."""
    return float(-(rates @ bias) - np.logaddexp(0.0, -bias).sum())


def firing_rates(outputs: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return <f_k>, the probability per bin that each projection fires, (K,); ``outputs`` is (n_patterns, K)."""
    return np.asarray(outputs.mean(axis=0, dtype=np.float64))


def constant(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return which columns of (rows, columns) hold one value only."""
    return np.asarray(values.min(axis=0) == values.max(axis=0))


def mean_correlation(outputs: NDArray[np.floating]) -> float:
    """Return the mean over pairs of the (signed) correlation of projections' outputs, constant ones left out.

    ``outputs`` is (n_patterns, K). Returns NaN for fewer than two projections that vary.
    """
    centred = outputs - outputs.mean(axis=0, keepdims=True)
    covariance = (centred.T @ centred).astype(np.float64) / len(outputs)
    variance = np.diag(covariance)
    # The mean of a constant is rounded, so that its variance need not be tiny.
    varying = (variance > 1e-12) & ~constant(outputs)
    count = int(varying.sum())
    if count < 2:
        return float("nan")
    scale = np.sqrt(variance[varying])
    correlation = covariance[np.ix_(varying, varying)] / np.outer(scale, scale)
    return float((correlation.sum() - count) / (count * (count - 1)))


def correlation_in_pieces(pieces: Callable[[], Iterable[NDArray[np.floating]]]) -> float:
    """Return what :func:`mean_correlation` does of outputs that come in pieces, asked for several times.

    With z_k the standardised outputs of K projections, the mean over pairs is (var(sum_k z_k) - K) / (K (K - 1)).
    """
    sums = [(len(piece), piece.sum(axis=0, dtype=np.float64)) for piece in pieces()]
    count = sum(length for length, _ in sums)
    mean = sum(each for _, each in sums) / count
    variance = sum(np.square(piece - mean).sum(axis=0) for piece in pieces()) / count
    varying = variance > 1e-12
    if (size := int(varying.sum())) < 2:
        return float("nan")
    weight = np.where(varying, 1.0 / np.sqrt(np.where(varying, variance, 1.0)), 0.0)
    total = sum(float(np.square((piece - mean) @ weight).sum()) for piece in pieces()) / count
    return float((total - size) / (size * (size - 1)))


def synaptic_cost(models: RPModels, initial: RPModels) -> NDArray[np.float64]:
    """Return sum |a| / sum |a_initial| of each model, (M,): the synaptic budget that it uses."""
    return np.asarray(absolute_weight(models) / absolute_weight(initial))


def absolute_weight(models: RPModels) -> NDArray[np.float64]:
    """Return sum |a| of each model, (M,)."""
    return np.asarray(np.abs(models.synapses).sum(axis=(1, 2), dtype=np.float64))


def rotation_angles(models: RPModels, initial: RPModels) -> NDArray[np.float64]:
    """Return the angle in degrees between each projection's initial and final weights, (M, K).

    NaN where all weights are zero.
    """
    same = np.array_equal(initial.wiring.neuron, models.wiring.neuron)
    # Projections that were replaced have other slots.
    pair = (initial.synapses, models.synapses) if same else (initial.weight, models.weight)
    a, b = (each.astype(np.float64) for each in pair)
    norms = np.linalg.norm(a, axis=2) * np.linalg.norm(b, axis=2)
    cosine = (a * b).sum(axis=2) / np.where(norms > 0, norms, np.nan)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
