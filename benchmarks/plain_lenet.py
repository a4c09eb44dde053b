"""The plain reference: LeNet5 from torch's own layers, as its documentation has one write it, for any condition.

The benchmark times the library against it, and the tests compare numbers.
"""

import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm


class Centred(nn.Module):
    """A layer whose weights may be multiplied by alpha and whose outputs may lose the batch's mean."""

    def __init__(self, layer, scaled, centred):
        super().__init__()
        self.layer, self.centred = layer, centred
        self.alpha = nn.Parameter(torch.ones(len(layer.weight))) if scaled else None

    def forward(self, x):
        layer, weight = self.layer, self.layer.weight
        if self.alpha is not None:
            weight = weight * self.alpha.view(-1, *[1] * (weight.ndim - 1))
        if isinstance(layer, nn.Conv2d):
            z = nn.functional.conv2d(x, weight, layer.bias)
        else:
            z = nn.functional.linear(x, weight, layer.bias)
        return z - z.mean(dim=(0, 2, 3) if z.ndim == 4 else 0, keepdim=True) if self.centred else z


def hidden(layer, name):
    """Return a hidden layer (before ReLU) under a condition."""
    if name == "Vanilla":
        return layer
    if name == "WeightNorm":
        return weight_norm(layer)
    if name == "BatchNorm":
        norm = nn.BatchNorm2d if isinstance(layer, nn.Conv2d) else nn.BatchNorm1d
        return nn.Sequential(layer, norm(len(layer.weight), track_running_stats=False))
    return Centred(layer, scaled=name != "MeanOnly", centred=name != "ScaleOnly")


def plain_lenet(name):
    """Return the network."""
    return nn.Sequential(
        hidden(nn.Conv2d(3, 6, 5), name), nn.ReLU(), nn.MaxPool2d(2),
        hidden(nn.Conv2d(6, 16, 5), name), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        hidden(nn.Linear(400, 120), name), nn.ReLU(),
        hidden(nn.Linear(120, 84), name), nn.ReLU(),
        nn.Linear(84, 10),
    )  # fmt: skip
