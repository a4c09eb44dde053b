"""Compiled CPU kernels of one Ising model of spikes: Gibbs sampling, annealing, and averages of conditionals.

    E(x) = sum_i h_i x_i + sum_{i<j} J_ij x_i x_j + V_k,    k = sum_i x_i,    x_i in {0, 1}

Each pattern carries its local fields, l_i = h_i + sum_j J_ij x_j, so that a flip that is tried costs a comparison and a
flip that is accepted a row of J. The energy of a spike of neuron i, given the others, is ::

    e_i = l_i + V_{k'+1} - V_{k'},    k' = k - x_i,    p(x_i = 1 | the others) = 1 / (1 + exp(e_i))

Patterns are rows, uint8 (count, width). ``width`` is the number of neurons rounded up to :data:`WIDTH`; neurons that
pad a row have so large a field that they never spike.
"""

import math

import numba
import numpy as np

from homeostat.compiled import OPTIONS

# Chains of a block share a generator, whose lanes the compiler turns into vectors.
LANES = 64
# Rows are padded to a multiple of this many neurons: whole vectors.
WIDTH = 16
# Patterns whose sums are held in float32 before they go to float64.
_GROUP = 256

_ONE = np.float32(1.0)
_HALF = np.float32(0.5)
_ZERO = np.float32(0.0)
_LOG2_E = np.float32(1.4426950408889634)
_LOG_2 = np.float32(0.6931471805599453)
# exp(-87) is the least that float32 holds without loss.
_MOST = np.float32(87.0)


@numba.njit(**OPTIONS)
def _thresholds(state, ratio, out, metropolis):
    """out = log(u / (1 - u)) of uniform numbers u, or log u (Metropolis), 64 at a time from xoshiro128+ in lanes.

    The logarithm is that of Cephes (logf): relative error below 1e-7 in the mantissa's part.
    """
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    bits = ratio.view(np.int32)
    for first in range(0, out.size, LANES):
        for c in range(LANES):
            a0, a1, a2, a3 = s0[c], s1[c], s2[c], s3[c]
            # Numba widens uint32 arithmetic to 64 bits; the casts keep it modulo 2^32.
            draw = np.int32(np.uint32(a0 + a3) >> np.uint32(1))
            shifted = np.uint32(a1 << np.uint32(9))
            a2 = np.uint32(a2 ^ a0)
            a3 = np.uint32(a3 ^ a1)
            a1 = np.uint32(a1 ^ a2)
            a0 = np.uint32(a0 ^ a3)
            s0[c] = a0
            s1[c] = a1
            s2[c] = np.uint32(a2 ^ shifted)
            s3[c] = np.uint32(np.uint32(a3 << np.uint32(11)) | np.uint32(a3 >> np.uint32(21)))
            # u = (draw + 1/2) / 2^31: both ends are kept to full precision.
            above = np.float32(draw) + _HALF
            below = np.float32(2147483648.0) if metropolis else np.float32(np.int32(2147483647) - draw) + _HALF
            ratio[c] = above / below
        part = out[first : first + LANES]
        for c in range(LANES):
            # x = m 2^e with m in [sqrt(1/2), sqrt(2))
            exponent = (bits[c] - np.int32(0x3F3504F3)) >> np.int32(23)
            part[c] = np.float32(exponent) * _LOG_2
            bits[c] = np.int32(bits[c] - np.int32(exponent << np.int32(23)))
        for c in range(LANES):
            m = ratio[c] - _ONE
            square = m * m
            p = np.float32(7.0376836292e-2) * m - np.float32(1.1514610310e-1)
            p = p * m + np.float32(1.1676998740e-1)
            p = p * m - np.float32(1.2420140846e-1)
            p = p * m + np.float32(1.4249322787e-1)
            p = p * m - np.float32(1.6668057665e-1)
            p = p * m + np.float32(2.0000714765e-1)
            p = p * m - np.float32(2.4999993993e-1)
            p = p * m + np.float32(3.3333331174e-1)
            part[c] += m + (p * m - _HALF) * square


@numba.njit(**OPTIONS)
def _local_fields(x, field, coupling, local):
    """Set local = h + J x; return the number of active neurons."""
    for j in range(local.size):
        local[j] = field[j]
    count = 0
    words = x.view(np.uint64)
    for w in range(words.size):
        if words[w] != 0:
            for i in range(8 * w, 8 * w + 8):
                if x[i]:
                    count += 1
                    row = coupling[i]
                    for j in range(local.size):
                        local[j] += row[j]
    return count


@numba.njit(**OPTIONS)
def sweep(x, random, field, coupling, potential, base, temperatures, metropolis, log_weight):
    """Advance each chain by one sweep for each of the temperatures 1, 2, ... (0 is where it comes from).

    At temperature tau the energy is that of (1 - tau) times the independent model exp(-base . x) and tau times the
    Ising model.

    Parameters
    ----------
    x : uint8 (n_chains, width)
        Patterns, changed in place.
    random : uint32 (n_chains / 64, 4, 64)
        Generators, one for each block of 64 chains.
    field, coupling, potential, base : float32 (width,), (width, width), (width + 1,), (width,)
    temperatures : float64
    log_weight : float64 (n_chains,)
        Receives log w = -sum_s (tau_s - tau_{s-1}) (E(x) - base . x).
    """
    width = x.shape[1]
    local = np.empty(width, np.float32)
    threshold = np.empty(-(-width // LANES) * LANES, np.float32)
    ratio = np.empty(LANES, np.float32)
    step = np.empty(width, np.float32)
    for k in range(width):
        step[k] = potential[k + 1] - potential[k]
    for chain in range(x.shape[0]):
        xc = x[chain]
        k = _local_fields(xc, field, coupling, local)
        gap = np.float64(potential[k])
        for i in range(width):
            if xc[i]:
                gap += _HALF * (local[i] + field[i]) - base[i]
        for s in range(1, temperatures.size):
            tau = np.float32(temperatures[s])
            rest = _ONE - tau
            log_weight[chain] -= (temperatures[s] - temperatures[s - 1]) * gap
            _thresholds(random[chain // LANES], ratio, threshold, metropolis)
            for i in range(width):
                xi = np.int64(xc[i])
                energy = local[i] + step[k - xi]
                e = rest * base[i] + tau * energy
                if metropolis:
                    flip = threshold[i] < (e if xi else -e)
                else:
                    flip = (threshold[i] < -e) != (xi == 1)
                if flip:
                    row = coupling[i]
                    if xi:
                        xc[i] = 0
                        k -= 1
                        gap -= energy - base[i]
                        for j in range(width):
                            local[j] -= row[j]
                    else:
                        xc[i] = 1
                        k += 1
                        gap += energy - base[i]
                        for j in range(width):
                            local[j] += row[j]


@numba.njit(**OPTIONS)
def conditionals(x, weight, field, coupling, potential):
    """Averages over patterns of p_i = p(x_i = 1 | the others).

    Parameters
    ----------
    x : uint8 (count, width)
    weight : float32 (count,)
        How much each pattern counts.
    field, coupling, potential : float32 (width,), (width, width), (width + 1,)

    Returns
    -------
    value : float
        Sum of weight sum_i log p(x_i | the others), the pseudo-likelihood; padding neurons add nothing.
    single : float64 (width,)
        Sum of weight p_i.
    pair : float64 (width, width)
        Sum of weight x_i p_j.
    count, up, down : float64 (width + 1,)
        By the number of active neurons: sums of weight, of weight p_i over silent neurons, and of weight (1 - p_i) over
        active ones.
    energy : float64 (count,)
        E(x).
    """
    n_patterns, width = x.shape
    value = 0.0
    single, pair = np.zeros(width), np.zeros((width, width))
    count, up, down = np.zeros(width + 1), np.zeros(width + 1), np.zeros(width + 1)
    energy = np.zeros(n_patterns)
    some_single, some_pair = np.zeros(width, np.float32), np.zeros((width, width), np.float32)
    local, p, scale = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    active = np.empty(width, np.int64)
    bits = scale.view(np.int32)
    step = np.empty(width, np.float32)
    for k in range(width):
        step[k] = potential[k + 1] - potential[k]
    for t in range(n_patterns):
        xt, w = x[t], weight[t]
        for i in range(width):
            local[i] = field[i]
        k = 0
        words = xt.view(np.uint64)
        for word in range(words.size):
            if words[word] != 0:
                for i in range(8 * word, 8 * word + 8):
                    if xt[i]:
                        active[k] = i
                        k += 1
                        row = coupling[i]
                        for j in range(width):
                            local[j] += row[j]
        total = np.float64(potential[k])
        silent_step = step[k] if k < width else _ZERO
        active_step = step[k - 1] if k else _ZERO
        for a in range(k):
            total += _HALF * (local[active[a]] + field[active[a]])
            local[active[a]] += active_step - silent_step
        energy[t] = total
        # exp(-|e|) = 2^n 2^f, n an integer and 0 <= f < 1
        for i in range(width):
            local[i] += silent_step
            power = -min(abs(local[i]), _MOST) * _LOG2_E
            whole = np.int32(power - _ONE)
            f = power - np.float32(whole)
            bits[i] = np.int32((whole + np.int32(127)) << np.int32(23))
            q = np.float32(1.8775767e-3) * f + np.float32(8.9893397e-3)
            q = q * f + np.float32(5.5826318e-2)
            q = q * f + np.float32(2.4015361e-1)
            q = q * f + np.float32(6.9315308e-1)
            p[i] = q * f + np.float32(9.9999994e-1)
        log_observed = 0.0
        for first in range(0, width, LANES):
            # The product of up to 64 numbers between 1 and 2 does not overflow: one logarithm for all.
            product, wrong = _ONE, _ZERO
            for i in range(first, min(first + LANES, width)):
                decay = p[i] * scale[i]
                product *= _ONE + decay
                e = local[i]
                spikes = _ONE / (_ONE + decay)
                p[i] = decay * spikes if e > _ZERO else spikes
                wrong += max(e, _ZERO) if xt[i] else max(-e, _ZERO)
            log_observed -= math.log(product) + wrong
        value += w * log_observed
        total_p, active_p = _ZERO, _ZERO
        for i in range(width):
            total_p += p[i]
            p[i] *= w
            some_single[i] += p[i]
        for a in range(k):
            active_p += p[active[a]]
            row = some_pair[active[a]]
            for j in range(width):
                row[j] += p[j]
        count[k] += w
        up[k] += w * total_p - active_p
        down[k] += w * k - active_p
        if (t + 1) % _GROUP == 0 or t + 1 == n_patterns:
            for i in range(width):
                single[i] += some_single[i]
                some_single[i] = _ZERO
                for j in range(width):
                    pair[i, j] += some_pair[i, j]
                    some_pair[i, j] = _ZERO
    return value, single, pair, count, up, down, energy
