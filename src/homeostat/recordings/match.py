"""How alike two recordings are: rates, pairwise correlations and the population count."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Match:
    """Statistics of two sets of patterns of the same neurons, a and b.

    Attributes
    ----------
    rates_a, rates_b : float (n_neurons,)
        Probability of a spike per bin.
    correlations_a, correlations_b : float (n_pairs,)
        Correlation coefficients of all pairs of neurons.
    counts_a, counts_b : float (n_neurons + 1,)
        Distribution of the number of neurons active in a bin.
    """

    rates_a: NDArray[np.float64]
    rates_b: NDArray[np.float64]
    correlations_a: NDArray[np.float64]
    correlations_b: NDArray[np.float64]
    counts_a: NDArray[np.float64]
    counts_b: NDArray[np.float64]

    def summary(self) -> dict[str, float]:
        """Return the numbers that say how good the match is."""
        return {
            "rate_rms_difference": _rms(self.rates_a, self.rates_b),
            "rate_mean_a": float(self.rates_a.mean()),
            "rate_mean_b": float(self.rates_b.mean()),
            "correlation_rms_difference": _rms(self.correlations_a, self.correlations_b),
            "correlation_of_correlations": float(np.corrcoef(self.correlations_a, self.correlations_b)[0, 1]),
            "correlation_mean_a": float(self.correlations_a.mean()),
            "correlation_mean_b": float(self.correlations_b.mean()),
            "count_total_variation": float(0.5 * np.abs(self.counts_a - self.counts_b).sum()),
            "silent_a": float(self.counts_a[0]),
            "silent_b": float(self.counts_b[0]),
        }


def _rms(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.sqrt(((a - b) ** 2).mean()))


def match(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> Match:
    """Compare patterns ``a`` and ``b``, uint8 (n_bins, n_neurons) of the same neurons."""
    n_neurons = a.shape[1]
    pairs = np.triu_indices(n_neurons, 1)
    parts = []
    for patterns in (a, b):
        counts = np.bincount(patterns.sum(axis=1, dtype=np.int64), minlength=n_neurons + 1) / len(patterns)
        parts.append((patterns.mean(axis=0), np.asarray(np.corrcoef(patterns.astype(np.float32).T))[pairs], counts))
    (rates_a, pairs_a, counts_a), (rates_b, pairs_b, counts_b) = parts
    return Match(rates_a, rates_b, pairs_a.astype(float), pairs_b.astype(float), counts_a, counts_b)
