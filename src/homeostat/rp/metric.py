"""The covariance of a model's outputs over the data, and its inverse: the metric of the natural gradient.

The outputs are those of the projections, f, and where neurons have terms of their own, the neurons, x. Up to a thousand
outputs the covariance is a matrix. Above, an output is taken as a linear function of the neurons that feed it and a
remainder of its own, f = B x + r, so that with the covariance S of the neurons and the variances R of the remainders

    cov(f) = B S B' + R,

which only needs matrices (n, n): by the identity of Woodbury, or, where neurons have terms of their own, by

    cov(f, x)^-1 (g, h) = (d, S^-1 h - B' d),   d = R^-1 (g - B h).
"""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from homeostat.rp import kernels
from homeostat.rp.cpu import Wired
from homeostat.rp.partition import independent_bias
from homeostat.rp.projections import RPModels
from homeostat.rp.wiring import Wiring

# Outputs up to which covariances are held in float64, and up to which they are matrices where wiring is dense.
IN_FLOAT64, DENSE = 1000, 4096
# Floor of a variance, in patterns: an output that never varies in the data is known no better.
FLOOR = 10.0
# Ridge, in units of one over the number of chains: a rare event that one chain meets must not move a factor by much.
RIDGE = 0.1
# Patterns that covariances of neurons are taken from: so many, and so many times the neurons; taken so many at a time.
_FEWEST, _PER_NEURON, _AT_A_TIME = 4096, 2, 4096
# The remainder of an output is at least this share of its variance.
_REMAINDER = 0.02
# Steps that fall as 1 / t are stable under a covariance that is so many times the metric. It is measured on so many
# patterns, by so many steps of a power iteration.
_STABLE, _LOOKED_AT, _ITERATIONS = 4.0, 2048, 8


class Metric(Protocol):
    """What the natural gradient needs of one model's covariance."""

    def solve(self, gradient: Any) -> Any:
        """Return C^-1 g, as the kind of array and in the precision of ``gradient`` (outputs,)."""


class DenseMetric:
    """A covariance as a matrix, with its inverse; what rounding of the inverse leaves over is corrected once.

    Parameters
    ----------
    covariance : (outputs, outputs)
        In float64, or float32 for many outputs.
    """

    def __init__(self, covariance: Any) -> None:
        self._matrix = covariance
        self._inverse = array_namespace(covariance).linalg.inv(covariance)

    def move(self, asarray: Callable[[Any], Any]) -> None:
        """Turn the arrays into those of a device."""
        self._matrix, self._inverse = asarray(self._matrix), asarray(self._inverse)

    def solve(self, gradient: Any) -> Any:
        """Return C^-1 g."""
        xp = array_namespace(gradient)
        single = xp.astype(gradient, self._inverse.dtype)
        direction = self._inverse @ single
        direction = direction + self._inverse @ (single - self._matrix @ direction)
        return xp.astype(direction, gradient.dtype)


class WiredMetric:
    """The covariance B S B' + R of the outputs of a sparse model, see the head of this file.

    Parameters
    ----------
    wiring : Wiring
        The wiring of one model.
    slopes : (1, K, D)
        B, in the slots of the wiring.
    remainder : (K,)
        R.
    neurons : (n, n)
        S, float32.
    own_terms : bool
        Whether neurons are outputs, too.
    """

    def __init__(
        self,
        wiring: Wiring,
        slopes: NDArray[np.float64],
        remainder: NDArray[np.float64],
        neurons: NDArray[np.float32],
        own_terms: bool,
    ) -> None:
        self._wiring, self._own_terms, self._scale = wiring, own_terms, 1.0
        if not own_terms:
            neurons = np.linalg.inv(neurons) + _products(wiring, slopes, remainder).astype(np.float32)
        self._slopes: Any = slopes
        self._remainder: Any = remainder
        self._neuron: Any = wiring.neuron.reshape(-1).astype(np.int64)
        self._of_neurons = DenseMetric(neurons)

    def move(self, asarray: Callable[[Any], Any]) -> None:
        """Turn the arrays into those of a device."""
        self._slopes, self._remainder = asarray(self._slopes), asarray(self._remainder)
        self._neuron = asarray(self._neuron)
        self._of_neurons.move(asarray)

    def solve(self, gradient: Any) -> Any:
        """Return C^-1 g."""
        xp = array_namespace(gradient)
        count = self._remainder.shape[0]
        if self._own_terms:
            first = (gradient[:count] - self._inputs(gradient[count:])) / self._remainder
            second = self._of_neurons.solve(gradient[count:]) - self._onto_neurons(first)
            return xp.concat([first, second]) / self._scale
        first = gradient / self._remainder
        common = self._inputs(self._of_neurons.solve(self._onto_neurons(first)))
        return (first - common / self._remainder) / self._scale

    def _inputs(self, of_neurons: Any) -> Any:
        """Return B h, (K,)."""
        xp = array_namespace(of_neurons)
        return xp.sum(self._slopes * xp.reshape(xp.take(of_neurons, self._neuron), self._slopes.shape), axis=2)[0]

    def _onto_neurons(self, of_projections: Any) -> Any:
        """Return B' d, (n,)."""
        return self._wiring.sums_of_neurons(self._slopes * of_projections[None, :, None])[0]

    def stabilise(self, outputs: NDArray[np.float32]) -> None:
        """Enlarge the metric where the covariance of centred ``outputs`` (patterns, outputs) is larger by far.

        The direction in which it is largest is looked for in one half of the patterns, and measured in the other.
        """
        halves = outputs[: len(outputs) // 2], outputs[len(outputs) // 2 :]
        direction = np.ones(outputs.shape[1])
        for _ in range(_ITERATIONS):
            seen = halves[0] @ (direction / np.linalg.norm(direction)).astype(np.float32)
            image = (halves[0].T @ seen).astype(np.float64) / len(seen)
            direction = self.solve(image)
        # C v = image / norm, so that v' C v needs no second matrix.
        size = float(image @ direction)
        measured = float(np.mean((halves[1] @ direction.astype(np.float32)) ** 2))
        if size > 0:
            self._scale = max(1.0, measured / size / _STABLE)


def _products(wiring: Wiring, slopes: NDArray[np.float64], remainder: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return B' R^-1 B, (n, n)."""
    from scipy.sparse import csr_array

    slots = wiring.slots[0]
    starts = np.concatenate([[0], np.cumsum(wiring.fan_in[0])])
    matrix = csr_array((slopes[0][slots], wiring.neuron[0][slots], starts), wiring.shape[1:])
    weighted = csr_array(((slopes[0] / remainder[:, None])[slots], wiring.neuron[0][slots], starts), wiring.shape[1:])
    return np.asarray((matrix.T @ weighted).toarray())


def covariance_of_neurons(patterns: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the covariance of the neurons over the patterns, (n, n), safe to invert."""
    n_patterns, n_neurons = patterns.shape
    products = np.zeros((n_neurons, n_neurons), np.float32)
    for first in range(0, n_patterns, _AT_A_TIME):
        part = patterns[first : first + _AT_A_TIME].astype(np.float32)
        products += part.T @ part
    rates = np.diag(products) / n_patterns
    products /= n_patterns
    products -= np.outer(rates, rates)
    # Few patterns make directions that seem not to vary at all.
    products *= np.float32(1.0 - n_neurons / (n_neurons + 2.0 * n_patterns))
    products[np.diag_indices(n_neurons)] = rates * (1.0 - rates)
    return products


def wired_metric(
    model: RPModels, patterns: NDArray[np.uint8], chains: int, own_terms: bool
) -> tuple[WiredMetric, NDArray[np.float64], NDArray[np.float64]]:
    """Return the metric of one model, the variances of its outputs, and where a fit without own terms may start.

    Parameters
    ----------
    model : RPModels
        A batch of one.
    patterns : (n_patterns, n)
        Training patterns.
    chains : int
        Chains of the fit, which set the ridge.
    own_terms : bool
        Whether neurons are outputs, too.

    Returns
    -------
    WiredMetric
    variance : (outputs,)
    lam : (K,)
        The factors with which the projections come nearest to the energies of the independent model.
    """
    _, _, n_neurons = model.shape
    some = patterns[:: max(1, len(patterns) // max(_FEWEST, _PER_NEURON * n_neurons))]
    wiring, slots = model.wiring, model.wiring.slots[0]
    neurons = covariance_of_neurons(some)
    variance_of_neurons = np.maximum(np.diag(neurons).astype(float), FLOOR / len(patterns))
    neurons[np.diag_indices(n_neurons)] = variance_of_neurons + RIDGE / chains
    wired = Wired(wiring)
    wired.load(model, 0)
    sums = kernels.output_products(kernels.to_blocks(some), len(some), *wired.rows, model.step)
    mean, square = sums[0] / len(some), sums[1] / len(some)
    variance = np.maximum(0.25 * (square - mean**2), FLOOR / len(patterns))
    own = some.mean(axis=0)[wiring.neuron[0]]
    with_neurons = np.zeros(slots.shape)
    with_neurons[slots] = sums[2] / len(some)
    with_neurons = np.where(slots, 0.5 * (with_neurons - mean[:, None] * own), 0.0)
    slopes = _regressions(wiring, neurons, with_neurons)
    remainder = np.maximum(variance - (slopes * with_neurons).sum(axis=1), _REMAINDER * variance) + RIDGE / chains
    metric = WiredMetric(wiring, slopes[None], remainder, neurons, own_terms)
    lam = np.zeros(len(variance))
    if not own_terms:
        # The covariances of the outputs with the energies of the independent model, in their own metric.
        energies = neurons @ independent_bias(patterns.mean(axis=0), len(patterns)).astype(np.float32)
        lam = metric.solve((slopes * energies[wiring.neuron[0]]).sum(axis=1))
    shown = some[:: max(1, len(some) // _LOOKED_AT)]
    t = kernels.outputs(kernels.to_blocks(shown), *wired.rows, model.step)
    seen = 0.5 * kernels.from_blocks(t, len(shown)).astype(np.float32)
    if own_terms:
        seen = np.concatenate([seen, shown.astype(np.float32)], axis=1)
        variance = np.concatenate([variance, variance_of_neurons])
    metric.stabilise(seen - seen.mean(axis=0))
    return metric, variance, lam


def _regressions(
    wiring: Wiring, neurons: NDArray[np.float32], with_neurons: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the slopes (K, D) of each output on the neurons that feed it, from its covariances with them."""
    neuron, slots = wiring.neuron[0], wiring.slots[0]
    slopes = np.zeros(slots.shape)
    for fan_in in np.unique(wiring.fan_in[0]):
        which = np.flatnonzero(wiring.fan_in[0] == fan_in)
        fed = neuron[which, :fan_in]
        among = neurons[fed[:, :, None], fed[:, None, :]].astype(np.float64)
        slopes[which, :fan_in] = np.linalg.solve(among, with_neurons[which, :fan_in, None])[..., 0]
    return slopes
