"""The plain reference: one chain at a time, random sites, libm's exp, Adam; compiled, but with nothing clever.

What a careful C programmer writes first. The benchmarks time the library against it in one process.
"""

import numba
import numpy as np

from homeostat.rp.projections import RPModels


@numba.njit(cache=True)
def metropolis(x, u, weight, fed, n_fed, lam, bias, slope, n_flips, seed):
    """Advance chains x (n_chains, n) by ``n_flips`` random single-neuron Metropolis flips each, in place."""
    np.random.seed(seed)
    n_chains, n_neurons = x.shape
    for c in range(n_chains):
        for _ in range(n_flips):
            j = np.random.randint(n_neurons)
            sign = 1.0 - 2.0 * x[c, j]
            delta = bias[j] * sign
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

    def sweep(self, lam: np.ndarray, n_sweeps: int, seed: int, bias: np.ndarray | None = None) -> None:
        """Advance every chain by ``n_sweeps`` times n flips."""
        u = self.x @ self.weight.T - self.threshold
        flips = n_sweeps * self.x.shape[1]
        bias = np.zeros(self.x.shape[1]) if bias is None else bias
        metropolis(self.x, u, self.weight, self.fed, self.n_fed, lam, bias, self.slope, flips, seed)

    def outputs(self) -> np.ndarray:
        """Return f of the chains' states, (n_chains, K)."""
        return activation(self.x @ self.weight.T - self.threshold, self.slope)


def activation(u: np.ndarray, slope: float) -> np.ndarray:
    """Return f of the projections' inputs."""
    return (u > 0).astype(float) if np.isinf(slope) else 1.0 / (1.0 + np.exp(-slope * u))


def synaptic_means(x: np.ndarray, weight: np.ndarray, threshold: np.ndarray, slope: float) -> tuple:
    """Return the means over patterns x (N, n) of f (K,) and of f' x (K, n)."""
    f = activation(x @ weight.T - threshold, slope)
    return f.mean(axis=0), slope * (f * (1 - f)).T @ x / len(x)


def anneal(models: RPModels, base: np.ndarray, start: np.ndarray, temperatures: int) -> float:
    """Return log Z by annealing independent chains ``start`` (N, n), drawn from exp(-base . x), one at a time."""
    sampler, lam = PlainSampler(models, start), models.lam[0].astype(float)
    log_weight = np.zeros(len(start))
    for step in range(1, temperatures + 1):
        log_weight -= (sampler.outputs() @ lam - sampler.x @ base) / temperatures
        tau = step / temperatures
        sampler.sweep(tau * lam, 1, step, (1 - tau) * base)
    return float(np.logaddexp.reduce(log_weight) - np.log(len(start)) + np.logaddexp(0, -base).sum())


def reshape(models: RPModels, train: np.ndarray, *, chains: int, batch: int, steps: int) -> np.ndarray:
    """Learn the weights by Adam on persistent chains and mini-batches; returns weights (K, n)."""
    sampler, mask = PlainSampler(models, train[:chains]), models.connectivity[0]
    rng, lam = np.random.default_rng(0), models.lam[0].astype(float)
    mean, square = np.zeros(mask.shape), np.zeros(mask.shape)
    for step in range(1, steps + 1):
        sampler.sweep(lam, 1, step)
        shown = train[rng.integers(len(train), size=batch)]
        expected, observed = (
            synaptic_means(x, sampler.weight, sampler.threshold, sampler.slope)[1] for x in (sampler.x, shown)
        )
        gradient = lam[:, None] * (observed - expected) * mask
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        sampler.weight -= 0.05 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return sampler.weight


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
