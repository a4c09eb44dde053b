"""The plain reference: Eq. 1 of the paper as modules with autograd and torch's SGD, and nothing clever.

What one writes first. The benchmarks time the library against it in one process; the tests hold the library to
tests/inhibition/plain_inhibition.py, which computes the same and saves the matrix of equal divisive weights.
"""

import torch
from torch import nn
from torch.nn import functional


class INormLayer(nn.Module):
    """z = (Wex x + b - sg[Wei Wix x]) / sg[sqrt(Bei (Bix x)^2 + 1e-5)], and its local loss."""

    def __init__(self, weights):
        super().__init__()
        n = len(weights["bias"])
        for name, key in (("wex", "ex"), ("wix", "ix"), ("bix", "div"), ("bias", "bias")):
            setattr(self, name, nn.Parameter(torch.tensor(weights[key], dtype=torch.float32)))
        self.register_buffer("wei", torch.tensor(weights["ei"], dtype=torch.float32))
        self.register_buffer("bei", torch.full((n, n), 1.0 / n))

    def forward(self, x):
        drive = functional.linear(x, self.wex, self.bias)
        seen = x.detach()
        inhibition = seen @ self.wix.T @ self.wei.T
        divisor = torch.sqrt((seen @ self.bix.T) ** 2 @ self.bei.T + 1e-5)
        own = (drive.detach() - inhibition) / divisor
        self.local = (own.mean(dim=1) ** 2 + (own.var(dim=1, correction=0) - 1) ** 2).mean()
        return (drive - inhibition.detach()) / divisor.detach()


class Readout(nn.Module):
    """z = (Wex - Wei Wix) x + b."""

    def __init__(self, weights):
        super().__init__()
        for name, key in (("wex", "ex"), ("wix", "ix"), ("wei", "ei"), ("bias", "bias")):
            setattr(self, name, nn.Parameter(torch.tensor(weights[key], dtype=torch.float32)))

    def forward(self, x):
        return functional.linear(x, self.wex - self.wei @ self.wix, self.bias)


class PlainINorm:
    """An I-Norm network with two hidden layers, and its step."""

    def __init__(self, weights, configuration):
        self.hidden = [INormLayer(layer) for layer in weights[:-1]]
        self.readout = Readout(weights[-1])
        groups = {"learning_rate": [], "wix_rate": [], "wei_rate": []}
        self.positive = []
        for module in (*self.hidden, self.readout):
            for name, parameter in module.named_parameters():
                rate = {"wix": "wix_rate", "bix": "wix_rate", "wei": "wei_rate"}.get(name, "learning_rate")
                groups[rate].append(parameter)
                if name in ("wex", "wix", "wei"):
                    self.positive.append(parameter)
        self.optimizer = torch.optim.SGD(
            [{"params": members, "lr": getattr(configuration, rate)} for rate, members in groups.items()]
        )

    def step(self, x, labels):
        self.optimizer.zero_grad()
        for layer in self.hidden:
            x = functional.relu(layer(x))
        loss = functional.cross_entropy(self.readout(x), labels, label_smoothing=0.1)
        (loss + 0.01 * sum(layer.local for layer in self.hidden)).backward()
        self.optimizer.step()
        with torch.no_grad():
            for parameter in self.positive:
                parameter.clamp_(min=0)
