"""Where a fit starts: the model that maximises the pseudo-likelihood.

That is the mean over patterns of sum_i log p(x_i | the others) (Besag 1975). It needs neither log Z nor samples, so
that no rare event goes unseen.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from homeostat.ising.coordinates import Coordinates, Statistics, Values, data_statistics
from homeostat.ising.engine import Parameters, averages, padded
from homeostat.ising.models import IsingModels
from homeostat.rp.pseudolikelihood import distinct

# The Gaussian prior on theta is worth as many patterns: pairs that were never active together keep finite couplings.
PRIOR_PATTERNS = 1.0
# The first iterations see every so many of at least so many patterns.
_COARSE, _FEWEST = 8, 20_000
# A gradient is small enough at this many standard errors of the data's averages; the chains take out the rest.
_TOLERANCE = 0.2
_ITERATIONS = 100


def pairwise_start(patterns: NDArray[np.uint8]) -> IsingModels:
    """Return the pairwise model at the maximum of the pseudo-likelihood of patterns (n_patterns, n)."""
    unique, counts = distinct(patterns)
    coordinates = Coordinates.of(data_statistics(unique, counts), len(patterns), potential=False)
    return coordinates.model(pseudo_likelihood_maximum(patterns, coordinates))


def pseudo_likelihood_maximum(patterns: NDArray[np.uint8], coordinates: Coordinates) -> Values:
    """Return theta at the maximum of the pseudo-likelihood of patterns (n_patterns, n), by L-BFGS from independence."""
    # Here, because the import takes as long as all the rest of a small fit.
    from scipy.optimize import minimize

    n_patterns, n_neurons = patterns.shape
    prior = PRIOR_PATTERNS / n_patterns

    def loss(
        theta: Values, rows: NDArray[np.uint8], weight: NDArray[np.float32], data: Statistics
    ) -> tuple[float, Values]:
        found = averages(Parameters(coordinates.model(theta)), rows, weight, n_neurons)
        difference = Statistics(found.single - data.single, found.pair + found.pair.T - 2.0 * data.pair, found.shift)
        value = 0.5 * prior * float(theta @ theta) - found.value
        return value, prior * theta - coordinates.gradient(difference)

    theta = np.zeros(len(coordinates.scale))
    options = {"gtol": _TOLERANCE / np.sqrt(n_patterns), "ftol": 0.0, "maxiter": _ITERATIONS}
    for every in (_COARSE, 1) if n_patterns >= _FEWEST else (1,):
        unique, counts = distinct(patterns[::every])
        seen = partial(loss, rows=padded(unique), weight=counts, data=data_statistics(unique, counts))
        theta = minimize(seen, theta, jac=True, method="L-BFGS-B", options=options).x
    return np.asarray(theta)
