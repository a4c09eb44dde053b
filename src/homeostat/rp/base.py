"""What the estimators of RP models share beyond other maximum-entropy models: projections, and how they are learned."""

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from homeostat.arrays import check_patterns
from homeostat.checkpoints import Run
from homeostat.device import resolve_device
from homeostat.memory import check_fits
from homeostat.rp import needs
from homeostat.rp.constraints import Constraint, Free
from homeostat.rp.factory import make_engine
from homeostat.rp.fitting import fit_many
from homeostat.rp.maxent import MaxEntBase
from homeostat.rp.measures import correlation_in_pieces, rotation_angles, synaptic_cost
from homeostat.rp.packed import pieces
from homeostat.rp.projections import RPModels
from homeostat.rp.registry import rule_of
from homeostat.rp.result import FitResult
from homeostat.rp.settings import Rule
from homeostat.rp.storage import from_arrays, to_arrays
from homeostat.sklearn_api import check_is_fitted

# Entries of a matrix that is shown as an array in any case.
_LARGE = 1_000_000


@dataclass(kw_only=True, eq=False, repr=False)
class RPBase(MaxEntBase):
    """What every model with random projections offers once it is fitted.

    Attributes
    ----------
    models_ : RPModels
        The fitted model (a batch of one).
    initial_ : RPModels
        The model before learning, with its random projections as drawn: a constraint has not met them yet.
    projections_ : float32 (n_projections, n_features_in_)
        Synaptic weights a. An array; a sparse one of scipy's (``csr_array``) where there are more than a million
        entries, of which fewer than a quarter are synapses.
    factors_ : float32 (n_projections,)
        lambda. Outputs of sigmoid projections resemble one another, so that their factors are hardly identified: two
        optimizers that reach the same likelihood within .0009 nats agree in lambda only with r = .79. Compare what
        models predict, not their factors.
    thresholds_ : float32 (n_projections,)
        theta.
    neuron_terms_ : float32 (n_features_in_,)
        b; zero where ``neuron_terms`` is false.
    """

    # In the registry of models, which says what is learned.
    _kind: ClassVar[str] = "rp"

    def _start(self, patterns: NDArray[np.uint8], connectivity: NDArray[np.bool_] | None) -> RPModels:
        raise TypeError(f"{type(self).__name__} cannot be fitted")

    def _constraint(self) -> Constraint:
        return Free()

    def _rule(self, constraint: Constraint | None = None) -> Rule:
        return rule_of(
            self._kind,
            constraint,
            tuned=getattr(self, "tune_thresholds", False),
            neuron_terms=getattr(self, "neuron_terms", False),
        )

    def fit(
        self,
        X: NDArray[np.generic],
        y: None = None,
        *,
        connectivity: NDArray[np.bool_] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Fit the model to spike patterns.

        Parameters
        ----------
        X : (n_patterns, n_neurons)
            Patterns of 0 and 1: a :class:`~homeostat.recordings.Recording`, a data frame, an array, a sparse array.
        y
            Ignored.
        connectivity : bool (n_projections, n_neurons), optional
            Given wiring in place of a random one.
        checkpoint : path, optional
            File to go on from after a kill.

        Raises
        ------
        DataError
            The patterns are not a matrix of 0 and 1, a parameter cannot be used, or sizes are impossible.
        ConfigError
            An unknown device; or both ``budget`` and ``phi`` of a :class:`~homeostat.rp.HomeostaticRP`.
        DeviceError
            ``device="cuda"`` without a GPU; without torch, ``MissingExtraError``.
        """
        return self._fit(X, checkpoint, connectivity=connectivity)

    def _train(
        self, patterns: NDArray[np.uint8], run: Run, connectivity: NDArray[np.bool_] | None = None
    ) -> FitResult[RPModels]:
        initial = self._start(patterns, connectivity)
        learned = self._rule(self._constraint())
        self.device_, self.initial_ = resolve_device(self.device), initial
        training = self._training()
        takes = needs.of_fit(len(patterns), initial, learned, training)
        needs.check(type(self).__name__, takes)
        if self.verbose:
            print(f"{type(self).__name__}: {takes}", file=sys.stderr)
        data, seeds = [patterns], [self._stream("fit")]
        return fit_many(initial, data, learned, training, seeds, device=self.device_, check=False, **run)

    def _set_models(self, models: RPModels) -> None:
        super()._set_models(models)
        self.projections_ = _shown(models)
        self.factors_ = models.lam[0]
        self.thresholds_ = models.threshold[0]
        self.neuron_terms_ = models.bias[0]

    def _stored(self) -> dict[str, Any]:
        return to_arrays(self.models_) | to_arrays(self.initial_, "initial_")

    def _restore(self, arrays: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
        self._set_models(from_arrays(arrays))
        super()._restore(arrays, meta)
        self.initial_ = from_arrays(arrays, "initial_")

    def project(self, X: NDArray[np.generic]) -> NDArray[np.float32]:
        """Return the projections' outputs f_k(x), (n_patterns, n_projections).

        Raises
        ------
        DataError
            They do not fit in memory.
        """
        patterns = self._to_project(X)
        check_fits("the outputs of all projections", 4 * len(patterns) * len(self.factors_))
        return make_engine(self.models_).outputs([patterns])[0]

    def projection_rates(self, X: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return the projections' mean outputs over the patterns, (n_projections,), per bin; outputs are not held."""
        patterns = self._to_project(X)
        sums = [each.sum(axis=0, dtype=float) for each in self._outputs(patterns)]
        return np.asarray(np.sum(sums, axis=0) / len(patterns))

    def projection_correlation(self, X: NDArray[np.generic]) -> float:
        """Return the mean correlation between projections over the patterns; outputs are not held."""
        patterns = self._to_project(X)
        return correlation_in_pieces(lambda: self._outputs(patterns))

    def _to_project(self, X: NDArray[np.generic]) -> NDArray[np.uint8]:
        check_is_fitted(self, "models_")
        self._check_names(X)
        return check_patterns(X, self.n_features_in_, at_least=1)

    def _outputs(self, patterns: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
        engine = make_engine(self.models_)
        for part in pieces(len(patterns), len(self.factors_)):
            yield engine.outputs([patterns[part]])[0]

    @property
    def n_parameters_(self) -> int:
        """How many numbers were learned: factors, existing synapses, thresholds, terms of neurons."""
        check_is_fitted(self, "models_")
        _, n_projections, _ = self.models_.shape
        sizes = {
            "lam": n_projections,
            "weight": self.models_.wiring.n_synapses,
            "threshold": n_projections,
            "bias": self.n_features_in_,
        }
        return sum(sizes[name] for name in self._rule().learn)

    @property
    def synaptic_cost_(self) -> float:
        """Sum of absolute weights, over its value in the random projections before learning."""
        check_is_fitted(self, "models_")
        return float(synaptic_cost(self.models_, self.initial_)[0])

    @property
    def rotation_angles_(self) -> NDArray[np.float64]:
        """Angles in degrees between initial and learned projections, (n_projections,)."""
        check_is_fitted(self, "models_")
        return rotation_angles(self.models_, self.initial_)[0]


def _shown(models: RPModels) -> Any:
    """Return the weights of one model as a matrix, sparse where it would be large and mostly empty."""
    _, n_projections, n_neurons = models.shape
    size = n_projections * n_neurons
    if size <= _LARGE or 4 * models.wiring.n_synapses >= size:
        return models.weight[0]
    from scipy.sparse import csr_array

    slots = models.wiring.slots[0]
    starts = np.concatenate([[0], np.cumsum(models.wiring.fan_in[0])])
    return csr_array((models.synapses[0][slots], models.wiring.neuron[0][slots], starts), (n_projections, n_neurons))
