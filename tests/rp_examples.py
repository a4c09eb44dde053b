"""Small models and patterns with known answers, shared by the tests of homeostat.rp."""

from dataclasses import replace

import numpy as np

from homeostat.ising.models import IsingModels, pairs
from homeostat.rp.projections import RPModels, random_models

SLOPES = {"sigmoid": 3.0, "step": np.inf}


def seeds(count: int, first: int = 0) -> list[np.random.SeedSequence]:
    """Return ``count`` seed sequences."""
    return [np.random.SeedSequence(first + index) for index in range(count)]


def small_models(
    n_models: int = 2, *, n_neurons: int = 8, n_projections: int = 12, slope: float = 3.0, lam: float = 0.7
) -> RPModels:
    """Return random models small enough for enumeration."""
    generators = [np.random.default_rng(100 + index) for index in range(n_models)]
    return random_models(n_neurons, n_projections, generators, in_degree=3, slope=slope, lam=lam)


def ising_models(energies: np.ndarray, potential: np.ndarray | None = None) -> IsingModels:
    """Return a model with these energies of single neurons, then of pairs, and of the population count."""
    n_neurons = int((np.sqrt(8 * len(energies) + 1) - 1) / 2)
    coupling = np.zeros((1, n_neurons, n_neurons), np.float32)
    first, second = pairs(n_neurons)
    coupling[0, first, second] = coupling[0, second, first] = energies[n_neurons:]
    counts = np.zeros(n_neurons + 1) if potential is None else potential
    return IsingModels(energies[None, :n_neurons].astype(np.float32), coupling, counts[None].astype(np.float32))


def correlated_patterns(n_patterns: int = 4000, n_neurons: int = 8, seed: int = 0) -> np.ndarray:
    """Return sparse patterns with a common drive, so that there is something to learn beyond rates."""
    rng = np.random.default_rng(seed)
    drive = rng.normal(size=(n_patterns, 1))
    rates = 1 / (1 + np.exp(1.5 - 0.8 * drive - 0.5 * rng.normal(size=n_neurons)))
    return (rng.random((n_patterns, n_neurons)) < rates).astype(np.uint8)


def well_conditioned() -> RPModels:
    """Return six projections with strong synapses: no output is nearly constant, so lambda is well defined."""
    models = small_models(1, n_projections=6, lam=0.0)
    synapses = np.where(models.wiring.slots, 0.8 + np.abs(models.synapses), 0).astype(np.float32)
    return replace(models, synapses=synapses)


def waves(n_neurons: int = 10, n_patterns: int = 60_000, rate: float = 0.004, seed: int = 2) -> np.ndarray:
    """Return rare common events, as retinal waves, in which neurons of a neighbourhood fire; else near silence."""
    rng = np.random.default_rng(seed)
    centre = np.where(rng.random(n_patterns) < 3 * rate, rng.uniform(0, n_neurons, n_patterns), np.nan)
    near = np.exp(-0.5 * ((np.arange(n_neurons) - centre[:, None]) / 1.2) ** 2)
    return (rng.random((n_patterns, n_neurons)) < np.nan_to_num(0.7 * near) + rate / 4).astype(np.uint8)
