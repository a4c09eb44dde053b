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
from homeostat.rp.projections import VALUES, RPModels
from homeostat.rp.wiring import Wiring

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
        # Where slots are neurons, products are those of matrices.
        self._dense = models.wiring.full
        self._neuron = torch.as_tensor(models.wiring.neuron.astype(np.int64), device=device)
        self._index_lists(models.wiring)
        arrays = {n: torch.as_tensor(getattr(models, n), device=device) for n in VALUES}
        self.load(replace(models, **{n: v.double() for n, v in arrays.items()}))

    @abstractmethod
    def _index_lists(self, wiring: Wiring) -> None:
        """Make the lists of synapses that the engine needs."""

    @abstractmethod
    def _load_columns(self) -> None:
        """Bring the values of synapses and projections into the order of those lists."""

    def load(self, models: RPModels) -> None:
        """Take new parameter values (tensors); the connectivity stays."""
        self.models = models
        gain = 1.0 if models.step else models.slope / 2.0
        synapses: Any = models.synapses
        threshold: Any = models.threshold
        lam: Any = models.lam
        bias: Any = models.bias
        self._weight = (synapses * gain).float()
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

    def _inputs(self, x: torch.Tensor, models: slice = slice(None)) -> torch.Tensor:
        """Scaled projection inputs v, (M, K, n_patterns), of patterns (M, n, n_patterns)."""
        weight, offset = self._weight[models], self._offset[models, :, None]
        if self._dense:
            return torch.baddbmm(-offset, weight, x)
        v = (-offset).expand(-1, -1, x.shape[2]).clone()
        for slot in range(weight.shape[2]):
            v += weight[:, :, slot, None] * self._of_slot(x, slot, models)
        return v

    def _of_slot(self, x: torch.Tensor, slot: int, models: slice = slice(None)) -> torch.Tensor:
        """Return the activity (M, K, n_patterns) of the neurons in one slot of the projections."""
        neuron = self._neuron[models, :, slot, None]
        return x.gather(1, neuron.expand(-1, -1, x.shape[2]))

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
                yield model, x, self._activate(self._inputs(x[None], slice(model, model + 1))[0])

    def outputs(self, patterns: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return f_k(x) of each model's patterns, each (n_patterns, K)."""
        parts: list[list[NDArray[np.float32]]] = [[] for _ in patterns]
        for model, _, t in self.each_chunk(patterns):
            parts[model].append(self.to_numpy(0.5 * (1.0 + t)).T)
        return [np.concatenate(part) for part in parts]
