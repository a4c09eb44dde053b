"""Random projections and batches of random-projection (RP) models.

A model with projections a (n_projections x n_neurons), thresholds theta, factors lambda and biases b is ::

    p(x) = exp(-E(x)) / Z,   E(x) = sum_k lambda_k f_k(x) + sum_j b_j x_j                  (eq. 2)
    f_k(x) = 1 / (1 + exp(-beta u_k)),   u_k = sum_j a_kj x_j - theta_k                   (eqs. 1, 4)

``beta = inf`` is the Heaviside projection of Maoz et al. (2020), f_k = [u_k > 0]. The biases are zero in the
paper's models; they serve the independent model and annealing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError

# E|w| of a weight w ~ N(1, 1).
MEAN_ABSOLUTE_WEIGHT = 1.1666302

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class RPModels:
    """Parameters of M models that share numbers of neurons n and projections K and the slope.

    Attributes
    ----------
    weight : float32 (M, K, n)
        Synapses a, exactly zero where ``connectivity`` is false.
    connectivity : bool (M, K, n)
        Which neurons feed which projection.
    threshold : float32 (M, K)
        Thresholds theta.
    lam : float32 (M, K)
        Factors lambda.
    bias : float32 (M, n)
        Energies b of single spikes.
    slope : float
        Slope beta; ``inf`` for Heaviside projections.
    """

    weight: Floats
    connectivity: Mask
    threshold: Floats
    lam: Floats
    bias: Floats
    slope: float

    @property
    def shape(self) -> tuple[int, int, int]:
        """(M, K, n)."""
        n_models, n_projections, n_neurons = self.weight.shape
        return n_models, n_projections, n_neurons

    @property
    def step(self) -> bool:
        """Whether the projections are Heaviside steps."""
        return bool(np.isinf(self.slope))

    def __getitem__(self, index: int | slice) -> "RPModels":
        """Return a batch with the chosen models only."""
        chosen = slice(index, index + 1) if isinstance(index, int) else index
        names = ("weight", "connectivity", "threshold", "lam", "bias")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})


def check_design(n_neurons: int, n_projections: int, in_degree: float, slope: float) -> None:
    """Refuse sizes that define no model.

    Raises
    ------
    DataError
        ``n_projections`` < 1, ``in_degree`` outside (0, n_neurons], or ``slope`` not positive.
    """
    if n_neurons < 1:
        raise DataError(f"a model needs at least one neuron, got {n_neurons}")
    if n_projections < 1:
        raise DataError(f"n_projections must be at least 1, got {n_projections}")
    if not 0 < in_degree <= n_neurons:
        raise DataError(f"in_degree must be above 0 and at most the number of neurons ({n_neurons}), got {in_degree}")
    if not slope > 0:
        raise DataError(f"slope (beta) must be positive, inf for Heaviside projections, got {slope}")


def random_connectivity(n_neurons: int, n_projections: int, in_degree: float, rng: np.random.Generator) -> Mask:
    """Connect each neuron to each projection independently with probability in_degree / n_neurons.

    A projection that drew no neuron is drawn again: it would be a constant (0.5 % of them at n = 50 and
    in-degree 5). Returns a mask (n_projections, n_neurons).
    """
    probability = in_degree / n_neurons
    mask = rng.random((n_projections, n_neurons)) < probability
    while (empty := ~mask.any(axis=1)).any():
        mask[empty] = rng.random((int(empty.sum()), n_neurons)) < probability
    return mask


def random_models(
    n_neurons: int,
    n_projections: int,
    generators: Sequence[np.random.Generator],
    *,
    in_degree: float = 5.0,
    slope: float = 3.0,
    threshold: float = 1.0,
    lam: float = 0.0,
    connectivity: Mask | None = None,
) -> RPModels:
    """Draw one model per generator: random connectivity, weights from N(1, 1), equal thresholds and factors.

    Parameters
    ----------
    in_degree
        Mean number of neurons per projection.
    connectivity : bool (M, K, n), optional
        Given wiring, in place of a random one.

    Raises
    ------
    DataError
        Impossible sizes, or a given wiring of another shape, of other values than 0 and 1, or with a projection without
        any synapse.
    """
    check_design(n_neurons, n_projections, in_degree, slope)
    for name, value in (("threshold", threshold), ("the factor lambda", lam)):
        if not np.isfinite(value):
            raise DataError(f"{name} must be a finite number, got {value}")
    if connectivity is not None:
        connectivity = _checked_wiring(connectivity, (len(generators), n_projections, n_neurons))
    masks = []
    weights = []
    for index, rng in enumerate(generators):
        if connectivity is None:
            mask = random_connectivity(n_neurons, n_projections, in_degree, rng)
        else:
            mask = connectivity[index]
        masks.append(mask)
        weights.append(np.where(mask, rng.normal(1.0, 1.0, mask.shape), 0.0))
    n_models = len(generators)
    models = RPModels(
        weight=np.array(weights, dtype=np.float32).reshape(n_models, n_projections, n_neurons),
        connectivity=np.array(masks, dtype=bool).reshape(n_models, n_projections, n_neurons),
        threshold=np.full((n_models, n_projections), threshold, np.float32),
        lam=np.full((n_models, n_projections), lam, np.float32),
        bias=np.zeros((n_models, n_neurons), np.float32),
        slope=float(slope),
    )
    check_connected(models)
    return models


def _checked_wiring(connectivity: NDArray[np.generic], shape: tuple[int, int, int]) -> Mask:
    given = np.asarray(connectivity)
    if given.shape != shape:
        raise DataError(
            f"connectivity of shape {given.shape[1:]} does not fit {shape[1]} projections of {shape[2]} neurons; "
            f"expected ({shape[1]}, {shape[2]})"
        )
    if given.dtype.kind not in "buif" or not np.isin(given, (0, 1)).all():
        raise DataError("connectivity must hold true and false, or 1 and 0: it says which synapses there are")
    return given.astype(bool)


def check_connected(models: RPModels) -> None:
    """Refuse projections that no neuron feeds.

    Raises
    ------
    DataError
        Names the first such projection.
    """
    empty = np.argwhere(~models.connectivity.any(axis=2))
    if empty.size:
        model, projection = empty[0]
        raise DataError(
            f"projection {projection} of model {model} has no synapse ({len(empty)} such in all); "
            "every projection needs at least one neuron"
        )


def stack(batches: Sequence[RPModels]) -> RPModels:
    """Join batches of equal K, n and slope into one."""
    names = ("weight", "connectivity", "threshold", "lam", "bias")
    joined = {name: np.concatenate([getattr(batch, name) for batch in batches]) for name in names}
    return RPModels(**joined, slope=batches[0].slope)


def feature_values(models: RPModels, patterns: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return f_k(x) in float64, shape (M, n_patterns, K): the plain formula, for checks and small jobs."""
    u = np.einsum("tn,mkn->mtk", patterns.astype(float), models.weight.astype(float))
    u -= models.threshold.astype(float)[:, None, :]
    if models.step:
        return (u > 0).astype(float)
    return 1.0 / (1.0 + np.exp(-np.clip(models.slope * u, -700, 700)))


def energy_values(models: RPModels, patterns: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return E(x) in float64, shape (M, n_patterns): the plain formula."""
    features = feature_values(models, patterns)
    singles = np.einsum("tn,mn->mt", patterns.astype(float), models.bias.astype(float))
    return np.einsum("mtk,mk->mt", features, models.lam.astype(float)) + singles
