"""What the estimators of maximum-entropy models share: scikit-learn's interface around a fit, log Z, samples, files."""

import os
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from homeostat.arrays import as_array, check_patterns
from homeostat.checkpoints import Run
from homeostat.logs import progress
from homeostat.parameters import check_types
from homeostat.rp.factory import make_engine
from homeostat.rp.partition import LogPartition, check_silent, independent_bias, log_partition, silent_log_partition
from homeostat.rp.pattern_model import PatternModel
from homeostat.rp.result import FitResult
from homeostat.rp.sampling import sample_patterns
from homeostat.rp.settings import Training
from homeostat.rp.verdict import BELOW
from homeostat.seeds import check_seed, child, seed_sequence
from homeostat.sklearn_api import check_is_fitted, warn_of_doubt


@dataclass(kw_only=True, eq=False, repr=False)
class MaxEntBase(PatternModel):
    """What every model that is learned by sampling offers once it is fitted.

    Attributes
    ----------
    models_
        The fitted model (a batch of one).
    n_features_in_ : int
        Neurons.
    feature_names_in_ : object (n_features_in_,)
        Their names: the units of a recording, or the columns of a data frame; not there for an array. Patterns with
        other names are refused afterwards.
    n_steps_ : int
        Gradient steps taken.
    converged_ : bool
        Whether the stopping rule was met; where there is none, whether nothing speaks against the fit.
    moment_error_ : float
        Root mean square over averages in the model minus averages in the data, in standard errors of the
        data's averages, from the last fifth of the steps (the chains' noise is in it). NaN for models that learn only
        weights: those have no averages to meet.
    gain_ : float
        Log-likelihood per training pattern above that of the independent model, in nats; an estimate of some .01 nats.
    doubt_ : str
        Why the fit is doubtful, empty where it is not. ``fit`` warns of it (scikit-learn's ``ConvergenceWarning``), of
        a stopping rule that was not met, and of a model below the independent one.
    rates_ : float64 (n_features_in_,)
        Firing probabilities per bin of the ``n_patterns_`` training patterns.
    device_ : str
        The device that was used.
    chains_ : uint8 (count, n_features_in_)
        Samples of the model: where up to 512 Markov chains of the fit ended.
    log_partition_ : float
        log Z in nats (computed when first asked for), with ``log_partition_error_``, its standard error (NaN where
        that is not known), and ``log_partition_doubt_``, which says why it is not.
    """

    _fitted: ClassVar[tuple[str, ...]] = (
        "n_patterns_",
        "n_steps_",
        "converged_",
        "moment_error_",
        "gain_",
        "doubt_",
        "device_",
    )

    chains: int = 2048
    sweeps: int = 1
    seed: int = 0
    device: str = "cpu"
    verbose: bool = False

    def _set_models(self, models: Any) -> None:
        self.models_ = models
        self._log_partition: LogPartition | None = None

    def _checked(self, X: Any) -> NDArray[np.uint8]:
        """Return training patterns, after checking them and the parameters; remember what they are of."""
        patterns = check_patterns(X)
        self._remember_names(X)
        check_types(self)
        self.n_features_in_ = patterns.shape[1]
        self.n_patterns_ = len(patterns)
        self.rates_ = patterns.mean(axis=0)
        return patterns

    @abstractmethod
    def _train(self, patterns: NDArray[np.uint8], run: Run) -> FitResult[Any]:
        """Learn the model of checked patterns."""

    def fit(self, X: NDArray[np.generic], y: None = None, *, checkpoint: str | os.PathLike[str] | None = None) -> Self:
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
            The patterns are not a matrix of 0 and 1, a parameter has the wrong type, or memory cannot hold the model.
        ConfigError
            An unknown device.
        DeviceError
            ``device="cuda"`` without a GPU; without torch, ``MissingExtraError``.
        """
        return self._fit(X, checkpoint)

    def _fit(self, X: Any, checkpoint: str | os.PathLike[str] | None, **options: Any) -> Self:
        """Check what is given, train, take the result."""
        # A fit that fails leaves no model: parts of the last one would go with the new data.
        for name in [name for name in vars(self) if name.endswith("_") or name == "_log_partition"]:
            delattr(self, name)
        patterns = self._checked(X)
        with progress(type(self).__name__) if self.verbose else nullcontext() as report:
            result = self._train(patterns, {"progress": report, "checkpoint": checkpoint}, **options)
        self._set_models(result.models)
        self.chains_ = result.chains[0]
        self.n_steps_ = int(result.steps[0])
        after_all = getattr(self, "stopping", "steps") == "steps"
        self.converged_ = not result.doubt[0] if after_all else bool(result.converged[0])
        self.moment_error_ = float(result.moment_error[0])
        self.gain_ = float(result.gain[0])
        self.doubt_ = result.doubt[0]
        self._warn()
        return self

    def _training(self) -> Training:
        """Return the parameters that say how a fit is run."""
        names = ("steps", "optimizer", "learning_rate", "momentum", "chains", "sweeps", "batch", "stopping")
        training = Training(**{name: getattr(self, name) for name in names if hasattr(self, name)})
        if training.stopping == "likelihood" and getattr(self, "optimizer", "natural") == "natural":
            # Its steps are few and long.
            return replace(training, check_every=max(1, training.steps // 10))
        return training

    def _warn(self) -> None:
        """Say what speaks against the fit."""
        reasons = [self.doubt_] if self.doubt_ else []
        stopping = getattr(self, "stopping", "steps")
        if not self.converged_ and stopping != "steps":
            reasons.append(f"the stopping rule {stopping!r} was not met in {self.n_steps_} steps")
        if self.gain_ < -BELOW and not self.doubt_:
            reasons.append(
                f"its likelihood is {-self.gain_:.2g} nats per training pattern below the independent model's: "
                "these projections say too little about the neurons, use more of them"
            )
        if reasons:
            warn_of_doubt(f"{type(self).__name__}: {'; '.join(reasons)}", stacklevel=4)

    def _stream(self, purpose: str) -> np.random.SeedSequence:
        return seed_sequence(self.seed, type(self).__name__, purpose)

    def _base(self) -> NDArray[np.float64]:
        return independent_bias(self.rates_, self.n_patterns_)[None]

    def compute_log_partition(self, *, method: str = "auto", chains: int = 512, temperatures: int = 500) -> float:
        """Compute log Z (exactly up to 20 neurons, else by annealed importance sampling) and keep it; return it, nats.

        Parameters
        ----------
        method : {"auto", "exact", "ais"}
        chains, temperatures : int
            Annealing runs (a multiple of 64) and steps of each.
        """
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
            samples=[self.chains_],
        )
        (doubt,) = self._log_partition.doubt
        if doubt:
            warn_of_doubt(f"{type(self).__name__}: {doubt}", stacklevel=4)
        return self._log_partition

    def _known_log_partition(self) -> LogPartition:
        return getattr(self, "_log_partition", None) or self._compute_log_partition()

    @property
    def log_partition_(self) -> float:
        """log Z in nats; where its error is not known, what was found at least."""
        return float(self._known_log_partition().value[0])

    @property
    def log_partition_error_(self) -> float:
        """Standard error of ``log_partition_``; zero where exact, NaN where it is not known."""
        return float(self._known_log_partition().error[0])

    @property
    def log_partition_doubt_(self) -> str:
        """Why the error of ``log_partition_`` is not known, in a sentence; empty where it is."""
        return self._known_log_partition().doubt[0]

    def check_log_partition(self, n_samples: int = 50_000) -> bool:
        """Return whether nothing speaks against log Z; warn of what does.

        What annealing from a second start and back from samples of the fit says (:func:`check_ais`, also done when log
        Z is computed), and the probability of silence in new samples of the model. Where log Z is exact, only the
        samples can be wrong, and the warning says so. Models that are almost never silent pass the second part.
        """
        estimate = self._compute_log_partition()
        silent = silent_log_partition(self.models_, [self.sample(n_samples, seed=1)])
        return check_silent(estimate, silent) and not estimate.doubt[0]

    def score_samples(self, X: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return log p(x) of each pattern, in nats, shape (n_patterns,)."""
        check_is_fitted(self, "models_")
        self._check_names(X)
        patterns = check_patterns(np.atleast_2d(as_array(X)), self.n_features_in_, at_least=1)
        energy = make_engine(self.models_).energies([patterns])[0]
        return np.asarray(-energy - self.log_partition_)

    def sample(self, n_samples: int = 1, *, burn_in: int = 200, thin: int = 10, seed: int = 0) -> NDArray[np.uint8]:
        """Return patterns drawn from the model, uint8 (n_samples, n_neurons).

        The chains start at the independent model of the training data. Up to 512 others start where the chains of the
        fit ended; a warning says where the two disagree after the burn-in.

        Parameters
        ----------
        n_samples : int
        burn_in, thin : int
            Sweeps of each chain before its first pattern, and between later ones.
        seed : int
            Other seeds give other patterns.
        """
        check_is_fitted(self, "models_")
        check_seed(seed)
        seeds = [child(self._stream("sample"), seed)]
        return sample_patterns(
            self.models_, n_samples, seeds, base=self._base(), second=[self.chains_], burn_in=burn_in, thin=thin
        )[0]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to an NPZ file (no pickles)."""
        check_is_fitted(self, "models_")
        arrays = self._stored() | {"rates": self.rates_, "chains": self.chains_}
        more = {}
        if self._log_partition is not None:
            more["log_partition"] = [
                self.log_partition_,
                self.log_partition_error_,
                self._log_partition.method,
                self.log_partition_doubt_,
            ]
        self._write(path, arrays, **more)

    def _restore(self, arrays: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
        self.rates_, self.chains_ = arrays["rates"], arrays["chains"]
        self.n_features_in_ = self.models_.shape[2]
        if "log_partition" in meta:
            value, error, method, doubt = meta["log_partition"]
            self._log_partition = LogPartition(np.array([value]), np.array([error]), method, (doubt,))
