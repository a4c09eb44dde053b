"""Adam (Kingma & Ba 2015) on flat tensors, in place: what one network and networks in lockstep share."""

from typing import Any

import torch

BETAS = (0.9, 0.999)
EPSILON = 1e-8
"""Shares of the past in the averages of gradient and squared gradient; kept from a division by 0."""


def adam_scale(gradient: Any, mean: Any, square: Any, root_correction: Any) -> Any:
    """Move the averages of the gradient and its square; return what a step along ``mean`` is divided by.

    ``root_correction`` is sqrt(1 - beta2^t). The gradient is used up: its memory serves for the result.
    """
    first, second = BETAS
    mean.lerp_(gradient, 1 - first)
    square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
    return torch.sqrt(square, out=gradient).div_(root_correction).add_(EPSILON)
