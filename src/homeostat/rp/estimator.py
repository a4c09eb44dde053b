"""RP models with scikit-learn's interface.

>>> import numpy as np
>>> from homeostat.rp import ReshapedRP
>>> spikes = (np.random.default_rng(0).random((2000, 8)) < 0.2).astype(np.uint8)
>>> model = ReshapedRP(n_projections=12, in_degree=3, steps=50, chains=256, seed=1).fit(spikes)
>>> bool(model.score(spikes) > -8 * np.log(2))
True
"""

import warnings
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from homeostat.arrays import as_array, check_patterns
from homeostat.errors import ConfigError, DataError
from homeostat.rp.base import RPBase
from homeostat.rp.constraints import Clamped, Constraint, Homeostatic, Normalize, Projected
from homeostat.rp.partition import independent_bias
from homeostat.rp.projections import MEAN_ABSOLUTE_WEIGHT, RPModels, drawn_fan_in, random_models
from homeostat.rp.registry import MODELS
from homeostat.rp.sampling import check_count
from homeostat.seeds import check_seed, stream
from homeostat.sklearn_api import DensityEstimator, check_is_fitted


@dataclass(kw_only=True, eq=False, repr=False)
class _RPEstimator(RPBase):
    """Models that start from random projections."""

    n_projections: int = field(default=150, kw_only=False)
    in_degree: float = field(default=5.0, kw_only=False)
    slope: float = 3.0
    threshold: float = 1.0
    neuron_terms: bool = False

    def _start(self, patterns: NDArray[np.uint8], connectivity: NDArray[np.bool_] | None) -> RPModels:
        if getattr(self, "factor", None) == 0 and "lam" not in MODELS[self._kind].learn:
            raise DataError("factor must not be 0: projections without weight in the energy learn nothing")
        rng = stream(self.seed, "projections", str(self.n_projections), str(float(self.in_degree)))
        models = random_models(
            patterns.shape[1],
            self.n_projections,
            [rng],
            in_degree=self.in_degree,
            slope=self.slope,
            threshold=self.threshold,
            lam=getattr(self, "factor", 0.0),
            connectivity=None if connectivity is None else np.asarray(connectivity)[None],
        )
        if not self.neuron_terms:
            return models
        bias = independent_bias(patterns.mean(axis=0), len(patterns))
        return replace(models, bias=bias[None].astype(np.float32))


@dataclass(kw_only=True, eq=False, repr=False)
class RP(_RPEstimator):
    """Random-projection model: fixed random projections, learned factors lambda (Maoz et al. 2020).

    The model of a pattern x (n,), and what holds at the maximum of its likelihood, where < > are averages (eqs. 1, 2)::

        p(x) = exp(-sum_k lambda_k f_k(x)) / Z,   f_k(x) = 1 / (1 + exp(-beta (sum_j a_kj x_j - theta_k)))
        <f_k> over the model = <f_k> over the data

    Errors, and what a fitted model offers, are those of :class:`homeostat.rp.base.RPBase` and
    :class:`homeostat.rp.maxent.MaxEntBase`.

    Parameters
    ----------
    n_projections : int
        K.
    in_degree : float
        Mean number of neurons that feed a projection, at most n; n for full connectivity.
    slope : float
        beta of the sigmoid; ``float("inf")`` for Heaviside projections.
    threshold : float
        theta, of every projection.
    neuron_terms : bool
        Learn a term of its own for every neuron, b_j x_j in -log p, beside the projections (``neuron_terms_``); fits of
        sparse models with more than 1,000 of both then start at the independent model. The papers' models have none.
        Populations of hundreds of neurons need them: few projections say little about single rates.
    steps : int
        Most gradient steps.
    optimizer : {"natural", "adam", "sgd"}
        See :class:`homeostat.rp.settings.Training`.
    stopping : {"steps", "clopper_pearson", "likelihood"}
        After all steps, by the paper's convergence rule, or at a likelihood that no longer grows (see
        :class:`homeostat.rp.settings.Training`).
    chains, sweeps : int
        Persistent Markov chains (a multiple of 64) and their sweeps per step.
    seed : int
        Seed of every random stream.
    device : {"cpu", "cuda", "auto"}
    verbose : bool
        Show a progress bar.
    """

    _kind: ClassVar[str] = "rp"

    steps: int = 80
    optimizer: str = "natural"
    stopping: str = "steps"
    chains: int = 3072
    sweeps: int = 2


@dataclass(kw_only=True, eq=False, repr=False)
class ReshapedRP(_RPEstimator):
    """Reshaped RP model: the weights of random projections are learned, lambda is fixed (eq. 3).

    p(x) is that of :class:`RP`. Learning climbs the log-likelihood per pattern by the weights, where < > are averages::

        dL/da_kj = lambda_k beta (<f_k (1 - f_k) x_j> over the model - <f_k (1 - f_k) x_j> over the data)

    Parameters
    ----------
    n_projections, in_degree, slope, threshold, neuron_terms, chains, sweeps, seed, device, verbose
        As in :class:`RP`; the initial projections of equal seeds are the same. ``slope`` must be finite.
    factor : float
        The fixed value of every lambda.
    tune_thresholds : bool
        Learn the thresholds as well.
    steps : int
        Gradient steps.
    optimizer : {"adam", "sgd"}
    learning_rate : float
    momentum : float
        Of ``adam``, at least 0 and below 1. More than 0.5 overshoots, because the chains follow the weights with a
        delay. ``sgd`` has the authors'.
    batch : int or None
        Training patterns per step, at most; None for all.
    stopping : {"steps", "likelihood"}
        After all steps, or at a likelihood that no longer grows. ``clopper_pearson`` needs learned factors; use
        :class:`BackpropRP` with ``batch=None``.
    """

    _kind: ClassVar[str] = "reshaped"

    factor: float = 1.0
    tune_thresholds: bool = False
    steps: int = 400
    optimizer: str = "adam"
    learning_rate: float = 0.1
    momentum: float = 0.5
    batch: int | None = 8192
    stopping: str = "steps"


@dataclass(kw_only=True, eq=False, repr=False)
class BackpropRP(ReshapedRP):
    """Backpropagation model: weights and factors lambda are learned together (eqs. 3 and 5).

    p(x) is that of :class:`RP`; dL/dlambda_k = <f_k> over the model - <f_k> over the data.

    Parameters
    ----------
    factor : float
        Initial value of every lambda.
    stopping : {"steps", "clopper_pearson", "likelihood"}
        As in :class:`RP`; ``clopper_pearson`` needs ``batch=None``.
    n_projections, in_degree, learning_rate, …
        As in :class:`ReshapedRP`.
    """

    _kind: ClassVar[str] = "backprop"


@dataclass(kw_only=True, eq=False, repr=False)
class HomeostaticRP(ReshapedRP):
    """Reshaped RP model whose synapses share a budget: sum |a| is fixed per projection, neuron or circuit.

    p(x) is that of :class:`RP`. Free weights a~ are learned; a_kj = phi a~_kj / S_k with S_k = sum_j |a~_kj|, so that
    every projection has sum_j |a_kj| = phi. :class:`homeostat.rp.constraints.Homeostatic` has the other normalizations.

    Parameters
    ----------
    budget : float
        Total of absolute weights, in units of its expectation in random projections (E|N(1, 1)| = 1.1666 a
        synapse), those of the given wiring where there is one: phi = 1.1666 budget (synapses of a projection).
    phi : float, optional
        The paper's absolute budget per projection, in place of ``budget``. ``fit`` refuses both.
    normalize : {"input", "output", "circuit"}
        Whose synapses share it: those of a projection, of a neuron, or all.
    n_projections, in_degree, factor, …
        As in :class:`ReshapedRP`.
    """

    budget: float = 0.5
    phi: float | None = None
    normalize: Normalize = "input"

    def _start(self, patterns: NDArray[np.uint8], connectivity: NDArray[np.bool_] | None) -> RPModels:
        initial = super()._start(patterns, connectivity)
        # Expected, not what was drawn, so that other seeds have the same budget.
        drawn = connectivity is None
        self._fan_in = drawn_fan_in(initial.shape[2], self.in_degree) if drawn else float(initial.wiring.fan_in.mean())
        return initial

    def _constraint(self) -> Constraint:
        if self.normalize not in ("input", "output", "circuit"):
            raise DataError(f"normalize must be input, output or circuit, got {self.normalize!r}")
        if self.phi is not None and self.budget != type(self).budget:
            raise ConfigError(f"give budget or phi, not both; got budget={self.budget}, phi={self.phi}")
        phi = self.budget * self._fan_in * MEAN_ABSOLUTE_WEIGHT if self.phi is None else self.phi
        if not 0 < phi < np.inf:
            raise DataError(
                f"the synaptic budget must be positive and finite, got budget={self.budget}, phi={self.phi}"
            )
        return Homeostatic(phi, self.normalize)


@dataclass(kw_only=True, eq=False, repr=False)
class BoundedRP(ReshapedRP):
    """Reshaped RP model with bounded synapses, |a| <= omega.

    p(x) is that of :class:`RP`, with a_kj = min(max(a~_kj, -omega), omega) of the learned, free weights a~.

    Parameters
    ----------
    omega : float
        Largest absolute weight.
    bound
        Deprecated: the former name of ``omega``.
    method : {"projected", "clamp"}
        ``projected`` clips the weights after every step; ``clamp`` is the formula of the paper's methods, under
        which a synapse beyond the bound never learns again.
    n_projections, in_degree, factor, …
        As in :class:`ReshapedRP`.
    """

    omega: float = 1.0
    method: str = "projected"
    bound: float | None = None

    def _constraint(self) -> Constraint:
        omega = self.omega
        if self.bound is not None:
            warnings.warn(
                "bound was renamed: use BoundedRP(omega=...); bound will be removed in the next version",
                FutureWarning,
                stacklevel=5,
            )
            omega = self.bound
        if not omega > 0:
            raise DataError(f"omega must be positive, got {omega}")
        if self.method not in ("projected", "clamp"):
            raise DataError(f"method must be projected or clamp, got {self.method!r}")
        return Projected(omega) if self.method == "projected" else Clamped(omega)


class Independent(DensityEstimator):
    """Independent model: p(x) = prod_j r_j^x_j (1 - r_j)^(1 - x_j), with the firing probabilities r of the data.

    Attributes
    ----------
    rates_ : float64 (n_features_in_,)
        r per bin; 0 and 1 are moved inside by half a count.
    bias_ : float64 (n_features_in_,)
        b_j = log((1 - r_j) / r_j), so that p(x) is proportional to exp(-sum_j b_j x_j).

    Examples
    --------
    >>> import numpy as np
    >>> from homeostat.rp import Independent
    >>> round(Independent().fit(np.eye(4, dtype=int)).score(np.zeros((1, 4))), 3)
    -1.151
    """

    def fit(self, X: NDArray[np.generic], y: None = None) -> Self:
        """Take the firing probabilities of patterns of 0 and 1, (n_patterns, n_neurons).

        Raises
        ------
        DataError
            The patterns are not a matrix of 0 and 1 with at least two rows.
        """
        patterns = check_patterns(X)
        self._remember_names(X)
        self.n_features_in_ = patterns.shape[1]
        self.bias_ = independent_bias(patterns.mean(axis=0), len(patterns))
        self.rates_ = 1.0 / (1.0 + np.exp(self.bias_))
        return self

    @property
    def n_parameters_(self) -> int:
        """How many numbers were learned."""
        check_is_fitted(self, "rates_")
        return self.n_features_in_

    def score_samples(self, X: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return log p(x) of each pattern, in nats, shape (n_patterns,).

        Raises
        ------
        DataError
            Patterns of other neurons, or not of 0 and 1.
        """
        check_is_fitted(self, "rates_")
        self._check_names(X)
        patterns = check_patterns(np.atleast_2d(as_array(X)), self.n_features_in_, at_least=1)
        return np.asarray(-(patterns @ self.bias_) - np.logaddexp(0.0, -self.bias_).sum())

    def score(self, X: NDArray[np.generic], y: None = None) -> float:
        """Return the mean log-likelihood per pattern, in nats."""
        return float(np.mean(self.score_samples(X)))

    def sample(self, n_samples: int = 1, *, seed: int = 0) -> NDArray[np.uint8]:
        """Return patterns drawn from the model, uint8 (n_samples, n_neurons).

        Raises
        ------
        DataError
            ``n_samples`` is not an integer above 0, or ``seed`` not one from 0 on.
        """
        check_is_fitted(self, "rates_")
        check_seed(seed)
        check_count(n_samples)
        draws = np.random.default_rng(seed).random((n_samples, self.n_features_in_))
        return (draws < self.rates_).astype(np.uint8)
