"""Weights before learning."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import ConfigError, DataError

STARTS = ("input", "uniform", "points")


def initial_weights(
    kind: str, values: NDArray[Any], n_units: int, rng: np.random.Generator, *, weight: float = 0.0
) -> NDArray[np.float64]:
    """Return weights (C, D) to start from.

    Parameters
    ----------
    kind
        ``"input"``: mean + 2 SD U(0, 1) of each input over patterns (Forster, Sheikh & Lücke), whose sums are above
        those of the input, near twice as large for patterns far apart. ``"uniform"``: U(0, 1), scaled to the mean sum
        of the input. ``"points"``: the mean of a random pattern and the average pattern.
    values : (N, D)
        Input patterns.
    weight
        Sum of every unit's weights, in units of the mean sum of the input; 0 leaves it as drawn. Units that have not
        won yet keep it, so it decides how they are recruited.

    Raises
    ------
    ConfigError
        An unknown ``kind`` or a negative ``weight``.
    DataError
        More units than patterns.
    """
    if n_units > len(values):
        raise DataError(f"{n_units} units cannot be learned from {len(values)} patterns; use at most as many")
    if n_units < 1:
        raise DataError(f"at least one unit is needed, got {n_units}")
    if kind not in STARTS:
        raise ConfigError(f"start must be one of {', '.join(STARTS)}, got {kind!r}")
    if not weight >= 0:
        raise ConfigError(f"the initial total weight must not be negative, got {weight:g}")
    mean = values.mean(axis=0, dtype=np.float64)
    if kind == "input":
        drawn = mean + 2.0 * values.std(axis=0, dtype=np.float64) * rng.random((n_units, len(mean)))
    elif kind == "uniform":
        drawn = rng.random((n_units, len(mean)))
        weight = weight or 1.0
    else:
        drawn = 0.5 * (values[rng.choice(len(values), n_units, replace=False)] + mean)
    if weight:
        drawn *= weight * mean.sum() / drawn.sum(axis=1, keepdims=True)
    return drawn
