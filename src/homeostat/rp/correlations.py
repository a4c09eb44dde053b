"""What the field compares between data and models: rates, pairs, triplets, and how many neurons fire together.

Each function takes patterns (count, n) of 0 and 1, of a recording or of a model, with optional weights (count,) that
sum to one, and raises ``DataError`` for others. :func:`patterns_of` gives those of a model. It takes every estimator
of :mod:`homeostat.rp`.

>>> import numpy as np
>>> from homeostat.rp import Independent
>>> spikes = np.array([[0, 0], [0, 1], [1, 0], [0, 0]])
>>> patterns, weights = patterns_of(Independent().fit(spikes))
>>> marginals(patterns, weights).round(3).tolist()
[0.25, 0.25]
>>> population_count(patterns, weights).round(3).tolist()
[0.562, 0.375, 0.062]
>>> pairwise_correlations(spikes).round(3)[0, 1].item()
-0.333
"""

import math
from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from homeostat.arrays import check_patterns
from homeostat.errors import DataError
from homeostat.memory import available, size
from homeostat.rp.exact import all_patterns
from homeostat.rp.measures import constant

EXACT = 15  # neurons; above, models are sampled
_CHUNK = 2**15  # patterns at a time


class Model(Protocol):
    """A fitted model of patterns."""

    n_features_in_: int

    def score_samples(self, X: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return log p(x) of patterns, nats."""

    def sample(self, n_samples: int = 1, *, seed: int = 0) -> NDArray[np.uint8]:
        """Draw patterns."""


class Weighted(NamedTuple):
    """Patterns (count, n) and their weights (count,), which sum to one."""

    patterns: NDArray[np.uint8]
    weights: NDArray[np.float64]


def patterns_of(model: Model, n_samples: int = 100_000, seed: int = 0) -> Weighted:
    """Return all 2^n patterns with their probabilities for up to 15 neurons, otherwise samples of equal weight."""
    if model.n_features_in_ <= EXACT:
        patterns = all_patterns(model.n_features_in_)
        return Weighted(patterns, np.exp(log_probabilities(model, patterns)))
    patterns = model.sample(n_samples, seed=seed)
    return Weighted(patterns, np.full(len(patterns), 1.0 / len(patterns)))


def log_probabilities(model: Model, patterns: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return log p (2^n,) of all patterns (2^n, n), nats, normalized over them: the model's own log Z cancels."""
    scores = model.score_samples(patterns)
    return np.asarray(scores - np.logaddexp.reduce(scores))


def marginals(patterns: NDArray[np.generic], weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Return p(x_i = 1) per bin, (n,)."""
    values, weights = _checked(patterns, weights)
    return np.asarray(weights @ values)


def population_count(patterns: NDArray[np.generic], weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Return P(K), the probability that K neurons fire in a bin, for K = 0 to n, (n + 1,)."""
    values, weights = _checked(patterns, weights)
    together = values.sum(axis=1, dtype=np.int64)
    return np.asarray(np.bincount(together, weights=weights, minlength=values.shape[1] + 1), dtype=np.float64)


def pairwise_correlations(
    patterns: NDArray[np.generic], weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the Pearson correlations of pairs, (n, n); NaN for a constant neuron.

    Of patterns, weighted or of a model; :func:`homeostat.recordings.pairwise_correlations` is that of a recording.
    """
    values, weights = _checked(patterns, weights)
    rates = weights @ values
    joint = np.zeros((len(rates), len(rates)))
    for part, share in _chunks(values, weights):
        joint += (part * share[:, None]).T @ part
    # The rate of a constant neuron is 0 or 1 only up to rounding.
    variance = np.where(constant(values[weights > 0]), np.nan, rates * (1 - rates))
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = np.sqrt(variance)
        return np.asarray((joint - np.outer(rates, rates)) / np.outer(deviation, deviation))


def triplet_correlations(
    patterns: NDArray[np.generic], weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the third central moments <(x_i - p_i)(x_j - p_j)(x_k - p_k)> of i < j < k, in this order.

    They are zero where neurons are independent; n (n - 1) (n - 2) / 6 values.

    Raises
    ------
    DataError
        So many values do not fit in memory.
    """
    values, weights = _checked(patterns, weights)
    rates = weights @ values
    found = np.zeros(_triplets(len(rates)))
    for part, share in _chunks(values, weights):
        centred, start = part - rates, 0
        for first in range(len(rates) - 2):
            later = centred[:, first + 1 :]
            pairs = (later * (share * centred[:, first])[:, None]).T @ later
            its = pairs[np.triu_indices(len(pairs), 1)]
            found[start : start + len(its)] += its
            start += len(its)
    return found


def _triplets(neurons: int) -> int:
    count = math.comb(neurons, 3)
    if 8 * count > (there := available()):
        raise DataError(
            f"{neurons:,} neurons have {count:,} triplets, which take {size(8 * count)}, and {size(there)} are "
            "available: choose some of the neurons"
        )
    return count


def _chunks(
    values: NDArray[np.uint8], weights: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK].astype(np.float64), weights[start : start + _CHUNK]


def _checked(
    patterns: NDArray[np.generic], weights: NDArray[np.float64] | None
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    values = check_patterns(patterns, at_least=1)
    if weights is None:
        return values, np.full(len(values), 1.0 / len(values))
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (len(values),):
        raise DataError(f"weights must be one for each of the {len(values)} patterns, got the shape {weights.shape}")
    if not (weights >= 0).all() or abs(weights.sum() - 1) > 1e-6:
        raise DataError("weights must be probabilities: not negative, with the sum 1")
    return values, weights
