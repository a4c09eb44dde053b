"""Measures of homeostasis: how evenly hidden units are used, and how much of that is sampling noise."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from homeostat.normalization.conditions import Batch

Array = NDArray[np.float64]


def coefficient_of_variation(values: ArrayLike) -> Array:
    """Return SD / mean over the last axis, the units; NaN values are left out, and so is what has no mean.

    >>> float(coefficient_of_variation([1.0, 3.0]))
    0.5
    """
    x = np.asarray(values, dtype=float)
    count = np.isfinite(x).sum(axis=-1)
    mean = np.nansum(x, axis=-1) / np.maximum(count, 1)
    spread = np.nansum(np.square(x - mean[..., None]), axis=-1) / np.maximum(count, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(count > 0, np.sqrt(spread) / mean, np.nan)


def coding_capacity(probability: ArrayLike) -> Array:
    """Return the mean over units of H(p) = -p log2 p - (1 - p) log2 (1 - p), bits per unit.

    It is the entropy of single units (active or not), not of their joint states; at most 1, where all p are 0.5.

    >>> float(coding_capacity([0.5, 0.0]))
    0.5
    """
    p = np.asarray(probability, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = -np.where(p > 0, p * np.log2(p), 0.0) - np.where(p < 1, (1 - p) * np.log2(1 - p), 0.0)
    return bits.mean(axis=-1)


def distinct_codes(active: ArrayLike) -> int:
    """Return how many different joint states (which units are active) a layer has over some images.

    Parameters
    ----------
    active : (n_images, units)
        Whether a unit is active for an image.

    >>> distinct_codes([[True, False], [True, False], [True, True]])
    2
    """
    return len(np.unique(np.packbits(np.asarray(active, dtype=bool), axis=1), axis=0))


def joint_capacity(active: ArrayLike, group: int = 10) -> float:
    """Return the entropy of the joint states of groups of units, bits per unit; mean over the groups.

    Unlike :func:`coding_capacity` it is less where units say the same. A whole layer has more states than a test set
    has images, so it is cut into groups of ``group`` consecutive units, the last ones dropped where they make no
    group; of each the entropy of the observed shares of its states.

    Parameters
    ----------
    active : (n_images, units)
        Whether a unit is active for an image.

    >>> joint_capacity([[True, True], [False, False]], group=2)  # one bit that both units carry
    0.5
    """
    x = np.asarray(active, dtype=bool)
    whole = x[:, : x.shape[1] // group * group].reshape(len(x), -1, group)
    bits = []
    for states in (whole @ (1 << np.arange(group))).T:
        share = np.unique(states, return_counts=True)[1] / len(x)
        bits.append(-(share * np.log2(share)).sum() / group)
    return float(np.mean(bits))


def sampling_variance(probability: ArrayLike, batch: int, removed: Batch) -> Array:
    """Return the variance of a unit's share of active images in a batch, around its probability p.

    With independent images it is p (1 - p) / B. Where the batch's own mean is taken out, the share varies less,
    because the threshold moves with the batch; for a Gaussian input of which a share p is above threshold, c =
    Phi^-1(p) and phi the normal density, to first order in 1 / B::

        nothing               p (1 - p) / B
        mean                 (p (1 - p) - phi(c)^2) / B
        mean and variance    (p (1 - p) - phi(c)^2 (1 + c^2 / 2)) / B

    At p = 1/2 both of the latter are p (1 - p) (1 - 2 / pi) / B.

    >>> round(float(sampling_variance(0.5, 32, "mean") ** 0.5 / 0.5), 3)
    0.107
    """
    # Here, because training does without: the normal quantiles of scipy.stats, for a fraction of its import.
    from scipy.special import ndtri

    p = np.asarray(probability, dtype=float)
    variance = p * (1 - p)
    if removed != "nothing":
        c = ndtri(np.clip(p, 1e-12, 1 - 1e-12))
        density = np.exp(-np.square(c)) / (2 * math.pi)
        variance = variance - density * (1 + np.square(c) / 2 if removed == "mean and variance" else 1)
    return np.maximum(variance, 0.0) / batch


def sampling_floor(probability: ArrayLike, batch: int, removed: Batch) -> Array:
    """Return the part of the CV of one batch's probabilities that the sampling of the batch makes.

    The root of the mean :func:`sampling_variance` over the units (last axis), over their mean probability: the CV
    that one batch would show if all units had the same probability. Squared, it adds to the squared CV of the true
    probabilities.
    """
    p = np.asarray(probability, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt(sampling_variance(p, batch, removed).mean(axis=-1)) / p.mean(axis=-1)


def row_variation(rows: ArrayLike, share: float = 1 / 9) -> Array:
    """Return the CV over units of one batch's probabilities, averaged over the last ``share`` of the batches.

    Parameters
    ----------
    rows : (..., n_rows, units)
        Activation probabilities in single batches, in the order of training. A batch in which no unit is active
        has no CV and is left out.
    share
        By default the last ninth of the rows: 50 of 450 at the paper's length.
    """
    x = np.asarray(rows, dtype=float)
    last = max(1, round(x.shape[-2] * share))
    each = coefficient_of_variation(x[..., -last:, :])
    usable = np.isfinite(each)
    total = np.where(usable, each, 0.0).sum(axis=-1)
    return np.where(usable.any(axis=-1), total / np.maximum(usable.sum(axis=-1), 1), np.nan)
