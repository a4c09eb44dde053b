"""All 2^n patterns of a small group of neurons."""

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError

MAX_EXACT = 20


def all_patterns(n_neurons: int, first: int = 0, last: int | None = None) -> NDArray[np.uint8]:
    """Return the patterns with the numbers ``first`` to ``last`` of all 2^n, (count, n_neurons).

    Raises
    ------
    DataError
        More than 20 neurons.
    """
    if n_neurons > MAX_EXACT:
        raise DataError(f"exact enumeration serves up to {MAX_EXACT} neurons, this model has {n_neurons}")
    codes = np.arange(first, 2**n_neurons if last is None else last, dtype=np.uint32)
    return ((codes[:, None] >> np.arange(n_neurons, dtype=np.uint32)) & 1).astype(np.uint8)
