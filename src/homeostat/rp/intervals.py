"""The confidence interval of a mean of paired differences, over blocks of time and over seeds."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Degrees of freedom of a normal distribution, as far as anyone can tell.
_MANY = 1e9


class Interval(NamedTuple):
    """A value and its confidence interval."""

    value: float
    low: float
    high: float


def paired_interval(
    differences: NDArray[np.float64],
    block: NDArray[np.int64],
    *,
    confidence: float = 0.95,
    known_error: NDArray[np.float64] | float = 0.0,
) -> Interval:
    """Return the mean of paired differences with its interval, over blocks of time and over seeds.

    Every seed is scored on every block. With r_bs, what the bins of block b under seed s add to the mean beyond their
    share, in an analysis of variance of two ways without repeats ::

        var(mean) = (MS_blocks + MS_seeds - MS_rest) / (B S)

    and, with one seed, MS_blocks / B. Degrees of freedom are Satterthwaite's.

    Parameters
    ----------
    differences : (n_seeds, n_bins)
    block : (n_bins,)
        Block of each bin. Bins of a block may be alike; blocks are taken as independent.
    confidence
        Level.
    known_error : (n_seeds,)
        A standard error of each seed's mean that is known from elsewhere.

    Returns
    -------
    Interval
        Without bounds (NaN) where there are fewer than two blocks, or ``known_error`` is not known.
    """
    from scipy.special import stdtrit

    differences = np.atleast_2d(np.asarray(differences, dtype=np.float64))
    n_seeds, n_bins = differences.shape
    mean = float(differences.mean())
    _, number = np.unique(block, return_inverse=True)
    n_blocks = int(number.max()) + 1
    if n_blocks < 2:
        return Interval(mean, float("nan"), float("nan"))
    parts = np.array([np.bincount(number, weights=each - mean) for each in differences]) * n_blocks / n_bins
    # Blocks of the overall mean: their sum over blocks and seeds is zero.
    of_block, of_seed = parts.mean(axis=0), parts.mean(axis=1)
    blocks = n_seeds * float(of_block @ of_block) / (n_blocks - 1)
    terms, freedom = [blocks], [n_blocks - 1]
    if n_seeds > 1:
        rest = parts - of_block - of_seed[:, None]
        terms += [n_blocks * float(of_seed @ of_seed) / (n_seeds - 1)]
        freedom += [n_seeds - 1]
        terms += [-float((rest**2).sum()) / ((n_blocks - 1) * (n_seeds - 1))]
        freedom += [(n_blocks - 1) * (n_seeds - 1)]
    # The rest may outweigh what it is taken from by chance.
    total = max(sum(terms), *terms) / (n_blocks * n_seeds)
    known = float(np.mean(np.broadcast_to(known_error, n_seeds) ** 2)) / n_seeds
    spread = sum(term**2 / count for term, count in zip(terms, freedom, strict=True)) / (n_blocks * n_seeds) ** 2
    variance = total + known
    if not variance > 0:
        return Interval(mean, mean, mean) if variance == 0 else Interval(mean, float("nan"), float("nan"))
    freedom_of_sum = variance**2 / spread if spread else _MANY
    half = float(stdtrit(min(freedom_of_sum, _MANY), (1 + confidence) / 2)) * variance**0.5
    return Interval(mean, mean - half, mean + half)
