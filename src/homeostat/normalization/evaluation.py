"""A test set under the statistics of its own batches: accuracy, and how each hidden unit responds."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import ConfigError
from homeostat.normalization.engine import Engine
from homeostat.normalization.measures import distinct_codes, joint_capacity

Array = NDArray[np.float64]


class Units(NamedTuple):
    """Responses of the units of one layer over a test set, for M networks.

    Attributes
    ----------
    probability : (M, U)
        Share of the images for which the unit is active (output > 0).
    mean_active : (M, U)
        Mean output over the images for which it is active; NaN for a unit that never is.
    mean : (M, U)
        Mean output over all images.
    distinct : (M,)
        Number of different joint states over the images.
    joint : (M,)
        Entropy of joint states, bits per unit (:func:`homeostat.normalization.measures.joint_capacity`).
    """

    probability: Array
    mean_active: Array
    mean: Array
    distinct: Array
    joint: Array


class Evaluation(NamedTuple):
    """What :func:`evaluate` returns; ``accuracy`` is (M,), in per cent."""

    accuracy: Array
    fc1: Units
    fc2: Units


def evaluate(engine: Engine, images: NDArray[np.uint8], labels: NDArray[np.uint8], batch: int) -> Evaluation:
    """Run the test set through the networks in equal batches of about ``batch`` images.

    No image is left out: n images make round(n / batch) batches whose sizes differ by one at most. Batch statistics
    are those of each test batch, as the paper has it.

    Parameters
    ----------
    engine
        M networks (:func:`homeostat.normalization.factory.make_engine`).
    images, labels
        uint8 (n, 3, 32, 32), and their classes, (n,).

    Raises
    ------
    ConfigError
        A batch of fewer than two images, which has no statistics.
    """
    if batch < 2:
        raise ConfigError(f"a test batch needs two images at least for its statistics, got {batch}")
    correct: Any = 0
    active: dict[str, list[NDArray[np.bool_]]] = {"fc1": [], "fc2": []}
    total: dict[str, Any] = {"fc1": 0.0, "fc2": 0.0}
    for chosen in np.array_split(np.arange(len(images)), max(1, round(len(images) / batch))):
        part = slice(chosen[0], chosen[-1] + 1)
        outputs = engine.forward(images[part])
        correct = correct + (outputs.logits.argmax(axis=2) == labels[part]).sum(axis=1)
        for layer in active:
            y = getattr(outputs, layer)
            active[layer].append(y > 0)
            total[layer] = total[layer] + y.sum(axis=1, dtype=np.float64)
    units = {layer: _units(np.concatenate(active[layer], axis=1), total[layer]) for layer in active}
    return Evaluation(100.0 * correct / len(images), **units)


def _units(active: NDArray[np.bool_], total: Array) -> Units:
    count, n_images = active.sum(axis=1), active.shape[1]
    with np.errstate(invalid="ignore"):
        mean_active = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    distinct, joint = ([of(each) for each in active] for of in (distinct_codes, joint_capacity))
    return Units(count / n_images, mean_active, total / n_images, np.array(distinct, dtype=float), np.array(joint))
