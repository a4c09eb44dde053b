"""What every engine (CPU kernels, torch tensors) offers to training and evaluation."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.normalization.conditions import Condition
from homeostat.normalization.lenet import SIDE

# Adam's constants, PyTorch's defaults.
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class Outputs(NamedTuple):
    """Outputs of M networks for a batch of B images, under the batch's own statistics.

    Attributes
    ----------
    fc1 : (M, B, 120)
    fc2 : (M, B, 84)
    logits : (M, B, 10)
    """

    fc1: NDArray[np.float32]
    fc2: NDArray[np.float32]
    logits: NDArray[np.float32]


class Step(NamedTuple):
    """What one training step, or several, tell of M networks.

    Attributes
    ----------
    loss : (M,)
        Mean cross entropy of the batch before the step, nats; of several steps their sum.
    fc1, fc2 : (M, 120), (M, 84)
        Share of the last batch's images for which each unit is active (output > 0).
    """

    loss: NDArray[np.float32]
    fc1: NDArray[np.float32]
    fc2: NDArray[np.float32]


def check_images(images: NDArray[np.uint8]) -> None:
    """Raise DataError unless ``images`` is what LeNet5 takes: uint8 (N, 3, 32, 32)."""
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (3, SIDE, SIDE):
        raise DataError(f"images are {images.dtype} {images.shape}; expected uint8 (images, 3, {SIDE}, {SIDE})")


class Engine(Protocol):
    """M networks of one condition with the state of their optimizer.

    Attributes
    ----------
    condition
        The kind of network.
    steps_at_once
        So many steps may be asked of one call of :meth:`steps`.
    """

    condition: Condition
    steps_at_once: int

    @property
    def rows(self) -> NDArray[np.floating]:
        """The trained parameters, (M, n_parameters)."""

    def forward(self, images: NDArray[np.uint8]) -> Outputs:
        """Return the outputs of all networks for one batch of images (B, 3, 32, 32)."""

    def steps(self, images: NDArray[np.uint8], labels: NDArray[np.uint8], chosen: NDArray[np.int64]) -> Step:
        """Take one step of Adam for each batch in ``chosen`` (steps, M, B), the positions of its images."""

    def state(self) -> dict[str, NDArray[Any]]:
        """Return everything that :meth:`restore` needs to go on with the same numbers."""

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what :meth:`state` returned."""
