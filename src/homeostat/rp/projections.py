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
from homeostat.rp.wiring import Wiring, widened
from homeostat.rp.wiring import stack as stack_wirings

# E|w| of a weight w ~ N(1, 1).
MEAN_ABSOLUTE_WEIGHT = 1.1666302

# The arrays of models.
VALUES = ("synapses", "threshold", "lam", "bias")
# Numbers that a generator draws at a time, 64 MB.
_DRAWN = 1 << 23

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class RPModels:
    """Parameters of M models that share numbers of neurons n and projections K and the slope.

    Attributes
    ----------
    wiring : Wiring
        Which neurons feed which projections.
    synapses : float32 (M, K, D)
        Weights a of the synapses, in the slots of the wiring; zero in the others.
    threshold : float32 (M, K)
        Thresholds theta.
    lam : float32 (M, K)
        Factors lambda.
    bias : float32 (M, n)
        Energies b of single spikes.
    slope : float
        Slope beta; ``inf`` for Heaviside projections.
    """

    wiring: Wiring
    synapses: Floats
    threshold: Floats
    lam: Floats
    bias: Floats
    slope: float

    @classmethod
    def dense(
        cls, weight: Floats, connectivity: Mask, threshold: Floats, lam: Floats, bias: Floats, slope: float
    ) -> "RPModels":
        """Return the models with weights a and connectivity (M, K, n)."""
        wiring = Wiring.of(np.asarray(connectivity))
        return cls(wiring, wiring.gather(np.asarray(weight)), threshold, lam, bias, slope)

    def with_weight(self, weight: Floats) -> "RPModels":
        """Return the models with other weights a (M, K, n)."""
        return replace(self, synapses=self.wiring.gather(weight))

    @property
    def weight(self) -> Floats:
        """The weights a as a new array (M, K, n): for small models."""
        return self.wiring.scatter(self.synapses)

    @property
    def connectivity(self) -> Mask:
        """Which neurons feed which projection, as a new array (M, K, n): for small models."""
        return self.wiring.scatter(self.wiring.slots)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(M, K, n)."""
        return self.wiring.shape

    @property
    def step(self) -> bool:
        """Whether the projections are Heaviside steps."""
        return bool(np.isinf(self.slope))

    def __getitem__(self, index: int | slice) -> "RPModels":
        """Return a batch with the chosen models only."""
        chosen = slice(index, index + 1) if isinstance(index, int) else index
        return replace(self, wiring=self.wiring[chosen], **{name: getattr(self, name)[chosen] for name in VALUES})


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


def random_wiring(n_neurons: int, n_projections: int, in_degree: float, rng: np.random.Generator) -> Wiring:
    """Connect each neuron to each projection independently with probability in_degree / n_neurons.

    A projection that drew no neuron is drawn again: it would be a constant (0.5 % of them at n = 50 and
    in-degree 5).
    """
    probability = in_degree / n_neurons

    def draw(count: int) -> list[NDArray[np.intp]]:
        rows = max(1, _DRAWN // n_neurons)
        parts = [rng.random((min(rows, count - first), n_neurons)) < probability for first in range(0, count, rows)]
        return [np.flatnonzero(row) for part in parts for row in part]

    fed = draw(n_projections)
    while empty := [index for index, each in enumerate(fed) if not each.size]:
        for index, again in zip(empty, draw(len(empty)), strict=True):
            fed[index] = again
    return Wiring.from_lists(np.array([[len(each) for each in fed]]), np.concatenate(fed), n_neurons)


def drawn_fan_in(n_neurons: int, in_degree: float) -> float:
    """Return how many neurons feed a projection of :func:`random_wiring` on average, none of which is empty."""
    return float(in_degree / (1.0 - (1.0 - in_degree / n_neurons) ** n_neurons))


def random_weights(wiring: Wiring, rng: np.random.Generator) -> Floats:
    """Draw the weights of one model's synapses from N(1, 1), (1, K, D)."""
    _, n_projections, n_neurons = wiring.shape
    weights = np.zeros(wiring.neuron.shape, np.float32)
    rows = max(1, _DRAWN // n_neurons)
    for first in range(0, n_projections, rows):
        part = slice(first, min(first + rows, n_projections))
        # As many numbers as projections have neurons: equal seeds have always given equal weights.
        drawn = rng.normal(1.0, 1.0, (1, part.stop - first, n_neurons))
        weights[:, part] = np.take_along_axis(drawn, wiring.neuron[:, part].astype(np.int64), axis=2)
    return np.where(wiring.slots, weights, np.float32(0.0))


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
        Mean number of neurons per projection; not used with a given wiring.
    connectivity : bool (M, K, n), optional
        Given wiring, in place of a random one.

    Raises
    ------
    DataError
        Impossible sizes, or a given wiring of another shape, of other values than 0 and 1, or with a projection without
        any synapse.
    """
    check_design(n_neurons, n_projections, in_degree if connectivity is None else n_neurons, slope)
    for name, value in (("threshold", threshold), ("the factor lambda", lam)):
        if not np.isfinite(value):
            raise DataError(f"{name} must be a finite number, got {value}")
    n_models = len(generators)
    given = None
    if connectivity is not None:
        given = Wiring.of(_checked_wiring(connectivity, (n_models, n_projections, n_neurons)))
    wirings, weights = [], []
    for index, rng in enumerate(generators):
        if given is None:
            wirings.append(random_wiring(n_neurons, n_projections, in_degree, rng))
        else:
            wirings.append(given[index : index + 1])
        weights.append(random_weights(wirings[-1], rng))
    wiring = stack_wirings(wirings)
    models = RPModels(
        wiring=wiring,
        synapses=np.concatenate([widened(each, wiring.neuron.shape[2]) for each in weights]),
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
    empty = np.argwhere(models.wiring.fan_in == 0)
    if empty.size:
        model, projection = empty[0]
        raise DataError(
            f"projection {projection} of model {model} has no synapse ({len(empty)} such in all); "
            "every projection needs at least one neuron"
        )


def stack(batches: Sequence[RPModels]) -> RPModels:
    """Join batches of equal K, n and slope into one."""
    wiring = stack_wirings([batch.wiring for batch in batches])
    width = wiring.neuron.shape[2]
    joined = {
        name: np.concatenate([getattr(batch, name) for batch in batches]) for name in VALUES if name != "synapses"
    }
    synapses = np.concatenate([widened(batch.synapses, width) for batch in batches])
    return RPModels(wiring=wiring, synapses=synapses, **joined, slope=batches[0].slope)


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
