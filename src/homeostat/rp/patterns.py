"""Patterns of spikes and silences, as the trainers take them."""

import numpy as np
from numpy.typing import NDArray

from homeostat.arrays import as_array
from homeostat.errors import DataError

Patterns = NDArray[np.uint8]


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
