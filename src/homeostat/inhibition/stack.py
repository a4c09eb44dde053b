"""Networks of one kind that learn in lockstep, with their backward pass written out.

M networks are one stack of tensors; on a CPU M is 1, where a network fills a core, on a GPU they fill it together.
Networks of other configurations may stand in a stack: each has its own rates, and narrower ones are filled up to the
widest with units whose weights are 0 and stay so, and over which no mean is taken.
A layer's weights from its input stand in one matrix, excitatory rows first, then those of the inhibitory units,
then the divisive ones, so that the forward pass is one product, and the step of all of them another. Nothing is
allocated between two steps but small tensors.

Shapes: M networks, B images, d inputs, n units, m inhibitory units, R = n, n + m or 2 n + m rows.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from homeostat.inhibition.configurations import Configuration
from homeostat.inhibition.initial import Weights
from homeostat.inhibition.kinds import VARIANCE_FLOOR, Network
from homeostat.inhibition.normalize import Units, layer_norm_error, normalize_error

READOUT = Network("ei")


class Layer:
    """One layer of a stack: its weights, and what it computed last.

    Parameters
    ----------
    network
        Its kind.
    weights, configurations
        For each network: its weights in this layer (:func:`homeostat.inhibition.initial_weights`), and its rates.
    hidden
        False for the readout, which has no ReLU.
    batch, dtype, device
        Images of a batch; type and device of all tensors.

    Attributes
    ----------
    rows : Tensor
        (M, R, d), the weights from the input.
    ei, bias, lateral : Tensor
        (M, n, m), (M, 1, n), (M, 1, n).
    units : Units
        Which of the n are units of each network.
    x, sums, z, out : Tensor
        In the last batch: the input (M, B, d), all sums over it (M, B, R), z as the layer itself gives it and
        what leaves it, behind LayerNorm and ReLU where it has them (M, B, n).
    divisor : Tensor
        (M, B, 1), of layers with divisive inhibition.
    """

    def __init__(
        self,
        network: Network,
        weights: Sequence[Weights],
        configurations: Sequence[Configuration],
        *,
        hidden: bool,
        batch: int,
        dtype: torch.dtype,
        device: str,
    ) -> None:
        self.network, self.hidden = network, hidden
        parts = ["ex", *(["ix"] if network.subtracts else []), *(["div"] if network.divides else [])]

        def stacked(name: str) -> Tensor:
            return filled_up([torch.as_tensor(w[name], dtype=dtype) for w in weights]).to(device)

        self.rows = torch.cat([stacked(name) for name in parts], dim=1)
        self.ei, self.bias = stacked("ei"), stacked("bias")[:, None]
        self.lateral = stacked("lateral")[:, None] if hidden else None
        networks, n, m = self.ei.shape
        self.n, self.positive = n, n + (m if network.subtracts else 0)
        self.units = _units([len(w["bias"]) for w in weights], self.bias)
        rates = [(each.learning_rate, each.wix_rate, each.wei_rate) for each in configurations]
        # One number for all where it is one: a product by a tensor costs, and rounds otherwise.
        self.ei_rate = rates[0][2] if len(set(rates)) == 1 else self.rows.new_tensor(rates)[:, 2, None, None]
        self.rates = self.rows.new_empty(len(rates) if len(set(rates)) > 1 else 1, 1, self.rows.shape[1])
        given = self.rows.new_tensor(rates)[: len(self.rates), :, None]
        self.rates[:, :, :n], self.rates[:, :, n:] = given[:, 0:1], given[:, 1:2]
        self.sums = self.rows.new_empty(networks, batch, self.rows.shape[1])
        self.errors = torch.empty_like(self.sums)
        self.z = self.rows.new_empty(networks, batch, n)
        self.out = torch.empty_like(self.z) if hidden else self.z
        # Views of the sums, and of dL/dsums, by kind of row; empty for kinds that the layer does not have.
        kinds = [n, self.positive - n, self.rows.shape[1] - self.positive]
        self.ex, self.ix, self.div = self.sums.split(kinds, dim=2)
        self.d_ex, self.d_ix, self.d_div = self.errors.split(kinds, dim=2)
        # Views cost as much as small products, and weights change in place.
        self.rows_t, self.ei_t, self.errors_t = self.rows.mT, self.ei.mT, self.errors.mT
        self.ex_rows, self.positive_rows = self.rows[:, :n], self.rows[:, : self.positive]
        self.ei_sums = self.ei.sum(dim=1, keepdim=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return what leaves the layer for x (M, B, d)."""
        self.x = x
        torch.bmm(x, self.rows_t, out=self.sums)
        torch.add(self.ex, self.bias, out=self.z)
        if self.network.subtracts:
            self.z.baddbmm_(self.ix, self.ei_t, alpha=-1)
        if self.network.divides:
            self.divisor = self.units.mean_square(self.div).add_(VARIANCE_FLOOR).sqrt_()
            self.z.div_(self.divisor)
        if not self.hidden:
            return self.z
        if self.network.layer_norm != "none":
            self.normal, variance = self.units.centered(self.z)
            self.deviation = variance.add_(VARIANCE_FLOOR).sqrt_()
            self.normal.div_(self.deviation)
            return torch.clamp(self.normal, min=0, out=self.out)
        return torch.clamp(self.z, min=0, out=self.out)

    def backward(self, error: Tensor, wanted: bool) -> Tensor | None:
        """Turn dL/d out (M, B, n), which is overwritten, into the errors of all sums; return dL/dx if ``wanted``."""
        g = error
        if self.hidden:
            g.mul_(self.out.sign())
            if self.network.layer_norm == "full":
                g = layer_norm_error(g, self.normal, self.deviation, self.units)
            g = normalize_error(self.network.error, g, self.z, self.lateral, self.units)
        if self.network.divides:
            torch.div(g, self.divisor, out=self.d_ex)
        else:
            self.d_ex.copy_(g)
        if not self.network.subtracts or (self.hidden and self.network.local):
            return torch.bmm(self.d_ex, self.ex_rows) if wanted else None
        torch.bmm(self.d_ex, self.ei, out=self.d_ix).neg_()
        return torch.bmm(self.errors, self.rows) if wanted else None

    def local_errors(self, weight: float) -> None:
        """Fill in the errors of inhibition from ``weight`` times the local loss of the batch.

        With r = dL/dz, the errors of the inhibitory sums are -(r ei) / divisor and those of the divisive ones
        -(r.z) div / (n divisor^2), since the divisor is sqrt(mean(div^2) + 1e-5).
        """
        share, mean, count = 2.0 * weight / self.z.shape[1], self.units.mean(self.z), self.units.count
        if not self.network.divides:
            self.r = self.units.spread(mean * (share / count), self.z)
            torch.bmm(self.r, self.ei, out=self.d_ix).neg_()
            return
        square = mean.square()
        variance = self.units.mean_square(self.z).sub_(square)
        pull = (variance - 1.0).mul_(2.0)
        scale = self.divisor.reciprocal().mul_(-share / count)
        # r = -scale divisor (mean + pull (z - mean)), in two parts: by z, and the same for all units.
        slope = scale * pull
        offset = (scale - slope).mul_(mean)
        torch.bmm(self.z, self.ei, out=self.d_ix)
        self.d_ix.mul_(slope).addcmul_(offset, self.ei_sums)
        # r.z = share (mean^2 + pull variance), before the division.
        torch.mul(self.div, square.addcmul_(pull, variance).mul_(scale).div_(self.divisor), out=self.d_div)

    def learn(self) -> None:
        """Take the step, and keep Dale's law."""
        if self.network.subtracts and not self.network.divides:
            towards = self.r if self.hidden and self.network.local else self.d_ex
            if isinstance(self.ei_rate, float):
                self.ei.baddbmm_(towards.mT, self.ix, alpha=self.ei_rate)
            else:
                self.ei.baddbmm_(towards.mT, self.ix * self.ei_rate)
            self.ei.clamp_(min=0)
        self.errors.mul_(self.rates)
        self.bias.sub_(self.d_ex.sum(dim=1, keepdim=True))
        self.rows.baddbmm_(self.errors_t, self.x, alpha=-1)
        self.positive_rows.clamp_(min=0)


class Stack:
    """M networks of one kind.

    Parameters
    ----------
    weights
        For each network what :func:`homeostat.inhibition.initial_weights` returns.
    configurations
        One for each network, or one for all.
    smoothing, local_weight
        Label smoothing of the cross-entropy, and lambda of the local loss.
    """

    def __init__(
        self,
        network: Network,
        weights: Sequence[Sequence[Weights]],
        configurations: Configuration | Sequence[Configuration],
        *,
        batch: int = 32,
        smoothing: float = 0.1,
        local_weight: float = 0.01,
        dtype: torch.dtype = torch.float32,
        device: str = "cpu",
    ) -> None:
        self.network, self.smoothing, self.local_weight = network, smoothing, local_weight
        depth = len(weights[0])
        if isinstance(configurations, Configuration):
            configurations = [configurations] * len(weights)
        self.layers = [
            Layer(
                network if index < depth - 1 else READOUT,
                [each[index] for each in weights],
                configurations,
                hidden=index < depth - 1,
                batch=batch,
                dtype=dtype,
                device=device,
            )
            for index in range(depth)
        ]

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (M, B, n_classes) of a batch x (M, B, d)."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def step(self, x: Tensor, labels: Tensor) -> None:
        """Learn from one batch: x (M, B, d), labels (M, B) int64."""
        self.backward(self.forward(x), labels)

    def backward(self, logits: Tensor, labels: Tensor) -> None:
        """Learn from the batch that :meth:`forward` saw last."""
        batch, classes = logits.shape[1:]
        error: Tensor | None = torch.softmax(logits, dim=2).sub_(self.smoothing / classes)
        assert error is not None
        hit = error.new_full((), self.smoothing - 1.0).expand(*labels.shape, 1)
        error.scatter_add_(2, labels[..., None], hit).div_(batch)
        for index in reversed(range(len(self.layers))):
            layer = self.layers[index]
            assert error is not None
            error = layer.backward(error, wanted=index > 0)
            if layer.hidden and layer.network.local:
                layer.local_errors(self.local_weight)
            layer.learn()

    def predictions(self, x: Tensor) -> Tensor:
        """Return the class of each image, (M, N), for x (M, N, d) of any N; class 0 where a network diverged."""
        for layer in self.layers:
            x = respond(layer, x)
        return torch.nan_to_num(x, nan=0.0).argmax(dim=2)

    def finite(self) -> Tensor:
        """Return for each network whether all its weights are finite, (M,)."""
        parts = [w.flatten(1).sum(dim=1) for layer in self.layers for w in (layer.rows, layer.ei, layer.bias)]
        return torch.isfinite(torch.stack(parts).sum(dim=0))

    def state(self) -> dict[str, Tensor]:
        """Return all weights by name, on the CPU."""
        parts = ("rows", "ei", "bias")
        return {f"{i}_{name}": getattr(layer, name).cpu() for i, layer in enumerate(self.layers) for name in parts}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Take over the weights that :meth:`state` returned."""
        for name, value in state.items():
            index, _, part = name.partition("_")
            getattr(self.layers[int(index)], part).copy_(value)


def respond(layer: Layer, x: Tensor) -> Tensor:
    """Return what leaves a layer for any number of inputs x (M, N, d), and remember nothing."""
    n, network = layer.n, layer.network
    weight = layer.rows[:, :n]
    if network.subtracts:
        weight = weight - torch.bmm(layer.ei, layer.rows[:, n : layer.positive])
    z = torch.bmm(x, weight.mT).add_(layer.bias)
    if network.divides:
        divisive = torch.bmm(x, layer.rows[:, layer.positive :].mT)
        z.div_(layer.units.mean(divisive.square_()).add_(VARIANCE_FLOOR).sqrt_())
    if not layer.hidden:
        return z
    if network.layer_norm != "none" and layer.units.mask is None:
        z = torch.nn.functional.layer_norm(z, (n,), eps=VARIANCE_FLOOR)
    elif network.layer_norm != "none":
        z, variance = layer.units.centered(z)
        z.div_(variance.add_(VARIANCE_FLOOR).sqrt_())
    return z.clamp_(min=0)


def filled_up(tensors: Sequence[Tensor]) -> Tensor:
    """Return tensors of one rank as one, each filled up with zeros at the end of its axes."""
    shape = [max(sizes) for sizes in zip(*(each.shape for each in tensors), strict=True)]
    whole = tensors[0].new_zeros(len(tensors), *shape)
    for into, each in zip(whole, tensors, strict=True):
        into[tuple(slice(size) for size in each.shape)] = each
    return whole


def _units(widths: Sequence[int], like: Tensor) -> Units:
    """Return the units of a layer of networks of some widths, with a mask such as ``like`` (M, 1, n)."""
    if len(set(widths)) == 1:
        return Units(widths[0])
    count = torch.tensor(widths, device=like.device)[:, None, None]
    return Units(count.to(like.dtype), (torch.arange(like.shape[2], device=like.device) < count).to(like.dtype))
