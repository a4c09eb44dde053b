"""The pairwise and the K-pairwise maximum-entropy model with scikit-learn's interface.

>>> import numpy as np
>>> from homeostat.rp import KPairwise, PairwiseMaxEnt
>>> rng = np.random.default_rng(0)
>>> spikes = (rng.random((4000, 6)) < np.where(rng.random((4000, 1)) < 0.1, 0.7, 0.1)).astype(np.uint8)
>>> pairs, counts = (kind(steps=100, chains=1024).fit(spikes) for kind in (PairwiseMaxEnt, KPairwise))
>>> counts.score(spikes) > pairs.score(spikes)
True
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from homeostat.checkpoints import Run
from homeostat.device import resolve_device
from homeostat.ising.coordinates import pooled_counts
from homeostat.ising.fitting import fit_ising
from homeostat.ising.models import IsingModels, check_memory, pairs
from homeostat.ising.storage import from_arrays, to_arrays
from homeostat.rp.maxent import MaxEntBase
from homeostat.rp.result import FitResult
from homeostat.sklearn_api import check_is_fitted

log = logging.getLogger(__name__)

# Bytes for each pair of neurons, in both orders: couplings, averages, and vectors of the search for the start.
_BYTES = 150


@dataclass(kw_only=True, eq=False, repr=False)
class PairwiseMaxEnt(MaxEntBase):
    """Pairwise maximum-entropy (Ising) model: p(x) ~ exp(-sum h_i x_i - sum_{i<j} J_ij x_i x_j).

    It meets the firing rates of the neurons and of all pairs. A fit starts at the maximum of the pseudo-likelihood and
    ends at the maximum of the likelihood; a Gaussian prior worth one pattern keeps couplings of pairs finite that were
    never active together.

    Parameters
    ----------
    steps : int
        Most gradient steps.
    stopping : {"steps", "clopper_pearson", "likelihood"}
        As in :class:`homeostat.rp.RP`.
    chains, sweeps : int
        Persistent Markov chains (a multiple of 64) and their sweeps per step.
    seed : int
        Seed of every random stream.
    device : {"cpu", "cuda", "auto"}
        The fit runs on the CPU in any case. ``"cuda"`` is an error where there is no GPU, as for other models.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    fields_ : float32 (n_features_in_,)
        h.
    couplings_ : float32 (n_features_in_, n_features_in_)
        J, symmetric, zero on the diagonal.

    Examples
    --------
    >>> import numpy as np
    >>> from homeostat.rp import Independent, PairwiseMaxEnt
    >>> rng = np.random.default_rng(0)
    >>> spikes = (rng.random((4000, 6)) < 0.2).astype(int)
    >>> spikes[:, 1] |= spikes[:, 0]
    >>> model = PairwiseMaxEnt(steps=40, chains=1024).fit(spikes)
    >>> bool(model.couplings_[0, 1] < -1), model.score(spikes) > Independent().fit(spikes).score(spikes)
    (True, True)
    """

    _potential: ClassVar[bool] = False

    steps: int = 200
    stopping: str = "steps"

    def _train(self, patterns: NDArray[np.uint8], run: Run) -> FitResult[IsingModels]:
        check_memory(patterns.shape[1], _BYTES * patterns.shape[1] ** 2)
        if resolve_device(self.device) != "cpu":
            log.info("%s has a kernel for the CPU only, which is used.", type(self).__name__)
        self.device_ = "cpu"
        seeds = [self._stream("fit")]
        return fit_ising(lambda index: patterns, self._training(), seeds, potential=self._potential, **run)

    def _stored(self) -> dict[str, Any]:
        return to_arrays(self.models_)

    def _restore(self, arrays: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
        self._set_models(from_arrays(arrays))
        super()._restore(arrays, meta)

    @property
    def n_parameters_(self) -> int:
        """How many numbers were learned."""
        check_is_fitted(self, "models_")
        return int(self.models_.shape[1])

    @property
    def fields_(self) -> NDArray[np.float32]:
        """The fields h of the neurons, (n,)."""
        check_is_fitted(self, "models_")
        return np.asarray(self.models_.field[0])

    @property
    def couplings_(self) -> NDArray[np.float32]:
        """The couplings J of the pairs, as a symmetric matrix."""
        check_is_fitted(self, "models_")
        return np.asarray(self.models_.coupling[0])

    @property
    def factors_(self) -> NDArray[np.float32]:
        """The fields, and the couplings of all pairs i < j, (n (n + 1) / 2,)."""
        check_is_fitted(self, "models_")
        return np.concatenate([self.fields_, self.couplings_[pairs(self.n_features_in_)]])


@dataclass(kw_only=True, eq=False, repr=False)
class KPairwise(PairwiseMaxEnt):
    """K-pairwise model: pairwise, with a potential on the population count (Tkacik et al. 2014).

    p(x) ~ exp(-sum h_i x_i - sum_{i<j} J_ij x_i x_j - V_K), K = sum_i x_i. It also meets P(K), the probability that K
    neurons are active together. Counts that fewer than ten training patterns reach, at either end, share one V.

    Parameters
    ----------
    steps, stopping, chains, sweeps, seed, device, verbose
        As in :class:`PairwiseMaxEnt`.

    Attributes
    ----------
    fields_, couplings_
        As in :class:`PairwiseMaxEnt`.
    potential_ : float32 (n_features_in_ + 1,)
        V of K = 0 to n. What fields and couplings could do is in them: over the data's P(K), V has no part that is
        constant, linear or quadratic in K.
    n_potential_ : int
        How many values of V were learned, as counts share them.
    """

    _potential: ClassVar[bool] = True
    _fitted: ClassVar[tuple[str, ...]] = (*PairwiseMaxEnt._fitted, "n_potential_")

    def _train(self, patterns: NDArray[np.uint8], run: Run) -> FitResult[IsingModels]:
        count = np.bincount(patterns.sum(axis=1, dtype=np.int64), minlength=patterns.shape[1] + 1)
        self.n_potential_ = int(pooled_counts(count / len(patterns), len(patterns)).max()) + 1
        return super()._train(patterns, run)

    @property
    def potential_(self) -> NDArray[np.float32]:
        """The potential V on the population count."""
        check_is_fitted(self, "models_")
        return np.asarray(self.models_.potential[0])

    @property
    def n_parameters_(self) -> int:
        """How many numbers were learned.

        The constant, linear and quadratic parts of the potential are none of them, or fields and couplings already:
        three numbers, less each way in which counts that share one value leave no such part.
        """
        # Files of former versions do not say it.
        values = getattr(self, "n_potential_", self.n_features_in_ + 1)
        shared = self.n_features_in_ + 1 - values
        return super().n_parameters_ + max(0, values - (3 - min(2, shared)))
