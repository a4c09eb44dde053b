"""Classes of patterns read out from the units' activities with the help of a few labels."""

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError


def label_units(active: NDArray[np.floating], labels: NDArray[np.integer], n_classes: int) -> NDArray[np.float64]:
    """Return p(class | unit) (K, C) = sum_n [label_n = k] s_c^n / sum_n s_c^n over the labelled patterns.

    A unit that no labelled pattern drives says nothing: 1/K for each class.

    Parameters
    ----------
    active : (n_labelled, C)
        Activities s for the labelled patterns.
    labels : int (n_labelled,)
        Their classes, 0 to K - 1.

    Raises
    ------
    DataError
        No labels, another number of them than patterns, or a class outside the range.
    """
    if not len(labels):
        raise DataError("there are no labelled patterns; at least one is needed")
    if len(labels) != len(active):
        raise DataError(f"{len(labels)} labels for {len(active)} patterns")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise DataError(f"labels must be from 0 to {n_classes - 1}, got {labels.min()} to {labels.max()}")
    summed = np.eye(n_classes)[labels].T @ active
    mass = summed.sum(axis=0)
    return np.divide(summed, mass, out=np.full_like(summed, 1.0 / n_classes), where=mass > np.finfo(np.float64).tiny)


def classify(active: NDArray[np.floating], table: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the class (n,) with the largest sum_c p(class | unit c) s_c."""
    return np.argmax(active @ table.T, axis=1)


def choose_labelled(
    labels: NDArray[np.integer], count: int, n_classes: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return the indices (count,) of patterns whose label is used, equally many of each class (plus or minus one).

    Raises
    ------
    DataError
        A class has too few patterns, or ``count`` is below 1.
    """
    if count < 1:
        raise DataError(f"at least one label is needed, got {count}")
    if count >= len(labels):
        return np.arange(len(labels))
    chosen = []
    for position, k in enumerate(rng.permutation(n_classes)):
        wanted = count // n_classes + (position < count % n_classes)
        members = np.flatnonzero(labels == k)
        if wanted > len(members):
            raise DataError(f"{wanted} labels of class {k} are wanted, {len(members)} patterns have it")
        chosen.append(rng.choice(members, wanted, replace=False))
    return np.concatenate(chosen)
