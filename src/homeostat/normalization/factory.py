"""The choice of an engine by device."""

import numpy as np
from numpy.typing import NDArray

from homeostat.device import resolve_device
from homeostat.errors import ConfigError
from homeostat.normalization.conditions import Condition
from homeostat.normalization.engine import Engine


def make_engine(condition: Condition, rows: NDArray[np.float32], learning_rate: float, device: str = "cpu") -> Engine:
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
