"""What every engine (CPU kernels, CUDA tensors) offers to the learning rules and estimators above it."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError

if TYPE_CHECKING:
    from homeostat.rp.projections import RPModels


class Moments(NamedTuple):
    """Averages over patterns, for M models with K projections of n neurons.

    Attributes
    ----------
    f : (M, K)
        <f_k>, the projections' firing rates per bin.
    slope : (M, K)
        <beta f_k (1 - f_k)>, minus the derivative of <f_k> by theta_k.
    synapse : (M, K, n)
        <beta f_k (1 - f_k) x_j>, the derivative of <f_k> by a_kj (eq. 3); zero where there is no synapse.
    """

    f: Any
    slope: Any
    synapse: Any


def check_chain_start(patterns: Sequence[NDArray[np.uint8]], lanes: int) -> int:
    """Return the number of chains, after checking that it is the same for all models and fills the blocks."""
    counts = {len(each) for each in patterns}
    if len(counts) != 1:
        raise DataError(f"every model needs the same number of chains, got {sorted(counts)}")
    (n_chains,) = counts
    if n_chains < lanes or n_chains % lanes:
        raise DataError(f"the number of chains must be a multiple of {lanes}, got {n_chains}")
    return n_chains


def make_engine(models: "RPModels", device: str = "cpu") -> Any:
    """Return the engine for ``device``: ``"cpu"`` or a torch device such as ``"cuda"``.

    On CUDA that is the fused engine, or where Triton is missing (torch for Linux brings it) the plain one, which
    gives other random numbers and is many times slower.
    """
    if device == "cpu":
        from homeostat.rp.cpu import CpuEngine

        return CpuEngine(models)
    if device.startswith("cuda") and find_spec("triton") is not None:
        from homeostat.rp.fused import FusedEngine

        return FusedEngine(models, device)
    from homeostat.rp.tensor import TensorEngine

    return TensorEngine(models, device)
