"""The plain reference: one chain at a time, random sites, libm's exp, Adam; compiled, but with nothing clever.

What a careful C programmer writes first. The benchmarks time the library against it in one process.
"""

import numba
import numpy as np

from homeostat.rp.projections import RPModels


@numba.njit(cache=True)
def metropolis(x, u, weight, fed, n_fed, lam, slope, n_flips, seed):
    """Advance chains x (n_chains, n) by ``n_flips`` random single-neuron Metropolis flips each, in place."""
    np.random.seed(seed)
    n_chains, n_neurons = x.shape
    for c in range(n_chains):
        for _ in range(n_flips):
            j = np.random.randint(n_neurons)
            sign = 1.0 - 2.0 * x[c, j]
            delta = 0.0
            for s in range(n_fed[j]):
                k = fed[j, s]
                before, after = u[c, k], u[c, k] + sign * weight[k, j]
                if np.isinf(slope):
                    delta += lam[k] * ((1.0 if after > 0 else 0.0) - (1.0 if before > 0 else 0.0))
                else:
                    delta += lam[k] * (1.0 / (1.0 + np.exp(-slope * after)) - 1.0 / (1.0 + np.exp(-slope * before)))
            if delta <= 0 or np.random.random() < np.exp(-delta):
                x[c, j] += sign
                for s in range(n_fed[j]):
                    k = fed[j, s]
                    u[c, k] += sign * weight[k, j]


class PlainSampler:
    """Chains of one model for :func:`metropolis`."""

    def __init__(self, models: RPModels, patterns: np.ndarray) -> None:
        self.weight = models.weight[0].astype(float)
        self.threshold = models.threshold[0].astype(float)
        self.slope = models.slope
        mask = models.connectivity[0]
        self.n_fed = mask.sum(axis=0)
        self.fed = np.zeros((mask.shape[1], max(1, self.n_fed.max())), np.int64)
        for neuron in range(mask.shape[1]):
            self.fed[neuron, : self.n_fed[neuron]] = np.flatnonzero(mask[:, neuron])
        self.x = patterns.astype(float)

    def sweep(self, lam: np.ndarray, n_sweeps: int, seed: int) -> None:
        """Advance every chain by ``n_sweeps`` times n flips."""
        u = self.x @ self.weight.T - self.threshold
        flips = n_sweeps * self.x.shape[1]
        metropolis(self.x, u, self.weight, self.fed, self.n_fed, lam, self.slope, flips, seed)

    def outputs(self) -> np.ndarray:
        """Return f of the chains' states, (n_chains, K)."""
        u = self.x @ self.weight.T - self.threshold
        return (u > 0).astype(float) if np.isinf(self.slope) else 1.0 / (1.0 + np.exp(-self.slope * u))


def fit_factors(models: RPModels, train: np.ndarray, *, chains: int, sweeps: int, steps: int) -> np.ndarray:
    """Learn lambda by Adam on persistent chains; returns lambda (K,)."""
    sampler = PlainSampler(models, train[:chains])
    u = train @ models.weight[0].T.astype(float) - models.threshold[0]
    f = (u > 0) if models.step else 1.0 / (1.0 + np.exp(-models.slope * u))
    target = f.mean(axis=0)
    lam = np.zeros(models.shape[1])
    mean, square = np.zeros_like(lam), np.zeros_like(lam)
    for step in range(1, steps + 1):
        sampler.sweep(lam, sweeps, step)
        gradient = sampler.outputs().mean(axis=0) - target
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * gradient**2
        rate = 0.05 * min(1.0, 2.0 - 2.0 * step / (steps + 1))
        lam += rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return lam
