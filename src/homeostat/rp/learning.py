"""The trainer: maximum likelihood for batches of RP models, by sampling.

For L = <log p>_data the gradients are (ascent; section 3 of the specification, eq. 5 with corrected sign) ::

    dL/dlambda_k = <f_k>_model - <f_k>_data
    dL/da_kj     = lambda_k (<beta f_k (1 - f_k) x_j>_model - <...>_data)                        (eq. 3)
    dL/dtheta_k  = -lambda_k (<beta f_k (1 - f_k)>_model - <...>_data)

Averages over the model come from persistent Markov chains.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from homeostat.arrays import as_array
from homeostat.errors import DataError
from homeostat.rp.annealing import spread_out
from homeostat.rp.convergence import LikelihoodPlateau, MarginalTest
from homeostat.rp.engine import Moments
from homeostat.rp.factory import make_engine
from homeostat.rp.kernels import LANES
from homeostat.rp.metric import DENSE, IN_FLOAT64, RIDGE, DenseMetric, Metric, wired_metric
from homeostat.rp.natural import COVARIANCE_PATTERNS, OUTPUTS_HELD, NaturalGradient, curvature
from homeostat.rp.optimizers import Adam, NesterovSGD
from homeostat.rp.pairwise import holds_pairwise
from homeostat.rp.projections import VALUES, RPModels, check_connected
from homeostat.rp.pseudolikelihood import digest, pseudo_likelihood_factors
from homeostat.rp.training import Rule, Training
from homeostat.rp.verdict import doubts, log_partitions, moment_errors, witnesses
from homeostat.seeds import child

Patterns = NDArray[np.uint8]
T = TypeVar("T")

# Of given factors little is known: as if they came from so many patterns.
_GIVEN_KNOWN = 64.0
# Models with pairs beside projections start at the maximum of the pseudo-likelihood of the pairs, the others at zero.
_PAIRWISE_PART_KNOWN = 0.25
# Where models hold what is learned, for names other than those of their fields.
_FIELDS = {"weight": "synapses"}
# Chains whose last states a result holds.
_KEPT = 512
# Sweeps after which chains are those of factors that were put back.
_SETTLING = 100


def check_patterns(patterns: NDArray[np.generic], n_neurons: int | None = None, *, at_least: int = 2) -> Patterns:
    """Return ``patterns`` as uint8 (n_patterns, n_neurons), or say why they are no patterns.

    Raises
    ------
    DataError
        Not two-dimensional, fewer than ``at_least`` patterns, no neurons, values other than 0 and 1 (NaN included), or
        another number of neurons than ``n_neurons``.
    """
    values = as_array(patterns)
    if values.ndim != 2:
        raise DataError(f"patterns must be a matrix (n_patterns, n_neurons), got {values.ndim} dimensions")
    if values.shape[1] < 1:
        raise DataError("patterns must have at least one neuron (column), got none")
    if values.shape[0] < at_least:
        raise DataError(f"at least {at_least} patterns (rows) are needed, got {values.shape[0]}")
    if n_neurons is not None and values.shape[1] != n_neurons:
        raise DataError(f"the model has {n_neurons} neurons, the patterns have {values.shape[1]}")
    if values.dtype.kind not in "buif":
        raise DataError(f"patterns must be numbers 0 or 1, got values of type {values.dtype}")
    if values.dtype == np.bool_:
        values = values.view(np.uint8)
    # The usual case at a glance: this is looked at for every fit of every model.
    if values.dtype == np.uint8 and values.max() <= 1:
        return np.ascontiguousarray(values)
    wrong = np.argwhere(~((values == 0) | (values == 1)))
    if wrong.size:
        row, column = wrong[0]
        raise DataError(
            f"patterns must hold 0 and 1 only; row {row}, neuron {column} holds {values[row, column]} "
            f"({len(wrong)} such values)"
        )
    return np.ascontiguousarray(values, dtype=np.uint8)


def likelihood_gradients(learn: Sequence[str], lam: Any, model: Moments, data: Moments) -> dict[str, Any]:
    """Return the gradients of the log-likelihood per pattern by the named parameters, from the two averages."""
    gradients = {}
    for name in learn:
        if name == "lam":
            gradients[name] = model.f - data.f
        elif name == "weight":
            gradients[name] = lam[:, :, None] * (model.synapse - data.synapse)
        else:
            gradients[name] = -lam * (model.slope - data.slope)
    return gradients


@dataclass(frozen=True)
class FitResult(Generic[T]):
    """Fitted models and how they came about.

    Attributes
    ----------
    models
        M fitted models, NumPy arrays.
    steps : int (M,)
        Gradient steps taken.
    converged : bool (M,)
        Whether the stopping rule was met (false under a plain step budget).
    trace_step : int (L,)
        Steps at which the trace was taken.
    trace_rate : float (M, L)
        Mean firing rate of the projections over the data, mean_k <f_k>.
    trace_error : float (M, L)
        Root-mean-square difference of <f_k> between model and data.
    moment_error : float (M,)
        How far the model's moments are from the data's at the end: root mean square over moments, in standard errors
        of the data's averages. NaN where it is not known.
    gain : float (M,)
        Log-likelihood per training pattern above that of the independent model, in nats; an estimate.
    doubt : list of M str
        Why a fit is doubtful, in a sentence; empty for sound fits.
    chains : uint8 (M, C, n)
        Where up to 512 of the chains ended: samples of the models as they stand.
    """

    models: T
    steps: NDArray[np.int64]
    converged: NDArray[np.bool_]
    trace_step: NDArray[np.int64]
    trace_rate: NDArray[np.float64]
    trace_error: NDArray[np.float64]
    moment_error: NDArray[np.float64]
    gain: NDArray[np.float64]
    doubt: list[str]
    chains: NDArray[np.uint8]


class Trainer:
    """Learns a batch of models in lockstep; every model's path is independent of its neighbours.

    Parameters
    ----------
    models : RPModels
        Initial models (M of them).
    data : sequence of M uint8 arrays (n_patterns, n_neurons)
        Training patterns of each model, as :func:`check_patterns` returns them.
    rule, training
        What is learned and how.
    seeds : sequence of M SeedSequence
        Random streams of each model.
    device : str
        ``"cpu"`` or a torch device.

    Raises
    ------
    DataError
        Another number of data sets or seeds, an unconnected projection, or an optimizer that cannot learn what the
        rule asks.
    """

    def __init__(
        self,
        models: RPModels,
        data: Sequence[Patterns],
        rule: Rule,
        training: Training,
        seeds: Sequence[np.random.SeedSequence],
        device: str = "cpu",
    ) -> None:
        check_connected(models)
        n_models = models.shape[0]
        if not len(data) == len(seeds) == n_models:
            raise DataError(f"{n_models} models need as many data sets and seeds, got {len(data)} and {len(seeds)}")
        if training.optimizer == "natural" and (set(rule.learn) - {"bias"}) != {"lam"}:
            raise DataError("the natural gradient learns lambda only; use adam or sgd for weights and thresholds")
        if models.step and set(rule.learn) & {"weight", "threshold"}:
            raise DataError("Heaviside projections (slope inf) have no gradient by weights or thresholds; only lambda")
        self.rule, self.training = rule, training
        self.engine = make_engine(models, device)
        self._initial = models
        self._wiring = models.wiring
        self._slopes = bool(set(rule.learn) & {"weight", "threshold"})
        self._own_terms = "bias" in rule.learn
        self._values = {name: self._array(getattr(models, _FIELDS.get(name, name))) for name in rule.learn}
        self._prepare_data(data, [child(seed, 1) for seed in seeds])
        n_matched = models.shape[1] + models.shape[2] * self._own_terms
        self._variance = np.zeros((n_models, n_matched))
        self._optimizer = self._make_optimizer(data)
        self._chains = self.engine.start_chains(
            [_cycle(each, training.chains) for each in data], [child(seed, 0) for seed in seeds]
        )
        self.step = 0
        self.active = np.ones(n_models, dtype=bool)
        self.steps = np.zeros(n_models, dtype=np.int64)
        self._n_patterns = np.array([len(each) for each in data])
        # Fixed projections need no patterns: their energies follow from averages over all of them.
        self._witnesses = [witnesses(each) for each in data] if self._slopes or training.optimizer != "natural" else []
        self._mean_x = np.array([each.mean(axis=0) for each in (self._witnesses if self._slopes else data)])
        # What terms of neurons match: averages over all patterns.
        self._seen_x = np.array([each.mean(axis=0) for each in data]) if self._own_terms else self._mean_x
        half = np.array([[0.5 / len(each)] for each in (self._witnesses if self._slopes else data)])
        self._rates = np.clip(self._mean_x, half, 1.0 - half)
        self._witness_seeds = [child(seed, 2) for seed in seeds]
        self._mean_f = np.zeros((n_models, n_matched))
        self._test = None
        if training.stopping == "clopper_pearson":
            self._test = MarginalTest(self._n_patterns, training.chains * training.sweeps)
            if "lam" not in rule.learn:
                raise DataError(
                    "stopping 'clopper_pearson' compares averages that only learned factors can meet; "
                    "for models that learn weights alone use 'likelihood' or 'budget'"
                )
            if self._window_blocks is not None:
                raise DataError("stopping 'clopper_pearson' needs the whole data at every step: set batch to None")
        self._plateau = None
        if training.stopping == "likelihood":
            self._plateau = LikelihoodPlateau(
                n_models, training.check_every, 2 * training.check_every, training.tolerance
            )
        self._start_lam = np.array(self.engine.to_numpy(self._values.get("lam", models.lam)))
        self._trace: list[tuple[int, NDArray[np.float64], NDArray[np.float64]]] = []
        self._load()

    def _array(self, values: Any) -> Any:
        return self.engine.asarray(np.asarray(values, dtype=np.float64))

    def _prepare_data(self, data: Sequence[Patterns], seeds: Sequence[np.random.SeedSequence]) -> None:
        """Upload the data; shuffled where steps take one batch after the other."""
        fewest = min(len(each) for each in data)
        batch = self.training.batch
        self._window_blocks, orders = None, None
        if self._slopes and batch is not None and batch < fewest:
            orders = [
                np.random.default_rng(seed).permutation(len(each)) for each, seed in zip(data, seeds, strict=True)
            ]
            self._window_blocks = max(1, batch // LANES)
            self._full_blocks = fewest // LANES
        uploaded = self.engine.upload(data, orders)
        self._fixed: Moments | None = None
        if self._slopes:
            self._data = uploaded
        else:
            # Fixed projections have fixed averages over the data: one pass, and the data can go.
            self._fixed = self.engine.data_moments(uploaded, slopes=False)

    def _make_optimizer(self, data: Sequence[Patterns]) -> NaturalGradient | Adam | NesterovSGD:
        if self.training.optimizer == "adam":
            return Adam()
        if self.training.optimizer == "sgd":
            return NesterovSGD()
        metrics, errors = zip(*(self._metric(index, patterns) for index, patterns in enumerate(data)), strict=True)
        return NaturalGradient(metrics, errors, self.training.chains, self.training.steps)

    def _metric(self, index: int, patterns: Patterns) -> tuple[Metric, float]:
        """Return the metric of a model, and one over the patterns that its start is known from; set that start."""
        model, terms, known = self._initial[index], self._own_terms, _GIVEN_KNOWN
        fresh = not model.lam.any()
        if _as_matrix(model, terms):
            some, counts = digest(patterns, _enough(model.shape[1]))
            outputs = make_engine(model).outputs([some])[0]
            if terms:
                outputs = np.concatenate([outputs, some.astype(np.float32)], axis=1)
            covariance = curvature(outputs, counts, len(patterns))
            self._variance[index] = counts @ outputs**2 / counts.sum() - (counts @ outputs / counts.sum()) ** 2
            if fresh and not terms:
                # Nothing is known yet: start where the pseudo-likelihood has its maximum.
                lam, known = pseudo_likelihood_factors(model, some, counts, len(patterns), covariance)
                self._values["lam"][index] = self.engine.asarray(lam)
            elif holds_pairwise(model):
                known = _PAIRWISE_PART_KNOWN * len(patterns)
            # A rare event that one chain happens to meet must not move a factor by much.
            covariance[np.diag_indices(len(covariance))] += RIDGE / self.training.chains
            return DenseMetric(self.engine.asarray(covariance)), 1.0 / known
        metric, self._variance[index], lam = wired_metric(model, patterns, self.training.chains, terms)
        if self.engine.device != "cpu":
            metric.move(self.engine.asarray)
        if fresh and not terms:
            self._values["lam"][index] = self.engine.asarray(lam)
        return metric, 1.0 / known

    def _data_moments(self) -> Moments:
        if self._fixed is not None:
            return self._fixed
        window = None
        if self._window_blocks is not None:
            windows = max(1, self._full_blocks // self._window_blocks)
            first = (self.step % windows) * self._window_blocks
            window = (first, first + self._window_blocks)
        return self.engine.data_moments(self._data, slopes=True, window=window)

    def _load(self) -> None:
        values = dict(self._values)
        if "weight" in values:
            weights = self.rule.constraint.weights(values.pop("weight"), self._wiring)
            values["synapses"] = self._wiring.masked(weights)
        self.engine.load(replace(self.engine.models, **values))

    @property
    def n_steps(self) -> int:
        """Most gradient steps."""
        return self.training.steps

    @property
    def _memory(self) -> int:
        """Steps that the model's moments are averaged over."""
        return max(1, self.training.steps // 5)

    @property
    def done(self) -> bool:
        """Whether every model has met the stopping rule or the step budget is spent."""
        return self.step >= self.training.steps or not self.active.any()

    def advance(self) -> None:
        """Take one gradient step with every model that has not stopped."""
        training = self.training
        self.engine.sweep(self._chains, training.sweeps, metropolis=training.acceptance == "metropolis")
        model = self.engine.chain_moments(self._chains, slopes=self._slopes)
        data = self._data_moments()
        rates = self.engine.chain_rates(self._chains) if self._own_terms else None
        matched = self._matched(self.engine.to_numpy(model.f), rates)
        self._mean_f += (matched - self._mean_f) / min(self.step + 1, self._memory)
        if self.step % training.log_every == 0:
            self._record(model, data)
        if self._test is not None:
            met = self._test.update(self.engine.to_numpy(model.f), self.engine.to_numpy(data.f))
            self.active &= ~met
        if self._plateau is not None:
            if self.step and self.step % self._plateau.every == 0:
                self._plateau.update(self.step, self._likelihood())
            self.active &= ~self._plateau.finished(self.step)
        self.steps[self.active] += 1
        self.step += 1
        gradients = self._gradients(model, data)
        if rates is not None:
            gradients["bias"] = rates - self.engine.asarray(self._seen_x)
        if isinstance(self._optimizer, NaturalGradient):
            updated = self._optimizer.update(self._values, gradients)
        else:
            updated = self._optimizer.update(self._values, gradients, self._rate())
        if "weight" in updated:
            updated["weight"] = self.rule.constraint.project(updated["weight"], self._wiring)
        self._values = self._keep_stopped(updated)
        self._load()

    def _matched(self, f: NDArray[Any], rates: Any) -> NDArray[np.float64]:
        """Return the averages that learned factors and terms of neurons match, (M, outputs)."""
        return f if rates is None else np.concatenate([f, self.engine.to_numpy(rates)], axis=1)

    def _gradients(self, model: Moments, data: Moments) -> dict[str, Any]:
        gradients = likelihood_gradients(
            [name for name in self.rule.learn if name != "bias"], self.engine.models.lam, model, data
        )
        if "weight" in gradients:
            gradients["weight"] = self.rule.constraint.pullback(
                self._values["weight"], gradients["weight"], self._wiring
            )
        return gradients

    def _current(self) -> RPModels:
        """Return the models in the engine as NumPy arrays."""
        arrays: dict[str, Any] = {
            n: np.asarray(self.engine.to_numpy(getattr(self.engine.models, n)), dtype=np.float32) for n in VALUES
        }
        return replace(self._initial, **arrays)

    def _likelihood(self) -> NDArray[np.float64]:
        """Estimate the log-likelihood of each model on some of its training patterns, in nats.

        The same random numbers at every call: what is wanted is the change.
        """
        models, device = self._current(), self.engine.device
        return self._energy(models) - log_partitions(models, self._rates, self._witness_seeds, device, effort=2)

    def _energy(self, models: RPModels) -> NDArray[np.float64]:
        """Return minus the mean energy over the training patterns, or where projections change some of them, (M,)."""
        if self._fixed is not None:
            singles = (models.bias * self._mean_x).sum(axis=1)
            return np.asarray(-(models.lam * self.engine.to_numpy(self._fixed.f)).sum(axis=1) - singles)
        energies = make_engine(models, self.engine.device).energies(self._witnesses)
        return np.array([-energy.mean() for energy in energies])

    def _rate(self) -> Any:
        """Learning rate: constant for half of the steps, then cosine decay to 1 % (SGD: constant).

        Where the likelihood decides, each model has its own: a vector (M,).
        """
        training = self.training
        if self._plateau is not None:
            return self.engine.asarray(training.learning_rate * self._plateau.rate_factor(self.step - 1))
        if training.optimizer == "sgd":
            return training.learning_rate
        progress = max(0.0, 2.0 * (self.step - 1) / training.steps - 1.0)
        return training.learning_rate * (0.01 + 0.99 * 0.5 * (1.0 + float(np.cos(np.pi * progress))))

    def _keep_stopped(self, updated: dict[str, Any]) -> dict[str, Any]:
        if self.active.all():
            return updated
        xp = array_namespace(next(iter(updated.values())))
        kept = {}
        for name, value in updated.items():
            active = self.engine.asarray(self.active.reshape((-1,) + (1,) * (value.ndim - 1)))
            kept[name] = xp.where(active, value, self._values[name])
        return kept

    def _record(self, model: Moments, data: Moments) -> None:
        f_model, f_data = self.engine.to_numpy(model.f), self.engine.to_numpy(data.f)
        if not np.isfinite(f_model).all():
            which = np.flatnonzero(~np.isfinite(f_model).all(axis=1)).tolist()
            raise DataError(f"the fit diverged at step {self.step} (models {which}): lower the learning rate")
        error = np.sqrt(((f_model - f_data) ** 2).mean(axis=1))
        self._trace.append((self.step, f_data.mean(axis=1), error))

    def result(self) -> FitResult[RPModels]:
        """Return the models as they stand, without a judgement."""
        self._load()
        steps, rates, errors = zip(*self._trace, strict=True) if self._trace else ((), (), ())
        n_models = len(self.steps)
        return FitResult(
            models=self._current(),
            steps=self.steps.copy(),
            converged=~self.active,
            trace_step=np.array(steps, dtype=np.int64),
            trace_rate=np.array(rates, dtype=float).reshape(-1, n_models).T,
            trace_error=np.array(errors, dtype=float).reshape(-1, n_models).T,
            moment_error=np.full(n_models, np.nan),
            gain=np.full(n_models, np.nan),
            doubt=[""] * n_models,
            chains=self._kept_chains(),
        )

    def judged(self) -> FitResult[RPModels]:
        """Return the models with what speaks against them.

        Factors by the natural gradient that got worse than their start are put back to it.
        """
        result = self.result()
        before, gain = self._gains(self._first()), self._gains(result.models)
        moment_error, limit = self._moment_errors()
        if self.training.optimizer == "natural":
            worse = ~(gain >= before)
            first = self._first()
            lam, bias = (
                np.where(worse[:, None], getattr(first, name), getattr(result.models, name)).astype(np.float32)
                for name in ("lam", "bias")
            )
            result = replace(result, models=replace(result.models, lam=lam, bias=bias))
            gain = np.where(worse, before, gain)
        else:
            worse = np.zeros(len(gain), bool)
        found = doubts(moment_error, limit, gain, gain - before, holds_pairwise(self._initial))
        if worse.any():
            result = replace(result, chains=self._sampled_again(result))
        return replace(result, moment_error=moment_error, gain=gain, doubt=found)

    def _sampled_again(self, result: FitResult[RPModels]) -> NDArray[np.uint8]:
        """Return the kept chains after sweeps of the models as they are now, which are not those that made them."""
        engine = make_engine(result.models, self.engine.device)
        chains = engine.start_chains(list(result.chains), self._witness_seeds)
        engine.sweep(chains, _SETTLING)
        return np.asarray(engine.chain_patterns(chains))

    def _gains(self, models: RPModels) -> NDArray[np.float64]:
        """Estimate the log-likelihoods per training pattern above those of the independent models, in nats, (M,)."""
        bias = np.log1p(-self._rates) - np.log(self._rates)
        independent = -(self._mean_x * bias).sum(axis=1) - np.logaddexp(0.0, -bias).sum(axis=1)
        log_z = log_partitions(models, self._rates, self._witness_seeds, self.engine.device)
        return np.asarray(self._energy(models) - log_z - independent)

    def _first(self) -> RPModels:
        """Return the models that the fit started from."""
        weights = self.rule.constraint.weights(self._initial.synapses, self._wiring)
        synapses = np.asarray(self._wiring.masked(weights), np.float32)
        return replace(self._initial, synapses=synapses, lam=self._start_lam.astype(np.float32))

    def _moment_errors(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how far moments are off, and what the chains' noise alone would be, in the data's standard errors."""
        n_models = len(self.steps)
        if "lam" not in self.rule.learn:
            return np.full(n_models, np.nan), np.full(n_models, np.nan)
        data = self._fixed or self.engine.data_moments(self._data, slopes=False)
        variance = self._variance
        if self._witnesses:
            outputs = make_engine(self._current(), self.engine.device).outputs(self._witnesses)
            variance = np.array([each.var(axis=0, dtype=float) for each in outputs])
            variance = self._matched(
                variance, self._seen_x * (1.0 - self._seen_x) if "bias" in self.rule.learn else None
            )
        expected = self._matched(self.engine.to_numpy(data.f), self._seen_x if "bias" in self.rule.learn else None)
        error = moment_errors(self._mean_f, expected, variance, self._n_patterns)
        return error, np.sqrt(self._n_patterns / (self.training.chains * self._memory))

    def _kept_chains(self) -> NDArray[np.uint8]:
        states = self.engine.chain_patterns(self._chains)
        return np.stack([spread_out(each, min(_KEPT, len(each))) for each in states])

    def state(self) -> dict[str, NDArray[Any]]:
        """Return everything that :meth:`restore` needs to go on with the same numbers."""
        optimizer = {f"optimizer_{n}": self.engine.to_numpy(v) for n, v in self._optimizer.state.items()}
        values = {f"value_{n}": self.engine.to_numpy(v) for n, v in self._values.items()}
        steps, rates, errors = zip(*self._trace, strict=True) if self._trace else ((), (), ())
        state = {
            **values,
            **optimizer,
            **{f"chains_{n}": v for n, v in self.engine.chains_state(self._chains).items()},
            "step": np.array(self.step),
            "steps": self.steps,
            "mean_f": self._mean_f,
            "active": self.active,
            "count": np.array(self._optimizer.count),
            "trace_step": np.array(steps, dtype=np.int64),
            "trace_rate": np.array(rates, dtype=float),
            "trace_error": np.array(errors, dtype=float),
        }
        if self._test is not None:
            state["test_history"] = self._test.history
        if self._plateau is not None:
            state |= {"plateau_history": self._plateau.history, "plateau_from": self._plateau.settled_from}
        return state

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from what :meth:`state` returned."""
        self._values = {n: self._array(state[f"value_{n}"]) for n in self._values}
        prefix = "optimizer_"
        self._optimizer.state = {
            n.removeprefix(prefix): self._array(v) for n, v in state.items() if n.startswith(prefix)
        }
        prefix = "chains_"
        self.engine.restore_chains(
            self._chains, {n.removeprefix(prefix): v for n, v in state.items() if n.startswith(prefix)}
        )
        self.step, self._optimizer.count = int(state["step"]), int(state["count"])
        self.steps, self.active = state["steps"].copy(), state["active"].copy()
        self._mean_f = state["mean_f"].copy()
        if self._test is not None:
            self._test.history = state["test_history"]
        if self._plateau is not None:
            self._plateau.history = state["plateau_history"]
            self._plateau.settled_from = state["plateau_from"].copy()
        rows = zip(state["trace_step"], state["trace_rate"], state["trace_error"], strict=True)
        self._trace = [(int(step), rate, error) for step, rate, error in rows]
        self._load()


def _as_matrix(model: RPModels, own_terms: bool) -> bool:
    """Return whether the covariance of the outputs is a matrix: where there are few, or the wiring is dense."""
    _, n_projections, n_neurons = model.shape
    n_outputs = n_projections + n_neurons * own_terms
    # Beside all pairs, other projections are nearly sums of these.
    dense = 8 * model.wiring.n_synapses > n_projections * n_neurons or holds_pairwise(model)
    return n_outputs <= IN_FLOAT64 or (dense and n_outputs <= DENSE)


def _enough(n_outputs: int) -> int:
    """Return from how many distinct patterns the covariance between outputs is taken."""
    return min(max(COVARIANCE_PATTERNS, 16 * n_outputs), 2 * COVARIANCE_PATTERNS, OUTPUTS_HELD // n_outputs + 1)


def _cycle(patterns: Patterns, count: int) -> Patterns:
    """Return ``count`` patterns, repeating them where there are fewer."""
    return patterns[np.arange(count) % len(patterns)]
