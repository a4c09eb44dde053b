"""Samples of RP models: many independent chains, burnt in, then thinned."""

import numbers
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.rp.engine import make_engine
from homeostat.rp.partition import round_up_chains
from homeostat.rp.projections import RPModels
from homeostat.seeds import child


def check_count(n_samples: int) -> None:
    """Refuse a number of samples that is no integer above 0.

    Raises
    ------
    DataError
        Says what was given.
    """
    if not isinstance(n_samples, numbers.Integral) or int(n_samples) < 1:
        raise DataError(f"n_samples must be an integer and at least 1, got {n_samples!r}")


def sample_patterns(
    models: RPModels,
    n_samples: int,
    seeds: Sequence[np.random.SeedSequence],
    *,
    chains: int = 2048,
    burn_in: int = 200,
    thin: int = 10,
    device: str = "cpu",
) -> NDArray[np.uint8]:
    """Sample patterns by heat-bath sweeps from a random start.

    Parameters
    ----------
    n_samples : int
        Patterns per model.
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
    starts = [
        np.random.default_rng(child(seed, 0)).integers(0, 2, (count, n_neurons), dtype=np.uint8) for seed in seeds
    ]
    engine = make_engine(models, device)
    state = engine.start_chains(starts, [child(seed, 1) for seed in seeds])
    engine.sweep(state, burn_in)
    samples = np.empty((n_models, n_samples, n_neurons), np.uint8)
    for first in range(0, n_samples, count):
        if first:
            engine.sweep(state, thin)
        last = min(first + count, n_samples)
        samples[:, first:last] = engine.chain_patterns(state)[:, : last - first]
    return samples
