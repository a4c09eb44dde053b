"""What is measured of hidden layers: moments of their activity, and alignment with LayerNorm, forward and backward."""

from typing import NamedTuple

import torch
from torch import Tensor

from homeostat.inhibition.kinds import VARIANCE_FLOOR
from homeostat.inhibition.normalize import layer_norm_error, normalize_error
from homeostat.inhibition.stack import Layer


class LayerMeasures(NamedTuple):
    """Measures of one layer on one batch, each (M,), for M networks.

    ``mean`` and ``variance`` are those of z over units, averaged over images. ``output`` is the cosine of
    ReLU(LN(z)) with ReLU(z), ``gradient`` that of the gradients by the excitatory weights of the sums of the two,
    the first sent back through LayerNorm and the second through what the layer does to its errors.
    """

    mean: Tensor
    variance: Tensor
    output: Tensor
    gradient: Tensor


def measure(layer: Layer) -> LayerMeasures:
    """Measure a hidden layer on the batch that it saw last.

    Notes
    -----
    z is what the layer itself gives: in networks with a hard-coded LayerNorm, what is in front of it. For lateral
    inhibition the reference is an error that is centered exactly, as in the authors' code. The gradients are
    G = E' x with an error E (B, n) each, so that their scalar product is the sum over pairs of images of
    (E E') * (x x'), and no G is computed.
    """
    z, x, units = layer.z, layer.x, layer.units
    apart, variance = units.centered(z)
    deviation = torch.sqrt(variance + VARIANCE_FLOOR)
    normal = apart / deviation
    ones = (z > 0).to(z.dtype)
    if layer.network.error == "lateral":
        reference = units.only(ones - units.mean(ones))
    else:
        reference = layer_norm_error((normal > 0).to(z.dtype), normal, deviation, units)
    own = normalize_error(layer.network.error, ones, z, layer.lateral, units)
    if layer.network.divides:
        reference, own = reference / layer.divisor, own / layer.divisor
    overlap = torch.bmm(x, x.mT)

    def product(a: Tensor, b: Tensor) -> Tensor:
        return (torch.bmm(a, b.mT) * overlap).sum(dim=(1, 2))

    gradient = product(reference, own) / torch.sqrt(product(reference, reference) * product(own, own))
    a, b = normal.clamp(min=0).flatten(1), z.clamp(min=0).flatten(1)
    output = (a * b).sum(dim=1) / (a.norm(dim=1) * b.norm(dim=1))
    mean = z.mean(dim=(1, 2)) if units.mask is None else units.mean(z).mean(dim=(1, 2))
    return LayerMeasures(mean, variance.mean(dim=(1, 2)), output, gradient)
