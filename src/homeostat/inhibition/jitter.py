"""Luminosity jitter: one number for each presentation of an image is added to all its pixels."""

from typing import Any

from homeostat.errors import ConfigError


def check_epsilon(epsilon: float) -> float:
    """Return ``epsilon``.

    Raises
    ------
    ConfigError
        It lies outside [0, 1], the range of a pixel.
    """
    if not 0 <= epsilon <= 1:
        raise ConfigError(f"epsilon must be between 0 and 1, the range of a pixel, got {epsilon!r}")
    return epsilon


def luminosity_jitter(pixels: Any, shifts: Any) -> Any:
    """Return images as the network sees them: x / 255 + shift, cut to [0, 1].

    Parameters
    ----------
    pixels : (..., n_pixels)
        Arrays or tensors of floating type, 0 to 255.
    shifts : (..., 1)
        For each image a number that is uniform on [-epsilon, epsilon].

    Examples
    --------
    >>> import numpy as np
    >>> luminosity_jitter(np.array([[0.0, 51.0, 255.0]]), np.array([[0.2]]))
    array([[0.2, 0.4, 1. ]])
    """
    return (pixels * (1 / 255) + shifts).clip(0.0, 1.0)
