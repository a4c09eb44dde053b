"""The factors lambda that maximise the pseudo-likelihood: where a fit of lambda starts.

The pseudo-likelihood is the mean over patterns of sum_j log p(x_j | the others) (Besag 1975). It needs neither log Z
nor samples, so that no rare event goes unseen, and is concave in lambda. For models that can describe the data its
maximum is the likelihood's; the chains then take out what is left.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from homeostat.compiled import zeros
from homeostat.rp import kernels
from homeostat.rp.cpu import Wired
from homeostat.rp.projections import RPModels

# The Gaussian prior on lambda is worth as many patterns: outputs that the data say nothing on keep finite factors.
PRIOR_PATTERNS = 1.0
# A gradient is small enough at this share of the standard error of the data's averages.
_TOLERANCE = 0.05
_ITERATIONS = 100
_RIDGE = 1e-3
# Changes of outputs that are held at a time, 128 MB, and patterns that are used in any case.
_CHANGES = 1 << 25
_FEWEST = 512

Floats = NDArray[np.float32]


def distinct(patterns: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], Floats]:
    """Return the distinct patterns (m, n), in the order of their first appearance, and how often each occurs (m,)."""
    packed = np.packbits(patterns, axis=1)
    padded = np.zeros((len(packed), -(-packed.shape[1] // 8) * 8), np.uint8)
    padded[:, : packed.shape[1]] = packed
    words = padded.view(np.uint64)
    if words.shape[1] > 1:
        # One number for many words: two patterns of a million share it with a probability below 1e-7.
        odd, salt = np.random.default_rng(0).integers(1 << 63, size=(2, words.shape[1]), dtype=np.uint64)
        words = words * (odd | np.uint64(1)) + salt
        words ^= words >> np.uint64(29)
        words *= np.uint64(0xBF58476D1CE4E5B9)
        words ^= words >> np.uint64(32)
    _, where, counts = np.unique(words.sum(axis=1, dtype=np.uint64), return_index=True, return_counts=True)
    order = np.argsort(where)
    return patterns[where[order]], counts[order].astype(np.float32)


def digest(patterns: NDArray[np.uint8], most: int) -> tuple[NDArray[np.uint8], Floats]:
    """Return at most ``most`` distinct patterns and how often each occurs, for averages over all patterns.

    All distinct patterns where they are that few, as in sparse data; else every so many patterns.
    """
    unique, counts = distinct(patterns)
    if len(unique) > most:
        unique, counts = distinct(patterns[:: -(-len(patterns) // most)])
    return unique, counts


def spike_terms(energy: Floats, x: Floats, weight: Floats) -> tuple[float, Floats]:
    """Return sum weight log p(x_j | the others), and its derivative by the energies ``energy`` of single spikes.

    log p(x_j | the others) = -x_j e_j - log(1 + exp(-e_j)), with the derivative p(x_j = 1 | the others) - x_j.
    """
    # From exp(-|e|), which never overflows.
    decay = np.exp(-np.abs(energy))
    value = -float((weight * (x * energy + np.maximum(-energy, 0.0) + np.log1p(decay))).sum(dtype=float))
    spike = np.where(energy > 0, decay, np.float32(1.0)) / (np.float32(1.0) + decay)
    return value, np.asarray(weight * (spike - x), dtype=np.float32)


def maximise(
    loss: Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]],
    start: NDArray[np.float64],
    n_patterns: int,
) -> NDArray[np.float64]:
    """Return where ``loss``, minus a pseudo-likelihood in coordinates of unit variance, is least, by L-BFGS."""
    # Here, because the import takes as long as all the rest.
    from scipy.optimize import minimize

    options = {"gtol": _TOLERANCE / np.sqrt(n_patterns), "ftol": 0.0, "maxiter": _ITERATIONS}
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x)


def pseudo_likelihood_factors(
    models: RPModels,
    patterns: NDArray[np.uint8],
    counts: Floats,
    n_patterns: int,
    covariance: NDArray[np.floating],
    *,
    own_terms: bool = False,
) -> tuple[NDArray[np.float64], int]:
    """Return the factors lambda (K,) of a model at the maximum of the pseudo-likelihood of (some of) the data.

    Behind them are the terms of the neurons (n,) where these are learned, and beside them stands how many patterns they
    come from.

    Parameters
    ----------
    models : RPModels
        A batch of one; its factors are not used, and the search for terms of neurons begins at its own.
    patterns, counts : (S, n), (S,)
        Distinct patterns and how often they occur, see :func:`digest`; as many are used as memory holds.
    n_patterns : int
        Training patterns in all, which weigh against the prior.
    covariance : (outputs, outputs) or (outputs,)
        Covariance of the outputs over the data, or its bound; scaled by it, the problem is well conditioned.
    own_terms : bool
        Whether terms of neurons are learned, which are outputs then.
    """
    from scipy.linalg import solve_triangular

    most = max(_CHANGES // models.wiring.n_synapses, _FEWEST)
    every = -(-len(patterns) // most)
    patterns, counts = patterns[::every], counts[::every]
    wired = Wired(models.wiring)
    wired.load(models, 0)
    starts, projections, _ = wired.columns
    x = kernels.to_blocks(patterns, np.float32)
    weights = zeros((x.shape[0], 1, kernels.LANES))
    weights.reshape(-1)[: len(counts)] = counts / counts.sum(dtype=float)
    change = kernels.output_changes(x, *wired.rows, *wired.columns, models.step)
    bias = models.bias[0][:, None]
    n_projections = models.shape[1]
    prior = PRIOR_PATTERNS / n_patterns
    if covariance.ndim == 1:
        scale = 1.0 / np.sqrt(covariance)
        values_of = slopes_of = partial(np.multiply, scale)
    else:
        # No direction is so little known that its coordinate runs away.
        factor = np.linalg.cholesky(covariance + np.diag(_RIDGE * np.diag(covariance)))
        values_of = partial(solve_triangular, factor, lower=True, trans=1, check_finite=False)
        slopes_of = partial(solve_triangular, factor, lower=True, check_finite=False)

    def loss(z: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        lam, own = np.split(values_of(z).astype(np.float32), [n_projections])
        energy = kernels.spike_energies(change, starts, projections, lam)
        value, residual = spike_terms(energy + (bias + own[:, None] if own_terms else bias), x, weights)
        slopes = kernels.weighted_changes(change, starts, projections, residual, n_projections)
        if own_terms:
            slopes = np.concatenate([slopes, residual.sum(axis=(0, 2), dtype=float)])
        return 0.5 * prior * float(z @ z) - value, prior * z - slopes_of(slopes)

    found = values_of(maximise(loss, np.zeros(len(covariance)), n_patterns))
    found[n_projections:] += models.bias[0][: len(found) - n_projections]
    return found, int(counts.sum(dtype=float))
