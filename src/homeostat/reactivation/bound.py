"""The paper's upper bound of the loss, measured in a trained network.

The theory splits a step dr = dr1(r) + dr2(r, s, ds) + sigma eta into what happens without input and what input adds,
assumes that the output is right before the step, D r = f(s), and bounds the loss by two terms::

    || f(s + ds) - D (r + dr) ||  <=  || df - D dr2 ||  +  || D ||  sqrt(E || dr1 + sigma eta ||^2)
                                      signal               noise

The optimum of the first is dr2 = D^+ df (tracking). In a trained network dr1 is the mean change of a step without
input, and dr2 what the same step's input changes of that; the output before the step is only nearly right.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from homeostat.reactivation.running import Network

Array = NDArray[np.floating[Any]]


class Terms(NamedTuple):
    """Means over states, in the unit of the code.

    Attributes
    ----------
    loss
        Distance of the output from the code of the stimulus, after the step.
    signal, noise
        The two terms of the bound.
    tracking
        Slope of the output's change by input on the change of the code: 1 where the network tracks the stimulus.
    """

    loss: float
    signal: float
    noise: float
    tracking: float

    @property
    def share(self) -> float:
        """The loss as a share of its bound."""
        return self.loss / (self.signal + self.noise)


def loss_terms(network: Network, states: Array, inputs: Array, after: Array, stimuli: tuple[Array, Array]) -> Terms:
    """Return the terms of the bound for some steps of a network that is awake.

    Parameters
    ----------
    network
        The network.
    states, after
        Before and after each step, (n, neurons).
    inputs
        The input of each step, (n, d).
    stimuli
        Before and after each step, (n, d) each.
    """
    weights = network.architecture.views(network.weights)

    def tensor(values: Array) -> Any:
        return torch.as_tensor(np.asarray(values), dtype=network.weights.dtype).to(network.weights.device)

    start, end = (network.code.encode(tensor(each)) for each in stimuli)
    still = tensor(network.drift(states, network.noise))
    driven = tensor(network.drift(states, network.noise, inputs)) - still
    change, read = end - start, driven @ weights["D"].T
    loss = (end - tensor(after) @ weights["D"].T).norm(dim=1).mean()
    signal = (change - read).norm(dim=1).mean()
    spread = still.square().sum(1) + network.architecture.neurons * network.noise.sd**2
    noise = torch.linalg.matrix_norm(weights["D"], 2) * spread.sqrt().mean()
    tracking = (read * change).sum() / change.square().sum()
    return Terms(*(float(each) for each in (loss, signal, noise, tracking)))
