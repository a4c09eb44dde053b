"""Population codes of the targets: place cells in the box, bearing cells on the circle, and their decoders."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from homeostat.errors import ConfigError
from homeostat.reactivation import kernels
from homeostat.reactivation.tasks import SIDE, check_task

Array = NDArray[np.float64]
DECODERS = ("top3", "centroid")

_WIDTH = 0.2
_KAPPA = (np.pi / 6) ** -2
# exp(kappa cos) has Fourier coefficients I_m(kappa): beyond this order they are below 1e-9 of the first.
_ORDER = 16


class Code(Protocol):
    """How a stimulus is told to a network and read from it."""

    @property
    def cells(self) -> int:
        """Return the number of cells."""

    def encode(self, stimulus: Any, out: Any = None) -> Any:
        """Return the cells' activity for stimuli (..., d), as (..., cells)."""

    def decode(self, outputs: Any, how: str = "top3") -> Any:
        """Return the stimuli (..., d) that outputs (..., cells) stand for."""


@dataclass(frozen=True)
class PlaceCode:
    """Place cells: y_i = softmax_i(-|x - c_i|^2 / (2 w^2)), with w = 0.2 m; the sum over cells is 1.

    (Equation 20 of the paper has unnormalised Gaussians; this is what the authors' code trains on.)

    Attributes
    ----------
    centres
        c, float tensor (cells, 2), metres.
    """

    centres: Any

    @classmethod
    def random(cls, cells: int, rng: np.random.Generator) -> "PlaceCode":
        """Return cells with centres drawn uniformly in the box."""
        _check_cells(cells)
        return cls(torch.as_tensor(rng.uniform(-SIDE / 2, SIDE / 2, (cells, 2)), dtype=torch.float32))

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.centres)

    def to(self, like: Any) -> "PlaceCode":
        """Return the code on the device and in the precision of a tensor."""
        return PlaceCode(self.centres.to(like))

    def encode(self, stimulus: Any, out: Any = None) -> Any:
        """Return the activity (..., cells) at positions (..., 2); ``out``, if given, is (n, cells) and filled."""
        x = stimulus.reshape(-1, 2)
        # -|x - c|^2 / 2w^2 up to a term of x alone, which the softmax cancels.
        bias = self.centres.square().sum(1).mul(-0.5 / _WIDTH**2)
        logits = torch.addmm(bias, x, self.centres.T / _WIDTH**2, out=out)
        return torch.softmax(logits, 1, out=logits).view(*stimulus.shape[:-1], self.cells)

    def decode(self, outputs: Any, how: str = "top3") -> Any:
        """Return positions (..., 2).

        ``top3`` is the mean of the centres of the three most active cells (the authors'), which moves in jumps
        of the distance between cells; ``centroid`` weights the centres by how far outputs exceed half the largest.
        """
        if _by_top(how):
            return self.centres[_top_three(outputs)].mean(-2)
        weight = _excess(outputs)
        return weight @ self.centres / weight.sum(-1, keepdim=True)


@dataclass(frozen=True)
class BearingCode:
    """Bearing cells: y_i = exp(kappa (cos(theta - mu_i) - 1)), kappa = (pi/6)^-2, peak 1 (the paper's is normalised).

    Preferred angles mu are evenly spaced from -pi to pi, both included, as in the authors' code: one is there twice.

    The same code as a product of two thin matrices, from the Fourier series of exp(kappa cos), is exact to
    1e-9::

        y = features(theta) @ weights        (n, 33) @ (33, cells)
    """

    cells: int = 512

    def __post_init__(self) -> None:
        """Check the size."""
        _check_cells(self.cells)

    def _preferred(self, like: Any) -> Any:
        return torch.linspace(-torch.pi, torch.pi, self.cells, dtype=like.dtype, device=like.device)

    def encode(self, stimulus: Any, out: Any = None) -> Any:
        """Return the activity (..., cells) at angles (..., 1)."""
        angle = torch.sub(stimulus, self._preferred(stimulus), out=out)
        return angle.cos_().sub_(1).mul_(_KAPPA).exp_()

    def features(self, stimulus: Any) -> Any:
        """Return 1, cos(m theta), sin(m theta) for m = 1 … 16 as (n, 33), for n angles in any shape."""
        # Wrapped first: the float32 error of m theta grows with theta.
        theta = torch.remainder(stimulus.reshape(-1, 1), 2 * torch.pi)
        angles = theta * torch.arange(1, _ORDER + 1, dtype=theta.dtype, device=theta.device)
        return torch.cat([torch.ones_like(theta), angles.cos(), angles.sin()], 1)

    def weights(self, like: Any) -> Any:
        """Return the cells' Fourier coefficients (33, cells)."""
        from scipy.special import ive

        order = np.arange(_ORDER + 1)
        series = torch.as_tensor(ive(order, _KAPPA) * np.where(order == 0, 1, 2)).to(like)
        mu = self._preferred(like)
        angles = mu * torch.arange(1, _ORDER + 1, dtype=like.dtype, device=like.device)[:, None]
        return (
            torch.cat([torch.ones_like(mu)[None], angles.cos(), angles.sin()])
            * torch.cat([series, series[1:]])[:, None]
        )

    def decode(self, outputs: Any, how: str = "top3") -> Any:
        """Return angles (..., 1) in (-pi, pi]: the circular mean of the three most active cells, or the centroid."""
        mu = self._preferred(outputs)
        if _by_top(how):
            chosen = mu[_top_three(outputs)]
            sine, cosine = chosen.sin().sum(-1, keepdim=True), chosen.cos().sum(-1, keepdim=True)
        else:
            weight = _excess(outputs)
            sine, cosine = weight @ mu.sin()[:, None], weight @ mu.cos()[:, None]
        return torch.atan2(sine, cosine)


def make_code(task: str, cells: int, rng: np.random.Generator) -> PlaceCode | BearingCode:
    """Return the code of the task called ``"position"`` (place cells, drawn) or ``"heading"``.

    Raises
    ------
    ConfigError
        Another name, or fewer than three cells.
    """
    check_task(task)
    return PlaceCode.random(cells, rng) if task == "position" else BearingCode(cells)


def _excess(outputs: Any) -> Any:
    return (outputs - outputs.amax(-1, keepdim=True) / 2).clamp_min(0)


def _top_three(outputs: Any) -> Any:
    """Return the places of the three most active cells, (..., 3)."""
    if outputs.device.type != "cpu":
        return outputs.topk(3, dim=-1).indices
    chosen = torch.empty(*outputs.shape[:-1], 3, dtype=torch.int64)
    kernels.top_three(outputs.reshape(-1, outputs.shape[-1]).numpy(), chosen.view(-1, 3).numpy())
    return chosen


def _by_top(how: str) -> bool:
    if how not in DECODERS:
        raise ConfigError(f"how to decode must be one of {', '.join(DECODERS)}, got {how!r}")
    return how == "top3"


def _check_cells(cells: int) -> None:
    if cells < 3:
        raise ConfigError(f"a code needs at least 3 cells, got {cells}")
