"""What a fit results in: models and how they came about; as arrays, and several as one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
_JOINED = ("steps", "converged", "moment_error", "gain", "chains")
_FIELDS = (*_JOINED, "trace_step", "trace_rate", "trace_error")


@dataclass(frozen=True)
class FitResult(Generic[T]):
    """Fitted models and how they came about.

    Attributes
    ----------
    models
        M fitted models, NumPy arrays.
    steps : int (M,)
        Gradient steps taken.
    converged : bool (M,)
        Whether the stopping rule was met (false where there is none).
    trace_step : int (L,)
        Steps at which the trace was taken.
    trace_rate : float (M, L)
        Mean firing rate of the projections over the data, mean_k <f_k>.
    trace_error : float (M, L)
        Root-mean-square difference of <f_k> between model and data.
    moment_error : float (M,)
        How far the model's moments are from the data's at the end: root mean square over moments, in standard errors
        of the data's averages. NaN where it is not known.
    gain : float (M,)
        Log-likelihood per training pattern above that of the independent model, in nats; an estimate.
    doubt : list of M str
        Why a fit is doubtful, in a sentence; empty for sound fits.
    chains : uint8 (M, C, n)
        Where up to 512 of the chains ended: samples of the models as they stand.
    """

    models: T
    steps: NDArray[np.int64]
    converged: NDArray[np.bool_]
    trace_step: NDArray[np.int64]
    trace_rate: NDArray[np.float64]
    trace_error: NDArray[np.float64]
    moment_error: NDArray[np.float64]
    gain: NDArray[np.float64]
    doubt: list[str]
    chains: NDArray[np.uint8]


def packed(result: FitResult[T], to_arrays: Callable[[T], dict[str, Any]]) -> dict[str, NDArray[Any]]:
    """Return a result as arrays, the models as ``to_arrays`` gives them."""
    fields = {name: getattr(result, name) for name in _FIELDS}
    return to_arrays(result.models) | fields | {"doubt": np.array(result.doubt, dtype=str)}


def unpacked(arrays: Mapping[str, NDArray[Any]], from_arrays: Callable[[Mapping[str, Any]], T]) -> FitResult[T]:
    """Return the result that :func:`packed` was given."""
    fields = {name: arrays[name] for name in _FIELDS}
    return FitResult(models=from_arrays(arrays), doubt=[str(each) for each in arrays["doubt"]], **fields)


def join(results: Sequence[FitResult[T]], stack: Callable[[Sequence[T]], T]) -> FitResult[T]:
    """Return the results as one, traces padded by NaN."""
    steps = max((result.trace_step for result in results), key=len)

    def padded(name: str) -> NDArray[np.float64]:
        rows = []
        for result in results:
            values = getattr(result, name)
            rows.append(np.pad(values, ((0, 0), (0, len(steps) - values.shape[1])), constant_values=np.nan))
        return np.concatenate(rows)

    joined = {name: np.concatenate([getattr(result, name) for result in results]) for name in _JOINED}
    return FitResult(
        models=stack([result.models for result in results]),
        trace_step=steps,
        trace_rate=padded("trace_rate"),
        trace_error=padded("trace_error"),
        doubt=[each for result in results for each in result.doubt],
        **joined,
    )
