"""The natural gradient of the factors lambda: Newton steps by the data's covariance, then Robbins-Monro averaging.

The Hessian of -L by lambda is the covariance of the projections' outputs under the model. At the maximum of the
likelihood of a good model that is the covariance over the data, which is known before the first step, is factorised
once, and knows rare outputs that Markov chains have not met.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.rp.optimizers import Arrays

# Distinct training patterns that the covariance between outputs is taken from.
COVARIANCE_PATTERNS = 8192
# Floor of a variance, in patterns: an output that never varies in the data is known no better.
_FLOOR = 10.0
# Ridge, in units of one over the number of chains.
_RIDGE = 0.1
# Noise of the chains' averages, over that of independent samples: chains remember.
_NOISE = 1.2
# Factors up to which matrices are held in float64.
_IN_FLOAT64 = 1000
# Largest Kullback-Leibler divergence of one step, in nats.
_TRUST = 0.5
# Matrices of factors by factors that are held at a time: the covariance, damped, its inverse, and the solver's.
_MATRICES = 5

Floats = NDArray[np.float32]


def check_memory(n_projections: int) -> None:
    """Refuse a natural gradient whose matrices this machine cannot hold, before it is tried.

    Raises
    ------
    DataError
        With what would be needed, and what to do.
    """
    needed = _MATRICES * (8 if n_projections <= _IN_FLOAT64 else 4) * n_projections**2
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > there:
        raise DataError(
            f"the natural gradient of {n_projections:,} factors needs {needed / 1e9:,.0f} GB, and this machine has "
            f"{there / 1e9:,.0f} GB: fewer projections, for a pairwise model fewer neurons (are the patterns turned "
            "round? Rows are patterns, columns neurons), or the optimizer adam"
        )


def curvature(outputs: Floats, weight: Floats, n_patterns: int) -> NDArray[Any]:
    """Return an estimate of the covariance of the outputs, (K, K), that is safe to invert.

    Parameters
    ----------
    outputs, weight : (S, K), (S,)
        Outputs over training patterns, and the patterns' weights, of sum one.
    n_patterns : int
        Training patterns in all.

    Returns
    -------
    float64, or float32 for more than 1,000 factors
    """
    n_samples, n_outputs = outputs.shape
    centred = (outputs - weight @ outputs) * np.sqrt(weight)[:, None]
    covariance = centred.T @ centred
    if n_outputs <= _IN_FLOAT64:
        covariance = covariance.astype(np.float64)
    variance = np.diag(covariance).copy()
    # Few samples make directions that seem not to vary at all.
    covariance *= 1.0 - n_outputs / (n_outputs + 2.0 * n_samples)
    covariance[np.diag_indices(n_outputs)] = np.maximum(variance, _FLOOR / n_patterns)
    return covariance


@dataclass
class NaturalGradient:
    """Steps d = C^-1 g, of a size that weighs how far the model is off against the noise of the chains.

    A gradient from S chains has the covariance C / S, so that g' C^-1 g / K is 1 / S plus how far lambda is off, P (its
    mean square error in units of C^-1). The gain of a Kalman filter, P / (P + 1 / S), is near one far from the maximum
    and falls as 1 / t near to it; a start that is as good as the chains can tell stays as it is. From a warm-up on the
    gain is bounded by a Robbins-Monro sequence, and every step by a trust region in the divergence d' C d / 2.

    Parameters
    ----------
    covariance : sequence of M (K, K)
        Of the outputs over the data, see :func:`curvature`.
    chains : int
        S, samples that each gradient comes from.
    steps : int
        Steps of the fit, which decide how long the warm-up is.

    Attributes
    ----------
    state
        ``error``, (M,): P.
    count : int
        Steps taken.
    """

    covariance: Sequence[Any]
    chains: int
    steps: int
    state: Arrays = field(default_factory=dict)
    count: int = 0

    def __post_init__(self) -> None:
        """Factorise."""
        xp = array_namespace(self.covariance[0])
        self._damped = []
        for each in self.covariance:
            # A rare event that one chain happens to meet must not move a factor by much.
            ridge = _RIDGE / self.chains * xp.eye(len(each), dtype=each.dtype, device=device(each))
            self._damped.append(each + ridge)
        self._inverse = [xp.linalg.inv(each) for each in self._damped]

    def update(self, values: Arrays, gradients: Arrays) -> Arrays:
        """Return ``lam`` (M, K) after one step, from its gradient."""
        gradient = gradients["lam"]
        xp = array_namespace(gradient)
        self.count += 1
        n_outputs = gradient.shape[1]
        memory = min(self.count, max(1, self.steps // 5))
        before = self.state.get("gradient", xp.zeros_like(gradient))
        mean = before + (gradient - before) / memory
        # One model at a time: on a GPU, how a library rounds depends on how many matrices it is given at once.
        directions = xp.stack([self._direction(model, each) for model, each in enumerate(mean)])
        squares = xp.sum(directions * mean, axis=1)
        # Three standard errors of a mean of K squares.
        noise = (_NOISE * n_outputs + 3.0 * (2.0 * n_outputs) ** 0.5) / (self.chains * memory)
        gain = 1.0 - xp.clip(noise / xp.clip(squares, 1e-300, None), None, 1.0)
        settled = self.count - min(15, max(3, self.steps // 4))
        if settled > 0:
            gain = xp.clip(gain, None, (1.0 + 0.5 * settled) ** -0.9)
        size = (gain * xp.sqrt(_TRUST / xp.clip(0.5 * squares, _TRUST, None)))[:, None]
        # What the gradients up to here would have been at the new place.
        self.state["gradient"] = (1.0 - size) * mean
        return {"lam": values["lam"] + size * directions}

    def _direction(self, model: int, gradient: Any) -> Any:
        xp = array_namespace(gradient)
        damped, inverse = self._damped[model], self._inverse[model]
        single = xp.astype(gradient, inverse.dtype)
        direction = inverse @ single
        # What rounding of the inverse left over.
        direction = direction + inverse @ (single - damped @ direction)
        return xp.astype(direction, gradient.dtype)
