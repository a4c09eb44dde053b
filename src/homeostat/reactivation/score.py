"""A test of the theory: without input, a trained network should climb the log density of its own active states.

Equation 18 says that the mean change of a step without input is ``sigma^2 dt grad log p(r)``, where sigma^2 dt is
the variance of a step's noise and p the distribution of active states. Both sides are compared in a space of
principal components: averaged over all states with the same projection, the left side is the drift of the
projection, and the right side the score of the projected density. For a Gaussian estimate of that density the slope
is 1 whatever the true one is (Stein's identity). States of one projection differ in their drift, so that where p lies
on a curved manifold neither ``r2`` nor ``correlation`` is near 1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Fit(NamedTuple):
    """Regression of the drift on the predicted one, through the origin.

    Attributes
    ----------
    slope
        1 where drift and noise are in the predicted balance.
    r2
        Share of the drift's mean square that is predicted by ``slope`` times the prediction.
    correlation
        Mean cosine: the drift's direction against the predicted one.
    """

    slope: float
    r2: float
    correlation: float


def kernel_score(points: Array, at: Array) -> Array:
    """Return grad log p at points (m, d) for a Gaussian kernel density estimate (Scott's rule) of ``points`` (n, d)."""
    n, d = points.shape
    precision = np.linalg.inv(np.cov(points.T) * n ** (-2 / (d + 4)))
    root = np.linalg.cholesky(precision)
    z, y = points @ root, at @ root
    logs = y @ z.T - 0.5 * (z**2).sum(1) - 0.5 * (y**2).sum(1)[:, None]
    weight = np.exp(logs - logs.max(1, keepdims=True))
    weight /= weight.sum(1, keepdims=True)
    return (weight @ points - at) @ precision


def gaussian_score(points: Array, at: Array) -> Array:
    """Return grad log p at points (m, d) for the Gaussian with mean and covariance of ``points`` (n, d)."""
    return -(at - points.mean(0)) @ np.linalg.inv(np.cov(points.T))


def compare(drift: Array, score: Array, variance: float) -> Fit:
    """Regress drifts (m, d) on ``variance`` times scores (m, d)."""
    predicted = variance * score
    crossed, power = float((drift * predicted).sum()), float((predicted**2).sum())
    if power == 0:
        return Fit(np.nan, np.nan, np.nan)
    slope = crossed / power
    residual = float(((drift - slope * predicted) ** 2).sum())
    lengths = np.linalg.norm(drift, axis=1) * np.linalg.norm(predicted, axis=1)
    cosine = np.divide((drift * predicted).sum(1), lengths, out=np.zeros(len(drift)), where=lengths > 0)
    return Fit(slope, 1 - residual / float((drift**2).sum()), float(cosine.mean()))
