"""Which neurons feed which projections, and sums over the synapses of a projection, a neuron or a circuit."""

from dataclasses import dataclass
from typing import Any, Literal

from array_api_compat import array_namespace

_AXES: dict[str, tuple[int, ...]] = {"input": (2,), "output": (1,), "circuit": (1, 2)}


@dataclass(frozen=True)
class Wiring:
    """The synapses of M models.

    Attributes
    ----------
    shape : (M, K, n)
        Numbers of models, projections and neurons.
    """

    shape: tuple[int, int, int]

    def total(self, values: Any, over: Literal["input", "output", "circuit"]) -> Any:
        """Return sums of values of synapses, in a shape that broadcasts with them.

        ``input``: over the synapses of each projection; ``output``: of each neuron; ``circuit``: of each model.
        """
        return array_namespace(values).sum(values, axis=_AXES[over], keepdims=True)
