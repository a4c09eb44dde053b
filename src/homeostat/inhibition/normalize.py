"""Normalization of errors, written out: what :class:`homeostat.inhibition.reference.NormalizedError` sends back."""

import torch
from torch import Tensor

from homeostat.inhibition.kinds import VARIANCE_FLOOR


def mean_square(values: Tensor) -> Tensor:
    """Return the mean of the squares over units, (M, B, 1); the norm is a vectorized kernel, torch.var is not."""
    return torch.linalg.vector_norm(values, dim=2, keepdim=True).square_().div_(values.shape[2])


def centered(z: Tensor) -> tuple[Tensor, Tensor]:
    """Return z without its mean over units, (M, B, n), and its population variance, (M, B, 1)."""
    apart = z - z.mean(dim=2, keepdim=True)
    return apart, mean_square(apart)


def normalize_error(kind: str, g: Tensor, z: Tensor, lateral: Tensor | None) -> Tensor:
    """Return the normalized error; ``g`` is overwritten.

    Parameters
    ----------
    kind
        One of :data:`homeostat.inhibition.ERRORS`.
    g, z : (M, B, n)
        dL/dz and z.
    lateral : (M, 1, n)
        Positive synapses that sum to one, for ``lateral``.
    """
    if kind == "none":
        return g
    if kind == "lateral":
        return g.sub_((g * lateral).sum(dim=2, keepdim=True))
    along = (g * z).mean(dim=2, keepdim=True) if kind in ("full", "decorrelate") else None
    if kind in ("full", "center"):
        g.sub_(g.mean(dim=2, keepdim=True))
    if along is not None:
        g.addcmul_(z, along, value=-1)
    if kind in ("full", "scale"):
        g.div_(centered(z)[1].add_(VARIANCE_FLOOR).sqrt_())
    return g


def layer_norm_error(g: Tensor, normal: Tensor, deviation: Tensor) -> Tensor:
    """Return dL/dz from the error ``g`` behind LayerNorm, whose output is ``normal``; ``g`` is overwritten."""
    along = (g * normal).mean(dim=2, keepdim=True)
    return g.sub_(g.mean(dim=2, keepdim=True)).addcmul_(normal, along, value=-1).div_(deviation)
