"""Coordinates in which an Ising model is learned: centred on the data's rates and of about unit variance.

With spikes centred, x_i - p_i, the average of a pair says little of the averages of its neurons, and the matrix of
second derivatives of the likelihood is close to diagonal (Montavon & Müller 2012). The same distributions are
described: with y = x - p, sum_i a_i y_i + sum J_ij y_i y_j has the fields h_i = a_i - sum_j J_ij p_j.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeostat.ising.models import IsingModels, pairs

Values = NDArray[np.float64]

# Counts of active neurons that fewer patterns reach share one value of the potential.
_FEWEST = 10


class Statistics(NamedTuple):
    """Averages that an Ising model is fitted to, or differences of them.

    Attributes
    ----------
    single : float64 (n,)
        <x_i>.
    pair : float64 (n, n)
        <x_i x_j>, symmetric; the diagonal is not used.
    population : float64 (n + 1,)
        P(K), the probability that K neurons are active.
    """

    single: Values
    pair: Values
    population: Values


def data_statistics(patterns: NDArray[np.uint8], counts: NDArray[np.float32]) -> Statistics:
    """Return the averages over patterns (m, n) that occur ``counts`` (m,) times."""
    total = float(counts.sum(dtype=float))
    n_neurons = patterns.shape[1]
    pair = np.zeros((n_neurons, n_neurons))
    for first in range(0, len(patterns), 1 << 14):
        # Sums of integers that float32 holds exactly.
        x = patterns[first : first + (1 << 14)].astype(np.float32)
        pair += (x * counts[first : first + (1 << 14), None]).T @ x
    together = patterns.sum(axis=1, dtype=np.int64)
    count = np.bincount(together, weights=counts, minlength=n_neurons + 1)
    return Statistics(np.diag(pair) / total, pair / total, count / total)


def pooled_counts(share: Values, n_patterns: int) -> NDArray[np.int64]:
    """Return which value of the potential each K has, (n + 1,): the tails that few patterns reach share one each."""
    number = share * n_patterns
    last = len(number) - 1
    low = int(np.searchsorted(np.cumsum(number), _FEWEST))
    high = last - int(np.searchsorted(np.cumsum(number[::-1]), _FEWEST))
    if high <= low:
        return np.zeros(last + 1, np.int64)
    return np.clip(np.arange(last + 1), low, high) - low


@dataclass(frozen=True)
class Coordinates:
    """The flat vector theta = (neurons, pairs, counts) that stands for a model.

    Attributes
    ----------
    rates : (n,)
        p, strictly between 0 and 1.
    scale : (n + n (n - 1) / 2 + G,)
        Standard deviations of the centred statistics over the data: an energy is theta / scale.
    group : int (n + 1,) or None
        Which of the G values of the potential each K has; None where there is no potential.
    """

    rates: Values
    scale: Values
    group: NDArray[np.int64] | None

    @classmethod
    def of(cls, data: Statistics, n_patterns: int, *, potential: bool) -> "Coordinates":
        """Return the coordinates for data with these averages."""
        least = 0.5 / n_patterns
        p = np.clip(data.single, least, 1.0 - least)
        first, second = pairs(len(p))
        a, b, both = p[first], p[second], data.pair[first, second]
        # (x - p)^2 = (1 - 2 p) x + p^2
        square = (1 - 2 * a) * (1 - 2 * b) * both + a * b * (a * (1 - 2 * b) + b * (1 - 2 * a) + a * b)
        parts = [p * (1 - p), square - (both - a * b) ** 2]
        group = None
        if potential:
            group = pooled_counts(data.population, n_patterns)
            share = np.bincount(group, weights=data.population).astype(float)
            parts.append(share * (1 - share))
        return cls(p, np.sqrt(np.maximum(np.concatenate(parts), 1.0 / n_patterns)), group)

    @property
    def bias(self) -> Values:
        """Fields of the independent model, which is theta = 0."""
        return np.asarray(np.log1p(-self.rates) - np.log(self.rates))

    def model(self, theta: Values) -> IsingModels:
        """Return the model (a batch of one)."""
        n = len(self.rates)
        energy = theta / self.scale
        first, second = pairs(n)
        n_pairs = len(first)
        coupling = np.zeros((n, n))
        coupling[first, second] = coupling[second, first] = energy[n : n + n_pairs]
        field = self.bias + energy[:n] - coupling @ self.rates
        potential = np.zeros(n + 1) if self.group is None else energy[n + n_pairs :][self.group]
        return IsingModels(*(each[None].astype(np.float32) for each in (field, coupling, potential)))

    def gradient(self, difference: Statistics) -> Values:
        """Return the derivatives by theta from those by fields, couplings and potential.

        Where these are averages over the model minus averages over the data, that is the gradient of the
        log-likelihood.
        """
        first, second = pairs(len(self.rates))
        single, p = difference.single, self.rates
        pair = difference.pair[first, second] - single[first] * p[second] - single[second] * p[first]
        parts = [single, pair]
        if self.group is not None:
            parts.append(np.bincount(self.group, weights=difference.population).astype(float))
        return np.concatenate(parts) / self.scale
