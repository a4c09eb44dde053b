"""LeNet5: its layers, its trained parameters as one row of numbers, their first values.

conv 3 -> 6 (5 x 5), pool, conv 6 -> 16 (5 x 5), pool, fc 400 -> 120, fc 120 -> 84, fc 84 -> 10; ReLU after all but
the last. The four hidden layers are normalized.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat.normalization.conditions import Condition

SIDE = 32  # pixels
KERNEL = 5  # side of a convolution's kernel
CLASSES = 10
HIDDEN = {"conv1": (6, 3, KERNEL, KERNEL), "conv2": (16, 6, KERNEL, KERNEL), "fc1": (120, 400), "fc2": (84, 120)}
OUTPUT = {"fc3": (CLASSES, 84)}
LAYERS = HIDDEN | OUTPUT
BN_EPSILON = 1e-5


def parameter_shapes(condition: Condition) -> dict[str, tuple[int, ...]]:
    """Return the shape of each parameter in the order of the row, as ``"conv1.weight": (6, 3, 5, 5)``."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, shape in LAYERS.items():
        shapes[f"{layer}.weight"] = shape
        shapes[f"{layer}.bias"] = shape[:1]
        if layer in HIDDEN:
            shapes |= {f"{layer}.{extra}": shape[:1] for extra in condition.extras}
    return shapes


def parameter_count(condition: Condition) -> int:
    """Return the length of the row.

    >>> from homeostat.normalization import CONDITIONS
    >>> parameter_count(CONDITIONS["Vanilla"])
    62006
    """
    return sum(math.prod(shape) for shape in parameter_shapes(condition).values())


def parts(condition: Condition, rows: Any) -> dict[str, Any]:
    """Return the parameters of M networks by name, (M, ...) each: views of ``rows`` (M, n_parameters)."""
    found, start = {}, 0
    for name, shape in parameter_shapes(condition).items():
        size = math.prod(shape)
        found[name] = rows[:, start : start + size].reshape(len(rows), *shape)
        start += size
    return found


def initial_rows(condition: Condition, seeds: Sequence[np.random.SeedSequence]) -> NDArray[np.float32]:
    """Return the first parameters of one network for each seed, (M, n_parameters).

    Weights and biases are uniform in ± 1 / sqrt(fan-in), PyTorch's default, and the same for all conditions;
    alpha = gamma = 1, beta = 0, c = ||v||, so that all conditions begin with the same weights.
    """
    rows = np.empty((len(seeds), parameter_count(condition)), np.float32)
    named = parts(condition, rows)
    for index, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        for layer, shape in LAYERS.items():
            bound = 1.0 / math.sqrt(math.prod(shape[1:]))
            named[f"{layer}.weight"][index] = rng.uniform(-bound, bound, shape)
            named[f"{layer}.bias"][index] = rng.uniform(-bound, bound, shape[:1])
    for layer in HIDDEN:
        first = {"alpha": 1.0, "gamma": 1.0, "beta": 0.0}
        for extra in condition.extras:
            if extra == "c":
                v = named[f"{layer}.weight"].reshape(*named[f"{layer}.c"].shape, -1)
                named[f"{layer}.c"][:] = np.linalg.norm(v.astype(float), axis=-1)
            else:
                named[f"{layer}.{extra}"][:] = first[extra]
    return rows
