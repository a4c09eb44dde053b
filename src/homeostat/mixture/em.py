"""Expectation maximization of the Poisson mixture: the reference for what the network learns.

::

    E:  s_c^n = p(c | y^n)
    M:  W_cd = A sum_n s_c^n y_d^n / sum_d' sum_n s_c^n y_d'^n     under the constraint sum_d W_cd = A
        W_cd = sum_n s_c^n y_d^n / sum_n s_c^n                      without it

The likelihood never decreases.
"""

from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.mixture.inputs import Inputs
from homeostat.mixture.model import Expectation, expectation
from homeostat.mixture.trainer import Learner


def maximized(weights: Any, found: Expectation, total: float | None) -> Any:
    """Return the weights of the M-step; a unit that explains nothing keeps its own."""
    xp = array_namespace(weights)
    below = xp.sum(found.weighted, axis=1) / total if total is not None else found.mass
    used = below > xp.finfo(weights.dtype).smallest_normal
    return xp.where(used[:, None], found.weighted / xp.where(used, below, xp.ones_like(below))[:, None], weights)


class EM(Learner):
    """Learns by EM; an epoch is one iteration.

    Parameters
    ----------
    weights, inputs, epochs, every, device
        As in :class:`~homeostat.mixture.trainer.Learner`.
    total
        A; the initial weights are scaled to it. None leaves out the constraint.

    Raises
    ------
    DataError
        As there; or ``total`` is not positive.
    """

    def __init__(
        self,
        weights: NDArray[Any],
        inputs: Inputs,
        *,
        total: float | None,
        epochs: int,
        every: int = 1,
        device: str = "cpu",
    ) -> None:
        if total is not None:
            if not 0 < total < np.inf:
                raise DataError(f"the total weight A must be positive, got {total:g}")
            weights = total * weights / weights.sum(axis=1, keepdims=True)
        super().__init__(weights, inputs, epochs=epochs, every=every, device=device)
        self.total = total
        self._found: Expectation | None = None

    def _expectation(self) -> Expectation:
        if self._found is None:
            self._found = expectation(self.inputs, self.weights)
        return self._found

    def _likelihood(self) -> float:
        return self._expectation().log_likelihood

    def _learn(self) -> None:
        self.weights = maximized(self.weights, self._expectation(), self.total)
        self._found = None
