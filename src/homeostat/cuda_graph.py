"""A training step that is recorded once as a CUDA graph: a step of small networks is hundreds of launches, now one."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

_WARM_UP = 3  # steps before the recording, in which libraries choose their kernels and reserve their memory


class RecordedStep:
    """A step on a CUDA device.

    Parameters
    ----------
    step
        What is recorded. It changes tensors in place that it finds at the same address at every call, and asks
        nothing of the device; it is called a few times before it is recorded, so that its state has to be put back
        afterwards.
    inputs
        Tensors that ``step`` is called with, as an example: their shapes stay.

    Attributes
    ----------
    returned
        What ``step`` returned while it was recorded: tensors hold what it computed last.
    shapes
        Shapes of the inputs.
    """

    def __init__(self, step: Callable[..., Any], inputs: Sequence[Tensor]) -> None:
        self.shapes = [each.shape for each in inputs]
        self._inputs = [each.clone() for each in inputs]
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP):
                step(*self._inputs)
        torch.cuda.current_stream().wait_stream(side)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self.returned = step(*self._inputs)

    def __call__(self, *inputs: Tensor) -> None:
        """Make the step on other inputs."""
        for into, each in zip(self._inputs, inputs, strict=True):
            into.copy_(each)
        self._graph.replay()
