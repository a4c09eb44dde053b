"""LeNet5 of one condition in torch, M networks at once, on any device: autograd and torch's own Adam.

The networks are groups of one wide convolution and members of one batched matrix product, so that a step of all of
them takes a GPU as many launches as a step of one.
"""

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from homeostat.normalization.conditions import Condition
from homeostat.normalization.engine import BETA1, BETA2, EPSILON, Outputs, Step, check_images
from homeostat.normalization.layers import effective_weight, output
from homeostat.normalization.lenet import parts


class TensorEngine:
    """M networks, their gradients, and Adam."""

    def __init__(self, condition: Condition, rows: NDArray[np.float32], learning_rate: float, device: str) -> None:
        self.condition = condition
        self.device = device
        self._rows = torch.tensor(rows, device=device, requires_grad=True)
        self._adam = torch.optim.Adam([self._rows], lr=learning_rate, betas=(BETA1, BETA2), eps=EPSILON)
        # Reserves the state, so that restore() finds it: a step by zero gradients moves nothing.
        self._rows.grad = torch.zeros_like(self._rows)
        self._adam.step()
        self._adam.state[self._rows]["step"].zero_()
        self._cache: tuple[int, Tensor] | None = None

    @property
    def rows(self) -> NDArray[np.float32]:
        """The trained parameters, (M, n_parameters)."""
        return self._rows.detach().cpu().numpy()

    @property
    def gradient(self) -> NDArray[np.float32]:
        """The gradient of the last step's loss, (M, n_parameters)."""
        assert self._rows.grad is not None
        return self._rows.grad.cpu().numpy()

    def forward(self, images: NDArray[np.uint8]) -> Outputs:
        """Return the outputs of all networks for one batch of images (B, 3, 32, 32)."""
        check_images(images)
        with torch.no_grad():
            x = torch.from_numpy(images).to(self.device).expand(len(self._rows), *images.shape)
            return Outputs(*(each.cpu().numpy() for each in self._outputs(x)))

    def step(self, images: NDArray[np.uint8], labels: NDArray[np.uint8], chosen: NDArray[np.int64]) -> Step:
        """Make one step of Adam for each network m on the batch ``images[chosen[m]]``; ``chosen`` is (M, B)."""
        index = torch.from_numpy(chosen).to(self.device)
        target = torch.from_numpy(labels[chosen].astype(np.int64)).to(self.device)
        fc1, fc2, logits = self._outputs(self._resident(images)[index])
        losses = F.cross_entropy(logits.transpose(1, 2), target, reduction="none").mean(dim=1)
        self._adam.zero_grad()
        losses.sum().backward()
        self._adam.step()
        with torch.no_grad():
            told = (losses, *((y > 0).float().mean(dim=1) for y in (fc1, fc2)))
            return Step(*(each.detach().cpu().numpy() for each in told))

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

    def _resident(self, images: NDArray[np.uint8]) -> Tensor:
        """Return the training images on the device, to which they are copied once."""
        if self._cache is None or self._cache[0] != id(images):
            self._cache = (id(images), torch.from_numpy(images).to(self.device))
        return self._cache[1]

    def _outputs(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return fc1, fc2 and logits, (M, B, units) each, of images (M, B, 3, 32, 32) in bytes."""
        named = parts(self.condition, self._rows)
        models, size = images.shape[:2]
        x = (images.float() * (2.0 / 255.0) - 1.0).transpose(0, 1).reshape(size, models * 3, *images.shape[3:])
        for layer in ("conv1", "conv2"):
            weight, bias, extras = self._layer(named, layer)
            flat = weight.flatten(0, 1).unflatten(1, named[f"{layer}.weight"].shape[2:])
            z = F.conv2d(x, flat, bias.flatten(), groups=models)
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
