"""Mean squared error of the output o = D r against a population code, with its gradients in D and r.

``L = mean (D r - y)^2`` over trajectories, steps and cells.
"""

from typing import Any, Protocol

import torch

from homeostat.reactivation.codes import BearingCode, Code
from homeostat.reactivation.precision import products


class Loss(Protocol):
    """A loss that writes dL/dr into a tensor and dL/dD into another."""

    def __call__(self, readout: Any, states: Any, targets: Any, d_states: Any = None, d_readout: Any = None) -> Any:
        """Return the loss (0-d float64 tensor)."""


class CellLoss:
    """The loss by way of every cell's output, for codes of full rank (place cells).

    ``precision`` is that of the products with D on a GPU (:func:`~homeostat.reactivation.precision.products`); the
    code is always computed in full.
    """

    def __init__(self, code: Code, precision: str = "highest") -> None:
        self._code = code
        self._precision = precision
        self._targets: Any = None
        self._outputs: Any = None

    def __call__(self, readout: Any, states: Any, targets: Any, d_states: Any = None, d_readout: Any = None) -> Any:
        """Return the loss of ``readout`` D (cells, n) at ``states`` (…, n) for stimuli ``targets`` (…, d)."""
        r = states.reshape(-1, states.shape[-1])
        if self._targets is None or len(self._targets) != len(r):
            self._targets, self._outputs = r.new_empty(len(r), len(readout)), r.new_empty(len(r), len(readout))
        y = self._code.encode(targets.reshape(len(r), -1), out=self._targets)
        with products(self._precision):
            error = torch.mm(r, readout.T, out=self._outputs).sub_(y)
        # In float64 only the sum over rows, each of which is short.
        loss = torch.linalg.vector_norm(error, dim=1).double().square().sum() / error.numel()
        if d_states is not None:
            error.mul_(2 / error.numel())
            with products(self._precision):
                torch.mm(error, readout, out=d_states.view(len(r), -1))
                torch.mm(error.T, r, out=d_readout)
        return loss


class FourierLoss:
    """The same loss for bearing cells, without any array of the size of all outputs.

    The code is y = F A with 33 features F (:class:`~homeostat.reactivation.codes.BearingCode`), so that with
    R the states (rows) ::

        L N     = tr(D^T D R^T R) - 2 tr(A D (R^T F)) + tr(A A^T F^T F)
        dL/dR N = 2 (R D^T D - F A D)
        dL/dD N = 2 (D R^T R - A^T F^T R)
    """

    def __init__(self, code: BearingCode) -> None:
        self._code = code
        self._coefficients: Any = None

    def __call__(self, readout: Any, states: Any, targets: Any, d_states: Any = None, d_readout: Any = None) -> Any:
        """As :meth:`CellLoss.__call__`."""
        r = states.reshape(-1, states.shape[-1])
        if self._coefficients is None or self._coefficients.dtype != r.dtype:
            self._coefficients = self._code.weights(r)
        features, coefficients = self._code.features(targets), self._coefficients
        count = len(r) * len(readout)
        states_gram, crossed = r.T @ r, features.T @ r
        readout_gram, read = readout.T @ readout, coefficients @ readout
        # The three terms nearly cancel.
        loss = (
            (readout_gram.double() * states_gram.double()).sum()
            - 2 * (read.double() * crossed.double()).sum()
            + ((coefficients @ coefficients.T).double() * (features.T @ features).double()).sum()
        ) / count
        if d_states is not None:
            out = d_states.view(len(r), -1)
            torch.mm(r, readout_gram, out=out)
            out.addmm_(features, read, alpha=-1).mul_(2 / count)
            torch.mm(readout, states_gram, out=d_readout)
            d_readout.addmm_(coefficients.T, crossed, alpha=-1).mul_(2 / count)
        return loss


def make_loss(code: Code, precision: str = "highest") -> Loss:
    """Return the fast loss for a code; that of bearings, whose terms nearly cancel, is always of full precision."""
    return FourierLoss(code) if isinstance(code, BearingCode) else CellLoss(code, precision)
