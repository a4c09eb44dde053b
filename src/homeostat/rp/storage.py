"""RP models as arrays of an NPZ file: connectivity as bits, weights of the existing synapses only."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from homeostat.errors import DataError
from homeostat.rp.projections import RPModels


def to_arrays(models: RPModels, prefix: str = "") -> dict[str, Any]:
    """Return the models as named arrays; undo with :func:`from_arrays`."""
    return {
        f"{prefix}shape": np.array(models.shape),
        f"{prefix}slope": np.array(models.slope),
        f"{prefix}connectivity": np.packbits(models.connectivity),
        f"{prefix}weight": models.weight[models.connectivity],
        f"{prefix}threshold": models.threshold,
        f"{prefix}lam": models.lam,
        f"{prefix}bias": models.bias,
    }


def from_arrays(arrays: Mapping[str, Any], prefix: str = "") -> RPModels:
    """Return the models that :func:`to_arrays` wrote.

    Raises
    ------
    DataError
        An array is missing or has another size than the rest says.
    """
    try:
        shape = tuple(int(size) for size in arrays[f"{prefix}shape"])
        mask = np.unpackbits(arrays[f"{prefix}connectivity"], count=int(np.prod(shape))).astype(bool).reshape(shape)
        weight = np.zeros(shape, np.float32)
        weight[mask] = arrays[f"{prefix}weight"]
        values = {name: arrays[f"{prefix}{name}"] for name in ("threshold", "lam", "bias")}
        return RPModels(weight=weight, connectivity=mask, slope=float(arrays[f"{prefix}slope"]), **values)
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(f"these arrays hold no RP models ({error})") from error
