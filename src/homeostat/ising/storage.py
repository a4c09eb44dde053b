"""Ising models as arrays of an NPZ file: the couplings of pairs once each."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from homeostat.errors import DataError
from homeostat.ising.models import IsingModels, pairs


def to_arrays(models: IsingModels, prefix: str = "") -> dict[str, Any]:
    """Return the models as named arrays; undo with :func:`from_arrays`."""
    first, second = pairs(models.field.shape[1])
    return {
        f"{prefix}shape": np.array(models.shape),
        f"{prefix}field": models.field,
        f"{prefix}coupling": models.coupling[:, first, second],
        f"{prefix}potential": models.potential,
    }


def from_arrays(arrays: Mapping[str, Any], prefix: str = "") -> IsingModels:
    """Return the models that :func:`to_arrays` wrote.

    Raises
    ------
    DataError
        An array is missing or has another size than the rest says.
    """
    try:
        field, potential = arrays[f"{prefix}field"], arrays[f"{prefix}potential"]
        n_models, n_neurons = field.shape
        first, second = pairs(n_neurons)
        coupling = np.zeros((n_models, n_neurons, n_neurons), np.float32)
        coupling[:, first, second] = coupling[:, second, first] = arrays[f"{prefix}coupling"]
        if potential.shape != (n_models, n_neurons + 1):
            raise ValueError(f"a potential of shape {potential.shape} for {n_neurons} neurons")
        return IsingModels(field, coupling, potential)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise DataError(f"these arrays hold no Ising models ({error})") from error
