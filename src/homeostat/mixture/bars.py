"""Bars: artificial patterns with known causes, each a row or a column of a square (Földiák 1990)."""

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import ConfigError
from homeostat.mixture.inputs import check_total


def bar_fields(side: int, total: float, *, background: float = 0.1) -> NDArray[np.float64]:
    """Return the generating fields (2 side, side²), rows and then columns, scaled like normalized patterns.

    Parameters
    ----------
    side
        Pixels of an edge.
    total
        A, the sum of a field, above side².
    background
        Intensity beside the bar, whose own is 1, before scaling.

    Raises
    ------
    ConfigError
        A side below 2, or a background outside [0, 1).
    DataError
        A ``total`` that leaves nothing for the bars.
    """
    if side < 2 or not 0 <= background < 1:
        raise ConfigError(f"bars need a side of 2 or more and a background in [0, 1), got {side} and {background:g}")
    n_inputs = side * side
    check_total(total, n_inputs)
    squares = np.full((2 * side, side, side), background)
    for index in range(side):
        squares[index, index, :] = 1.0
        squares[side + index, :, index] = 1.0
    flat = squares.reshape(2 * side, n_inputs)
    return (total - n_inputs) * flat / flat.sum(axis=1, keepdims=True) + 1.0


def draw(
    fields: NDArray[np.float64], n_patterns: int, rng: np.random.Generator, *, gain: float = 0.0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw Poisson counts (n_patterns, D) of equally likely fields, and the field (n_patterns,) of each.

    ``gain`` is the half-width of a uniform factor around 1 on each pattern's intensity.

    Raises
    ------
    ConfigError
        A ``gain`` outside [0, 1).
    """
    units = rng.integers(len(fields), size=n_patterns)
    return rng.poisson(fields[units] * intensities(n_patterns, gain, rng)[:, None]), units


def intensities(n_patterns: int, gain: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return factors (n_patterns,) from U(1 - gain, 1 + gain).

    Raises
    ------
    ConfigError
        A ``gain`` outside [0, 1).
    """
    if not 0 <= gain < 1:
        raise ConfigError(f"gain must be at least 0 and below 1, got {gain:g}")
    return 1.0 + gain * (2.0 * rng.random(n_patterns) - 1.0)
