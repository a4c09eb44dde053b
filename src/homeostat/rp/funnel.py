"""Single patterns: how often they occur in data, and how often a model says they do (panel 1C of Mayzel 2024).

>>> import numpy as np
>>> from homeostat.rp import Independent
>>> spikes = np.array([[0, 0], [0, 0], [0, 1], [0, 1], [1, 0], [0, 0]])
>>> found = funnel(Independent().fit(spikes), spikes)
>>> found.patterns.tolist(), found.observed.round(3).tolist(), found.predicted.round(3).tolist()
([[0, 0], [0, 1]], [0.5, 0.333], [0.556, 0.278])
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeostat.arrays import check_patterns
from homeostat.errors import DataError
from homeostat.rp.correlations import Model


class Funnel(NamedTuple):
    """Patterns of the data with their observed and predicted probabilities.

    Attributes
    ----------
    patterns : uint8 (n_distinct, n_neurons)
        Distinct patterns, in the order of their numbers.
    observed : float64 (n_distinct,)
        Their share of the data.
    predicted : float64 (n_distinct,)
        Their probabilities under the model.
    low, high : float64 (n_distinct,)
        Binomial interval of the observed share where the model is right.
    """

    patterns: NDArray[np.uint8]
    observed: NDArray[np.float64]
    predicted: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def outside(self) -> float:
        """Share of the patterns whose observed share lies outside the interval; NaN without patterns."""
        beyond = (self.observed < self.low) | (self.observed > self.high)
        return float(beyond.mean()) if len(beyond) else float("nan")


def funnel(model: Model, X: NDArray[np.generic], *, seen: int = 2, level: float = 0.99) -> Funnel:
    """Return observed and predicted probabilities of the patterns of the data.

    Parameters
    ----------
    model
        A fitted estimator.
    X : (n_patterns, n_neurons)
        Patterns of 0 and 1, best held-out ones.
    seen
        Least number of times that a pattern must occur: those that occur once say little of their probability.
    level
        Level of the interval.

    Raises
    ------
    DataError
        Unsuitable patterns, ``seen`` below 1, or a level outside 0 to 1.
    """
    patterns = check_patterns(X, model.n_features_in_, at_least=1)
    if seen < 1:
        raise DataError(f"seen must be at least 1, got {seen}")
    return funnel_of(model.score_samples, patterns, seen=seen, level=level)


def funnel_of(
    log_probability: Callable[[NDArray[np.uint8]], NDArray[np.float64]],
    patterns: NDArray[np.uint8],
    *,
    seen: int = 2,
    level: float = 0.99,
) -> Funnel:
    """Return the same for a function that gives log p(x), in nats, of patterns; these are not checked."""
    distinct, counts = np.unique(patterns, axis=0, return_counts=True)
    distinct, counts = distinct[counts >= seen], counts[counts >= seen]
    predicted = np.exp(log_probability(distinct)) if len(distinct) else np.zeros(0)
    low, high = binomial_interval(predicted, len(patterns), level)
    return Funnel(distinct, counts / len(patterns), predicted, low, high)


def binomial_interval(
    p: NDArray[np.float64], count: int, level: float = 0.99
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the exact interval of the observed share of ``count`` draws, at each probability ``p``.

    Raises
    ------
    DataError
        A level outside 0 to 1.
    """
    from scipy.stats import binom

    if not 0 < level < 1:
        raise DataError(f"level is {level}, expected a level between 0 and 1, such as 0.99")
    tail = (1.0 - level) / 2.0
    # log Z of a sampled model can leave a probability a little above 1.
    p = np.clip(p, 0.0, 1.0)
    return np.asarray(binom.ppf(tail, count, p) / count), np.asarray(binom.ppf(1.0 - tail, count, p) / count)
