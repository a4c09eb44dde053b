"""What is measured of a network's activity: dimensions, spread, steps, memory, turning."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_JUMP = 1.5 * np.pi


@dataclass(frozen=True)
class Components:
    """Principal components of states.

    Attributes
    ----------
    mean, axes
        Mean of the states, (n,), and their principal components by decreasing variance, (n, n).
    variances
        Along the components.
    """

    mean: Array
    axes: Array
    variances: Array

    @classmethod
    def of(cls, states: NDArray[np.float32]) -> "Components":
        """Return the components of states (…, n)."""
        rows = states.reshape(-1, states.shape[-1]).astype(np.float64)
        mean = rows.mean(0)
        values, axes = np.linalg.eigh(np.cov(rows.T))
        values, axes = values[::-1], axes[:, ::-1]
        # A sign that does not depend on the algebra library: the largest entry is positive.
        largest = np.abs(axes).argmax(0)
        axes = axes * np.sign(axes[largest, np.arange(len(largest))])
        return cls(mean, axes, np.maximum(values, 0.0))

    def explained(self, count: int) -> Array:
        """Return the share of variance along the first 1 … ``count`` components."""
        return np.cumsum(self.variances)[:count] / self.variances.sum()

    def project(self, states: NDArray[np.float32], count: int = 2) -> Array:
        """Return states (…, n) on the first ``count`` components."""
        return (states - self.mean) @ self.axes[:, :count]


def total_variance(decoded: NDArray[np.float32]) -> float:
    """Return the mean over runs of each run's variance over time, summed over axes; decoded is (steps, runs, d)."""
    return float(decoded.astype(np.float64).var(0, ddof=1).sum(-1).mean())


def step_distance(decoded: NDArray[np.float32]) -> float:
    """Return the mean distance between successive decoded positions of a run."""
    return float(np.linalg.norm(np.diff(decoded.astype(np.float64), axis=0), axis=-1).mean())


def memory(decoded: NDArray[np.float32], start: NDArray[np.floating]) -> Array:
    """Return, at each step, how much of the decoded positions' variance over runs the starts (runs, d) explain.

    1 means that every run stays where it began, 0 that starts are forgotten: squared correlation, mean over axes.
    """
    x = decoded - decoded.mean(1, keepdims=True)
    s = start - start.mean(0)
    crossed = (x * s).sum(1) ** 2
    power = (x**2).sum(1) * (s**2).sum(0)
    return np.divide(crossed, power, out=np.zeros_like(crossed), where=power > 0).mean(-1)


def angular_steps(angles: NDArray[np.float32]) -> Array:
    """Return the change of angles (steps, …) from each step to the next; jumps above 1.5 pi are wrapped."""
    change = np.diff(angles.astype(np.float64), axis=0)
    return change - 2 * np.pi * np.sign(change) * (np.abs(change) > _JUMP)


def ring(plane: Array, angles: NDArray[np.floating]) -> tuple[float, float]:
    """Return how points (n, 2) lie on a ring about 0 that is ordered by the angles (n,) they stand for.

    Returns
    -------
    width
        Standard deviation over mean of the distance from 0: 0 for a ring, .52 for a normal cloud.
    order
        Length of the mean difference, on the circle, between the angle in the plane and the one stood for; of both
        senses of rotation the better one. 1 in perfect order, 0 without.
    """
    distance = np.linalg.norm(plane, axis=1)
    direction = np.arctan2(plane[:, 1], plane[:, 0])
    order = max(abs(np.exp(1j * (direction - sense * angles)).mean()) for sense in (1, -1))
    return float(distance.std() / distance.mean()), float(order)


def histogram(values: NDArray[np.floating], low: float, high: float, bins: int) -> tuple[Array, Array]:
    """Return bin centres and density; values outside are in the outermost bins."""
    edges = np.linspace(low, high, bins + 1)
    inside = np.clip(values, low, np.nextafter(high, low))
    density, _ = np.histogram(inside, edges, density=True)
    return (edges[1:] + edges[:-1]) / 2, density
