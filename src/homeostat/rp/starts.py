"""Where the natural gradient starts: the metric of a model, how well lambda is known, and its first value."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeostat.arrays import Patterns
from homeostat.rp.factory import make_engine
from homeostat.rp.metric import DENSE, IN_FLOAT64, RIDGE, DenseMetric, Metric, wired_metric
from homeostat.rp.natural import COVARIANCE_PATTERNS, OUTPUTS_HELD, curvature
from homeostat.rp.pairwise import holds_pairwise
from homeostat.rp.projections import RPModels
from homeostat.rp.pseudolikelihood import digest, pseudo_likelihood_factors

# Little is known of given factors: they count as if they came from this many patterns.
_GIVEN_KNOWN = 64.0
# Models with pairs beside projections start at the maximum of the pseudo-likelihood of the pairs, the others at zero.
_PAIRWISE_PART_KNOWN = 0.25


class Start(NamedTuple):
    """What is known of one model before the first step.

    Attributes
    ----------
    metric
        The covariance of the outputs over the data.
    error : float
        One over the number of patterns that lambda is known from.
    variance : (outputs,)
        Variance of the outputs over the data.
    values : (outputs,), optional
        Where lambda, and behind it terms of neurons that are learned, start, if not where they are.
    """

    metric: Metric
    error: float
    variance: NDArray[np.float64]
    values: NDArray[Any] | None


def natural_start(
    model: RPModels,
    patterns: Patterns,
    chains: int,
    own_terms: bool,
    asarray: Callable[[Any], Any] | None,
    gain: Callable[[RPModels], float],
) -> Start:
    """Return the start of a model.

    Parameters
    ----------
    model
        One model.
    patterns : (n_patterns, n)
    chains : int
        Markov chains of the fit.
    own_terms : bool
        Whether neurons have learned terms of their own, which are outputs then.
    asarray
        Moves arrays to the device of the fit; None for the CPU.
    gain
        Returns the training log-likelihood of a model above that of the independent one.
    """
    # Nothing is known yet: start where the pseudo-likelihood has its maximum.
    search = not model.lam.any()
    if not is_matrix(model, own_terms):
        metric, variance, lam = wired_metric(model, patterns, chains, own_terms)
        if asarray is not None:
            metric.move(asarray)
        return Start(metric, 1.0 / _GIVEN_KNOWN, variance, lam if search and not own_terms else None)
    some, counts = digest(patterns, _enough(model.shape[1]))
    outputs = make_engine(model).outputs([some])[0]
    if own_terms:
        outputs = np.concatenate([outputs, some.astype(np.float32)], axis=1)
    covariance = curvature(outputs, counts, len(patterns))
    variance = counts @ outputs**2 / counts.sum() - (counts @ outputs / counts.sum()) ** 2
    start, known = None, _GIVEN_KNOWN
    if search:
        start, known = pseudo_likelihood_factors(model, some, counts, len(patterns), covariance, own_terms=own_terms)
        # Few projections may have their maximum below the independent model, which terms of neurons are.
        if own_terms and not gain(_with_values(model, start)) >= 0:
            start, known = None, _GIVEN_KNOWN
    elif holds_pairwise(model):
        known = _PAIRWISE_PART_KNOWN * len(patterns)
    # A rare event that one chain happens to meet must not move a factor by much.
    covariance[np.diag_indices(len(covariance))] += RIDGE / chains
    return Start(DenseMetric(covariance if asarray is None else asarray(covariance)), 1.0 / known, variance, start)


def _with_values(model: RPModels, values: NDArray[Any]) -> RPModels:
    lam, bias = np.split(values[None].astype(np.float32), [model.shape[1]], axis=1)
    return replace(model, lam=lam, bias=bias)


def is_matrix(model: RPModels, own_terms: bool) -> bool:
    """Return whether the covariance of the outputs is a matrix: where there are few, or the wiring is dense."""
    _, n_projections, n_neurons = model.shape
    n_outputs = n_projections + n_neurons * own_terms
    # Beside all pairs, other projections are nearly sums of these.
    dense = 8 * model.wiring.n_synapses > n_projections * n_neurons or holds_pairwise(model)
    return n_outputs <= IN_FLOAT64 or (dense and n_outputs <= DENSE)


def _enough(n_outputs: int) -> int:
    """Return from how many distinct patterns the covariance between outputs is taken."""
    return min(max(COVARIANCE_PATTERNS, 16 * n_outputs), 2 * COVARIANCE_PATTERNS, OUTPUTS_HELD // n_outputs + 1)
