"""The generative model, a mixture of Poisson patterns, and the circuit's soft winner-take-all.

    p(c) = 1/C      y_d | c ~ Poisson(W_cd)      sum_d W_cd = A  (the constraint, in the normalized model)

    log p(y | c) = sum_d [y_d log W_cd - W_cd - log Gamma(y_d + 1)]

Gamma in place of the factorial admits real y. With equal sums of weights the posterior is the softmax of
I_c = sum_d log(W_cd) y_d alone: what a neuron with weights log W receives.

Arrays may be NumPy's or torch's; C units, D inputs, N patterns.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.mixture.inputs import Inputs, to_numpy

# How the input to a unit depends on its weights (network.py says what each is).
CURRENTS = ("log", "shifted", "linear", "posterior")
# Values of (patterns x units) held at once.
_MOST = 2**24


class Expectation(NamedTuple):
    """What one pass over the patterns gives.

    Attributes
    ----------
    weighted : (C, D)
        sum_n s_c^n y_d^n, with the responsibilities s.
    mass : (C,)
        sum_n s_c^n.
    log_likelihood : float
        Mean over patterns of log p(y), nats.
    """

    weighted: Any
    mass: Any
    log_likelihood: float


def safe_log(weights: Any) -> Any:
    """Return log W; a weight of zero counts as the smallest normal number, so that 0 log 0 = 0 and sums stay finite."""
    xp = array_namespace(weights)
    return xp.log(xp.clip(weights, xp.finfo(weights.dtype).smallest_normal, None))


def drive(values: Any, weights: Any, current: str = "posterior") -> Any:
    """Return the synaptic input I (N, C) of every unit; ``"posterior"`` is log p(y | c) + sum_d log Gamma(y_d + 1)."""
    xp = array_namespace(weights)
    if current == "linear":
        return values @ weights.T
    if current == "shifted":
        return values @ xp.where(weights < 1, weights - 1, safe_log(weights)).T
    summed = values @ safe_log(weights).T
    return summed - xp.sum(weights, axis=1) if current == "posterior" else summed


def winner_take_all(inputs: Any) -> Any:
    """Return s_c = exp(I_c) / sum_c' exp(I_c') for each row of I."""
    return _shares(inputs)[0]


def _shares(inputs: Any) -> tuple[Any, Any]:
    """Return the softmax of each row (N, C), and the logarithm of its sum of exponentials (N,), from the same sums."""
    xp = array_namespace(inputs)
    top = xp.max(inputs, axis=1, keepdims=True)
    raised = xp.exp(inputs - top)
    total = xp.sum(raised, axis=1, keepdims=True)
    return raised / total, (top + xp.log(total))[:, 0]


def _rows(values: Any, weights: Any) -> Iterator[slice]:
    step = max(1, _MOST // weights.shape[0])
    for first in range(0, values.shape[0], step):
        yield slice(first, first + step)


def responsibilities(values: Any, weights: Any, current: str = "posterior") -> NDArray[Any]:
    """Return s (N, C): the units' activities, for ``"posterior"`` the exact p(c | y)."""
    parts = [winner_take_all(drive(values[rows], weights, current)) for rows in _rows(values, weights)]
    return np.concatenate([to_numpy(part) for part in parts])


def log_likelihoods(inputs: Inputs, weights: Any) -> NDArray[np.float64]:
    """Return log p(y) of each pattern (N,), nats; the weights' sums need not be equal."""
    parts = [_shares(drive(inputs.values[rows], weights))[1] for rows in _rows(inputs.values, weights)]
    return _finish(np.concatenate([to_numpy(part) for part in parts]), inputs.constant, weights)


def expectation(inputs: Inputs, weights: Any) -> Expectation:
    """Return the sums of the E-step and the likelihood of the weights that it was done with."""
    xp = array_namespace(weights)
    weighted, mass, logs = xp.zeros_like(weights), xp.zeros_like(weights[:, 0]), []
    for rows in _rows(inputs.values, weights):
        values = inputs.values[rows]
        joint = drive(values, weights)
        active, log_sum = _shares(joint)
        logs.append(to_numpy(log_sum))
        weighted += active.T @ values
        mass += xp.sum(active, axis=0)
    return Expectation(weighted, mass, float(_finish(np.concatenate(logs), inputs.constant, weights).mean()))


def _finish(summed: NDArray[Any], constant: NDArray[np.float64], weights: Any) -> NDArray[np.float64]:
    return summed.astype(np.float64) - constant - np.log(weights.shape[0])


def sample(
    weights: NDArray[Any], n_patterns: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw patterns (n_patterns, D) from the model, and the unit (n_patterns,) that each comes from.

    Raises
    ------
    DataError
        Fewer than one pattern is asked for.
    """
    if n_patterns < 1:
        raise DataError(f"at least one pattern must be drawn, got {n_patterns}")
    units = rng.integers(len(weights), size=n_patterns)
    return rng.poisson(weights[units]), units
