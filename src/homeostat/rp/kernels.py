"""Compiled CPU kernels of one random-projection (RP) model: sampling, moments, energies, annealing.

Patterns lie in *blocks* of ``LANES`` patterns, shape ``(n_blocks, n_neurons, LANES)``, so that every inner
loop runs over contiguous patterns and the compiler turns it into vector instructions; all patterns of a
block try to flip the same neuron at the same time. A block (patterns, projection inputs, projection outputs)
stays in the cache of one core while it is swept.

Projections enter in the scaled form that the kernels use throughout::

    v_k = gain (sum_j a_kj x_j - theta_k)       gain = beta / 2 for sigmoids, 1 for Heaviside steps
    t_k = tanh(v_k)  or  sign(v_k)              so that f_k = (1 + t_k) / 2                    (eqs. 1, 4)
    E   = sum_j bias_j x_j + 1/2 sum_k lambda_k (1 + t_k)                                      (eq. 2)

``row_start, row_neuron`` list the inputs of each projection (CSR), ``col_start, col_projection`` the
projections that each neuron feeds (CSC).
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import DTypeLike, NDArray

from homeostat.compiled import LINE, OPTIONS, copied

LANES = 64
# Moments take so many blocks at a time: sums over patterns end in a scalar less often.
_GROUP = 4

_ONE = np.float32(1.0)
_HALF = np.float32(0.5)
_ZERO = np.float32(0.0)
_UNIT = np.float32(2.0**-24)
_TANH_LIMIT = np.float32(7.90531110763549805)


@numba.njit(inline="always", **OPTIONS)
def _tanh(v):
    """Rational approximation of tanh (degree 13/6, absolute error < 4e-7), which vectorises where libm's does not."""
    v = min(max(v, -_TANH_LIMIT), _TANH_LIMIT)
    s = v * v
    p = s * np.float32(-2.76076847742355e-16) + np.float32(2.00018790482477e-13)
    p = p * s + np.float32(-8.60467152213735e-11)
    p = p * s + np.float32(5.12229709037114e-08)
    p = p * s + np.float32(1.48572235717979e-05)
    p = p * s + np.float32(6.37261928875436e-04)
    p = p * s + np.float32(4.89352455891786e-03)
    q = s * np.float32(1.19825839466702e-06) + np.float32(1.18534705686654e-04)
    q = q * s + np.float32(2.26843463243900e-03)
    q = q * s + np.float32(4.89352518554385e-03)
    return v * p / q


@numba.njit(inline="always", **OPTIONS)
def _project(x, v, row_start, row_neuron, row_weight, offset):
    """v[k] = sum_j weight_kj x_j - offset_k for one block of patterns."""
    for k in range(row_start.size - 1):
        vk = v[k]
        for c in range(LANES):
            vk[c] = -offset[k]
        for s in range(row_start[k], row_start[k + 1]):
            xj = x[row_neuron[s]]
            w = row_weight[s]
            for c in range(LANES):
                vk[c] += w * xj[c]


@numba.njit(inline="always", **OPTIONS)
def _activate(v, t, step):
    """t = sign(v) (Heaviside projections, strictly positive inputs fire) or tanh(v)."""
    for k in range(v.shape[0]):
        vk = v[k]
        tk = t[k]
        if step:
            for c in range(LANES):
                tk[c] = _ONE if vk[c] > _ZERO else -_ONE
        else:
            for c in range(LANES):
                tk[c] = _tanh(vk[c])


@numba.njit(inline="always", **OPTIONS)
def _uniform(state, u):
    """u = uniform numbers in [0, 1), one per lane, from one xoshiro128+ generator per lane."""
    s0 = state[0]
    s1 = state[1]
    s2 = state[2]
    s3 = state[3]
    for c in range(LANES):
        a0 = s0[c]
        a1 = s1[c]
        a2 = s2[c]
        a3 = s3[c]
        # Numba widens uint32 arithmetic to 64 bits; the casts keep it modulo 2^32.
        draw = np.uint32(a0 + a3)
        shifted = np.uint32(a1 << np.uint32(9))
        a2 = np.uint32(a2 ^ a0)
        a3 = np.uint32(a3 ^ a1)
        a1 = np.uint32(a1 ^ a2)
        a0 = np.uint32(a0 ^ a3)
        a2 = np.uint32(a2 ^ shifted)
        a3 = np.uint32(np.uint32(a3 << np.uint32(11)) | np.uint32(a3 >> np.uint32(21)))
        s0[c] = a0
        s1[c] = a1
        s2[c] = a2
        s3[c] = a3
        u[c] = np.float32(np.int32(draw >> np.uint32(8))) * _UNIT


@numba.njit(inline="always", **OPTIONS)
def _sweep_block(
    x, v, t, state, col_start, col_projection, col_weight, lam, bias, step, metropolis, new, sign, delta, u
):
    """Visit every neuron once, in order, and flip it with the chosen acceptance rule."""
    for j in range(x.shape[0]):
        xj = x[j]
        first = col_start[j]
        last = col_start[j + 1]
        for c in range(LANES):
            sign[c] = _ONE - xj[c] - xj[c]
            delta[c] = bias[j] * sign[c]
        for s in range(first, last):
            k = col_projection[s]
            w = col_weight[s]
            half_lam = _HALF * lam[k]
            vk = v[k]
            tk = t[k]
            nk = new[s - first]
            if step:
                for c in range(LANES):
                    nk[c] = _ONE if vk[c] + w * sign[c] > _ZERO else -_ONE
                    delta[c] += half_lam * (nk[c] - tk[c])
            else:
                for c in range(LANES):
                    nk[c] = _tanh(vk[c] + w * sign[c])
                    delta[c] += half_lam * (nk[c] - tk[c])
        _uniform(state, u)
        # With z = tanh(delta / 2): heat bath accepts with (1 - z) / 2, Metropolis with min(1, (1 - z) / (1 + z)).
        for c in range(LANES):
            z = _tanh(_HALF * delta[c])
            bar = u[c] * (_ONE + z) if metropolis else u[c] + u[c]
            sign[c] = sign[c] if bar < _ONE - z else _ZERO
            xj[c] += sign[c]
        for s in range(first, last):
            k = col_projection[s]
            w = col_weight[s]
            vk = v[k]
            tk = t[k]
            nk = new[s - first]
            for c in range(LANES):
                # Both are read before the choice: a choice of what to read is not vectorised.
                flip, old, fresh = sign[c], tk[c], nk[c]
                vk[c] += w * flip
                tk[c] = fresh if flip != _ZERO else old


@numba.njit(**OPTIONS)
def _scratch(n_rows):
    """Return uninitialized float32 (n_rows, LANES) that starts at a cache line."""
    raw = np.empty(n_rows * LANES + LINE // 4, np.float32)
    first = -raw.ctypes.data % LINE // 4
    return raw[first : first + n_rows * LANES].reshape(n_rows, LANES)


@numba.njit(inline="always", **OPTIONS)
def _largest_fan_out(col_start):
    most = 1
    for j in range(col_start.size - 1):
        most = max(most, col_start[j + 1] - col_start[j])
    return most


@numba.njit(**OPTIONS)
def sweep(
    x,
    t,
    state,
    row_start,
    row_neuron,
    row_weight,
    offset,
    col_start,
    col_projection,
    col_weight,
    lam,
    bias,
    step,
    metropolis,
    n_sweeps,
):
    """Advance every chain by ``n_sweeps`` sweeps, in place.

    Parameters
    ----------
    x : float32 (n_blocks, n_neurons, LANES)
        States of the chains, 0 or 1.
    t : float32 (n_blocks, n_projections, LANES)
        Receives the projections' outputs of the final states.
    state : uint32 (n_blocks, 4, LANES)
        Random-number generators of the chains.
    """
    n_projections = row_start.size - 1
    v = _scratch(n_projections)
    new = _scratch(_largest_fan_out(col_start))
    sign = _scratch(1)[0]
    delta = _scratch(1)[0]
    u = _scratch(1)[0]
    for b in range(x.shape[0]):
        # Recomputed at every call, so that rounding of the incremental updates never accumulates.
        _project(x[b], v, row_start, row_neuron, row_weight, offset)
        _activate(v, t[b], step)
        for _ in range(n_sweeps):
            _sweep_block(
                x[b],
                v,
                t[b],
                state[b],
                col_start,
                col_projection,
                col_weight,
                lam,
                bias,
                step,
                metropolis,
                new,
                sign,
                delta,
                u,
            )


@numba.njit(**OPTIONS)
def anneal(
    x,
    state,
    row_start,
    row_neuron,
    row_weight,
    offset,
    col_start,
    col_projection,
    col_weight,
    lam,
    bias,
    base,
    temperatures,
    step,
    log_weight,
):
    """Annealed importance sampling from the independent model exp(-base . x) to the RP model.

    ``x`` holds exact samples of the independent model and is advanced by one heat-bath sweep per temperature;
    ``log_weight`` float64 (n_blocks, LANES) receives log w = -sum_s (tau_s - tau_{s-1}) (E(x) - base . x).
    """
    n_neurons = x.shape[1]
    n_projections = row_start.size - 1
    v = _scratch(n_projections)
    t = _scratch(n_projections)
    new = _scratch(_largest_fan_out(col_start))
    sign = _scratch(1)[0]
    delta = _scratch(1)[0]
    u = _scratch(1)[0]
    gap = _scratch(1)[0]
    lam_tau = np.empty(n_projections, np.float32)
    bias_tau = np.empty(n_neurons, np.float32)
    for b in range(x.shape[0]):
        _project(x[b], v, row_start, row_neuron, row_weight, offset)
        _activate(v, t, step)
        for s in range(1, temperatures.size):
            tau = np.float32(temperatures[s])
            for c in range(LANES):
                gap[c] = _ZERO
            for k in range(n_projections):
                half_lam = _HALF * lam[k]
                tk = t[k]
                for c in range(LANES):
                    gap[c] += half_lam * (_ONE + tk[c])
                lam_tau[k] = tau * lam[k]
            for j in range(n_neurons):
                xj = x[b, j]
                excess = bias[j] - base[j]
                for c in range(LANES):
                    gap[c] += excess * xj[c]
                bias_tau[j] = base[j] + tau * excess
            width = temperatures[s] - temperatures[s - 1]
            for c in range(LANES):
                log_weight[b, c] -= width * gap[c]
            _sweep_block(
                x[b],
                v,
                t,
                state[b],
                col_start,
                col_projection,
                col_weight,
                lam_tau,
                bias_tau,
                step,
                False,
                new,
                sign,
                delta,
                u,
            )


@numba.njit(**OPTIONS)
def moments(x, n_patterns, row_start, row_neuron, row_weight, offset, step, with_slopes):
    """Sums over patterns of t, 1 - t^2 and (1 - t^2) x_j (the last two where ``with_slopes``).

    Parameters
    ----------
    x : uint8 or float32 (n_blocks, n_neurons, LANES)
    n_patterns : int
        Patterns that count; the lanes behind the last one are padding.

    Returns
    -------
    float64 (n_projections,), (n_projections,), (n_synapses,)
    """
    n_blocks, n_neurons, _ = x.shape
    n_projections = row_start.size - 1
    sum_t = np.zeros(n_projections)
    sum_slope = np.zeros(n_projections)
    sum_synapse = np.zeros(row_neuron.size)
    patterns = _scratch(n_neurons * _GROUP).reshape(n_neurons, _GROUP * LANES)
    v = _scratch(_GROUP).reshape(_GROUP * LANES)
    counts = _scratch(_GROUP).reshape(_GROUP * LANES)
    for first in range(0, n_blocks, _GROUP):
        for c in range(_GROUP * LANES):
            counts[c] = _ONE if first * LANES + c < n_patterns else _ZERO
        for g in range(_GROUP):
            if first + g < n_blocks:
                for j in range(n_neurons):
                    xj, row = x[first + g, j], patterns[j, g * LANES : (g + 1) * LANES]
                    for c in range(LANES):
                        row[c] = np.float32(xj[c])
            else:
                patterns[:, g * LANES : (g + 1) * LANES] = _ZERO
        for k in range(n_projections):
            for c in range(_GROUP * LANES):
                v[c] = -offset[k]
            for s in range(row_start[k], row_start[k + 1]):
                xj = patterns[row_neuron[s]]
                w = row_weight[s]
                for c in range(_GROUP * LANES):
                    v[c] += w * xj[c]
            total = _ZERO
            if step:
                for c in range(_GROUP * LANES):
                    total += counts[c] if v[c] > _ZERO else -counts[c]
                sum_t[k] += total
            else:
                slope = _ZERO
                for c in range(_GROUP * LANES):
                    z = _tanh(v[c])
                    total += counts[c] * z
                    z = counts[c] * (_ONE - z * z)
                    slope += z
                    v[c] = z
                sum_t[k] += total
                sum_slope[k] += slope
                if with_slopes:
                    for s in range(row_start[k], row_start[k + 1]):
                        xj = patterns[row_neuron[s]]
                        product = _ZERO
                        for c in range(_GROUP * LANES):
                            product += xj[c] * v[c]
                        sum_synapse[s] += product
    return sum_t, sum_slope, sum_synapse


@numba.njit(**OPTIONS)
def output_products(x, n_patterns, row_start, row_neuron, row_weight, offset, step):
    """Sums over patterns of t, t^2 and t x_j; arguments as of :func:`moments`.

    Returns
    -------
    float64 (n_projections,), (n_projections,), (n_synapses,)
    """
    n_projections = row_start.size - 1
    sum_t = np.zeros(n_projections)
    sum_square = np.zeros(n_projections)
    sum_synapse = np.zeros(row_neuron.size)
    patterns = _scratch(x.shape[1])
    v = _scratch(n_projections)
    counts = _scratch(1)[0]
    for b in range(x.shape[0]):
        for c in range(LANES):
            counts[c] = _ONE if b * LANES + c < n_patterns else _ZERO
        for j in range(x.shape[1]):
            for c in range(LANES):
                patterns[j, c] = np.float32(x[b, j, c])
        _project(patterns, v, row_start, row_neuron, row_weight, offset)
        _activate(v, v, step)
        for k in range(n_projections):
            tk = v[k]
            total = _ZERO
            square = _ZERO
            for c in range(LANES):
                tk[c] *= counts[c]
                total += tk[c]
                square += tk[c] * tk[c]
            sum_t[k] += total
            sum_square[k] += square
            for s in range(row_start[k], row_start[k + 1]):
                xj = patterns[row_neuron[s]]
                product = _ZERO
                for c in range(LANES):
                    product += xj[c] * tk[c]
                sum_synapse[s] += product
    return sum_t, sum_square, sum_synapse


@numba.njit(**OPTIONS)
def outputs(x, row_start, row_neuron, row_weight, offset, step):
    """Return t, float32 (n_blocks, n_projections, LANES), of the patterns ``x``."""
    n_projections = row_start.size - 1
    t = np.empty((x.shape[0], n_projections, LANES), np.float32)
    v = _scratch(n_projections)
    patterns = _scratch(x.shape[1])
    for b in range(x.shape[0]):
        for j in range(x.shape[1]):
            for c in range(LANES):
                patterns[j, c] = np.float32(x[b, j, c])
        _project(patterns, v, row_start, row_neuron, row_weight, offset)
        _activate(v, t[b], step)
    return t


@numba.njit(**OPTIONS)
def energies(x, row_start, row_neuron, row_weight, offset, lam, bias, step):
    """Return the energies, float64 (n_blocks, LANES), of the patterns ``x``."""
    n_projections = row_start.size - 1
    energy = np.zeros((x.shape[0], LANES))
    v = _scratch(n_projections)
    patterns = _scratch(x.shape[1])
    for b in range(x.shape[0]):
        for j in range(x.shape[1]):
            for c in range(LANES):
                patterns[j, c] = np.float32(x[b, j, c])
                energy[b, c] += bias[j] * patterns[j, c]
        _project(patterns, v, row_start, row_neuron, row_weight, offset)
        _activate(v, v, step)
        for k in range(n_projections):
            half_lam = _HALF * lam[k]
            for c in range(LANES):
                energy[b, c] += half_lam * (_ONE + v[k, c])
    return energy


@numba.njit(**OPTIONS)
def output_changes(x, row_start, row_neuron, row_weight, offset, col_start, col_projection, col_weight, step):
    """Return how much each projection's output f_k changes where a neuron that feeds it becomes active.

    Returns float32 (n_blocks, n_synapses, LANES), the synapses in the order of the columns: f_k with x_j = 1 minus
    f_k with x_j = 0, the other neurons as in the patterns ``x``, float32 (n_blocks, n_neurons, LANES).
    """
    n_projections = row_start.size - 1
    change = np.empty((x.shape[0], col_projection.size, LANES), np.float32)
    v = _scratch(n_projections)
    for b in range(x.shape[0]):
        _project(x[b], v, row_start, row_neuron, row_weight, offset)
        for j in range(x.shape[1]):
            xj = x[b, j]
            for s in range(col_start[j], col_start[j + 1]):
                w = col_weight[s]
                vk = v[col_projection[s]]
                out = change[b, s]
                if step:
                    for c in range(LANES):
                        off = vk[c] - w * xj[c]
                        out[c] = (_ONE if off + w > _ZERO else _ZERO) - (_ONE if off > _ZERO else _ZERO)
                else:
                    for c in range(LANES):
                        off = vk[c] - w * xj[c]
                        out[c] = _HALF * (_tanh(off + w) - _tanh(off))
    return change


@numba.njit(**OPTIONS)
def spike_energies(change, col_start, col_projection, lam):
    """Return the energies of single spikes, sum_k lambda_k change_jk, float32 (n_blocks, n_neurons, LANES)."""
    energy = np.zeros((change.shape[0], col_start.size - 1, LANES), np.float32)
    for b in range(change.shape[0]):
        for j in range(col_start.size - 1):
            out = energy[b, j]
            for s in range(col_start[j], col_start[j + 1]):
                factor = lam[col_projection[s]]
                row = change[b, s]
                for c in range(LANES):
                    out[c] += factor * row[c]
    return energy


@numba.njit(**OPTIONS)
def weighted_changes(change, col_start, col_projection, weight, n_projections):
    """Return sum over patterns and neurons of weight_j change_jk, float64 (n_projections,)."""
    total = np.zeros(n_projections)
    for b in range(change.shape[0]):
        for j in range(col_start.size - 1):
            wj = weight[b, j]
            for s in range(col_start[j], col_start[j + 1]):
                row = change[b, s]
                part = _ZERO
                for c in range(LANES):
                    part += wj[c] * row[c]
                total[col_projection[s]] += part
    return total


def to_blocks(patterns: NDArray[np.uint8], dtype: DTypeLike = np.uint8) -> NDArray[Any]:
    """Lay patterns ``(n_patterns, n_neurons)`` out in blocks; the last block is padded with silence."""
    n_patterns, n_neurons = patterns.shape
    n_blocks = -(-n_patterns // LANES)
    if n_patterns < n_blocks * LANES:
        padding = np.zeros((n_blocks * LANES - n_patterns, n_neurons), patterns.dtype)
        patterns = np.concatenate([patterns, padding])
    return copied(patterns.reshape(n_blocks, LANES, n_neurons).transpose(0, 2, 1), dtype)


def from_blocks(blocks: NDArray[np.generic], n_patterns: int) -> NDArray[np.generic]:
    """Undo :func:`to_blocks`: ``(n_blocks, n_rows, LANES)`` to ``(n_patterns, n_rows)``."""
    n_blocks, n_rows, _ = blocks.shape
    return blocks.transpose(0, 2, 1).reshape(n_blocks * LANES, n_rows)[:n_patterns]
