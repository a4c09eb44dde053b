"""Intervals over seeds: Student's t for means, Clopper-Pearson for shares.

Student's t is exact for normal values at any number of seeds and holds its level roughly for others; at 3 to
10 seeds the bootstraps (percentile and BCa) do not (docs/claims.md has the coverages).
"""

from typing import NamedTuple

import numpy as np
from scipy.special import betaincinv, stdtrit  # the quantiles of scipy.stats, for a fraction of its import

from homeostat.claims.curves import Array

LEVEL = 0.95
# Fewer seeds give no verdict.
FEWEST = 3
# Values that are all equal tell nothing of their spread; by chance n of them fall on one side of a bound with
# probability 2^(1 - n), which is below 1 - LEVEL from six on.
FEWEST_EQUAL = 6


class Interval(NamedTuple):
    """An estimate with its interval; the ends are NaN where the seeds are too few to tell.

    ``value`` is the mean, or the share; ``low`` and ``high`` are the ends.
    """

    value: float
    low: float
    high: float


def mean_interval(values: Array, cases: int = 1) -> Interval:
    """Return the mean of one value per seed with its t-interval.

    Parameters
    ----------
    values
        (n_seeds,), finite.
    cases
        How many such intervals must hold together; the error 1 - LEVEL is shared out evenly (Bonferroni).
    """
    return around(float(np.mean(values)), values, cases)


def jackknife_interval(value: float, without: Array, cases: int = 1) -> Interval:
    """Return a number computed from all seeds together with its jackknife t-interval.

    Parameters
    ----------
    value
        The number from all seeds.
    without
        The number from all seeds but one, (n_seeds,).
    cases
        As in :func:`mean_interval`.

    Notes
    -----
    The pseudo-values n value - (n - 1) without_i are treated as a sample. For a mean that is
    :func:`mean_interval` itself. Not for a number that jumps, such as the x of a maximum.
    """
    n = len(without)
    return around(value, n * value - (n - 1) * without, cases)


def quantile(n: int, cases: int = 1) -> float:
    """Return how many standard errors of the mean of n values an interval reaches to each side."""
    return float(stdtrit(n - 1, 1 - (1 - LEVEL) / (2 * cases)))


def standard_error(low: float, high: float, n: int) -> float:
    """Return the standard error of the mean of n values with this interval."""
    return (high - low) / 2 / quantile(n)


def around(value: float, sample: Array, cases: int) -> Interval:
    """Return ``value`` with the half-width of the t-interval of the mean of ``sample``."""
    n = len(sample)
    # Equal up to rounding: a spread below this says nothing.
    equal = np.ptp(sample) <= 1e-12 * np.max(np.abs(sample))
    if n < FEWEST or (equal and n < FEWEST_EQUAL):
        return Interval(value, float("nan"), float("nan"))
    half = 0.0 if equal else quantile(n, cases) * np.std(sample, ddof=1) / np.sqrt(n)
    return Interval(value, float(value - half), float(value + half))


def share_interval(hits: int, n: int) -> Interval:
    """Return the share ``hits`` / ``n`` with its exact binomial (Clopper-Pearson) interval."""
    tail = (1 - LEVEL) / 2
    low = betaincinv(hits, n - hits + 1, tail) if hits > 0 else 0.0
    high = betaincinv(hits + 1, n - hits, 1 - tail) if hits < n else 1.0
    return Interval(hits / n, float(low), float(high))
