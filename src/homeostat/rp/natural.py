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

from homeostat.rp.metric import FLOOR, IN_FLOAT64, Metric
from homeostat.rp.optimizers import Arrays

# Distinct training patterns that the covariance between outputs is taken from; twice as many for many outputs.
COVARIANCE_PATTERNS = 4096
# Their outputs that are held at a time, 256 MB.
OUTPUTS_HELD = 1 << 26
# Noise of the chains' averages, over that of independent samples: chains remember.
_NOISE = 1.2
# Largest Kullback-Leibler divergence of one step, in nats.
_TRUST = 0.5
Floats = NDArray[np.float32]


def curvature(outputs: Floats, counts: Floats, n_patterns: int) -> NDArray[Any]:
    """Return an estimate of the covariance of the outputs that is safe to invert, (outputs, outputs).

    In float64, or float32 for more than 1,000 outputs.

    Parameters
    ----------
    outputs, counts : (S, outputs), (S,)
        Outputs over distinct training patterns, and how often each occurs.
    n_patterns : int
        Training patterns in all.
    """
    n_samples, n_outputs = outputs.shape
    weight = counts / counts.sum()
    centred = (outputs - weight @ outputs) * np.sqrt(weight)[:, None]
    variance = np.maximum(np.einsum("sk,sk->k", centred, centred), FLOOR / n_patterns)
    covariance = centred.T @ centred
    if n_outputs <= IN_FLOAT64:
        covariance = covariance.astype(np.float64)
    # Few samples make directions that seem not to vary at all.
    covariance *= 1.0 - n_outputs / (n_outputs + 2.0 * n_samples)
    covariance[np.diag_indices(n_outputs)] = variance
    return covariance


@dataclass
class NaturalGradient:
    """Steps C^-1 g whose sizes weigh what is known of lambda against the noise of the chains.

    A gradient from S chains has about the covariance C / S. Where lambda is known with the covariance P C^-1, the best
    size is that of a Kalman filter, which falls as 1 / (t + 1 / (P S)). Where the gradients of the last steps, averaged
    at where lambda stands, are larger than their noise, the start was worse than thought: the step is the average's,
    less the share of noise. A trust region in the divergence bounds every step.

    Parameters
    ----------
    metrics : sequence of M Metric
        Covariances of the outputs over the data.
    error : sequence of M float
        P: one over the number of patterns that the start was fitted to.
    chains : int
        S, samples that each gradient comes from.
    steps : int
        Steps of the fit, which decide how long the warm-up is.

    Attributes
    ----------
    state
        ``gradient``, (M, outputs): the average of the last gradients.
    count : int
        Steps taken.
    """

    metrics: Sequence[Metric]
    error: Sequence[float]
    chains: int
    steps: int
    state: Arrays = field(default_factory=dict)
    count: int = 0

    def update(self, values: Arrays, gradients: Arrays) -> Arrays:
        """Return ``lam`` (M, K), and ``bias`` (M, n) where it is learned, after one step."""
        names = [name for name in ("lam", "bias") if name in gradients]
        xp = array_namespace(gradients["lam"])
        gradient = xp.concat([gradients[name] for name in names], axis=1)
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
        squares = xp.stack([each @ self.metrics[model].solve(each) for model, each in enumerate(mean)])
        # Three standard errors of a mean of K squares.
        expected = noise * (n_outputs + 3.0 * (2.0 * n_outputs) ** 0.5) / memory
        gain = 1.0 - xp.clip(expected / xp.clip(squares, 1e-300, None), None, 1.0)
        settled = self.count - min(15, max(3, self.steps // 4))
        if settled > 0:
            gain = xp.clip(gain, None, (1.0 + 0.5 * settled) ** -0.9)
        larger = gain * (self.count + known) > 1.0
        followed = xp.where(larger[:, None], gain[:, None] * mean, usual)
        direction = xp.stack([self.metrics[model].solve(each) for model, each in enumerate(followed)])
        divergence = 0.5 * xp.sum(direction * followed, axis=1)
        size = xp.sqrt(_TRUST / xp.clip(divergence, _TRUST, None))[:, None]
        # What the gradients up to here would have been at the new place.
        self.state["gradient"] = mean - size * followed
        step, n_factors = size * direction, values["lam"].shape[1]
        updated = {"lam": values["lam"] + step[:, :n_factors]}
        if "bias" in names:
            updated["bias"] = values["bias"] + step[:, n_factors:]
        return updated
