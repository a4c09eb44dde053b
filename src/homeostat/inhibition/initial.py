"""Weights before learning: lognormal excitation, and inhibition that is LayerNorm at the start."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import ConfigError
from homeostat.seeds import child

Weights = dict[str, NDArray[np.float64]]


def n_inhibitory(n_units: int) -> int:
    """Return the number of inhibitory units of a layer: a tenth of the others, at least one."""
    return max(1, n_units // 10)


def initial_weights(sizes: Sequence[int], seed: np.random.SeedSequence, *, divisive: bool = True) -> list[Weights]:
    """Draw the weights of all layers.

    Parameters
    ----------
    sizes
        Inputs, units of each hidden layer, classes.
    seed
        Names the stream. The draws are the same for every kind of network, which uses those that it has.
    divisive
        Whether divisive weights are wanted, which take most of the time.

    Returns
    -------
    list of dict
        For each layer of n units, d inputs and m inhibitory units: ``ex`` (n, d), ``ix`` (m, d), ``ei`` (n, m),
        ``bias`` (n,); for hidden layers also ``div`` (n, d), the divisive weights where they are wanted, and
        ``lateral`` (n,), the positive synapses of the lateral inhibition of errors, which sum to one.

    Raises
    ------
    ConfigError
        A layer with fewer than two units, or more units than inputs: the divisive weights then do not exist.

    Notes
    -----
    Excitation is lognormal with mean and standard deviation sqrt(2 n / (d (n - 1))). Every inhibitory unit gets
    the mean of the excitatory rows, and the rows of ``ei`` sum to one: the subtraction removes the mean over units.
    With U S V' = ex - ei ix, ``div`` is S V', so that the mean of (div x)^2 is the variance over units.
    """
    if min(sizes[1:]) < 2:
        raise ConfigError(f"each layer needs two units or more, got {list(sizes[1:])}")
    layers: list[Weights] = []
    for index, (n_inputs, n_units) in enumerate(pairwise(sizes)):
        hidden = index < len(sizes) - 2
        if hidden and n_units > n_inputs:
            raise ConfigError(f"a hidden layer may have no more units than inputs, got {n_units} of {n_inputs}")
        random = np.random.default_rng(child(seed, index))
        scale = np.sqrt(2.0 * n_units / (n_inputs * (n_units - 1)))
        mu, sigma = np.log(scale / np.sqrt(2.0)), np.sqrt(np.log(2.0))
        m = n_inhibitory(n_units)
        ex = random.lognormal(mu, sigma, (n_units, n_inputs))
        ei = random.lognormal(mu, sigma, (n_units, m))
        ei /= ei.sum(axis=1, keepdims=True)
        ix = np.repeat(ex.mean(axis=0, keepdims=True), m, axis=0)
        layer = {"ex": ex, "ix": ix, "ei": ei, "bias": np.zeros(n_units)}
        if hidden:
            if divisive:
                _, strength, directions = np.linalg.svd(ex - ei @ ix, full_matrices=False)
                layer["div"] = strength[:, None] * directions
            lateral = random.random(n_units)
            layer["lateral"] = lateral / lateral.sum()
        layers.append(layer)
    return layers
