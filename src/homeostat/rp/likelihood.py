"""Likelihoods of models on their training patterns, estimated fast and always with the same random numbers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from homeostat.arrays import Patterns
from homeostat.rp.factory import make_engine
from homeostat.rp.projections import RPModels
from homeostat.rp.verdict import log_partitions

Floats = NDArray[np.float64]


class TrainingLikelihood:
    """Log-likelihoods per training pattern of a batch of M models, in nats.

    Parameters
    ----------
    patterns : sequence of M uint8 arrays (n_patterns, n)
    outputs : (M, K), optional
        Averages of the projections over the patterns, where the projections are fixed: energies follow from them, and
        the patterns are not kept.
    seeds : sequence of M SeedSequence
        Seeds of log Z; the same at every call, since what is wanted is a change.
    device : str

    Attributes
    ----------
    mean : (M, n)
        Mean activity of the neurons.
    """

    def __init__(
        self, patterns: Sequence[Patterns], outputs: Floats | None, seeds: Sequence[np.random.SeedSequence], device: str
    ) -> None:
        self.mean = np.array([each.mean(axis=0) for each in patterns])
        half = np.array([[0.5 / len(each)] for each in patterns])
        self._rates = np.clip(self.mean, half, 1.0 - half)
        self._patterns, self._outputs = patterns if outputs is None else [], outputs
        self._seeds, self._device = seeds, device

    def of(self, models: RPModels, effort: int = 1) -> Floats:
        """Return the log-likelihoods (M,)."""
        log_z = log_partitions(models, self._rates, self._seeds, self._device, effort)
        return np.asarray(-self._energies(models) - log_z)

    def gain(self, models: RPModels) -> Floats:
        """Return the log-likelihoods above those of the independent models, (M,)."""
        bias = np.log1p(-self._rates) - np.log(self._rates)
        independent = -(self.mean * bias).sum(axis=1) - np.logaddexp(0.0, -bias).sum(axis=1)
        return np.asarray(self.of(models) - independent)

    def _energies(self, models: RPModels) -> Floats:
        """Return the mean energies of the patterns, (M,)."""
        if self._outputs is None:
            energies = make_engine(models, self._device).energies(self._patterns)
            return np.array([energy.mean() for energy in energies])
        singles = (models.bias * self.mean).sum(axis=1)
        return np.asarray((models.lam * self._outputs).sum(axis=1) + singles)
