"""RP models with scikit-learn's interface.

>>> import numpy as np
>>> from homeostat.rp import ReshapedRP
>>> spikes = (np.random.default_rng(0).random((2000, 8)) < 0.2).astype(np.uint8)
>>> model = ReshapedRP(n_projections=12, in_degree=3, steps=50, chains=256, seed=1).fit(spikes)
>>> bool(model.score(spikes) > -8 * np.log(2))
True
"""

import os
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils.validation import check_is_fitted

from homeostat.device import resolve_device
from homeostat.errors import DataError
from homeostat.files import load_npz, save_npz
from homeostat.logs import progress
from homeostat.provenance import provenance
from homeostat.rp.constraints import Clamped, Free, Homeostatic, Normalize, Projected
from homeostat.rp.engine import make_engine
from homeostat.rp.fitting import fit_many
from homeostat.rp.learning import check_patterns
from homeostat.rp.measures import NATS_PER_BIT, mean_correlation, rotation_angles
from homeostat.rp.pairwise import pairs, pairwise_models
from homeostat.rp.partition import LogPartition, check_silent, independent_bias, log_partition, silent_log_partition
from homeostat.rp.projections import MEAN_ABSOLUTE_WEIGHT, RPModels, random_models
from homeostat.rp.sampling import sample_patterns
from homeostat.rp.storage import from_arrays, to_arrays
from homeostat.rp.training import Rule, Training
from homeostat.seeds import child, seed_sequence, stream


@dataclass(kw_only=True, eq=False, repr=False)
class _Base(DensityMixin, BaseEstimator):
    """What every model of this module offers once it is fitted.

    Attributes
    ----------
    models_ : RPModels
        The fitted model (a batch of one).
    initial_ : RPModels
        The model before learning, with the weights as its constraint maps them.
    projections_ : float32 (n_projections, n_features_in_)
        Synaptic weights a.
    factors_ : float32 (n_projections,)
        lambda.
    thresholds_ : float32 (n_projections,)
        theta.
    n_features_in_ : int
        Neurons.
    n_steps_ : int
        Gradient steps taken.
    converged_ : bool
        Whether the stopping rule was met (false under a plain step budget).
    rates_ : float64 (n_features_in_,)
        Firing probabilities per bin of the ``n_patterns_`` training patterns.
    initial_cost_ : float
        Sum of absolute weights before learning.
    device_ : str
        The device that was used.
    log_partition_ : float
        log Z in nats (computed when first asked for), with ``log_partition_error_``, its standard error.
    """

    _learn: ClassVar[tuple[str, ...]] = ("lam",)

    chains: int = 2048
    sweeps: int = 1
    seed: int = 0
    device: str = "cpu"
    verbose: bool = False

    def _start(self, patterns: NDArray[np.uint8], connectivity: NDArray[np.bool_] | None) -> RPModels:
        raise TypeError(f"{type(self).__name__} cannot be fitted")

    def _constraint(self) -> Free:
        return Free()

    def _rule(self) -> Rule:
        tuned = getattr(self, "tune_thresholds", False)
        learn = (*self._learn, "threshold") if tuned else self._learn
        return Rule(learn, self._constraint())

    def _training(self) -> Training:
        names = ("steps", "optimizer", "learning_rate", "chains", "sweeps", "batch", "stopping")
        return Training(**{name: getattr(self, name) for name in names if hasattr(self, name)})

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
            Patterns of 0 and 1.
        y
            Ignored.
        connectivity : bool (n_projections, n_neurons), optional
            Given wiring in place of a random one.
        checkpoint : path, optional
            File to go on from after a kill.

        Raises
        ------
        DataError
            Patterns that are no matrix of 0 and 1, or impossible sizes.
        """
        patterns = check_patterns(X)
        initial = self._start(patterns, connectivity)
        rule = self._rule()
        self.device_ = resolve_device(self.device)
        self.n_features_in_ = patterns.shape[1]
        self.n_patterns_ = len(patterns)
        self.rates_ = patterns.mean(axis=0)
        self.initial_cost_ = float(np.abs(initial.weight).sum(dtype=float))
        self.initial_ = replace(initial, weight=np.asarray(rule.constraint.weights(initial.weight), np.float32))
        with progress(type(self).__name__) if self.verbose else nullcontext() as report:
            result = fit_many(
                initial,
                [patterns],
                rule,
                self._training(),
                [self._stream("fit")],
                device=self.device_,
                progress=report,
                checkpoint=checkpoint,
            )
        self._set_models(result.models)
        self.n_steps_ = int(result.steps[0])
        self.converged_ = bool(result.converged[0])
        return self

    def _stream(self, purpose: str) -> np.random.SeedSequence:
        return seed_sequence(self.seed, type(self).__name__, purpose)

    def _set_models(self, models: RPModels) -> None:
        self.models_ = models
        self.projections_ = models.weight[0]
        self.factors_ = models.lam[0]
        self.thresholds_ = models.threshold[0]
        self._log_partition: LogPartition | None = None

    def _base(self) -> NDArray[np.float64]:
        return independent_bias(self.rates_, self.n_patterns_)[None]

    def compute_log_partition(self, *, method: str = "auto", chains: int = 512, temperatures: int = 500) -> float:
        """Compute log Z (exactly up to 20 neurons, else by annealed importance sampling) and keep it."""
        return float(self._compute_log_partition(method, chains, temperatures).value[0])

    def _compute_log_partition(self, method: str = "auto", chains: int = 512, temperatures: int = 500) -> LogPartition:
        check_is_fitted(self, "models_")
        self._log_partition = log_partition(
            self.models_,
            self._base(),
            [self._stream("log_partition")],
            method=method,  # type: ignore[arg-type]
            chains=chains,
            temperatures=temperatures,
        )
        return self._log_partition

    def _known_log_partition(self) -> LogPartition:
        return getattr(self, "_log_partition", None) or self._compute_log_partition()

    @property
    def log_partition_(self) -> float:
        """log Z in nats."""
        return float(self._known_log_partition().value[0])

    @property
    def log_partition_error_(self) -> float:
        """Standard error of ``log_partition_``."""
        return float(self._known_log_partition().error[0])

    def check_log_partition(self, n_samples: int = 50_000) -> bool:
        """Compare log Z with the estimate from the probability of silence in samples of the model.

        Warns, and returns false, where the two differ by more than four standard errors. Models that are almost
        never silent have nothing to compare and pass.
        """
        estimate = self._compute_log_partition()
        silent = silent_log_partition(self.models_, [self.sample(n_samples, seed=1)])
        return check_silent(estimate, silent)

    def score_samples(self, X: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return log p(x) of each pattern, in nats, shape (n_patterns,)."""
        check_is_fitted(self, "models_")
        patterns = check_patterns(np.atleast_2d(X), self.n_features_in_, at_least=1)
        energy = make_engine(self.models_).energies([patterns])[0]
        return np.asarray(-energy - self.log_partition_)

    def score(self, X: NDArray[np.generic], y: None = None) -> float:
        """Return the mean log-likelihood per pattern, in nats."""
        return float(self.score_samples(X).mean())

    def score_bits(self, X: NDArray[np.generic]) -> float:
        """Return the mean log-likelihood per pattern, in bits."""
        return self.score(X) / NATS_PER_BIT

    def sample(self, n_samples: int = 1, *, burn_in: int = 200, thin: int = 10, seed: int = 0) -> NDArray[np.uint8]:
        """Return patterns drawn from the model, uint8 (n_samples, n_neurons)."""
        check_is_fitted(self, "models_")
        seeds = [child(self._stream("sample"), seed)]
        return sample_patterns(self.models_, n_samples, seeds, burn_in=burn_in, thin=thin)[0]

    def project(self, X: NDArray[np.generic]) -> NDArray[np.float32]:
        """Return the projections' outputs f_k(x), (n_patterns, n_projections)."""
        check_is_fitted(self, "models_")
        return make_engine(self.models_).outputs([check_patterns(X, self.n_features_in_, at_least=1)])[0]

    def projection_rates(self, X: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return the projections' mean outputs over the patterns, (n_projections,), per bin."""
        return np.asarray(self.project(X).mean(axis=0, dtype=float))

    def projection_correlation(self, X: NDArray[np.generic]) -> float:
        """Return the mean correlation between projections over the patterns."""
        return mean_correlation(self.project(X))

    @property
    def synaptic_cost_(self) -> float:
        """Sum of absolute weights, over its value in the random projections before learning."""
        check_is_fitted(self, "models_")
        return float(np.abs(self.projections_).sum(dtype=float)) / self.initial_cost_

    @property
    def rotation_angles_(self) -> NDArray[np.float64]:
        """Angles in degrees between initial and learned projections, (n_projections,)."""
        return rotation_angles(self.models_, self.initial_)[0]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to an NPZ file (no pickles)."""
        check_is_fitted(self, "models_")
        arrays = to_arrays(self.models_) | to_arrays(self.initial_, "initial_") | {"rates": self.rates_}
        fitted = {n: getattr(self, n) for n in ("n_patterns_", "n_steps_", "converged_", "device_", "initial_cost_")}
        meta = provenance(device=self.device_, model=type(self).__name__, parameters=self.get_params(), fitted=fitted)
        if self._log_partition is not None:
            meta["log_partition"] = [
                self.log_partition_,
                self.log_partition_error_,
                self._log_partition.method,
            ]
        save_npz(path, arrays, meta)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a model written by :meth:`save`.

        Raises
        ------
        DataError
            The file is no model of this class.
        """
        arrays, meta = load_npz(path)
        settings = meta.get("settings", {})
        if settings.get("model") != cls.__name__:
            raise DataError(f"{path}: holds {settings.get('model', 'no model')!r}, not a {cls.__name__}")
        model = cls(**settings["parameters"])
        model._set_models(from_arrays(arrays))
        model.initial_ = from_arrays(arrays, "initial_")
        model.rates_ = arrays["rates"]
        model.n_features_in_ = model.models_.shape[2]
        for name, value in settings["fitted"].items():
            setattr(model, name, value)
        if "log_partition" in meta:
            value, error, method = meta["log_partition"]
            model._log_partition = LogPartition(np.array([value]), np.array([error]), method)
        return model


@dataclass(kw_only=True, eq=False, repr=False)
class _RPEstimator(_Base):
    """Models that start from random projections."""

    n_projections: int = field(default=150, kw_only=False)
    in_degree: float = field(default=5.0, kw_only=False)
    slope: float = 3.0
    threshold: float = 1.0

    def _start(self, patterns: NDArray[np.uint8], connectivity: NDArray[np.bool_] | None) -> RPModels:
        rng = stream(self.seed, "projections", str(self.n_projections), str(self.in_degree))
        return random_models(
            patterns.shape[1],
            self.n_projections,
            [rng],
            in_degree=self.in_degree,
            slope=self.slope,
            threshold=self.threshold,
            lam=getattr(self, "factor", 0.0),
            connectivity=None if connectivity is None else np.asarray(connectivity)[None],
        )


@dataclass(kw_only=True, eq=False, repr=False)
class RP(_RPEstimator):
    """Random-projection model: fixed random projections, learned factors lambda (Maoz et al. 2020).

    Parameters
    ----------
    n_projections : int
        K.
    in_degree : float
        Mean number of neurons that feed a projection; the number of neurons for full connectivity.
    slope : float
        beta of the sigmoid; ``float("inf")`` for Heaviside projections.
    threshold : float
        theta, of every projection.
    steps : int
        Most gradient steps.
    optimizer : {"natural", "adam", "sgd"}
        See :class:`homeostat.rp.training.Training`.
    stopping : {"budget", "clopper_pearson"}
        A plain step budget or the paper's convergence rule.
    chains, sweeps : int
        Persistent Markov chains (a multiple of 64) and their sweeps per step.
    seed : int
        Seed of every random stream.
    device : {"cpu", "cuda", "auto"}
    verbose : bool
        Show a progress bar.
    """

    _learn: ClassVar[tuple[str, ...]] = ("lam",)

    steps: int = 80
    optimizer: str = "natural"
    stopping: str = "budget"
    chains: int = 3072
    sweeps: int = 2


@dataclass(kw_only=True, eq=False, repr=False)
class ReshapedRP(_RPEstimator):
    """Reshaped RP model: the weights of random projections are learned, lambda is fixed (eq. 3).

    Parameters
    ----------
    n_projections, in_degree, slope, threshold, chains, sweeps, seed, device, verbose
        As in :class:`RP`; the initial projections of equal seeds are the same.
    factor : float
        The fixed value of every lambda.
    tune_thresholds : bool
        Learn the thresholds as well.
    steps : int
        Gradient steps.
    optimizer : {"adam", "sgd"}
    learning_rate : float
    batch : int or None
        Training patterns per step; None for all.
    """

    _learn: ClassVar[tuple[str, ...]] = ("weight",)

    factor: float = 1.0
    tune_thresholds: bool = False
    steps: int = 800
    optimizer: str = "adam"
    learning_rate: float = 0.05
    batch: int | None = 8192


@dataclass(kw_only=True, eq=False, repr=False)
class BackpropRP(ReshapedRP):
    """Backpropagation model: weights and factors lambda are learned together (eqs. 3 and 5).

    Parameters
    ----------
    factor : float
        Initial value of every lambda; the others as in :class:`ReshapedRP`.
    """

    _learn: ClassVar[tuple[str, ...]] = ("lam", "weight")


@dataclass(kw_only=True, eq=False, repr=False)
class HomeostaticRP(ReshapedRP):
    """Reshaped RP model whose synapses share a budget: sum |a| is fixed per projection, neuron or circuit.

    Parameters
    ----------
    budget : float
        Total of absolute weights, in units of its expectation in random projections (E|N(1, 1)| = 1.1666 a
        synapse).
    phi : float, optional
        The paper's absolute budget per projection, in place of ``budget``.
    normalize : {"input", "output", "circuit"}
        Whose synapses share it: those of a projection, of a neuron, or all.
    n_projections, in_degree, factor, …
        As in :class:`ReshapedRP`.
    """

    budget: float = 0.5
    phi: float | None = None
    normalize: Normalize = "input"

    def _constraint(self) -> Free:
        if self.normalize not in ("input", "output", "circuit"):
            raise DataError(f"normalize must be input, output or circuit, got {self.normalize!r}")
        phi = self.budget * self.in_degree * MEAN_ABSOLUTE_WEIGHT if self.phi is None else self.phi
        if not phi > 0:
            raise DataError(f"the synaptic budget must be positive, got budget={self.budget}, phi={self.phi}")
        return Homeostatic(phi, self.normalize)


@dataclass(kw_only=True, eq=False, repr=False)
class BoundedRP(ReshapedRP):
    """Reshaped RP model with bounded synapses, |a| <= omega.

    Parameters
    ----------
    bound : float
        omega.
    method : {"projected", "clamp"}
        ``projected`` clips the weights after every step; ``clamp`` is the formula of the paper's methods, under
        which a synapse beyond the bound never learns again.
    n_projections, in_degree, factor, …
        As in :class:`ReshapedRP`.
    """

    bound: float = 1.0
    method: str = "projected"

    def _constraint(self) -> Free:
        if not self.bound > 0:
            raise DataError(f"bound (omega) must be positive, got {self.bound}")
        if self.method not in ("projected", "clamp"):
            raise DataError(f"method must be projected or clamp, got {self.method!r}")
        return Projected(self.bound) if self.method == "projected" else Clamped(self.bound)


@dataclass(kw_only=True, eq=False, repr=False)
class PairwiseMaxEnt(_Base):
    """Pairwise maximum-entropy (Ising) model: p(x) ~ exp(-sum h_i x_i - sum_{i<j} J_ij x_i x_j).

    Parameters
    ----------
    steps : int
        Natural-gradient steps.
    chains, sweeps, seed, device, verbose
        As in :class:`RP`.

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

    steps: int = 200
    optimizer: ClassVar[str] = "natural"
    chains: int = 3072
    sweeps: int = 2

    def _start(self, patterns: NDArray[np.uint8], connectivity: NDArray[np.bool_] | None) -> RPModels:
        if connectivity is not None:
            raise DataError("a pairwise model has all pairs; it takes no connectivity")
        return pairwise_models([patterns])

    @property
    def fields_(self) -> NDArray[np.float32]:
        """The fields h of the neurons."""
        check_is_fitted(self, "models_")
        return self.factors_[: self.n_features_in_]

    @property
    def couplings_(self) -> NDArray[np.float32]:
        """The couplings J of the pairs, as a symmetric matrix."""
        check_is_fitted(self, "models_")
        matrix = np.zeros((self.n_features_in_, self.n_features_in_), np.float32)
        first, second = pairs(self.n_features_in_)
        matrix[first, second] = matrix[second, first] = self.factors_[self.n_features_in_ :]
        return matrix


class Independent(DensityMixin, BaseEstimator):
    """Independent model: p(x) is the product of the neurons' firing probabilities.

    Attributes
    ----------
    rates_ : float64 (n_features_in_,)
        Firing probabilities per bin; 0 and 1 are moved inside by half a count.

    Examples
    --------
    >>> import numpy as np
    >>> from homeostat.rp import Independent
    >>> round(Independent().fit(np.eye(4, dtype=int)).score(np.zeros((1, 4))), 3)
    -1.151
    """

    def fit(self, X: NDArray[np.generic], y: None = None) -> Self:
        """Take the firing probabilities of patterns of 0 and 1, (n_patterns, n_neurons)."""
        patterns = check_patterns(X)
        self.n_features_in_ = patterns.shape[1]
        self.bias_ = independent_bias(patterns.mean(axis=0), len(patterns))
        self.rates_ = 1.0 / (1.0 + np.exp(self.bias_))
        return self

    def score_samples(self, X: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return log p(x) of each pattern, in nats, shape (n_patterns,)."""
        check_is_fitted(self, "rates_")
        patterns = check_patterns(np.atleast_2d(X), self.n_features_in_, at_least=1)
        return np.asarray(-(patterns @ self.bias_) - np.logaddexp(0.0, -self.bias_).sum())

    def score(self, X: NDArray[np.generic], y: None = None) -> float:
        """Return the mean log-likelihood per pattern, in nats."""
        return float(np.mean(self.score_samples(X)))

    def sample(self, n_samples: int = 1, *, seed: int = 0) -> NDArray[np.uint8]:
        """Return patterns drawn from the model, uint8 (n_samples, n_neurons)."""
        check_is_fitted(self, "rates_")
        draws = np.random.default_rng(seed).random((n_samples, self.n_features_in_))
        return (draws < self.rates_).astype(np.uint8)
