"""The mixture's two learners with one interface, after scikit-learn's.

>>> import numpy as np
>>> from homeostat.mixture import HebbianNetwork, PoissonMixture
>>> from homeostat.mixture.bars import bar_fields, draw
>>> patterns, _ = draw(bar_fields(4, 160), 1000, np.random.default_rng(0))
>>> network = HebbianNetwork(8, total=160, epochs=40, seed=1).fit(patterns)
>>> mixture = PoissonMixture(8, total=160, seed=1).fit(patterns)
>>> bool(abs(network.weights_.sum(axis=1) - 160).max() < 0.01), mixture.weights_.shape
(True, (8, 16))
"""

import os
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from homeostat.checkpoints import fingerprint
from homeostat.device import resolve_device
from homeostat.errors import ConfigError, DataError
from homeostat.logs import progress
from homeostat.mixture.em import EM
from homeostat.mixture.fitting import fit_all
from homeostat.mixture.inputs import Inputs, as_inputs, check_patterns, normalized
from homeostat.mixture.model import log_likelihoods, responsibilities, sample
from homeostat.mixture.network import Network
from homeostat.mixture.starts import initial_weights
from homeostat.mixture.trainer import Learned, Learner
from homeostat.parameters import check_types
from homeostat.seeds import seed_sequence, stream
from homeostat.sklearn_api import DensityEstimator, check_is_fitted, warn_of_doubt

# Nats per pattern that a network at rest moves by within an epoch.
_BELOW = 0.02


@dataclass(eq=False, repr=False)
class _Mixture(DensityEstimator):
    """What both learners offer."""

    _current: ClassVar[str] = "posterior"

    n_components: int = 10
    total: float | None = None
    normalize: bool = True
    start: str = "input"
    start_weight: float = 0.0
    epochs: int = 50
    seed: int = 0
    device: str = "cpu"
    verbose: bool = False

    def _learner(self, weights: NDArray[Any], inputs: Inputs) -> Learner:
        raise TypeError(f"{type(self).__name__} cannot be fitted")

    def _values(self, X: Any, *, known: bool = True) -> NDArray[np.float64]:
        values = check_patterns(X, self.n_features_in_ if known else None)
        if known:
            self._check_names(X)
        else:
            self._remember_names(X)
        if not self.normalize:
            return values.astype(np.float64)
        return normalized(values, 10.0 * values.shape[1] if self.total is None else self.total)

    def fit(self, X: Any, y: None = None, *, checkpoint: str | os.PathLike[str] | None = None) -> Self:
        """Learn patterns.

        Parameters
        ----------
        X : (n_patterns, n_inputs)
            Not negative, none of them all zero if they are normalized.
        y
            Ignored.
        checkpoint : path, optional
            File to go on from after a kill.

        Raises
        ------
        DataError
            Unsuitable patterns, types or sizes; the sentence says what is allowed.
        ConfigError
            An unknown ``start``, ``device``, ``schedule`` or ``current``, or a negative ``start_weight``.
        DeviceError
            ``device="cuda"`` without a GPU; without torch, ``MissingExtraError``.
        """
        check_types(self)
        values = self._values(X, known=False)
        weights = initial_weights(
            self.start,
            values,
            self.n_components,
            stream(self.seed, type(self).__name__, "start"),
            weight=self.start_weight,
        )
        self.device_ = resolve_device(self.device)
        learner = self._learner(weights, as_inputs(values, self.device_))
        identity = "" if checkpoint is None else fingerprint([values], [], repr(self), self.device_)
        with progress(type(self).__name__, "epoch") if self.verbose else nullcontext() as report:
            (learned,) = fit_all([lambda: learner], identity=identity, progress=report, checkpoint=checkpoint)
        self._keep(learned, values)
        return self

    def _keep(self, learned: Learned, values: NDArray[np.float64]) -> None:
        first, last = (float(learned.log_likelihood[at]) for at in (0, -1))
        if not np.isfinite(last):
            raise DataError(
                f"{type(self).__name__}: learning diverged, the log-likelihood is {last} after {learned.epoch[-1]} "
                "epochs; lower the learning rate"
            )
        self.gain_ = last - first
        if self.gain_ < -_BELOW:
            warn_of_doubt(
                f"{type(self).__name__}: learning ended {-self.gain_:.3g} nats per pattern below its own start; more "
                "epochs or a lower learning rate may help",
                stacklevel=3,
            )
        self.course_ = learned
        self.weights_ = learned.weights
        self.n_features_in_ = values.shape[1]
        self.total_ = float(values[0].sum()) if self.normalize else float("nan")

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Return log p(y) of each pattern after normalization, (n_patterns,), nats."""
        check_is_fitted(self, "weights_")
        return log_likelihoods(as_inputs(self._values(X)), np.asarray(self.weights_, np.float64))

    def score(self, X: Any, y: None = None) -> float:
        """Return the mean log-likelihood of a pattern, nats."""
        return float(self.score_samples(X).mean())

    def responsibilities(self, X: Any) -> NDArray[Any]:
        """Return the units' activities s (n_patterns, n_components), which sum to 1."""
        check_is_fitted(self, "weights_")
        return responsibilities(self._values(X), np.asarray(self.weights_, np.float64), self._activation())

    def _activation(self) -> str:
        return self._current

    def predict(self, X: Any) -> NDArray[np.int64]:
        """Return the most active unit for each pattern, (n_patterns,)."""
        return np.argmax(self.responsibilities(X), axis=1)

    def sample(self, n_samples: int = 1, *, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw patterns (n_samples, n_inputs), as the units see them, and the unit of each, (n_samples,).

        Raises
        ------
        DataError
            ``n_samples`` is below 1, or ``seed`` not an integer from 0 on.
        """
        check_is_fitted(self, "weights_")
        return sample(self.weights_, n_samples, stream(seed, type(self).__name__, "sample"))


@dataclass(eq=False, repr=False)
class PoissonMixture(_Mixture):
    """Poisson mixture learned by EM.

    Of C units and D inputs (:mod:`homeostat.mixture.model`, :mod:`homeostat.mixture.em`)::

        p(y) = 1/C sum_c prod_d Poisson(y_d; W_cd),   s_c = p(c | y)
        W_cd = A sum_n s_c^n y_d^n / sum_d' sum_n s_c^n y_d'^n

    On normalized patterns sum_d W_cd = A is imposed, otherwise sums are free.

    Parameters
    ----------
    n_components : int
        C, the number of units; at most as many as patterns.
    total : float, optional
        A, the total of normalized input, above D; None means 10 D.
    normalize : bool
        Whether patterns are normalized, y_d = (A - D) yt_d / sum_d' yt_d' + 1. Without, they are taken as they are, and
        ``total`` has no meaning.
    start : {"input", "uniform", "points"}
        Kind of the initial weights (:func:`homeostat.mixture.starts.initial_weights`).
    start_weight : float
        Sum of a unit's initial weights, in units of the mean sum of the input; 0 leaves it as drawn.
    epochs : int
        Passes over the patterns.
    seed : int
        Seed of the initial weights and the order of patterns.
    device : {"cpu", "cuda", "auto"}
    verbose : bool
        Whether progress is shown.

    Attributes
    ----------
    weights_ : (n_components, n_features_in_)
        W.
    total_ : float
        A of the last fit; NaN without normalization.
    course_ : Learned
        Likelihood and sums of weights over epochs.
    gain_ : float
        Mean log p(y) of the learned patterns after learning minus before, nats. ``fit`` warns (scikit-learn's
        ``ConvergenceWarning``) where it is below -0.02.
    n_features_in_ : int
        D.
    device_ : str
        The device that was used.
    """

    def _learner(self, weights: NDArray[Any], inputs: Inputs) -> EM:
        total = float(inputs.values[0].sum()) if self.normalize else None
        return EM(weights, inputs, total=total, epochs=self.epochs, device=self.device_)


@dataclass(eq=False, repr=False)
class HebbianNetwork(_Mixture):
    """The same model learned by the circuit: soft winner-take-all, Hebbian plasticity, synaptic scaling.

    For every pattern (:mod:`homeostat.mixture.network`)::

        I_c = sum_d log(W_cd) y_d,   s_c = exp(I_c) / sum_c' exp(I_c'),   dW_cd = eps s_c (y_d - W_cd)

    Parameters
    ----------
    n_components, total, normalize, start, start_weight, epochs, seed, device, verbose
        As in :class:`PoissonMixture`; so are the attributes.
    rate : float, optional
        eps; None means C / (2 N), with which a unit forgets 39 % of its weights in an epoch.
    schedule : {"constant", "decaying"}
    current : {"log", "shifted", "linear", "posterior"}
    batch : int
        As in :class:`~homeostat.mixture.network.Network`. On a GPU, ``batch`` must be above 1.
    """

    rate: float | None = None
    schedule: str = "constant"
    current: str = "log"
    batch: int = 1

    def _activation(self) -> str:
        return self.current

    def fit(self, X: Any, y: None = None, *, checkpoint: str | os.PathLike[str] | None = None) -> Self:
        """Learn patterns, as :class:`PoissonMixture` does; what ``partial_fit`` added before does not count."""
        self.extra_epochs_ = 0
        return super().fit(X, y, checkpoint=checkpoint)

    def _learner(self, weights: NDArray[Any], inputs: Inputs, epochs: int | None = None, first: int = 0) -> Network:
        rate = self.n_components / (2 * len(inputs.constant)) if self.rate is None else self.rate
        return Network(
            weights,
            inputs,
            epochs=epochs or self.epochs,
            rate=rate,
            seed=seed_sequence(self.seed, type(self).__name__, "order", *([str(first)] if first else [])),
            schedule=self.schedule,
            current=self.current,
            batch=self.batch,
            device=self.device_,
        )

    def partial_fit(self, X: Any, y: None = None) -> Self:
        """Learn for one more epoch, also on other patterns or with another ``total``; the weights follow it.

        Raises
        ------
        ConfigError
            With ``schedule="decaying"``, which needs to know how long learning lasts.
        DataError
            As in :meth:`fit`.
        """
        if self.schedule != "constant":
            raise ConfigError("partial_fit has no end, so its rate cannot decay: use schedule='constant'")
        if not hasattr(self, "weights_"):
            epochs, self.epochs = self.epochs, 1
            try:
                return self.fit(X)
            finally:
                self.epochs = epochs
        values = self._values(X)
        self.extra_epochs_ += 1
        learner = self._learner(self.weights_, as_inputs(values, self.device_), 1, self.extra_epochs_)
        self._keep(fit_all([lambda: learner])[0], values)
        return self
