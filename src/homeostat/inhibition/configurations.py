"""Hyper-parameter configurations, drawn by seed from the ranges of the paper's sweep."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from homeostat.errors import ConfigError


@dataclass(frozen=True)
class Configuration:
    """What differs between the runs of a sweep.

    Attributes
    ----------
    learning_rate
        Learning rate of excitatory weights and biases.
    wei_rate, wix_rate
        Learning rates of weights from inhibitory units, and of weights to them (and of the divisive ones).
    width
        Units of a hidden layer.

    Raises
    ------
    ConfigError
        A rate is not positive, or a layer has fewer than two units (no variance).
    """

    learning_rate: float
    wei_rate: float
    wix_rate: float
    width: int

    def __post_init__(self) -> None:
        """Check the values."""
        for name in ("learning_rate", "wei_rate", "wix_rate"):
            if not 0 < getattr(self, name) < np.inf:
                raise ConfigError(f"{name} must be positive and finite, got {getattr(self, name)!r}")
        if self.width < 2:
            raise ConfigError(f"width must be 2 or more (one unit has no variance), got {self.width}")


@dataclass(frozen=True)
class Ranges:
    """Ends (low, high) of the ranges of a :class:`Configuration`.

    Attributes
    ----------
    learning_rate, wei_rate, wix_rate
        Rates are drawn evenly on a logarithmic scale.
    width
        Widths are drawn evenly, both ends included.

    Raises
    ------
    ConfigError
        A range is not 0 < low <= high.
    """

    learning_rate: Sequence[float] = (1e-3, 1e-2)
    wei_rate: Sequence[float] = (1e-5, 1e-2)
    wix_rate: Sequence[float] = (1e-2, 1.0)
    width: Sequence[int] = (100, 500)

    def __post_init__(self) -> None:
        """Check that each range is one."""
        for name, (low, high) in vars(self).items():
            if not 0 < low <= high:
                raise ConfigError(f"{name}: a range needs 0 < low <= high, got {low:g} and {high:g}")


def sample_configuration(ranges: Ranges, random: np.random.Generator) -> Configuration:
    """Return one configuration.

    >>> sample_configuration(Ranges(width=(100, 100)), np.random.default_rng(0)).width
    100
    """

    def rate(ends: Sequence[float]) -> float:
        return float(np.exp(random.uniform(np.log(ends[0]), np.log(ends[1]))))

    return Configuration(
        learning_rate=rate(ranges.learning_rate),
        wei_rate=rate(ranges.wei_rate),
        wix_rate=rate(ranges.wix_rate),
        width=int(random.integers(ranges.width[0], ranges.width[1] + 1)),
    )
