"""LeNet5 of one condition in torch, M networks at once, on any device: autograd and torch's own Adam.

The networks are groups of one wide convolution and members of one batched matrix product, so that a step of all of
them takes a GPU as many launches as a step of one. On a GPU the step is recorded once as a CUDA graph and replayed:
images, labels and the order of the images lie there, and nothing is read back before somebody asks.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from homeostat.cuda_graph import RecordedStep
from homeostat.normalization.conditions import Condition
from homeostat.normalization.engine import BETA1, BETA2, EPSILON, Outputs, Step, check_images
from homeostat.normalization.layers import effective_weight, output
from homeostat.normalization.lenet import parts


class TensorEngine:
    """M networks, their gradients, and Adam.

    Parameters
    ----------
    condition, rows, learning_rate, device
        The kind of network, their parameters as they stand (M, n_parameters), the rate of Adam, a torch device.

    Attributes
    ----------
    steps_at_once
        So many steps may be asked of one call of :meth:`steps`.
    records
        Whether the step is recorded and replayed.
    """

    steps_at_once = 1000

    def __init__(self, condition: Condition, rows: NDArray[np.floating], learning_rate: float, device: str) -> None:
        self.condition = condition
        self.device = device
        self.records = on_gpu = torch.device(device).type == "cuda"
        self._rows = torch.tensor(rows, device=device)
        self._gradient = torch.zeros_like(self._rows)
        # Leaves share the memory of the rows: a derivative by a slice of one long leaf would be as long as the leaf.
        self._leaves = {name: part.detach().requires_grad_() for name, part in parts(condition, self._rows).items()}
        self._rows.grad = self._gradient
        self._adam = torch.optim.Adam(
            [self._rows], lr=learning_rate, betas=(BETA1, BETA2), eps=EPSILON, fused=on_gpu, capturable=on_gpu
        )
        # Reserves the state, so that restore() finds it: a step by zero gradients moves nothing.
        self._adam.step()
        self._adam.state[self._rows]["step"].zero_()
        self._data: tuple[int, int, Tensor, Tensor] | None = None
        self._recorded: RecordedStep | None = None
        self._total = torch.zeros(len(self._rows), dtype=torch.float64, device=device)

    @property
    def rows(self) -> NDArray[np.floating]:
        """The trained parameters, (M, n_parameters)."""
        return self._rows.cpu().numpy()

    @property
    def gradient(self) -> NDArray[np.floating]:
        """The gradient of the last step's loss, (M, n_parameters)."""
        return self._gradient.cpu().numpy()

    def forward(self, images: NDArray[np.uint8]) -> Outputs:
        """Return the outputs of all networks for one batch of images (B, 3, 32, 32)."""
        check_images(images)
        with torch.no_grad(), _exact_convolutions():
            x = torch.from_numpy(images).to(self.device)[None]
            return Outputs(*(each.cpu().numpy() for each in self._outputs(x)))

    def step(self, images: NDArray[np.uint8], labels: NDArray[np.uint8], chosen: NDArray[np.int64]) -> Step:
        """Make one step of Adam for each network m on the batch ``images[chosen[m]]``; ``chosen`` is (M, B)."""
        return self.steps(images, labels, chosen[None])

    def steps(self, images: NDArray[np.uint8], labels: NDArray[np.uint8], chosen: NDArray[np.int64]) -> Step:
        """Make K steps on the batches ``images[chosen[k, m]]``, (K, M, B); ``loss`` is the sum over the steps."""
        data = self._resident(images, labels)
        index = torch.from_numpy(chosen).to(self.device)
        step: Callable[[Tensor], Any] = partial(self._step, *data)
        if self.records:
            step = self._record(step, index[0])
        self._total.zero_()
        for each in index:
            last = step(each)
        fc1, fc2 = self._recorded.returned if self._recorded else last
        active = ((y > 0).to(y.dtype).mean(dim=1).cpu().numpy() for y in (fc1, fc2))
        return Step(self._total.cpu().numpy(), *active)

    def state(self) -> dict[str, NDArray]:
        """Return everything that :meth:`restore` needs to go on with the same numbers."""
        adam = self._adam.state[self._rows]
        found = {"first": adam["exp_avg"], "second": adam["exp_avg_sq"], "count": adam["step"]}
        return {"rows": self.rows} | {name: value.cpu().numpy() for name, value in found.items()}

    def restore(self, state: Mapping[str, NDArray]) -> None:
        """Go on from what :meth:`state` returned."""
        adam = self._adam.state[self._rows]
        with torch.no_grad():
            pairs = (("first", adam["exp_avg"]), ("second", adam["exp_avg_sq"]), ("count", adam["step"]))
            for name, value in (("rows", self._rows), *pairs):
                value.copy_(torch.as_tensor(state[name]))

    def _resident(self, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
        """Return training images and labels on the device, to which they are copied once."""
        if self._data is None or self._data[:2] != (id(images), id(labels)):
            there = torch.from_numpy(images).to(self.device), torch.from_numpy(labels.astype(np.int64)).to(self.device)
            self._data, self._recorded = (id(images), id(labels), *there), None
        return self._data[2:]

    def _step(self, images: Tensor, labels: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Make one step on the images ``chosen`` (M, B) and add its losses up; return fc1 and fc2, (M, B, units)."""
        with _exact_convolutions():
            fc1, fc2, logits = self._outputs(images[chosen])
            losses = F.cross_entropy(logits.transpose(1, 2), labels[chosen], reduction="none").mean(dim=1)
            gradients = torch.autograd.grad(losses.sum(), list(self._leaves.values()))
        torch.cat([each.flatten(1) for each in gradients], dim=1, out=self._gradient)
        self._adam.step()
        self._total += losses.detach()
        return fc1.detach(), fc2.detach()

    def _record(self, step: Callable[[Tensor], Any], chosen: Tensor) -> RecordedStep:
        """Return ``step`` as it was recorded for batches of this shape."""
        if self._recorded is None or self._recorded.shapes != [chosen.shape]:
            before = {name: value.copy() for name, value in self.state().items()}
            self._recorded = RecordedStep(step, [chosen])
            self.restore(before)  # Recording took steps.
        return self._recorded

    def _outputs(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return fc1, fc2 and logits, (M, B, units) each, of images (M, B, 3, 32, 32) in bytes.

        Images (1, B, 3, 32, 32) are the same for all networks.
        """
        named = self._leaves
        models, size = len(self._rows), images.shape[1]
        pixels = images.to(self._rows.dtype) * (2.0 / 255.0) - 1.0
        x = pixels.transpose(0, 1).reshape(size, -1, *images.shape[3:])
        for layer, groups in (("conv1", len(images)), ("conv2", models)):
            weight, bias, extras = self._layer(named, layer)
            flat = weight.flatten(0, 1).unflatten(1, named[f"{layer}.weight"].shape[2:])
            z = F.conv2d(x, flat, bias.flatten(), groups=groups)
            extras = {name: value.reshape(1, -1, 1, 1) for name, value in extras.items()}
            x = F.max_pool2d(output(self.condition, z, extras, over=(0, 2, 3)), 2)
        y = x.reshape(size, models, -1).transpose(0, 1)
        hidden = []
        for layer in ("fc1", "fc2"):
            weight, bias, extras = self._layer(named, layer)
            z = torch.baddbmm(bias[:, None], y, weight.transpose(1, 2))
            y = output(self.condition, z, {name: value[:, None] for name, value in extras.items()}, over=(1,))
            hidden.append(y)
        logits = torch.baddbmm(named["fc3.bias"][:, None], y, named["fc3.weight"].transpose(1, 2))
        return hidden[0], hidden[1], logits

    def _layer(self, named: Mapping[str, Tensor], layer: str) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Return effective weights (M, units, fan-in), biases (M, units) and extras (M, units) of a layer."""
        extras = {extra: named[f"{layer}.{extra}"] for extra in self.condition.extras}
        weight = named[f"{layer}.weight"]
        flat = {name: value.flatten() for name, value in extras.items()}
        effective = effective_weight(self.condition, weight.flatten(0, 1).flatten(1), flat)
        return effective.unflatten(0, weight.shape[:2]), named[f"{layer}.bias"], extras


def _exact_convolutions() -> AbstractContextManager[None]:
    """Let cuDNN choose the fastest of its convolutions that give the same bits again, without TF32's short products."""
    return torch.backends.cudnn.flags(enabled=True, benchmark=True, deterministic=True, allow_tf32=False)
