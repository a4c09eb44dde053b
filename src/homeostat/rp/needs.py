"""What a fit takes: memory and time, told from its sizes before it starts."""

from typing import NamedTuple

from homeostat.errors import DataError
from homeostat.memory import available, size
from homeostat.rp import packed
from homeostat.rp.projections import RPModels
from homeostat.rp.settings import Rule, Training
from homeostat.rp.starts import is_matrix

# Seconds, measured on one core with AVX-512 (docs/performance.md): of a flip that is tried, of a synapse that a flip
# meets, of one that a pattern meets, and of two operations in a product of matrices.
_FLIP, _MET, _SEEN, _PRODUCT = 2e-9, 6e-10, 1.5e-10, 2e-11
# Bytes of a synapse: weight, gradient, the two states of the optimizer, index lists.
_SYNAPSE = 64


class Needs(NamedTuple):
    """Bytes of memory beside the patterns given, and CPU seconds on a machine like that of docs/performance.md."""

    memory: int
    seconds: float

    def __str__(self) -> str:
        unit, length = next((u, s) for u, s in (("h", 3600), ("min", 60), ("s", 1)) if self.seconds >= 2 * s or s == 1)
        return f"about {size(self.memory)} of memory and {self.seconds / length:.2g} CPU {unit}"


def of_fit(n_patterns: int, models: RPModels, rule: Rule, training: Training) -> Needs:
    """Return what a fit of one model to ``n_patterns`` patterns takes, good to a factor of about two."""
    _, n_projections, n_neurons = models.shape
    words, synapses = n_patterns * n_neurons, models.wiring.n_synapses
    memory = words // 8 if words > packed.LARGE else 2 * words
    memory += 4 * training.chains * (n_neurons + n_projections) + _SYNAPSE * synapses
    learned = bool(set(rule.learn) & {"weight", "threshold"})
    step = training.sweeps * training.chains * (_FLIP * n_neurons + _MET * synapses)
    step += _SEEN * synapses * (training.chains + (min(training.batch or n_patterns, n_patterns) if learned else 0))
    seconds = training.steps * step + _SEEN * synapses * n_patterns
    if training.optimizer == "natural":
        width = n_projections if is_matrix(models, "bias" in rule.learn) else n_neurons
        memory += 24 * width**2
        seconds += _PRODUCT * width**2 * (n_patterns + width)
    return Needs(memory, seconds)


def check(name: str, needs: Needs) -> None:
    """Refuse a fit that needs more memory than there is.

    Raises
    ------
    DataError
        With what it needs, what there is, and the way out.
    """
    if needs.memory > (there := available()):
        raise DataError(
            f"{name}: the fit needs {needs}, and {size(there)} of memory are free; use fewer projections, neurons or "
            "chains, or a machine with more memory"
        )
