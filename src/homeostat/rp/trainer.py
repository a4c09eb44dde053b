"""The trainer: maximum likelihood for batches of RP models, by sampling.

For L = <log p>_data the gradients are (ascent; section 3 of the specification, eq. 5 with corrected sign) ::

    dL/dlambda_k = <f_k>_model - <f_k>_data
    dL/da_kj     = lambda_k (<beta f_k (1 - f_k) x_j>_model - <...>_data)                        (eq. 3)
    dL/dtheta_k  = -lambda_k (<beta f_k (1 - f_k)>_model - <...>_data)

Averages over the model come from persistent Markov chains.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from homeostat.arrays import Patterns
from homeostat.errors import DataError
from homeostat.rp.annealing import spread_out
from homeostat.rp.constraints import check_shapes
from homeostat.rp.course import KEPT, Course, Coursed, part
from homeostat.rp.engine import Moments
from homeostat.rp.factory import make_engine
from homeostat.rp.kernels import LANES
from homeostat.rp.likelihood import TrainingLikelihood
from homeostat.rp.natural import NaturalGradient
from homeostat.rp.optimizers import Adam, NesterovSGD
from homeostat.rp.pairwise import holds_pairwise
from homeostat.rp.projections import VALUES, RPModels, check_connected
from homeostat.rp.result import FitResult
from homeostat.rp.settings import Rule, Training
from homeostat.rp.starts import natural_start
from homeostat.rp.verdict import doubts, witnesses
from homeostat.seeds import child

# Where models hold what is learned, for names other than those of their fields.
_FIELDS = {"weight": "synapses"}
# Sweeps after which chains are those of factors that were put back.
_SETTLING = 100
# Rows behind the last whole batch are left out where they are fewer than the rest of this share.
_COVERED = 0.99


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


class Trainer(Coursed):
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
        if "weight" in self._values:
            check_shapes(rule.constraint, self._values["weight"], self._wiring)
        self._prepare_data(data, [child(seed, 1) for seed in seeds])
        n_matched = models.shape[1] + models.shape[2] * self._own_terms
        self._variance = np.zeros((n_models, n_matched))
        self._seeds = [child(seed, 2) for seed in seeds]
        self._optimizer = self._make_optimizer(data)
        self._chains = self.engine.start_chains(
            [_cycle(each, training.chains) for each in data], [child(seed, 0) for seed in seeds]
        )
        # Fixed projections need no patterns: their energies follow from averages over all of them.
        self._witnesses = [witnesses(each) for each in data] if self._slopes or training.optimizer != "natural" else []
        self._likelihood = TrainingLikelihood(
            self._witnesses if self._slopes else data,
            None if self._fixed is None else self.engine.to_numpy(self._fixed.f),
            self._seeds,
            device,
        )
        # What terms of neurons match: averages over all patterns.
        self._seen_x = np.array([each.mean(axis=0) for each in data]) if self._own_terms else self._likelihood.mean
        if training.stopping == "clopper_pearson":
            if "lam" not in rule.learn:
                raise DataError(
                    "stopping 'clopper_pearson' compares averages that only learned factors can meet; "
                    "for models that learn weights alone use 'likelihood' or 'steps'"
                )
            if self._windows:
                raise DataError("stopping 'clopper_pearson' needs the whole data at every step: set batch to None")
        n_patterns = np.array([len(each) for each in data])
        batch = (self._windows[0][1] - self._windows[0][0]) * LANES if self._windows else None
        self._course = Course(training, n_patterns, n_matched, "lower the learning rate", batch)
        self._starts: dict[str, Any] = {
            name: np.array(self.engine.to_numpy(self._values.get(name, getattr(models, name))), np.float32)
            for name in ("lam", "bias")
        }
        self._load()

    def _array(self, values: Any) -> Any:
        return self.engine.asarray(np.asarray(values, dtype=np.float64))

    def _prepare_data(self, data: Sequence[Patterns], seeds: Sequence[np.random.SeedSequence]) -> None:
        """Upload the data; shuffled where steps take one batch after the other."""
        fewest = min(len(each) for each in data)
        batch = self.training.batch
        self._windows: list[tuple[int, int]] = []
        orders = None
        if self._slopes and batch is not None and batch < fewest:
            orders = [
                np.random.default_rng(seed).permutation(len(each)) for each, seed in zip(data, seeds, strict=True)
            ]
            self._windows = batch_windows(fewest, batch)
        uploaded = self.engine.upload(data, orders)
        self._fixed: Moments | None = None
        if self._slopes:
            self._data = uploaded
        else:
            # Fixed projections have fixed averages over the data: one pass, and the data can go.
            self._fixed = self.engine.data_moments(uploaded, slopes=False)

    def _make_optimizer(self, data: Sequence[Patterns]) -> NaturalGradient | Adam | NesterovSGD:
        if self.training.optimizer == "adam":
            return Adam(self.training.momentum)
        if self.training.optimizer == "sgd":
            return NesterovSGD()
        starts = []
        move = None if self.engine.device == "cpu" else self.engine.asarray
        for index, patterns in enumerate(data):
            gain = partial(self._gain, index, patterns)
            start = natural_start(self._initial[index], patterns, self.training.chains, self._own_terms, move, gain)
            self._variance[index] = start.variance
            if start.values is not None:
                lam, bias = np.split(start.values, [self._initial.shape[1]])
                self._values["lam"][index] = self.engine.asarray(lam)
                if len(bias):
                    self._values["bias"][index] = self.engine.asarray(bias)
            starts.append(start)
        metrics, errors = [start.metric for start in starts], [start.error for start in starts]
        return NaturalGradient(metrics, errors, self.training.chains, self.training.steps)

    def _gain(self, index: int, patterns: Patterns, model: RPModels) -> float:
        """Return the log-likelihood of a model with the projections of model ``index``, above independence."""
        assert self._fixed is not None
        outputs = self.engine.to_numpy(self._fixed.f[index : index + 1])
        likelihood = TrainingLikelihood([patterns], outputs, self._seeds[index : index + 1], self.engine.device)
        return float(likelihood.gain(model)[0])

    def _data_moments(self) -> Moments:
        if self._fixed is not None:
            return self._fixed
        window = self._windows[self._course.step % len(self._windows)] if self._windows else None
        return self.engine.data_moments(self._data, slopes=True, window=window)

    def _load(self) -> None:
        values = dict(self._values)
        if "weight" in values:
            weights = self.rule.constraint.weights(values.pop("weight"), self._wiring)
            values["synapses"] = self._wiring.masked(weights)
        self.engine.load(replace(self.engine.models, **values))

    def advance(self) -> None:
        """Take one gradient step with every model that has not stopped."""
        training, to_numpy = self.training, self.engine.to_numpy
        self.engine.sweep(self._chains, training.sweeps, metropolis=training.acceptance == "metropolis")
        model = self.engine.chain_moments(self._chains, slopes=self._slopes)
        data = self._data_moments()
        rates = self.engine.chain_rates(self._chains) if self._own_terms else None
        f_model = to_numpy(model.f)
        f_data = to_numpy(data.f)
        self._course.count(
            f_model,
            f_data,
            lambda: self._likelihood.of(self._current(), 2),
            (self._matched(f_model, rates), self._matched(f_data, None if rates is None else self._seen_x)),
        )
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

    def _rate(self) -> Any:
        """Learning rate: constant for half of the steps, then cosine decay to 1 % (SGD: constant).

        Where the likelihood decides, each model has its own: a vector (M,).
        """
        training, step, plateau = self.training, self._course.step - 1, self._course.plateau
        if plateau is not None:
            return self.engine.asarray(training.learning_rate * plateau.rate_factor(step))
        if training.optimizer == "sgd":
            return training.learning_rate
        progress = max(0.0, 2.0 * step / training.steps - 1.0)
        return training.learning_rate * (0.01 + 0.99 * 0.5 * (1.0 + float(np.cos(np.pi * progress))))

    def _keep_stopped(self, updated: dict[str, Any]) -> dict[str, Any]:
        active = self._course.active
        if active.all():
            return updated
        xp = array_namespace(next(iter(updated.values())))
        kept = {}
        for name, value in updated.items():
            mask = self.engine.asarray(active.reshape((-1,) + (1,) * (value.ndim - 1)))
            kept[name] = xp.where(mask, value, self._values[name])
        return kept

    def result(self) -> FitResult[RPModels]:
        """Return the models as they stand, without a judgement."""
        self._load()
        states = self.engine.chain_patterns(self._chains)
        chains = np.stack([spread_out(each, min(KEPT, len(each))) for each in states])
        return self._course.result(self._current(), chains)

    def judged(self) -> FitResult[RPModels]:
        """Return the models with what speaks against them.

        Factors by the natural gradient that got worse than their start are put back to it.
        """
        result = self.result()
        first = self._first()
        before, gain = self._likelihood.gain(first), self._likelihood.gain(result.models)
        moment_error, limit = self._moment_errors()
        if self.training.optimizer == "natural":
            worse = ~(gain >= before)
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
        chains = engine.start_chains(list(result.chains), self._seeds)
        engine.sweep(chains, _SETTLING)
        return np.asarray(engine.chain_patterns(chains))

    def _first(self) -> RPModels:
        """Return the models that the fit started from."""
        weights = self.rule.constraint.weights(self._initial.synapses, self._wiring)
        synapses = np.asarray(self._wiring.masked(weights), np.float32)
        return replace(self._initial, synapses=synapses, **self._starts)

    def _moment_errors(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how far moments are off, and what sampling alone could do, in the data's standard errors."""
        if "lam" not in self.rule.learn:
            unknown = np.full(len(self._variance), np.nan)
            return unknown, unknown
        variance = self._variance
        if self._witnesses:
            outputs = make_engine(self._current(), self.engine.device).outputs(self._witnesses)
            variance = np.array([each.var(axis=0, dtype=float) for each in outputs])
            variance = self._matched(variance, self._seen_x * (1.0 - self._seen_x) if self._own_terms else None)
        return self._course.moment_errors(variance)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return everything that :meth:`restore` needs to go on with the same numbers."""
        optimizer = {f"optimizer_{n}": self.engine.to_numpy(v) for n, v in self._optimizer.state.items()}
        values = {f"value_{n}": self.engine.to_numpy(v) for n, v in self._values.items()}
        return {
            **values,
            **optimizer,
            **{f"chains_{n}": v for n, v in self.engine.chains_state(self._chains).items()},
            "count": np.array(self._optimizer.count),
            **self._course.state(),
        }

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from what :meth:`state` returned."""
        self._values = {n: self._array(state[f"value_{n}"]) for n in self._values}
        self._optimizer.state = {n: self._array(v) for n, v in part(state, "optimizer_").items()}
        self._optimizer.count = int(state["count"])
        self.engine.restore_chains(self._chains, part(state, "chains_"))
        self._course.restore(state)
        self._load()


def batch_windows(n_patterns: int, batch: int) -> list[tuple[int, int]]:
    """Return the blocks (first, last) of the data that steps take in turn, of ``batch`` patterns at most, or one block.

    They are of equal size, but the last may be smaller.
    """
    size = max(1, batch // LANES)
    count = n_patterns // LANES // size
    blocks = count * size
    if blocks * LANES < _COVERED * n_patterns:
        blocks = -(-n_patterns // LANES)
        count = -(-blocks // size)
        size = -(-blocks // count)
    return [(first, min(first + size, blocks)) for first in range(0, blocks, size)]


def _cycle(patterns: Patterns, count: int) -> Patterns:
    """Return ``count`` patterns, repeating them where there are fewer."""
    return patterns[np.arange(count) % len(patterns)]
