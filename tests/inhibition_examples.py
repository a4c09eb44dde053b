"""Small networks, batches and image sets made up for the tests of homeostat.inhibition."""

from typing import Any

import numpy as np
import torch
from plain_inhibition import as_tensors
from torch import Tensor

from homeostat.inhibition import NETWORKS, Configuration, initial_weights
from homeostat.inhibition.data import Images
from homeostat.inhibition.stack import Stack

SIZES = (30, 20, 20, 5)
# Faster, and random labels drive some of so small networks into regimes that amplify rounding.
CONFIGURATION = Configuration(learning_rate=0.01, wei_rate=0.02, wix_rate=0.1, width=20)
BATCH = 8


def weights(seed: int = 0, sizes: tuple[int, ...] = SIZES) -> list[Any]:
    """Return the first weights of one network."""
    return initial_weights(sizes, np.random.SeedSequence(seed))


def tensors(seed: int = 0) -> list[dict[str, Tensor]]:
    """Return the first weights of one network as float64 tensors."""
    return as_tensors(weights(seed))


def stack(kind: str, networks: int = 1, **options: Any) -> Stack:
    """Return a stack of networks in float64."""
    given: dict[str, Any] = {"configurations": CONFIGURATION, "batch": BATCH, "dtype": torch.float64, **options}
    return Stack(NETWORKS[kind], [weights(seed) for seed in range(networks)], **given)


def batches(count: int, networks: int = 1, seed: int = 0) -> list[tuple[Tensor, Tensor]]:
    """Return batches of random images (M, B, d) and labels (M, B)."""
    random = np.random.default_rng(seed)
    shape = (count, networks, BATCH)
    x, y = random.random((*shape, SIZES[0])), random.integers(0, SIZES[-1], shape)
    return list(zip(torch.tensor(x), torch.tensor(y), strict=True))


def images(n_train: int = 256, seed: int = 0) -> Images:
    """Return images of four classes, each bright in its own quarter of 24 pixels."""
    random = np.random.default_rng(seed)

    def part(count: int) -> tuple[np.ndarray, np.ndarray]:
        labels = random.integers(0, 4, count)
        bright = np.repeat(np.eye(4)[labels], 6, axis=1) * 150
        return (bright + random.integers(0, 60, (count, 24))).astype(np.uint8), labels.astype(np.uint8)

    return Images(*part(n_train), *part(64), *part(96))
