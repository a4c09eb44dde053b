"""One number for several recordings: a random-effects meta-analysis of what each of them gives.

With y_i the mean over seeds in recording i and s_i its standard error, y_i ~ N(θ_i, s_i²) and θ_i ~ N(μ, τ²). τ² is
estimated as Paule and Mandel do; the interval of μ is Student's t with one degree of freedom less than there are
recordings (Hartung and Knapp, never shorter than with the given s_i). statsmodels computes both.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from homeostat.claims.curves import Array
from homeostat.claims.intervals import LEVEL, mean_interval
from homeostat.errors import DataError


class Pooled(NamedTuple):
    """A number over recordings.

    Attributes
    ----------
    value, low, high
        Estimate of μ and its interval; the ends are NaN for a single recording, and all three without any.
    spread
        τ: standard deviation of the true numbers between recordings; NaN for less than two.
    n
        Number of recordings.
    """

    value: float
    low: float
    high: float
    spread: float
    n: int


def pool(values: Sequence[float] | Array, errors: Sequence[float] | Array) -> Pooled:
    """Return the number over all recordings, with its interval.

    Parameters
    ----------
    values
        One number per recording, (n_recordings,).
    errors
        Their standard errors over seeds, (n_recordings,). Where one is 0 (all seeds gave the same), the recordings
        weigh the same, and the interval is the t-interval of their mean.

    Raises
    ------
    DataError
        Arrays of different lengths, values or errors that are not finite, or negative errors.

    Examples
    --------
    >>> pool([0.2, 0.5, 0.9], [0.05, 0.05, 0.05]).n
    3
    """
    effects, spreads = np.asarray(values, dtype=float), np.asarray(errors, dtype=float)
    if effects.ndim != 1 or effects.shape != spreads.shape:
        raise DataError(f"{effects.size} numbers of recordings, but {spreads.size} standard errors")
    if not (np.isfinite(effects).all() and np.isfinite(spreads).all() and (spreads >= 0).all()):
        raise DataError("a recording has no finite number with a standard error; leave it out before pooling")
    nan = float("nan")
    n = len(effects)
    if n < 2:
        return Pooled(float(effects[0]) if n else nan, nan, nan, nan, n)
    if (spreads <= 1e-9 * np.abs(effects).max()).any():  # would weigh infinitely
        return Pooled(*mean_interval(effects), float(np.std(effects, ddof=1)), n)
    from statsmodels.stats.meta_analysis import combine_effects

    # statsmodels 0.15 takes τ for 0 where its iteration overshoots by a rounding error, as it does with a finer atol.
    # Where the numbers do not differ at all, I² is 1 - 1/0; it is not used here.
    with np.errstate(divide="ignore"):
        found = combine_effects(effects, spreads**2, method_re="iterated", use_t=True, alpha=1 - LEVEL, atol=1e-5)
    low, high = found.conf_int()[1]
    return Pooled(float(found.mean_effect_re), float(low), float(high), float(np.sqrt(found.tau2)), n)
