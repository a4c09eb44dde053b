"""Samples of RP models: many independent chains, burnt in, then thinned, and compared with chains from elsewhere."""

import numbers
import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.rp.annealing import (
    independent_patterns,
    relaxed,
    round_up_chains,
    scattered_patterns,
    spread_out,
)
from homeostat.rp.engine import Models
from homeostat.rp.factory import make_engine
from homeostat.seeds import child

# Chains of the second start, and the level of each of the tests that compare the two.
_COMPARED, _LEVEL = 512, 1e-6


def check_count(count: int, name: str = "n_samples") -> None:
    """Refuse a number of samples, or of what ``name`` says, that is not an integer above 0.

    Raises
    ------
    DataError
        Says what was given.
    """
    if not isinstance(count, numbers.Integral) or isinstance(count, bool) or int(count) < 1:
        raise DataError(f"{name} must be an integer and at least 1, got {count!r}")


def sample_patterns(
    models: Models,
    n_samples: int,
    seeds: Sequence[np.random.SeedSequence],
    *,
    base: NDArray[np.float64] | None = None,
    second: Sequence[NDArray[np.uint8]] | None = None,
    chains: int = 2048,
    burn_in: int = 200,
    thin: int = 10,
    device: str = "cpu",
) -> NDArray[np.uint8]:
    """Sample patterns by heat-bath sweeps.

    The chains start at patterns of independent models. Up to 512 others start elsewhere; a warning says where the two
    disagree after the burn-in, in energies or in numbers of active neurons.

    Parameters
    ----------
    n_samples : int
        Patterns per model.
    base : float (M, n), optional
        Biases of the independent models exp(-base . x), best those fitted to the data
        (:func:`homeostat.rp.partition.independent_bias`). Default: patterns of all densities, from silent to all
        active.
    second : sequence of M uint8 arrays (count, n), optional
        Where the other chains start, as the chains that a fit kept. Default: patterns of all densities, or silence
        where the first start is that.
    chains : int
        Independent chains (rounded up to a multiple of 64; fewer where fewer samples are asked for).
    burn_in, thin : int
        Sweeps before the first, and between later, samples of a chain.

    Returns
    -------
    uint8 (M, n_samples, n)
        Time-less: the patterns of one sweep follow those of the sweep before, chain by chain.

    Raises
    ------
    DataError
        ``n_samples``, ``thin`` or ``chains`` below 1, or a negative ``burn_in``.
    """
    check_count(n_samples)
    if thin < 1 or chains < 1 or burn_in < 0:
        raise DataError(
            f"chains and thin must be at least 1 and burn_in at least 0, got {chains}, {thin} and {burn_in}"
        )
    n_models, _, n_neurons = models.shape
    count = round_up_chains(min(chains, n_samples))
    first = [child(seed, 0) for seed in seeds]
    starts = scattered_patterns(n_neurons, count, first) if base is None else independent_patterns(base, count, first)
    engine = make_engine(models, device)
    state = engine.start_chains(starts, [child(seed, 1) for seed in seeds])
    engine.sweep(state, burn_in)
    samples = np.empty((n_models, n_samples, n_neurons), np.uint8)
    for done in range(0, n_samples, count):
        if done:
            engine.sweep(state, thin)
        last = min(done + count, n_samples)
        patterns = engine.chain_patterns(state)
        if not done:
            _compare(models, patterns, second, base is None, seeds, burn_in, device)
        samples[:, done:last] = patterns[:, : last - done]
    return samples


def _compare(
    models: Models,
    patterns: NDArray[np.uint8],
    second: Sequence[NDArray[np.uint8]] | None,
    scattered: bool,
    seeds: Sequence[np.random.SeedSequence],
    burn_in: int,
    device: str,
) -> None:
    """Burn in chains from a second start, and warn of models for which they differ from ``patterns``."""
    count = min(_COMPARED, patterns.shape[1])
    if second is not None:
        starts = [spread_out(each, count) for each in second]
    elif scattered:
        starts = [np.zeros((count, models.shape[2]), np.uint8) for _ in seeds]
    else:
        starts = scattered_patterns(models.shape[2], count, [child(seed, 2) for seed in seeds])
    others = relaxed(models, starts, [child(seed, 3) for seed in seeds], burn_in, device)
    engine = make_engine(models, device)
    energies = zip(engine.energies(patterns), engine.energies(others), strict=True)
    for model, (mine, other, energy) in enumerate(zip(patterns, others, energies, strict=True)):
        active = mine.sum(axis=1, dtype=float), other.sum(axis=1, dtype=float)
        if _differ(*active) or _differ(*energy):
            which = f" (model {model})" if len(patterns) > 1 else ""
            warnings.warn(
                f"samples depend on where the chains start{which}: after a burn-in of {burn_in} sweeps, "
                f"{active[0].mean():.2f} neurons are active on average from the first start and "
                f"{active[1].mean():.2f} from a second one. Use a longer burn-in; if they still differ, the model has "
                "modes that no chain leaves",
                stacklevel=3,
            )


def _differ(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    """Whether two sets of independent values differ, by their means (Welch) or their distributions (Kolmogorov)."""
    from scipy import stats

    if np.ptp(a) == np.ptp(b) == 0.0:
        return bool(a[0] != b[0])
    tests = stats.ttest_ind(a, b, equal_var=False), stats.ks_2samp(a, b, method="asymp")
    return any(test.pvalue < _LEVEL for test in tests)
