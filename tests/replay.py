"""A recorded step without a GPU: it is called where a CUDA graph would be replayed, on tensors that stay in place."""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor


class Replay:
    """Stands for homeostat.cuda_graph.RecordedStep; recording takes steps, as there."""

    def __init__(self, step: Callable[..., Any], inputs: Sequence[Tensor]) -> None:
        self.shapes = [each.shape for each in inputs]
        self._step, self._inputs = step, [each.clone() for each in inputs]
        for _ in range(4):
            self.returned = step(*self._inputs)

    def __call__(self, *inputs: Tensor) -> None:
        for into, each in zip(self._inputs, inputs, strict=True):
            into.copy_(each)
        self.returned = self._step(*self._inputs)
