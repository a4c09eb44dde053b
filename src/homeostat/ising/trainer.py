"""The trainer of an Ising model: maximum likelihood by sampling, from the maximum of the pseudo-likelihood.

In centred coordinates of unit variance (:mod:`homeostat.ising.coordinates`), theta climbs the gradient ::

    dL/dtheta = <f>_model - <f>_data

with steps of one size, below the bound that the largest curvature sets. Averages over the model are those of the
neurons' conditional probabilities over persistent Markov chains. The fitted theta is an average over the path in which
late steps count most (Shamir & Zhang 2013).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat.arrays import Patterns
from homeostat.ising.coordinates import Coordinates, Statistics, Values, data_statistics
from homeostat.ising.engine import IsingEngine
from homeostat.ising.models import IsingModels, pairs, without_pairs
from homeostat.ising.pseudolikelihood import PRIOR_PATTERNS, pseudo_likelihood_maximum
from homeostat.rp.annealing import spread_out
from homeostat.rp.course import KEPT, Course, Coursed, part
from homeostat.rp.measures import log_likelihood_of_rates
from homeostat.rp.pseudolikelihood import distinct
from homeostat.rp.result import FitResult
from homeostat.rp.settings import Training
from homeostat.rp.verdict import BELOW, doubts, log_partitions
from homeostat.seeds import child

# Shares of the maximum of the pseudo-likelihood that a fit may start from. Where neurons often fire together, that
# maximum has a mode of many active neurons that the data do not have; less of it is then far more likely.
_SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0)
# Largest step, alone and over the largest curvature (2 would no longer converge).
_STEP, _STABLE = 0.3, 1.5
# Patterns that the largest curvature is found from, and the iterations that find it.
_CURVATURE_PATTERNS, _CURVATURE_ITERATIONS = 4096, 12
# Step t has the weight t^3 in the average of theta.
_LATE = 3
# Sweeps of chains before the first step, and of the fitted model at the end.
_BURN_IN = 10
_SETTLING = 20
# Times the usual effort of log Z, for choices and for the verdict.
_QUICK, _CAREFUL = 2, 4


class IsingTrainer(Coursed):
    """Learns one model.

    Parameters
    ----------
    patterns : uint8 (n_patterns, n)
    training : Training
        Its steps, chains, sweeps, acceptance, stopping rule and intervals; the rest is not used.
    seed : SeedSequence
    potential : bool
        Whether V is learned (K-pairwise) or zero (pairwise).
    """

    def __init__(
        self, patterns: Patterns, training: Training, seed: np.random.SeedSequence, *, potential: bool = False
    ) -> None:
        self.training = training
        self._n_patterns = len(patterns)
        unique, counts = distinct(patterns)
        self._data = data_statistics(unique, counts)
        self._coordinates = Coordinates.of(self._data, len(patterns), potential=potential)
        self._rates = self._coordinates.rates[None]
        self._witness_seeds = [child(seed, 2)]
        most = pseudo_likelihood_maximum(patterns, self._coordinates)
        self._start = self._best_share(most) * most
        every = -(-len(patterns) // _CURVATURE_PATTERNS)
        self._size = min(_STEP, _STABLE / largest_curvature(patterns[::every], self._coordinates))
        self._theta, self._average = self._start.copy(), self._start.copy()
        self._engine = IsingEngine(self._coordinates.model(self._theta))
        rows = np.random.default_rng(child(seed, 1)).integers(len(patterns), size=training.chains)
        self._chains = self._engine.start_chains([patterns[rows]], [child(seed, 0)])
        self._sweep(_BURN_IN)
        self._course = Course(
            training, np.array([len(patterns)]), len(self._values(self._data)), "are these patterns of spikes?"
        )

    def _best_share(self, theta: Values) -> float:
        """Return which share of theta is the most likely, from all of it down."""
        best, most = 1.0, -np.inf
        for share in _SHARES:
            found = self._log_likelihood(share * theta, _QUICK)
            if found < most:
                break
            best, most = share, found
        return best

    def _sweep(self, n_sweeps: int) -> None:
        self._engine.sweep(self._chains, n_sweeps, metropolis=self.training.acceptance == "metropolis")

    def _values(self, statistics: Statistics) -> Values:
        """Return the averages that the model is to meet, (F,)."""
        first, second = pairs(len(statistics.single))
        parts = [statistics.single, statistics.pair[first, second]]
        if self._coordinates.group is not None:
            parts.append(np.bincount(self._coordinates.group, weights=statistics.population).astype(float))
        return np.concatenate(parts)

    def advance(self) -> None:
        """Take one step."""
        self._sweep(self.training.sweeps)
        model = self._engine.chain_averages(self._chains)[0].model_statistics()
        found, wanted = self._values(model)[None], self._values(self._data)[None]
        self._course.count(found, wanted, lambda: np.array([self._log_likelihood(self._average, _QUICK)]))
        if not self._course.active[0]:
            return
        difference = Statistics(*(a - b for a, b in zip(model, self._data, strict=True)))
        gradient = self._coordinates.gradient(difference) - PRIOR_PATTERNS / self._n_patterns * self._theta
        self._theta = self._theta + self._size * gradient
        self._average += (_LATE + 1) / (self._course.step + _LATE) * (self._theta - self._average)
        self._engine.load(self._coordinates.model(self._theta))

    def _log_likelihood(self, theta: Values, effort: int) -> float:
        """Estimate the log-likelihood per training pattern, in nats, with the same random numbers at every call."""
        models = self._coordinates.model(theta)
        log_z = log_partitions(models, self._rates, self._witness_seeds, "cpu", effort)[0]
        return -self._energy(models) - float(log_z)

    def _energy(self, models: IsingModels) -> float:
        """Return the mean energy of the training patterns."""
        data = self._data
        couplings = float((np.triu(models.coupling[0].astype(float), 1) * data.pair).sum())
        return float(models.field[0] @ data.single) + couplings + float(models.potential[0] @ data.population)

    def result(self) -> FitResult[IsingModels]:
        """Return the model with what speaks against it.

        A fit that ended below its start is put back to it, and one below the independent model to that.
        """
        bias = self._coordinates.bias
        independent = log_likelihood_of_rates(bias, self._data.single)
        before, gain = (
            np.array([self._log_likelihood(theta, _CAREFUL) - independent]) for theta in (self._start, self._average)
        )
        data = self._values(self._data)[None]
        error, limit = self._course.moment_errors(data * (1.0 - data))
        doubt = doubts(error, limit, gain, gain - before, True)
        theta = self._average
        if not gain >= before:
            theta, gain = self._start, before
        if not gain >= -BELOW:
            theta, gain = np.zeros_like(theta), np.zeros(1)
        models = self._coordinates.model(theta)
        if self._coordinates.group is not None:
            models = without_pairs(models, self._data.population)
        return self._course.result(models, self._samples(models), moment_error=error, gain=gain, doubt=doubt)

    def _samples(self, models: IsingModels) -> NDArray[np.uint8]:
        """Return where up to 512 chains of the fitted model ended, (1, count, n)."""
        self._engine.load(models)
        self._sweep(_SETTLING)
        states = self._engine.chain_patterns(self._chains)[0]
        return np.asarray(spread_out(states, min(KEPT, len(states))))[None]

    def state(self) -> dict[str, NDArray[Any]]:
        """Return everything that :meth:`restore` needs to go on with the same numbers."""
        return {
            "theta": self._theta,
            "average": self._average,
            **{f"chains_{name}": value for name, value in self._engine.chains_state(self._chains).items()},
            **self._course.state(),
        }

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from what :meth:`state` returned."""
        self._theta, self._average = (state[name].copy() for name in ("theta", "average"))
        self._course.restore(state)
        self._engine.restore_chains(self._chains, part(state, "chains_"))
        self._engine.load(self._coordinates.model(self._theta))


def largest_curvature(patterns: NDArray[np.uint8], coordinates: Coordinates) -> float:
    """Return the largest eigenvalue of the covariance of the statistics, in these coordinates, by power iteration.

    It is also the largest eigenvalue of the likelihood's second derivatives, if the model has the data's averages.
    """
    n_patterns, n_neurons = patterns.shape
    centred = (patterns - coordinates.rates).astype(np.float32)
    first, second = pairs(n_neurons)
    n_pairs = len(first)
    count = patterns.sum(axis=1, dtype=np.int64)
    group = None if coordinates.group is None else coordinates.group[count]
    vector = np.random.default_rng(0).normal(size=len(coordinates.scale))
    value = float(np.linalg.norm(vector))
    for _ in range(_CURVATURE_ITERATIONS):
        if value == 0.0:  # nothing varies
            break
        weight = vector / value / coordinates.scale
        matrix = np.zeros((n_neurons, n_neurons), np.float32)
        matrix[first, second] = weight[n_neurons : n_neurons + n_pairs]
        along = ((centred @ matrix) * centred).sum(axis=1) + centred @ weight[:n_neurons].astype(np.float32)
        if group is not None:
            along = along + weight[n_neurons + n_pairs :][group].astype(np.float32)
        along -= along.mean()
        pair = (centred * along[:, None]).T @ centred
        parts = [along @ centred, pair[first, second]]
        if group is not None:
            parts.append(np.bincount(group, weights=along, minlength=len(vector) - n_neurons - n_pairs))
        vector = np.concatenate(parts) / n_patterns / coordinates.scale
        value = float(np.linalg.norm(vector))
    return max(value, 1.0)
