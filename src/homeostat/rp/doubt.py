"""Whether a fit ends where it should not: below what it began with, or below a model that it contains."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from homeostat.rp.engine import make_engine
from homeostat.rp.measures import independent_log_likelihood
from homeostat.rp.partition import LogPartition, log_partition
from homeostat.rp.projections import RPModels
from homeostat.seeds import child

# Likelihoods this near are not told apart: log Z has an error, and learning ends by steps of some size.
_SIGMAS, _GAP = 4.0, 0.01
# Enough to tell a fit that failed: chains for log Z before learning, and training patterns.
_CHAINS, _PATTERNS = 64, 8192


def training_doubts(
    models: RPModels,
    initial: RPModels,
    log_z: LogPartition,
    patterns: Sequence[NDArray[np.uint8]],
    base: NDArray[np.float64],
    seeds: Sequence[np.random.SeedSequence],
    *,
    contains_independent: bool,
    temperatures: int = 500,
    device: str = "cpu",
) -> list[str]:
    """Say of each fit whether it is worse on its training patterns than what it should beat.

    Parameters
    ----------
    models, initial
        After and before learning (M models).
    log_z
        Of ``models``. Where its error is not known, nothing is said here.
    patterns : sequence of M uint8 arrays (count, n)
        Training patterns, of which the first 8,192 are looked at.
    base : float (M, n)
        Biases of the independent models of all training patterns.
    seeds, temperatures
        Of the annealing for log Z of ``initial``, by 64 chains.
    contains_independent
        Whether the models have the independent one among them, as pairwise models have. Few projections cannot even
        tell the neurons' rates apart, and a model of them is rightly worse.

    Returns
    -------
    list of M str
        A sentence, or nothing for sound fits.
    """
    patterns = [each[:_PATTERNS] for each in patterns]
    streams = [child(seed, 3) for seed in seeds]
    start = log_partition(initial, base, streams, chains=_CHAINS, temperatures=temperatures, check=False, device=device)
    before = -_mean_energies(initial, patterns, device) - start.value
    after = -_mean_energies(models, patterns, device) - log_z.value
    spread = np.hypot(log_z.error, np.nan_to_num(start.error))
    said = []
    for model, each in enumerate(patterns):
        reasons = []
        if before[model] - after[model] > max(_GAP, _SIGMAS * spread[model]):
            reasons.append(f"below where it began ({before[model]:.3f})")
        independent = independent_log_likelihood(base[model], each)
        if contains_independent and independent - after[model] > max(_GAP, _SIGMAS * log_z.error[model]):
            reasons.append(f"below the independent model ({independent:.3f})")
        known = bool(reasons) and np.isfinite(log_z.error[model])
        said.append(
            f"the log-likelihood of the training patterns ends at {after[model]:.3f}, " + " and ".join(reasons)
            if known
            else ""
        )
    return said


def _mean_energies(models: RPModels, patterns: Sequence[NDArray[np.uint8]], device: str) -> NDArray[np.float64]:
    return np.array([energy.mean() for energy in make_engine(models, device).energies(patterns)])
