"""Normalization of errors, written out: what ``NormalizedError`` of the tests sends back."""

from dataclasses import dataclass

import torch
from torch import Tensor

from homeostat.inhibition.kinds import VARIANCE_FLOOR


@dataclass(frozen=True)
class Units:
    """The units of a layer that means are taken over, for M networks that may differ in width.

    Attributes
    ----------
    count
        Number of units n, or (M, 1, 1) of each network.
    mask
        (M, 1, n) with 1 for units and 0 for what fills the narrower networks up; None where all have one width.
    """

    count: int | Tensor
    mask: Tensor | None = None

    def mean(self, values: Tensor) -> Tensor:
        """Return the mean over units, (M, B, 1), of ``values`` (M, B, n), which are 0 where there is no unit."""
        return values.mean(dim=2, keepdim=True) if self.mask is None else values.sum(dim=2, keepdim=True) / self.count

    def mean_square(self, values: Tensor) -> Tensor:
        """Return the mean of the squares; the norm is a vectorized kernel, torch.var is not."""
        return torch.linalg.vector_norm(values, dim=2, keepdim=True).square_().div_(self.count)

    def only(self, values: Tensor) -> Tensor:
        """Set ``values`` (M, B, n) to 0 where there is no unit, in place."""
        return values if self.mask is None else values.mul_(self.mask)

    def spread(self, values: Tensor, like: Tensor) -> Tensor:
        """Return ``values`` (M, B, 1) at every unit of ``like`` (M, B, n)."""
        return values.expand_as(like) if self.mask is None else values * self.mask

    def centered(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return z without its mean over units, (M, B, n), and its population variance, (M, B, 1)."""
        apart = self.only(z - self.mean(z))
        return apart, self.mean_square(apart)


def normalize_error(kind: str, g: Tensor, z: Tensor, lateral: Tensor | None, units: Units) -> Tensor:
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
        return units.only(g.sub_((g * lateral).sum(dim=2, keepdim=True)))
    along = units.mean(g * z) if kind in ("full", "decorrelate") else None
    if kind in ("full", "center"):
        units.only(g.sub_(units.mean(g)))
    if along is not None:
        g.addcmul_(z, along, value=-1)
    if kind in ("full", "scale"):
        g.div_(units.centered(z)[1].add_(VARIANCE_FLOOR).sqrt_())
    return g


def layer_norm_error(g: Tensor, normal: Tensor, deviation: Tensor, units: Units) -> Tensor:
    """Return dL/dz from the error ``g`` behind LayerNorm, whose output is ``normal``; ``g`` is overwritten."""
    along = units.mean(g * normal)
    return units.only(g.sub_(units.mean(g))).addcmul_(normal, along, value=-1).div_(deviation)
