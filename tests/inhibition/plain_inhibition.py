"""The plain form with torch's autograd, as the equations are written; the truth that the fast step is tested against.

Rows are postsynaptic. One network at a time; tensors of any floating type.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from homeostat.inhibition.configurations import Configuration
from homeostat.inhibition.initial import Weights
from homeostat.inhibition.kinds import VARIANCE_FLOOR, Network


class NormalizedError(torch.autograd.Function):
    """The identity, whose backward pass normalizes the error g = dL/dz over the n units of a layer.

    With s = sqrt(var(z) + 1e-5), z taken as normalized already::

        full         g <- (g - mean(g) - z (g.z) / n) / s
        center       g <- g - mean(g)
        scale        g <- g / s
        decorrelate  g <- g - z (g.z) / n
        lateral      g <- g - sum_i lateral_i g_i
    """

    @staticmethod
    def forward(context: Any, z: Tensor, lateral: Tensor, kind: str) -> Tensor:
        """Return ``z`` (batch, n); ``lateral`` (n,) are the synapses of the kind ``lateral``."""
        context.save_for_backward(z, lateral)
        context.kind = kind
        return z.view_as(z)

    @staticmethod
    def backward(context: Any, error: Tensor) -> tuple[Tensor, None, None]:
        """Return the normalized error."""
        z, lateral = context.saved_tensors
        kind, g = context.kind, error
        if kind == "lateral":
            return g - (g * lateral).sum(dim=1, keepdim=True), None, None
        along = z * (g * z).mean(dim=1, keepdim=True)
        if kind in ("full", "center"):
            g = g - error.mean(dim=1, keepdim=True)
        if kind in ("full", "decorrelate"):
            g = g - along
        if kind in ("full", "scale"):
            g = g / torch.sqrt(z.var(dim=1, correction=0, keepdim=True) + VARIANCE_FLOOR)
        return g, None, None


class ForwardLayerNorm(torch.autograd.Function):
    """LayerNorm whose backward pass is the identity."""

    @staticmethod
    def forward(context: Any, z: Tensor) -> Tensor:
        """Return LN(z), (batch, n)."""
        return functional.layer_norm(z, z.shape[1:], eps=VARIANCE_FLOOR)

    @staticmethod
    def backward(context: Any, error: Tensor) -> Tensor:
        """Return the error as it is."""
        return error


def as_tensors(layers: Sequence[Weights], dtype: torch.dtype = torch.float64) -> list[dict[str, Tensor]]:
    """Return the weights of :func:`homeostat.inhibition.initial_weights` as tensors."""
    return [{name: torch.tensor(value, dtype=dtype) for name, value in layer.items()} for layer in layers]


def hidden_layer(network: Network, w: dict[str, Tensor], x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what a hidden layer computes from its input x (batch, d).

    Returns
    -------
    h, z, local
        Its output behind LayerNorm (if any) and ReLU, (batch, n); z as the layer itself gives it; and its local
        loss without lambda (0 for layers that have none)::

            I-Norm        z = (ex x + b - ei ix x) / sqrt(mean((div x)^2) + 1e-5)   < mean(z)^2 + (var(z) - 1)^2 >
            I-Norm (sub)  z = ex x + b - ei ix x                                    < mean(z)^2 >

        Inhibition sees the input without its history, and its output enters z without passing an error on.
    """
    drive = x @ w["ex"].T + w["bias"]
    local = drive.new_zeros(())
    if not network.local:
        z = drive - (x @ w["ix"].T) @ w["ei"].T if network.subtracts else drive
    else:
        seen = x.detach()
        inhibition = (seen @ w["ix"].T) @ w["ei"].T
        if network.divides:
            divisor = torch.sqrt((seen @ w["div"].T).square().mean(dim=1, keepdim=True) + VARIANCE_FLOOR)
            own = (drive.detach() - inhibition) / divisor
            local = (own.mean(dim=1) ** 2 + (own.var(dim=1, correction=0) - 1) ** 2).mean()
            z = (drive - inhibition.detach()) / divisor.detach()
        else:
            local = ((drive.detach() - inhibition).mean(dim=1) ** 2).mean()
            z = drive - inhibition.detach()
    out = z
    if network.error != "none":
        out = NormalizedError.apply(z, w["lateral"], network.error)
    elif network.layer_norm == "full":
        out = functional.layer_norm(z, z.shape[1:], eps=VARIANCE_FLOOR)
    elif network.layer_norm == "forward":
        out = ForwardLayerNorm.apply(z)
    return functional.relu(out), z, local


def outputs(network: Network, layers: Sequence[dict[str, Tensor]], x: Tensor) -> tuple[Tensor, list[Tensor], Tensor]:
    """Return the logits (batch, n_classes), z of each hidden layer, and the sum of the local losses."""
    hidden, local = [], x.new_zeros(())
    for w in layers[:-1]:
        x, z, own = hidden_layer(network, w, x)
        hidden.append(z)
        local = local + own
    w = layers[-1]
    return x @ w["ex"].T + w["bias"] - (x @ w["ix"].T) @ w["ei"].T, hidden, local


def learned(network: Network, hidden: bool) -> dict[str, str]:
    """Return which weights of a layer learn, and at which rate of the configuration."""
    rates = {"ex": "learning_rate", "bias": "learning_rate"}
    if hidden and network.divides:
        return rates | {"ix": "wix_rate", "div": "wix_rate"}
    return rates | ({"ix": "wix_rate", "ei": "wei_rate"} if network.subtracts or not hidden else {})


def step(
    network: Network,
    layers: Sequence[dict[str, Tensor]],
    x: Tensor,
    labels: Tensor,
    configuration: Configuration,
    *,
    smoothing: float,
    local_weight: float,
) -> float:
    """Change the weights in place by one step of gradient descent, and keep Dale's law; return the task loss.

    Excitatory and inhibitory weights are cut at zero after the step; divisive ones are signed.
    """
    rates = [learned(network, index < len(layers) - 1) for index in range(len(layers))]
    for w, kinds in zip(layers, rates, strict=True):
        for name in kinds:
            w[name].requires_grad_(True)
            w[name].grad = None
    logits, _, local = outputs(network, layers, x)
    loss = functional.cross_entropy(logits, labels, label_smoothing=smoothing)
    (loss + local_weight * local).backward()
    with torch.no_grad():
        for w, kinds in zip(layers, rates, strict=True):
            for name, rate in kinds.items():
                w[name].requires_grad_(False)
                w[name].sub_(getattr(configuration, rate) * w[name].grad)
                if name in ("ex", "ix", "ei"):
                    w[name].clamp_(min=0)
    return float(loss.detach())
