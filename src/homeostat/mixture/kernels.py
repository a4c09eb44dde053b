"""Compiled online learning of the network: one pattern, one step.

    s = softmax(I(y, W))        W_cd += eps_t (s_c y_d - s_c W_cd)        eps_t = rate / (1 + decay t)

Without synaptic scaling the second term is left out.

Only units with s_c above rounding change, and only their synapses' logarithms are taken again.
"""

import numba
import numpy as np

LOG, SHIFTED, LINEAR, POSTERIOR = range(4)  # in the order of model.CURRENTS
_SMALLEST = np.finfo(np.float64).tiny
# A step of a weight by less than this share of it is lost in rounding.
_NOTHING = 1e-19

# Not those of homeostat.compiled: vectors of the full width make patterns of 25 inputs a tenth slower.
_OPTIONS = {
    "nogil": True,
    "cache": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "nsz"},  # not nnan: a diverged weight must show
}


@numba.njit(inline="always", **_OPTIONS)
def _synapse(weight, current):
    """What a weight contributes to I per unit of input."""
    if current == LINEAR:
        return weight
    if current == SHIFTED and weight < 1.0:
        return weight - 1.0
    return np.log(max(weight, _SMALLEST))


@numba.njit(**_OPTIONS)
def learn_online(weights, values, order, rate, decay, step, current, scaled):
    """Learn ``values[order]`` one by one, in place.

    ``weights`` float64 (C, D), ``values`` float64 (N, D), ``order`` int64 (n,), ``rate`` and ``decay`` of eps_t,
    ``step`` the t of the first pattern, ``current`` one of the constants above, ``scaled`` 1.0, or 0.0 to leave
    synaptic scaling out.
    """
    n_units, n_inputs = weights.shape
    synapses = np.empty_like(weights)
    sums = np.zeros(n_units)
    active = np.empty(n_units)
    for c in range(n_units):
        for d in range(n_inputs):
            synapses[c, d] = _synapse(weights[c, d], current)
            sums[c] += weights[c, d]
    for index in order:
        y = values[index]
        top = -np.inf
        for c in range(n_units):
            total = 0.0
            for d in range(n_inputs):
                total += synapses[c, d] * y[d]
            if current == POSTERIOR:
                total -= sums[c]
            active[c] = total
            top = max(top, total)
        normalizer = 0.0
        for c in range(n_units):
            active[c] = np.exp(active[c] - top)
            normalizer += active[c]
        factor = rate / ((1.0 + decay * step) * normalizer)
        step += 1
        for c in range(n_units):
            change = factor * active[c]
            if change < _NOTHING:
                continue
            total = 0.0
            for d in range(n_inputs):
                weight = weights[c, d] + change * (y[d] - scaled * weights[c, d])
                weights[c, d] = weight
                synapses[c, d] = _synapse(weight, current)
                total += weight
            sums[c] = total
