"""RP models as arrays of an NPZ file: the wiring as bits or, where that is less, as lists; weights of synapses only."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from homeostat.errors import DataError
from homeostat.rp.projections import RPModels
from homeostat.rp.wiring import Wiring


def to_arrays(models: RPModels, prefix: str = "") -> dict[str, Any]:
    """Return the models as named arrays; undo with :func:`from_arrays`."""
    wiring = models.wiring
    as_lists = 32 * wiring.n_synapses < np.prod(wiring.shape)
    stored = (
        {"fan_in": wiring.fan_in, "neuron": wiring.neuron[wiring.slots]}
        if as_lists
        else {"connectivity": np.packbits(models.connectivity)}
    )
    arrays = {
        "shape": np.array(models.shape),
        "slope": np.array(models.slope),
        **stored,
        "weight": models.synapses[wiring.slots],
        "threshold": models.threshold,
        "lam": models.lam,
        "bias": models.bias,
    }
    return {f"{prefix}{name}": value for name, value in arrays.items()}


def from_arrays(arrays: Mapping[str, Any], prefix: str = "") -> RPModels:
    """Return the models that :func:`to_arrays` wrote.

    Raises
    ------
    DataError
        An array is missing or has another size than the rest says.
    """
    try:
        shape = tuple(int(size) for size in arrays[f"{prefix}shape"])
        if f"{prefix}neuron" in arrays:
            fan_in = arrays[f"{prefix}fan_in"].reshape(shape[:2])
            wiring = Wiring.from_lists(fan_in, arrays[f"{prefix}neuron"], shape[2])
        else:
            bits = np.unpackbits(arrays[f"{prefix}connectivity"], count=int(np.prod(shape)))
            wiring = Wiring.of(bits.astype(bool).reshape(shape))
        synapses = np.zeros(wiring.neuron.shape, np.float32)
        synapses[wiring.slots] = arrays[f"{prefix}weight"]
        values = {name: arrays[f"{prefix}{name}"] for name in ("threshold", "lam", "bias")}
        return RPModels(wiring=wiring, synapses=synapses, slope=float(arrays[f"{prefix}slope"]), **values)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise DataError(f"these arrays hold no RP models ({error})") from error
