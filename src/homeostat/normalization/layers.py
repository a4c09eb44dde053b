"""Table 2 in torch: the weights and the output of a hidden layer, for any tensors and any device.

Parameters are named as in :attr:`Condition.extras`; tensors of one number per unit have the shape that makes them
broadcast.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from homeostat.normalization.conditions import Condition
from homeostat.normalization.lenet import BN_EPSILON


def effective_weight(condition: Condition, weight: Tensor, extras: Mapping[str, Tensor]) -> Tensor:
    """Return the weights that the inputs meet: w, alpha w, or c v / ||v||.

    Parameters
    ----------
    weight : (units, fan_in)
        w, or v of the weight normalization.
    extras
        ``alpha`` or ``c``, (units,), where the condition has it.

    >>> import torch
    >>> from homeostat.normalization import CONDITIONS
    >>> effective_weight(CONDITIONS["WeightNorm"], torch.tensor([[3.0, 4.0]]), {"c": torch.tensor([2.0])})
    tensor([[1.2000, 1.6000]])
    """
    if condition.weights == "scaled":
        return extras["alpha"][:, None] * weight
    if condition.weights == "normalized":
        return (extras["c"] / torch.linalg.vector_norm(weight, dim=1))[:, None] * weight
    return weight


def output(condition: Condition, z: Tensor, extras: Mapping[str, Tensor], over: tuple[int, ...]) -> Tensor:
    """Return y = ReLU(z), ReLU(z - mu_B) or ReLU(gamma (z - mu_B) / sqrt(var_B + eps) + beta).

    mu_B and var_B (the biased one) are those of the given batch, in training and at test; there are no running
    averages.

    Parameters
    ----------
    z
        Summed inputs with the bias.
    extras
        ``gamma`` and ``beta``, where the condition has them; they broadcast against ``z``.
    over
        Axes of the batch and, in convolutional layers, of space.
    """
    if condition.batch != "nothing":
        z = z - z.mean(dim=over, keepdim=True)
    if condition.batch == "mean and variance":
        variance = z.square().mean(dim=over, keepdim=True)
        z = extras["gamma"] * z * torch.rsqrt(variance + BN_EPSILON) + extras["beta"]
    return torch.relu(z)
