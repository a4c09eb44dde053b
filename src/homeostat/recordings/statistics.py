"""What a recording looks like: rates, correlations, and how many neurons fire together."""

from typing import NamedTuple

import numpy as np

from homeostat.recordings.recording import Recording

_CHUNK = 1 << 16  # bins at a time: bounds the float copy, and keeps float32 sums of 0/1 products exact


class Statistics(NamedTuple):
    """Describing numbers of a recording with n neurons.

    Probabilities are per bin; divide by ``bin_ms / 1000`` for spikes per second.

    Attributes
    ----------
    rates : (n,)
        Probability of a spike in a bin, per neuron.
    mean_rate
        Mean of ``rates``.
    silent_fraction
        Share of the bins in which no neuron fires.
    distinct_patterns
        Number of different population words.
    correlations : (n (n - 1) / 2,)
        Pearson correlation of each pair, in the order of ``np.triu_indices``.
    mean_correlation, median_correlation
        Mean and median of these; NaN for a single neuron.
    population_counts : (n + 1,)
        Probability that k neurons fire in the same bin, k = 0 … n.
    """

    rates: np.ndarray
    mean_rate: float
    silent_fraction: float
    distinct_patterns: int
    correlations: np.ndarray
    mean_correlation: float
    median_correlation: float
    population_counts: np.ndarray


def statistics(recording: Recording) -> Statistics:
    """Return the describing numbers of ``recording``."""
    spikes = recording.spikes
    rates = spikes.mean(axis=0, dtype=np.float64)
    together = np.bincount(spikes.sum(axis=1, dtype=np.int64), minlength=recording.n_neurons + 1)
    words = np.ascontiguousarray(np.packbits(spikes, axis=1))
    pairs = pairwise_correlations(spikes)[np.triu_indices(recording.n_neurons, k=1)]
    return Statistics(
        rates=rates,
        mean_rate=float(rates.mean()),
        silent_fraction=float(together[0] / recording.n_bins),
        distinct_patterns=len(np.unique(words.view(f"V{words.shape[1]}"))),
        correlations=pairs,
        mean_correlation=float(pairs.mean()) if pairs.size else float("nan"),
        median_correlation=float(np.median(pairs)) if pairs.size else float("nan"),
        population_counts=together / recording.n_bins,
    )


def pairwise_correlations(spikes: np.ndarray) -> np.ndarray:
    """Return the (n, n) Pearson correlations of a (n_bins, n) 0/1 array; NaN for a constant neuron."""
    n_bins, n_neurons = spikes.shape
    joint = np.zeros((n_neurons, n_neurons))
    for start in range(0, n_bins, _CHUNK):
        part = spikes[start : start + _CHUNK].astype(np.float32)
        joint += part.T @ part
    rates = np.diag(joint) / n_bins
    deviation = np.sqrt(rates * (1 - rates))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((joint / n_bins - np.outer(rates, rates)) / np.outer(deviation, deviation))
