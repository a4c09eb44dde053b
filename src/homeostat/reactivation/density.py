"""Kernel density estimates in the plane, and Kullback-Leibler divergences between them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from homeostat.errors import DataError
from homeostat.reactivation.tasks import SIDE

Array = NDArray[np.float64]

# Grid points per bandwidth, and bandwidths after which a kernel ends.
_FINENESS = 8
_REACH = 6.0
# The largest grid; one bandwidth is then less fine.
_LARGEST = 1500
_CLIP = 1e7


@dataclass(frozen=True)
class Density:
    """A Gaussian kernel density estimate with the bandwidth of scipy's ``gaussian_kde`` (Scott's rule).

    Points are binned on a fine grid, which is then smoothed: as exact as needed, and independent of their number.
    :meth:`of` makes one.

    Attributes
    ----------
    points
        (n, 2); a density is per square of their unit.
    """

    points: Array
    _whiten: Array
    _low: Array
    _scale: float
    _grid: Array

    @classmethod
    def of(cls, points: Array) -> "Density":
        """Estimate the density of ``points`` (n, 2).

        Raises
        ------
        DataError
            Fewer than three points, not finite, or all on a line.
        """
        points = np.asarray(points, dtype=float)
        if points.ndim != 2 or points.shape[1] != 2 or len(points) < 3:
            raise DataError(f"a density in the plane needs three points (n, 2) or more, got {points.shape}")
        if not np.isfinite(points).all():
            raise DataError("cannot estimate a density: some points are not finite")
        covariance = np.cov(points.T) * len(points) ** (-1 / 3)
        if np.linalg.det(covariance) <= 1e-24 * np.trace(covariance) ** 2:
            raise DataError("a density in the plane cannot be estimated of points on a line")
        # In these coordinates the kernel is a standard normal.
        whiten = np.linalg.inv(np.linalg.cholesky(covariance)).T
        z = points @ whiten
        low, high = z.min(0) - _REACH - 1, z.max(0) + _REACH + 1
        scale = min(_FINENESS, _LARGEST / float((high - low).max()))
        size = np.ceil((high - low) * scale).astype(int) + 2
        grid = _binned((z - low) * scale, size)
        smooth = gaussian_filter(grid, scale, mode="constant", truncate=_REACH)
        return cls(points, whiten, low, scale, smooth * scale**2 * abs(np.linalg.det(whiten)) / len(points))

    def __call__(self, at: Array) -> Array:
        """Return the density at points (n, 2), per unit of area."""
        where = (np.asarray(at, dtype=float) @ self._whiten - self._low) * self._scale
        return np.maximum(map_coordinates(self._grid, where.T, order=1, mode="constant"), 0.0)

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Draw points (count, 2) from the estimate."""
        chosen = self.points[rng.integers(len(self.points), size=count)]
        return chosen + rng.standard_normal((count, 2)) @ np.linalg.inv(self._whiten)


class Uniform:
    """The uniform density over the box."""

    def __call__(self, at: Array) -> Array:
        """Return 1 / 2.2^2 within the box, 0 outside."""
        return np.where((np.abs(at) <= SIDE / 2).all(axis=1), 1 / SIDE**2, 0.0)

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Draw points (count, 2)."""
        return rng.uniform(-SIDE / 2, SIDE / 2, (count, 2))


def divergence(q: Density | Uniform, p: Density | Uniform, rng: np.random.Generator, samples: int = 2500) -> float:
    """Return KL(q || p) in nats: the mean of log(q / p) over samples of q, the ratio clipped to [1e-7, 1e7]."""
    at = q.draw(samples, rng)
    above, below = q(at), p(at)
    ratio = np.divide(above, below, out=np.full(len(at), _CLIP), where=below > 0)
    return float(np.log(np.clip(ratio, 1 / _CLIP, _CLIP)).mean())


def _binned(where: Array, size: NDArray[np.int64]) -> Array:
    """Return counts on a grid: each point is shared among its four neighbours."""
    corner = np.floor(where).astype(int)
    part = where - corner
    grid = np.zeros(size[0] * size[1])
    for dx in (0, 1):
        for dy in (0, 1):
            share = np.abs(1 - dx - part[:, 0]) * np.abs(1 - dy - part[:, 1])
            grid += np.bincount((corner[:, 0] + dx) * size[1] + corner[:, 1] + dy, share, minlength=grid.size)
    return grid.reshape(size[0], size[1])
