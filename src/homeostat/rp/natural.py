"""The natural gradient of the factors lambda: Newton steps by the data's covariance, then Robbins-Monro averaging.

The Hessian of -L by lambda is the covariance of the projections' outputs under the model. At the maximum of the
likelihood of a good model that is the covariance over the data, which is known before the first step, is factorised
once, and knows rare outputs that Markov chains have not met.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device
from numpy.typing import NDArray

from homeostat.rp.optimizers import Arrays

# Distinct training patterns that the covariance between outputs is taken from; twice as many for many outputs.
COVARIANCE_PATTERNS = 4096
# Their outputs that are held at a time, 256 MB.
OUTPUTS_HELD = 1 << 26
# Floor of a variance, in patterns: an output that never varies in the data is known no better.
_FLOOR = 10.0
# Ridge, in units of one over the number of chains.
_RIDGE = 0.1
# Noise of the chains' averages, over that of independent samples: chains remember.
_NOISE = 1.2
# Factors up to which matrices are held in float64.
_IN_FLOAT64 = 1000
# Factors up to which there is a matrix at all.
_DENSE = 4096
# Largest Kullback-Leibler divergence of one step, in nats.
_TRUST = 0.5
Floats = NDArray[np.float32]


def curvature(outputs: Floats, counts: Floats, n_patterns: int) -> NDArray[Any]:
    """Return an estimate of the covariance of the outputs that is safe to invert.

    Parameters
    ----------
    outputs, counts : (S, K), (S,)
        Outputs over distinct training patterns, and how often each occurs.
    n_patterns : int
        Training patterns in all.

    Returns
    -------
    (K, K) or (K,)
        float64, or float32 for more than 1,000 outputs. For more than 4,096, the diagonal of a bound: the variances
        times the largest eigenvalue of the correlation.
    """
    n_samples, n_outputs = outputs.shape
    weight = counts / counts.sum()
    centred = (outputs - weight @ outputs) * np.sqrt(weight)[:, None]
    variance = np.maximum(np.einsum("sk,sk->k", centred, centred), _FLOOR / n_patterns)
    if n_outputs > _DENSE:
        return np.asarray(variance * _largest_eigenvalue(centred / np.sqrt(variance)))
    covariance = centred.T @ centred
    if n_outputs <= _IN_FLOAT64:
        covariance = covariance.astype(np.float64)
    # Few samples make directions that seem not to vary at all.
    covariance *= 1.0 - n_outputs / (n_outputs + 2.0 * n_samples)
    covariance[np.diag_indices(n_outputs)] = variance
    return covariance


def _largest_eigenvalue(factor: Floats) -> float:
    """Return the largest eigenvalue of factor' factor, by power iteration."""
    vector, value = np.ones(factor.shape[1], np.float32), 1.0
    for _ in range(20):
        vector = factor.T @ (factor @ (vector / np.linalg.norm(vector)))
        value = float(np.linalg.norm(vector))
    return value


@dataclass
class NaturalGradient:
    """Steps C^-1 g whose sizes weigh what is known of lambda against the noise of the chains.

    A gradient from S chains has about the covariance C / S. Where lambda is known with the covariance P C^-1, the best
    size is that of a Kalman filter, which falls as 1 / (t + 1 / (P S)). Where the gradients of the last steps, averaged
    at where lambda stands, are larger than their noise, the start was worse than thought: the step is the average's,
    less the share of noise. A trust region in the divergence bounds every step.

    Parameters
    ----------
    covariance : sequence of M (K, K)
        Of the outputs over the data, see :func:`curvature`.
    error : sequence of M float
        P: one over the number of patterns that the start was fitted to.
    chains : int
        S, samples that each gradient comes from.
    steps : int
        Steps of the fit, which decide how long the warm-up is.

    Attributes
    ----------
    state
        ``gradient``, (M, K): the average of the last gradients.
    count : int
        Steps taken.
    """

    covariance: Sequence[Any]
    error: Sequence[float]
    chains: int
    steps: int
    state: Arrays = field(default_factory=dict)
    count: int = 0

    def __post_init__(self) -> None:
        """Factorise."""
        xp = array_namespace(self.covariance[0])
        self._damped = []
        for each in self.covariance:
            if each.ndim == 1:
                self._damped.append(each + _RIDGE / self.chains)
                continue
            # A rare event that one chain happens to meet must not move a factor by much.
            ridge = _RIDGE / self.chains * xp.eye(len(each), dtype=each.dtype, device=device(each))
            self._damped.append(each + ridge)
        self._inverse = [1.0 / each if each.ndim == 1 else xp.linalg.inv(each) for each in self._damped]

    def update(self, values: Arrays, gradients: Arrays) -> Arrays:
        """Return ``lam`` (M, K) after one step, from its gradient."""
        gradient = gradients["lam"]
        xp = array_namespace(gradient)
        self.count += 1
        n_outputs = gradient.shape[1]
        noise = _NOISE / self.chains
        # What is known of lambda before the chains weighs as so many of their steps.
        known = noise / xp.asarray(self.error, dtype=gradient.dtype, device=device(gradient))
        usual = (1.0 / (self.count + known))[:, None] * gradient
        memory = min(self.count, max(1, self.steps // 5))
        before = self.state.get("gradient", xp.zeros_like(gradient))
        mean = before + (gradient - before) / memory
        # One model at a time: on a GPU, how a library rounds depends on how many matrices it is given at once.
        squares = xp.stack([each @ self._direction(model, each) for model, each in enumerate(mean)])
        # Three standard errors of a mean of K squares.
        expected = noise * (n_outputs + 3.0 * (2.0 * n_outputs) ** 0.5) / memory
        gain = 1.0 - xp.clip(expected / xp.clip(squares, 1e-300, None), None, 1.0)
        settled = self.count - min(15, max(3, self.steps // 4))
        if settled > 0:
            gain = xp.clip(gain, None, (1.0 + 0.5 * settled) ** -0.9)
        larger = gain * (self.count + known) > 1.0
        followed = xp.where(larger[:, None], gain[:, None] * mean, usual)
        direction = xp.stack([self._direction(model, each) for model, each in enumerate(followed)])
        divergence = 0.5 * xp.sum(direction * followed, axis=1)
        size = xp.sqrt(_TRUST / xp.clip(divergence, _TRUST, None))[:, None]
        # What the gradients up to here would have been at the new place.
        self.state["gradient"] = mean - size * followed
        return {"lam": values["lam"] + size * direction}

    def _direction(self, model: int, gradient: Any) -> Any:
        xp = array_namespace(gradient)
        damped, inverse = self._damped[model], self._inverse[model]
        if inverse.ndim == 1:
            return gradient * xp.astype(inverse, gradient.dtype)
        single = xp.astype(gradient, inverse.dtype)
        direction = inverse @ single
        # What rounding of the inverse left over.
        direction = direction + inverse @ (single - damped @ direction)
        return xp.astype(direction, gradient.dtype)
