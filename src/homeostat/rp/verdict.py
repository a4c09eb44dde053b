"""Whether a fit succeeded: moments against the data's, the likelihood against that of the start and of independence."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from homeostat.rp.engine import Models
from homeostat.rp.partition import ais_log_partition, exact_log_partition

# Training patterns on which likelihoods are estimated.
WITNESSES = 8192
# Neurons up to which log Z is enumerated.
_ENUMERATED = 12
# Moments are unmet beyond so many standard errors of the data's averages and of the draws, in quadrature. Measured:
# the default run's fits reach 4.1, backpropagation among them 2.9; one that failed had 79.
_UNMET = 10.0
# Below in likelihood is who is below by more than its estimates are off, in nats per pattern.
BELOW = 0.02


def witnesses(patterns: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an even choice of at most 8,192 of the patterns, as a copy."""
    return patterns[:: -(-len(patterns) // WITNESSES)].copy()


def log_partitions(
    models: Models, rates: NDArray[np.float64], seeds: Sequence[np.random.SeedSequence], device: str, effort: int = 1
) -> NDArray[np.float64]:
    """Estimate log Z of each model (M,) in little time, with equal random numbers for equal seeds.

    Parameters
    ----------
    rates : (M, n)
        Firing probabilities of the training patterns, strictly between 0 and 1.
    """
    if models.shape[2] <= _ENUMERATED:
        return exact_log_partition(models, device).value
    base = np.log1p(-rates) - np.log(rates)
    return ais_log_partition(models, base, seeds, chains=128 * effort, temperatures=100 * effort, device=device).value


def moment_errors(
    miss: NDArray[np.float64], variance: NDArray[np.float64], n_patterns: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the root mean square over moments of model minus data, in standard errors of the data's averages, (M,).

    Parameters
    ----------
    miss : (M, K)
        Averages of the projections' outputs, in the models minus in the data.
    variance : (M, K)
        Variance of the outputs over the data; outputs that vary by less than one pattern would count as if they did.
    n_patterns : (M,)
    """
    count = n_patterns[:, None].astype(float)
    error = np.sqrt(np.maximum(variance, 1.0 / count) / count)
    return np.asarray(np.sqrt(((miss / error) ** 2).mean(axis=1)))


def doubts(
    moment_error: NDArray[np.float64],
    chain_error: NDArray[np.float64],
    gain: NDArray[np.float64],
    gain_from_start: NDArray[np.float64],
    contains_independent: bool,
) -> list[str]:
    """Return why each fit is doubtful, in a sentence; empty where it is sound.

    Parameters
    ----------
    moment_error : (M,)
        As of :func:`moment_errors`; NaN for models that need not meet moments.
    chain_error : (M,)
        What sampling alone would make of it.
    gain, gain_from_start : (M,)
        Training log-likelihood per pattern above that of the independent model and that of the start, in nats.
    contains_independent : bool
        Whether the independent model is one of these models, so that no maximum lies below it.
    """
    found = []
    for error, chains, over, from_start in zip(moment_error, chain_error, gain, gain_from_start, strict=True):
        limit = _UNMET * np.sqrt(1.0 + chains**2)
        if not np.isfinite(over):
            found.append("the likelihood of the fitted model is not a finite number")
        elif error > limit:
            found.append(
                f"the model's averages are {error:.1f} standard errors from the data's (at most {limit:.1f} are usual)"
            )
        elif from_start < -BELOW:
            found.append(f"the fit ended {-from_start:.2g} nats per pattern below its own start")
        elif contains_independent and over < -BELOW:
            found.append(f"the fit ended {-over:.2g} nats per pattern below the independent model")
        else:
            found.append("")
    return found
