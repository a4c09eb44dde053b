"""The circuit: normalized input, soft winner-take-all, Hebbian plasticity with synaptic scaling.

    I_c = sum_d log(W_cd) y_d        s_c = exp(I_c) / sum_c' exp(I_c')        dW_cd = eps (s_c y_d - s_c W_cd)

Two things follow from the rule.

(i) Summed over inputs, with sum_d y_d = A: d/dt sum_d W_cd = eps s_c (A - sum_d W_cd). The total weight relaxes to
the norm of the input, whatever that is, as fast as the unit is active; a step multiplies the distance by
exactly 1 - eps s_c.

(ii) It rests where W_cd = <s_c y_d> / <s_c>. As sum_d y_d = A, <s_c> = sum_d <s_c y_d> / A: the fixed point of EM
(em.py). With finitely many patterns and eps > 0, weights keep moving around it.

The mini-batch form adds up a batch: W += eps (sum_n s y - (sum_n s) W), one of its steps for every ``batch`` patterns.
"""

from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from homeostat.errors import ConfigError, DataError
from homeostat.mixture.inputs import Inputs, on_device
from homeostat.mixture.model import CURRENTS, drive, winner_take_all
from homeostat.mixture.trainer import Learner
from homeostat.seeds import child

SCHEDULES = ("constant", "decaying")
PLASTICITIES = ("scaled", "hebbian")
# The decaying rate is halved after this share of the run.
_HALVED = 0.1


class Network(Learner):
    """Learns as the circuit does; an epoch shows every pattern once, in a new random order.

    Parameters
    ----------
    weights, inputs, epochs, every, device
        As in :class:`~homeostat.mixture.trainer.Learner`.
    rate
        eps.
    seed
        Random stream of the orders.
    schedule
        ``"constant"``, or ``"decaying"``: eps / (1 + t / tau), with tau a tenth of the run.
    current
        What a unit receives: ``"log"`` as above; ``"shifted"``, with W - 1 in place of log W where W < 1, so that it
        stays finite; ``"linear"``, sum_d W_cd y_d; ``"posterior"``, the logarithmic one less sum_d W_cd, which makes s
        the exact posterior when sums differ.
    plasticity
        ``"scaled"`` as above; ``"hebbian"``, eps s_c y_d alone, without synaptic scaling: weights only grow.
    batch
        Patterns to a step. 1 is compiled and runs in float64 on the CPU only.
    later
        Epoch from which on other inputs are shown, and those inputs.

    Raises
    ------
    ConfigError
        An unknown schedule, current or plasticity.
    DataError
        As for every learner; a rate outside (0, 1], or so large for the batch that weights could turn negative.
    """

    def __init__(
        self,
        weights: NDArray[Any],
        inputs: Inputs,
        *,
        epochs: int,
        rate: float,
        seed: np.random.SeedSequence,
        schedule: str = "constant",
        current: str = "log",
        plasticity: str = "scaled",
        batch: int = 1,
        later: tuple[int, Inputs] | None = None,
        every: int = 1,
        device: str = "cpu",
    ) -> None:
        if schedule not in SCHEDULES:
            raise ConfigError(f"schedule must be one of {', '.join(SCHEDULES)}, got {schedule!r}")
        if current not in CURRENTS:
            raise ConfigError(f"current must be one of {', '.join(CURRENTS)}, got {current!r}")
        if plasticity not in PLASTICITIES:
            raise ConfigError(f"plasticity must be one of {', '.join(PLASTICITIES)}, got {plasticity!r}")
        if batch < 1 or not 0 < rate * batch <= 1:
            raise DataError(f"rate x batch is {rate:g} x {batch}; it must be above 0 and at most 1")
        super().__init__(weights, inputs, epochs=epochs, every=every, device=device)
        if batch == 1 and (device != "cpu" or self.weights.dtype != np.float64):
            raise DataError("learning one pattern at a time needs float64 patterns on the CPU; use a batch above 1")
        self.rate, self.current, self.batch = rate, current, batch
        self._scaled = float(plasticity == "scaled")
        self._seed, self._later = seed, later
        self._decay = 1.0 / (_HALVED * epochs * len(inputs.constant)) if schedule == "decaying" else 0.0

    def _learn(self) -> None:
        if self._later is not None and self.step >= self._later[0]:
            self.inputs, self._later = self._later[1], None
        n_patterns = len(self.inputs.constant)
        order = np.random.default_rng(child(self._seed, self.step)).permutation(n_patterns)
        step = self.step * n_patterns
        if self.batch == 1:
            from homeostat.mixture.kernels import learn_online

            kind = CURRENTS.index(self.current)
            learn_online(self.weights, self.inputs.values, order, self.rate, self._decay, step, kind, self._scaled)
            return
        xp = array_namespace(self.weights)
        shuffled = on_device(order, self.device)
        for first in range(0, n_patterns, self.batch):
            values = xp.take(self.inputs.values, shuffled[first : first + self.batch], axis=0)
            self._step(values, self.rate / (1.0 + self._decay * (step + first)))

    def _step(self, values: Any, rate: float) -> None:
        """Learn one batch."""
        xp = array_namespace(self.weights)
        active = winner_take_all(drive(values, self.weights, self.current))
        kept = 1.0 - self._scaled * rate * xp.sum(active, axis=0)
        self.weights = self.weights * kept[:, None] + (rate * active.T) @ values
