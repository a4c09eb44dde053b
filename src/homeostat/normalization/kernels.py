"""Compiled CPU kernels of LeNet5: batches, 5 x 5 convolutions and their gradients, pooling, Adam.

Images lie in *blocks* of ``LANES`` images, and in a block the image is the last axis: an array of maps has the shape
``(n_blocks, channels, height, width * LANES)``. A row of a map is then one contiguous run in which a shift by one
pixel is a shift by ``LANES``, so that the inner loops of the convolutions are long, need no padding to the width of
the vector unit, and keep the five weights of a kernel's row in registers. A last block that is not full has zeros in
its spare lanes; ``valid`` lanes of it count.

The number of output channels is even: two are computed at a time.
"""

import numba
import numpy as np

from homeostat.compiled import OPTIONS

LANES = 32

_ZERO = np.float32(0.0)


@numba.njit(**OPTIONS)
def load_batch(images, chosen, x):
    """Scale images[chosen] to [-1, 1], into blocks: uint8 (N, C, H, W), (B,) -> (n_blocks, C, H, W * LANES)."""
    n_blocks, channels, height, row = x.shape
    width = row // LANES
    scale = np.float32(2.0 / 255.0)
    for k in range(n_blocks):
        valid = min(LANES, chosen.size - k * LANES)
        for c in range(channels):
            for i in range(height):
                target = x[k, c, i]
                for lane in range(valid):
                    source = images[chosen[k * LANES + lane], c, i]
                    for j in range(width):
                        target[j * LANES + lane] = source[j] * scale - np.float32(1.0)
                for lane in range(valid, LANES):
                    for j in range(width):
                        target[j * LANES + lane] = _ZERO


@numba.njit(**OPTIONS)
def convolve(x, w, bias, z):
    """z = w * x + bias: (n, C, H, W L), (O, C, 5, 5), (O,) -> (n, O, H - 4, (W - 4) L)."""
    n_blocks, n_out, height, row = z.shape
    for k in range(n_blocks):
        for i in range(height):
            for o in range(0, n_out, 2):
                za, zb = z[k, o, i], z[k, o + 1, i]
                za[:] = bias[o]
                zb[:] = bias[o + 1]
                for c in range(x.shape[1]):
                    for r in range(5):
                        s, wa, wb = x[k, c, i + r], w[o, c, r], w[o + 1, c, r]
                        a0, a1, a2, a3, a4 = wa[0], wa[1], wa[2], wa[3], wa[4]
                        b0, b1, b2, b3, b4 = wb[0], wb[1], wb[2], wb[3], wb[4]
                        for t in range(row):
                            s0, s1, s2 = s[t], s[t + LANES], s[t + 2 * LANES]
                            s3, s4 = s[t + 3 * LANES], s[t + 4 * LANES]
                            za[t] += a0 * s0 + a1 * s1 + a2 * s2 + a3 * s3 + a4 * s4
                            zb[t] += b0 * s0 + b1 * s1 + b2 * s2 + b3 * s3 + b4 * s4


@numba.njit(**OPTIONS)
def weight_gradient(x, dz, margin, dw):
    """dw = dL/dw of :func:`convolve`; the rows of dz have ``margin`` numbers more on either side."""
    n_blocks, n_out, height, wide = dz.shape
    row = wide - 2 * margin
    dw[:] = _ZERO
    for k in range(n_blocks):
        for o in range(0, n_out, 2):
            for c in range(x.shape[1]):
                for r in range(5):
                    a0, a1, a2, a3, a4 = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
                    b0, b1, b2, b3, b4 = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
                    for i in range(height):
                        s = x[k, c, i + r]
                        # Cut out here: an index with a summand of unknown sign keeps the loop from being vectorized.
                        da, db = dz[k, o, i, margin : margin + row], dz[k, o + 1, i, margin : margin + row]
                        for t in range(row):
                            s0, s1, s2 = s[t], s[t + LANES], s[t + 2 * LANES]
                            s3, s4 = s[t + 3 * LANES], s[t + 4 * LANES]
                            g, h = da[t], db[t]
                            a0 += g * s0
                            a1 += g * s1
                            a2 += g * s2
                            a3 += g * s3
                            a4 += g * s4
                            b0 += h * s0
                            b1 += h * s1
                            b2 += h * s2
                            b3 += h * s3
                            b4 += h * s4
                    wa, wb = dw[o, c, r], dw[o + 1, c, r]
                    wa[0] += a0
                    wa[1] += a1
                    wa[2] += a2
                    wa[3] += a3
                    wa[4] += a4
                    wb[0] += b0
                    wb[1] += b1
                    wb[2] += b2
                    wb[3] += b3
                    wb[4] += b4


@numba.njit(**OPTIONS)
def input_gradient(dz, w, dx):
    """dx = dL/dx of :func:`convolve`; the rows of dz have four pixels of zeros more on either side."""
    n_blocks, n_in, height, row = dx.shape
    n_out, rows = dz.shape[1:3]
    for k in range(n_blocks):
        for c in range(0, n_in, 2):
            for i in range(height):
                xa, xb = dx[k, c, i], dx[k, c + 1, i]
                xa[:] = _ZERO
                xb[:] = _ZERO
                for o in range(n_out):
                    for r in range(max(0, i - rows + 1), min(5, i + 1)):
                        d, wa, wb = dz[k, o, i - r], w[o, c, r], w[o, c + 1, r]
                        a0, a1, a2, a3, a4 = wa[0], wa[1], wa[2], wa[3], wa[4]
                        b0, b1, b2, b3, b4 = wb[0], wb[1], wb[2], wb[3], wb[4]
                        for t in range(row):
                            d4, d3, d2 = d[t], d[t + LANES], d[t + 2 * LANES]
                            d1, d0 = d[t + 3 * LANES], d[t + 4 * LANES]
                            xa[t] += a0 * d0 + a1 * d1 + a2 * d2 + a3 * d3 + a4 * d4
                            xb[t] += b0 * d0 + b1 * d1 + b2 * d2 + b3 * d3 + b4 * d4


@numba.njit(**OPTIONS)
def channel_sums(z, n_images, power, mean, total):
    """Add to ``total`` (O,) the sum of each channel over images and space, or with ``power`` 1 of (z - mean)^2."""
    n_blocks, n_out, height, row = z.shape
    full = n_images // LANES
    spare = n_images - full * LANES
    for o in range(n_out):
        centre = mean[o] if power else _ZERO
        whole = total[o]
        for k in range(n_blocks):
            for i in range(height):
                s = z[k, o, i]
                part = _ZERO
                if k < full:
                    for t in range(row):
                        d = s[t] - centre
                        part += d * d if power else d
                else:
                    for j in range(row // LANES):
                        for lane in range(spare):
                            d = s[j * LANES + lane] - centre
                            part += d * d if power else d
                whole += part
        total[o] = whole


@numba.njit(**OPTIONS)
def pool(z, slope, offset, y, winner):
    """y = ReLU(max over 2 x 2 of slope z + offset), and which of the four it was (the first where several are equal).

    (n, O, H, W L), (O,), (O,) -> (n, O, H / 2, W / 2 L) twice.
    """
    n_blocks, n_out, height, row = y.shape
    for k in range(n_blocks):
        for o in range(n_out):
            a, b = slope[o], offset[o]
            for i in range(height):
                upper, lower = z[k, o, 2 * i], z[k, o, 2 * i + 1]
                out, which = y[k, o, i], winner[k, o, i]
                for j in range(row // LANES):
                    for lane in range(LANES):
                        t, s = j * LANES + lane, 2 * j * LANES + lane
                        best = a * upper[s] + b
                        index = np.int32(0)
                        value = a * upper[s + LANES] + b
                        if value > best:
                            best = value
                            index = np.int32(1)
                        value = a * lower[s] + b
                        if value > best:
                            best = value
                            index = np.int32(2)
                        value = a * lower[s + LANES] + b
                        if value > best:
                            best = value
                            index = np.int32(3)
                        out[t] = max(best, _ZERO)
                        which[t] = index


@numba.njit(**OPTIONS)
def pool_sums(dy, y, winner, z, n_images, total, weighted):
    """Set dy to dL/da, a = slope z + offset before ReLU; sum dL/da and (dL/da) z over images and space: two (O,)."""
    n_blocks, n_out, height, row = y.shape
    for o in range(n_out):
        sum_a, sum_b = 0.0, 0.0
        for k in range(n_blocks):
            valid = min(LANES, n_images - k * LANES)
            for i in range(height):
                upper, lower = z[k, o, 2 * i], z[k, o, 2 * i + 1]
                out, which, d = y[k, o, i], winner[k, o, i], dy[k, o, i]
                part_a, part_b = _ZERO, _ZERO
                for j in range(row // LANES):
                    for lane in range(LANES):
                        t, s = j * LANES + lane, 2 * j * LANES + lane
                        g = d[t] if out[t] > _ZERO else _ZERO
                        if lane >= valid:
                            g = _ZERO
                        d[t] = g
                        top = upper[s + LANES] if which[t] == 1 else upper[s]
                        bottom = lower[s + LANES] if which[t] == 3 else lower[s]
                        part_a += g
                        part_b += g * (bottom if which[t] >= 2 else top)
                sum_a += part_a
                sum_b += part_b
        total[o] = sum_a
        weighted[o] = sum_b


@numba.njit(**OPTIONS)
def unpool(da, winner, z, n_images, slope, constant, linear, margin, dz):
    """dz = slope (da where it won, else 0) + constant + linear z, per channel; rows of dz have ``margin`` numbers more.

    ``dz`` may be ``z`` itself.
    """
    n_blocks, n_out, height, row = da.shape
    # A row of its own: loops that may write what they read are not vectorised.
    out = np.empty(2 * row, np.float32)
    for k in range(n_blocks):
        valid = min(LANES, n_images - k * LANES)
        for o in range(n_out):
            a, b, c = slope[o], constant[o], linear[o]
            for i in range(height):
                d, which = da[k, o, i], winner[k, o, i]
                for half in range(2):
                    s = z[k, o, 2 * i + half]
                    for j in range(row // LANES):
                        for lane in range(LANES):
                            t, u = j * LANES + lane, 2 * j * LANES + lane
                            g = a * d[t]
                            left = g if which[t] == 2 * half else _ZERO
                            right = g if which[t] == 2 * half + 1 else _ZERO
                            left += b + c * s[u]
                            right += b + c * s[u + LANES]
                            out[u] = left if lane < valid else _ZERO
                            out[u + LANES] = right if lane < valid else _ZERO
                    dz[k, o, 2 * i + half, margin : margin + 2 * row] = out


@numba.njit(**OPTIONS)
def adam(values, gradient, first, second, step_size, root_correction, beta1, beta2, epsilon):
    """One step of Adam, in place; ``step_size`` is rate / (1 - beta1^t), ``root_correction`` sqrt(1 - beta2^t)."""
    for i in range(values.size):
        g = gradient[i]
        m = first[i] + (np.float32(1.0) - beta1) * (g - first[i])
        v = beta2 * second[i] + (np.float32(1.0) - beta2) * (g * g)
        first[i] = m
        second[i] = v
        values[i] -= step_size * m / (np.sqrt(v) / root_correction + epsilon)
