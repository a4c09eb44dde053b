"""What every engine (CPU kernels, torch tensors) offers to training and evaluation."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeostat.device import resolve_device
from homeostat.errors import ConfigError, DataError
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


def make_engine(condition: Condition, rows: NDArray[np.float32], learning_rate: float, device: str = "cpu") -> Any:
    """Return the engine for ``device``, with the networks of ``rows`` (M, n_parameters).

    On ``"cpu"`` it is compiled kernels and M must be 1; on any other torch device (or ``"torch"``, the CPU without
    the kernels) M networks are computed together.

    Raises
    ------
    ConfigError
        Another device.
    DeviceError
        A CUDA device was asked for and there is none.
    """
    if device == "cpu":
        from homeostat.normalization.cpu import CpuEngine

        return CpuEngine(condition, rows, learning_rate)
    if device.startswith("cuda"):
        resolve_device("cuda")
    elif device != "torch":
        raise ConfigError(f"device must be cpu, cuda or torch, got {device!r}")
    from homeostat.normalization.tensor import TensorEngine

    return TensorEngine(condition, rows, learning_rate, "cpu" if device == "torch" else device)
