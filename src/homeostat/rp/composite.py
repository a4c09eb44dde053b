"""Models whose features are of several kinds: random projections with fields and couplings.

p(x) ~ exp(-sum_k lambda_k f_k(x) - sum_i h_i x_i - sum_{i<j} J_ij x_i x_j), fitted by the one trainer: x_i and x_i x_j
are projections with weights so large that their sigmoids are steps.

>>> import numpy as np
>>> from homeostat.rp import PairwiseRP
>>> rng = np.random.default_rng(0)
>>> spikes = (rng.random((4000, 6)) < 0.3).astype(np.uint8)
>>> spikes[:, 1] |= spikes[:, 0]
>>> model = PairwiseRP(10, in_degree=3, steps=30, chains=512).fit(spikes)
>>> model.factors_.shape, model.n_parameters_, bool(model.couplings_[0, 1] < -1)
((31,), 31, True)
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.ising.models import check_memory, pairs
from homeostat.ising.pseudolikelihood import pairwise_start
from homeostat.rp.estimator import RP
from homeostat.rp.projections import RPModels
from homeostat.rp.wiring import Wiring, widened
from homeostat.sklearn_api import check_is_fitted

# exp(-20) = 2e-9 is what remains of a step half a weight from its threshold.
_STEEP = 40.0
# Memory for each factor, mostly its outputs over 3,072 chains.
_BYTES = 16_000


@dataclass(kw_only=True, eq=False, repr=False)
class PairwiseRP(RP):
    """Random projections, fields and couplings in one model: everything in ``RP`` and in ``PairwiseMaxEnt``.

    The fields are the terms of the neurons: ``neuron_terms`` is refused.

    Parameters
    ----------
    n_projections, in_degree, slope, threshold, steps, optimizer, stopping, chains, sweeps, seed, device, verbose
        As in :class:`RP`; the projections of equal seeds are the same.

    Attributes
    ----------
    factors_ : float32 (n_projections + n (n + 1) / 2,)
        Factors lambda of the random projections, fields h, couplings J, in this order; so are ``projections_`` and
        ``thresholds_``.
    fields_ : float32 (n_features_in_,)
        h.
    couplings_ : float32 (n_features_in_, n_features_in_)
        J, symmetric, zero on the diagonal.
    """

    steps: int = 200

    def _start(self, patterns: NDArray[np.uint8], connectivity: NDArray[np.bool_] | None) -> RPModels:
        if self.neuron_terms:
            raise DataError("PairwiseRP learns a term for every neuron already, its fields: leave neuron_terms False")
        n_neurons = patterns.shape[1]
        check_memory(n_neurons, _BYTES * n_neurons * (n_neurons + 1) // 2)
        random = super()._start(patterns, connectivity)
        features = single_and_pair_features(n_neurons, random.slope)
        # The start is the pairwise model at the maximum of its pseudo-likelihood.
        start = pairwise_start(patterns)
        factors = np.concatenate([start.field[0], start.coupling[0][pairs(n_neurons)]])
        return join(random, replace(features, lam=factors[None]))

    @property
    def fields_(self) -> NDArray[np.float32]:
        """The fields h of the neurons."""
        check_is_fitted(self, "models_")
        return self.factors_[self._random : self._random + self.n_features_in_]

    @property
    def couplings_(self) -> NDArray[np.float32]:
        """The couplings J of the pairs, as a symmetric matrix."""
        check_is_fitted(self, "models_")
        matrix = np.zeros((self.n_features_in_, self.n_features_in_), np.float32)
        first, second = pairs(self.n_features_in_)
        matrix[first, second] = matrix[second, first] = self.factors_[self._random + self.n_features_in_ :]
        return matrix

    @property
    def _random(self) -> int:
        """How many of the factors are those of random projections; the parameter may have changed since the fit."""
        return len(self.factors_) - self.n_features_in_ * (self.n_features_in_ + 1) // 2


def single_and_pair_features(n_neurons: int, slope: float) -> RPModels:
    """Return one model whose projections are x_i and, in the order of :func:`pairs`, x_i x_j, with factors of 0.

    Parameters
    ----------
    n_neurons
        n.
    slope
        Slope of the sigmoids, as that of the projections beside them; ``inf`` for steps.
    """
    first, second = pairs(n_neurons)
    fan_in = np.repeat([1, 2], [n_neurons, len(first)])[None]
    neurons = np.concatenate([np.arange(n_neurons), np.stack([first, second], axis=1).reshape(-1)])
    wiring = Wiring.from_lists(fan_in, neurons, n_neurons)
    scale = np.float32(1.0 if np.isinf(slope) else _STEEP / slope)
    return RPModels(
        wiring=wiring,
        synapses=scale * wiring.slots.astype(np.float32),
        threshold=scale * (fan_in - 0.5).astype(np.float32),
        lam=np.zeros(fan_in.shape, np.float32),
        bias=np.zeros((1, n_neurons), np.float32),
        slope=slope,
    )


def join(first: RPModels, second: RPModels) -> RPModels:
    """Return models whose energies are the sums of those of two batches, model by model.

    Raises
    ------
    DataError
        The batches have other numbers of models or neurons, or other slopes.
    """
    (m, _, n), (m_second, _, n_second) = first.shape, second.shape
    if (m, n, first.slope) != (m_second, n_second, second.slope):
        raise DataError(
            f"models of {m} x {n} neurons with slope {first.slope:g} cannot be joined with {m_second} x {n_second} of "
            f"slope {second.slope:g}; all three must be equal"
        )
    wiring = first.wiring.joined(second.wiring)
    width = wiring.neuron.shape[2]
    synapses = np.concatenate([widened(each.synapses, width) for each in (first, second)], axis=1)
    threshold = np.concatenate([first.threshold, second.threshold], axis=1)
    lam = np.concatenate([first.lam, second.lam], axis=1)
    return RPModels(wiring, synapses, threshold, lam, first.bias + second.bias, first.slope)
