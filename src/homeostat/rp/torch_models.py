"""A batch of models as torch tensors: what the tensor engine and the fused engine have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from homeostat.errors import DeviceError
from homeostat.rp.kernels import LANES
from homeostat.rp.projections import RPModels

# Elements of the largest temporary array (models x projections x patterns).
CHUNK_ELEMENTS = 1 << 27


class TorchModels(ABC):
    """M models on a torch device.

    Raises
    ------
    DeviceError
        A CUDA device was asked for and there is none.
    """

    def __init__(self, models: RPModels, device: str) -> None:
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise DeviceError(f"device {device!r} was asked for, but torch {torch.__version__} sees no CUDA device")
        self.device = device
        self._index_lists(models.connectivity)
        arrays = {n: torch.as_tensor(getattr(models, n), device=device) for n in ("weight", "threshold", "lam", "bias")}
        self.load(replace(models, **{n: v.double() for n, v in arrays.items()}))

    @abstractmethod
    def _index_lists(self, connectivity: NDArray[np.bool_]) -> None:
        """Make the lists of synapses that the engine needs."""

    @abstractmethod
    def _load_columns(self) -> None:
        """Bring the values of synapses and projections into the order of those lists."""

    def load(self, models: RPModels) -> None:
        """Take new parameter values (tensors); the connectivity stays."""
        self.models = models
        gain = 1.0 if models.step else models.slope / 2.0
        weight: Any = models.weight
        threshold: Any = models.threshold
        lam: Any = models.lam
        bias: Any = models.bias
        self._weight = (weight * gain).float()
        self._offset = (threshold * gain).float()
        self._lam = lam.float()
        self._bias = bias.float()
        self._load_columns()

    def asarray(self, values: NDArray[Any]) -> torch.Tensor:
        """Return ``values`` as a tensor on the device."""
        return torch.as_tensor(values, device=self.device)

    def to_numpy(self, values: Any) -> NDArray[Any]:
        """Return ``values`` as a NumPy array."""
        return np.asarray(values.detach().cpu().numpy()) if isinstance(values, torch.Tensor) else np.asarray(values)

    def _activate(self, v: torch.Tensor) -> torch.Tensor:
        if self.models.step:
            return torch.where(v > 0, 1.0, -1.0)
        return torch.tanh(v)

    def each_chunk(self, patterns: Sequence[NDArray[np.uint8]]) -> Iterator[tuple[int, torch.Tensor, torch.Tensor]]:
        """Yield (model, patterns (1, n, chunk), outputs t (K, chunk)) over the patterns of each model."""
        for model, each in enumerate(patterns):
            chunk = max(LANES, CHUNK_ELEMENTS // self.models.shape[1])
            for first in range(0, len(each), chunk):
                x = torch.as_tensor(each[first : first + chunk].T.copy(), device=self.device).float()
                v = self._weight[model] @ x - self._offset[model][:, None]
                yield model, x, self._activate(v)

    def outputs(self, patterns: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return f_k(x) of each model's patterns, each (n_patterns, K)."""
        parts: list[list[NDArray[np.float32]]] = [[] for _ in patterns]
        for model, _, t in self.each_chunk(patterns):
            parts[model].append(self.to_numpy(0.5 * (1.0 + t)).T)
        return [np.concatenate(part) for part in parts]
