"""Information in models of patterns: entropy, multi-information, divergences between models, conditionals; in nats.

Every function takes every estimator of :mod:`homeostat.rp`. Up to 15 neurons, values are sums over all patterns;
above, they are averages over samples, with a standard error.

>>> import numpy as np
>>> from homeostat.rp import Independent
>>> fair, rare = Independent().fit(np.array([[0], [1]])), Independent().fit(np.array([[0], [0], [0], [1]]))
>>> round(entropy(fair).value / float(np.log(2)), 6)
1.0
>>> round(kullback_leibler(rare, fair).value, 4)  # log 2 - H(1/4)
0.1308
>>> conditional_probabilities(rare, np.array([[1]])).round(6).tolist()
[[0.25]]
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeostat.arrays import as_array, check_patterns
from homeostat.errors import DataError
from homeostat.rp.correlations import EXACT, Model, log_probabilities
from homeostat.rp.exact import all_patterns

# Samples come in batches from chains of their own: their spread is the error, whatever correlation is within a batch.
_BATCHES = 20


class Estimate(NamedTuple):
    """A value in nats and its standard error, which is zero for sums over all patterns."""

    value: float
    error: float


def entropy(model: Model, *, n_samples: int = 100_000, seed: int = 0) -> Estimate:
    """Return the entropy H = <E> + log Z = -<log p>.

    Parameters
    ----------
    model
        A fitted estimator.
    n_samples, seed
        Samples in all, and their seed, where there are more than 15 neurons.

    Raises
    ------
    DataError
        ``model`` is not a fitted model; or, with more than 15 neurons, ``n_samples`` or ``seed`` cannot be used.
    """
    count = _neurons(model)
    if count <= EXACT:
        log_p = log_probabilities(model, all_patterns(count))
        return Estimate(float(-np.exp(log_p) @ log_p), 0.0)
    means = np.array([-model.score_samples(batch).mean() for batch in _batches(model, n_samples, seed)])
    return _estimate(means, _log_z_error(model))


def multi_information(model: Model, *, n_samples: int = 100_000, seed: int = 0) -> Estimate:
    """Return the multi-information sum_i H(x_i) - H(x): what the neurons' dependence takes from the entropy.

    Parameters and errors as of :func:`entropy`. From samples, the entropies of single neurons are those of their rates
    over all samples.
    """
    if _neurons(model) <= EXACT:
        patterns = all_patterns(model.n_features_in_)
        log_p = log_probabilities(model, patterns)
        p = np.exp(log_p)
        return Estimate(float(_binary_entropy(p @ patterns).sum() + p @ log_p), 0.0)
    batches = _batches(model, n_samples, seed)
    rates = np.mean([batch.mean(axis=0) for batch in batches], axis=0)
    # Cross-entropy of each pattern with the independent model of these rates; its mean is sum_i H(x_i).
    p = np.clip(rates, 1e-12, 1 - 1e-12)
    means = np.array(
        [(model.score_samples(batch) - batch @ np.log(p) - (1.0 - batch) @ np.log1p(-p)).mean() for batch in batches]
    )
    return _estimate(means, _log_z_error(model))


def kullback_leibler(model: Model, other: Model, *, n_samples: int = 100_000, seed: int = 0) -> Estimate:
    """Return the divergence D(model || other) = <log p - log q> over the model's patterns.

    Parameters
    ----------
    model, other
        Fitted estimators of the same neurons, in the same order.
    n_samples, seed
        Samples of ``model`` in all, and their seed, where there are more than 15 neurons.

    Raises
    ------
    DataError
        One is not a fitted model, or they have different numbers of neurons.
    """
    if _same_neurons(model, other) <= EXACT:
        patterns = all_patterns(model.n_features_in_)
        log_p, log_q = log_probabilities(model, patterns), log_probabilities(other, patterns)
        return Estimate(float(np.exp(log_p) @ (log_p - log_q)), 0.0)
    means = np.array(
        [(model.score_samples(batch) - other.score_samples(batch)).mean() for batch in _batches(model, n_samples, seed)]
    )
    return _estimate(means, _log_z_error(model), _log_z_error(other))


def jensen_shannon(model: Model, other: Model, *, n_samples: int = 100_000, seed: int = 0) -> Estimate:
    """Return the Jensen-Shannon divergence, from 0 for equal models to log 2 for models without a common pattern.

    Parameters and errors as of :func:`kullback_leibler`; samples are taken of both models. An error of log Z changes
    the value in second order only, and is not part of the error.
    """
    if _same_neurons(model, other) <= EXACT:
        patterns = all_patterns(model.n_features_in_)
        log_p, log_q = log_probabilities(model, patterns), log_probabilities(other, patterns)
        middle = np.logaddexp(log_p, log_q) - np.log(2)
        halves = np.exp(log_p) @ (log_p - middle), np.exp(log_q) @ (log_q - middle)
        return Estimate(float(sum(halves) / 2), 0.0)
    means = []
    for one, two in ((model, other), (other, model)):
        scores = [(one.score_samples(batch), two.score_samples(batch)) for batch in _batches(one, n_samples, seed)]
        means.append([(log_p - np.logaddexp(log_p, log_q)).mean() + np.log(2) for log_p, log_q in scores])
    return _estimate(np.array(means).mean(axis=0))


def conditional_probabilities(model: Model, X: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return p(x_i = 1 | the other neurons as in x) of each pattern and neuron, (n_patterns, n); log Z cancels.

    It is 1 / (1 + p(x with x_i = 0) / p(x with x_i = 1)).

    Parameters
    ----------
    model
        A fitted estimator.
    X
        Patterns (n_patterns, n) of 0 and 1.

    Raises
    ------
    DataError
        ``model`` is not a fitted model, or the patterns are of other neurons, or not of 0 and 1.
    """
    patterns = check_patterns(np.atleast_2d(as_array(X)), _neurons(model), at_least=1)
    score = model.score_samples(patterns)
    log_odds = np.empty(patterns.shape)
    for neuron in range(patterns.shape[1]):
        flipped = patterns.copy()
        flipped[:, neuron] ^= 1
        difference = score - model.score_samples(flipped)
        log_odds[:, neuron] = np.where(patterns[:, neuron] == 1, difference, -difference)
    return np.asarray(np.exp(-np.logaddexp(0.0, -log_odds)))


def _binary_entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.clip(p, 0.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(-np.nan_to_num(p * np.log(p)) - np.nan_to_num((1 - p) * np.log1p(-p)))


def _same_neurons(model: Model, other: Model) -> int:
    count, others = _neurons(model), _neurons(other)
    if others != count:
        raise DataError(f"the models must be of the same neurons; one has {count}, the other {others} of them")
    return count


def _neurons(model: Model) -> int:
    """Return how many neurons a model has, or say that it is none, or not fitted."""
    if not hasattr(model, "score_samples") or not hasattr(model, "n_features_in_"):
        raise DataError(f"give a fitted model; this {type(model).__name__} is not a fitted model")
    return model.n_features_in_


def _batches(model: Model, n_samples: int, seed: int) -> list[NDArray[np.uint8]]:
    size = -(-n_samples // _BATCHES)
    return [model.sample(size, seed=_BATCHES * seed + batch) for batch in range(_BATCHES)]


def _log_z_error(model: Model) -> float:
    return float(getattr(model, "log_partition_error_", 0.0))


def _estimate(means: NDArray[np.float64], *errors: float) -> Estimate:
    spread = means.std(ddof=1) / np.sqrt(len(means))
    return Estimate(float(means.mean()), float(np.sqrt(spread**2 + sum(error**2 for error in errors))))
