"""Input patterns: checks, feed-forward normalization, and the form in which learners take them."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from homeostat.arrays import as_array
from homeostat.errors import DataError

Patterns = NDArray[np.floating[Any]]


class Inputs(NamedTuple):
    """Input patterns with the part of their log-likelihood that no weight changes.

    Attributes
    ----------
    values : (n_patterns, n_inputs)
        y, on the CPU (NumPy) or on a GPU (torch).
    constant : float64 (n_patterns,)
        sum_d log Gamma(y_d + 1).
    """

    values: Any
    constant: NDArray[np.float64]


def check_patterns(patterns: Any, n_inputs: int | None = None) -> NDArray[Any]:
    """Return non-negative patterns (n_patterns, n_inputs) as an array, or say what is wrong with them.

    Raises
    ------
    DataError
        No matrix of numbers, none at all, another number of inputs than ``n_inputs``, a negative or non-finite value.
    """
    values = as_array(patterns)
    if values.ndim != 2 or values.dtype.kind not in "buif":
        raise DataError(f"patterns must be a matrix of numbers (patterns, inputs), got {values.dtype} {values.shape}")
    if not values.size:
        raise DataError(f"there are no patterns: the matrix is {values.shape[0]} x {values.shape[1]}")
    if n_inputs is not None and values.shape[1] != n_inputs:
        raise DataError(f"the model has {n_inputs} inputs, the patterns have {values.shape[1]}")
    wrong = np.argwhere(~((values >= 0) & (values < np.inf)))
    if len(wrong):
        row, column = wrong[0]
        raise DataError(
            f"inputs must be finite and not negative; pattern {row}, input {column} is {values[row, column]} "
            f"({len(wrong)} such values)"
        )
    return values


def check_total(total: float, n_inputs: int) -> float:
    """Return the total input A, or refuse one that leaves nothing for the pattern itself.

    Raises
    ------
    DataError
        ``total`` is not above ``n_inputs``: every input has 1, and A - D is what the pattern is scaled to.
    """
    if not np.isfinite(total) or total <= n_inputs:
        raise DataError(
            f"the total input A is {total:g}, with {n_inputs} inputs it must be larger than {n_inputs}: each input "
            f"gets 1, and only the rest carries the pattern (10 per input, A = {10 * n_inputs}, is a good start)"
        )
    return float(total)


def normalized(patterns: Any, total: float) -> NDArray[np.float64]:
    """Return the patterns after feed-forward inhibition has normalized them.

    ::

        y_d = (A - D) yt_d / sum_d' yt_d' + 1,     so that sum_d y_d = A and y_d >= 1

    Parameters
    ----------
    patterns : (n_patterns, D)
        yt, not negative.
    total
        A.

    Raises
    ------
    DataError
        Unsuitable patterns, a pattern of zeros (it has no direction to keep), or A <= D.
    """
    values = check_patterns(patterns).astype(np.float64)
    n_inputs = values.shape[1]
    check_total(total, n_inputs)
    sums = values.sum(axis=1, keepdims=True)
    empty = np.flatnonzero(sums == 0)
    if len(empty):
        raise DataError(f"pattern {empty[0]} is all zero and cannot be normalized ({len(empty)} such patterns)")
    return (total - n_inputs) * values / sums + 1.0


def scaled(patterns: Any, total: float, mean: float) -> NDArray[np.float64]:
    """Return the patterns without normalization: each keeps its intensity, and only one of the sum ``mean`` has A.

    Otherwise as :func:`normalized`, with which it shares the offset of 1, so that the two differ in nothing else.

    Raises
    ------
    DataError
        Unsuitable patterns, A <= D, or a ``mean`` that is not positive.
    """
    values = check_patterns(patterns).astype(np.float64)
    n_inputs = values.shape[1]
    check_total(total, n_inputs)
    if not 0 < mean < np.inf:
        raise DataError(f"the mean sum of a pattern must be positive, got {mean:g}")
    return (total - n_inputs) * values / mean + 1.0


def as_inputs(values: Patterns, device: str = "cpu") -> Inputs:
    """Return the patterns as learners take them; on ``"cuda"`` as a tensor there."""
    constant = gammaln(np.asarray(values, np.float64) + 1.0).sum(axis=1)
    values = np.asarray(values)
    floats = values if values.dtype.kind == "f" else values.astype(np.float64)
    return Inputs(on_device(np.ascontiguousarray(floats), device), constant)


def on_device(values: NDArray[Any], device: str) -> Any:
    """Return a NumPy array for ``"cpu"``, else a tensor on that device."""
    if device == "cpu":
        return values
    import torch

    return torch.from_numpy(values).to(device)


def to_numpy(values: Any) -> NDArray[Any]:
    """Return an array of either kind as a NumPy array."""
    return values if isinstance(values, np.ndarray) else values.cpu().numpy()
