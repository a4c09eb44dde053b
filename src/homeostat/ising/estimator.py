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
import os
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from homeostat.device import resolve_device
from homeostat.ising.fitting import fit_ising
from homeostat.ising.models import check_memory, pairs
from homeostat.ising.storage import from_arrays, to_arrays
from homeostat.logs import progress
from homeostat.rp.maxent import MaxEntBase
from homeostat.rp.settings import Training
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
    stopping : {"budget", "clopper_pearson", "likelihood"}
        As in :class:`homeostat.rp.RP`.
    chains, sweeps : int
        Persistent Markov chains (a multiple of 64) and their sweeps per step.
    seed : int
        Seed of every random stream.
    device : {"cpu", "cuda", "auto"}
        Accepted, and not used: the kernel is for the CPU only.
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
    stopping: str = "budget"

    def fit(
        self,
        X: NDArray[np.generic],
        y: None = None,
        *,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Fit the model to spike patterns.

        Parameters
        ----------
        X : (n_patterns, n_neurons)
            Patterns of 0 and 1: a :class:`~homeostat.recordings.Recording`, a data frame, an array, a sparse array.
        y
            Ignored.
        checkpoint : path, optional
            File to go on from after a kill.

        Raises
        ------
        DataError
            Patterns that are no matrix of 0 and 1, parameters of the wrong type, or more neurons than memory holds.
        """
        patterns = self._checked(X)
        check_memory(patterns.shape[1], _BYTES * patterns.shape[1] ** 2)
        if resolve_device(self.device) != "cpu":
            log.info("%s has a kernel for the CPU only, which is used.", type(self).__name__)
        self.device_ = "cpu"
        training = Training(
            steps=self.steps,
            chains=self.chains,
            sweeps=self.sweeps,
            stopping=self.stopping,  # type: ignore[arg-type]
        )
        if training.stopping == "likelihood":
            training = replace(training, check_every=max(1, training.steps // 10))
        with progress(type(self).__name__) if self.verbose else nullcontext() as report:
            result = fit_ising(
                lambda index: patterns,
                training,
                [self._stream("fit")],
                potential=self._potential,
                progress=report,
                checkpoint=checkpoint,
            )
        self._take(result)
        return self

    def _stored(self) -> dict[str, Any]:
        return to_arrays(self.models_)

    def _restore(self, arrays: Mapping[str, Any]) -> None:
        self._set_models(from_arrays(arrays))

    @property
    def n_parameters_(self) -> int:
        """How many numbers were learned."""
        check_is_fitted(self, "models_")
        return int(self.models_.shape[1])

    @property
    def fields_(self) -> NDArray[np.float32]:
        """The fields h of the neurons."""
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
    """

    _potential: ClassVar[bool] = True

    @property
    def potential_(self) -> NDArray[np.float32]:
        """The potential V on the population count."""
        check_is_fitted(self, "models_")
        return np.asarray(self.models_.potential[0])

    @property
    def n_parameters_(self) -> int:
        """How many numbers were learned; three of the n + 1 of the potential are fields and couplings already."""
        return super().n_parameters_ + max(0, self.n_features_in_ - 2)
