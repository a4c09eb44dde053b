"""Fused GPU kernels of batches of random-projection (RP) models: sampling, annealing, moments, energies.

Patterns are bit-packed: int32 ``words`` (M, W, n_patterns), W = ceil(n / 32), bit j % 32 of word j // 32 being x_j.
A thread holds the whole state of a chain (up to 64 neurons: in registers; more: in its own words in memory), and
computes the input of a projection from the bits whenever a neuron that feeds it is visited. At the paper's in-degree
of 5 that is as much work as to read the input from memory and write it back, no input has to be stored, and rounding
never accumulates. All indices, weights and factors are the same for the threads of a program, so branches and lists
of any length cost nothing.

Projections enter in the scaled form of :mod:`homeostat.rp.kernels`. ``row_start`` (M K + 1), ``row_neuron``,
``row_weight`` list the inputs of each projection of all models, one model after the other; ``col_start`` (M n + 1),
``col_projection``, ``col_weight`` the projections that each neuron feeds. Random numbers are counter-based (Philox:
key: the model's seed; counter: chain, neuron, sweep), so that a model's stream does not depend on its company.
"""

import triton
import triton.language as tl


@triton.jit
def _state(first, second, words, stride, j, valid, WORDS: tl.constexpr):
    """Return x_j of each pattern, int32 0 or 1."""
    if WORDS == 1:
        word = first
    elif WORDS == 2:
        word = tl.where(j < 32, first, second)
    else:
        word = tl.load(words + (j >> 5) * stride, mask=valid, other=0)
    return (word >> (j & 31)) & 1


@triton.jit
def _load(words, stride, valid, WORDS: tl.constexpr):
    """Return the first two words of each pattern."""
    first = tl.load(words, mask=valid, other=0)
    second = first
    if WORDS == 2:
        second = tl.load(words + stride, mask=valid, other=0)
    return first, second


@triton.jit
def _input(first, second, words, stride, valid, k, row_start, row_neuron, row_weight, offset, WORDS: tl.constexpr):
    """Return v_k = sum_j weight_kj x_j - offset_k of each pattern."""
    v = tl.zeros(first.shape, tl.float32) - tl.load(offset + k)
    for s in range(tl.load(row_start + k), tl.load(row_start + k + 1)):
        x = _state(first, second, words, stride, tl.load(row_neuron + s), valid, WORDS)
        v += tl.load(row_weight + s) * x.to(tl.float32)
    return v


@triton.jit
def _activate(v, STEP: tl.constexpr):
    """Return t = sign(v) or tanh(v) (absolute error < 3e-7)."""
    if STEP:
        t = tl.where(v > 0.0, 1.0, -1.0)
    else:
        t = 1.0 - 2.0 / (1.0 + tl.exp(2.0 * v))
    return t


@triton.jit
def _sweep(
    first, second, words, stride, chain, valid, seed, turn, tau, n_neurons,
    row_start, row_neuron, row_weight, offset, col_start, col_projection, col_weight, lam, bias, base,
    METROPOLIS: tl.constexpr, STEP: tl.constexpr, WORDS: tl.constexpr,
):  # fmt: skip
    """Visit every neuron once, in order, of the model with factors tau lam and biases base + tau (bias - base)."""
    for j in range(n_neurons):
        start = tl.load(base + j)
        x = _state(first, second, words, stride, j, valid, WORDS)
        sign = (1 - 2 * x).to(tl.float32)
        delta = (start + tau * (tl.load(bias + j) - start)) * sign
        for s in range(tl.load(col_start + j), tl.load(col_start + j + 1)):
            k = tl.load(col_projection + s)
            old = _input(
                first, second, words, stride, valid, k, row_start, row_neuron, row_weight, offset, WORDS
            )  # fmt: skip
            new = old + tl.load(col_weight + s) * sign
            delta += 0.5 * tau * tl.load(lam + k) * (_activate(new, STEP) - _activate(old, STEP))
        draw, _, _, _ = tl.philox(seed, chain, chain * 0 + j, chain * 0 + turn, chain * 0)
        u = tl.uint_to_uniform_float(draw)
        if METROPOLIS:
            flip = u < tl.exp(-delta)
        else:
            flip = u < 1.0 / (1.0 + tl.exp(delta))
        change = flip.to(tl.int32) << (j & 31)
        if WORDS == 1:
            first = first ^ change
        elif WORDS == 2:
            first = first ^ tl.where(j < 32, change, 0)
            second = second ^ tl.where(j < 32, 0, change)
        else:
            at = words + (j >> 5) * stride
            tl.store(at, tl.load(at, mask=valid, other=0) ^ change, mask=valid)
    return first, second


@triton.jit
def _store(first, second, words, stride, valid, WORDS: tl.constexpr):
    """Write the words back (more than two are in memory all the time)."""
    if WORDS <= 2:
        tl.store(words, first, mask=valid)
    if WORDS == 2:
        tl.store(words + stride, second, mask=valid)


@triton.jit(do_not_specialize=["n_chains", "turn", "n_sweeps", "n_projections", "n_neurons"])
def sweep(
    words, n_chains, seeds, turn, n_sweeps, n_projections, n_neurons,
    row_start, row_neuron, row_weight, offset, col_start, col_projection, col_weight, lam, bias,
    METROPOLIS: tl.constexpr, STEP: tl.constexpr, WORDS: tl.constexpr, TILE: tl.constexpr,
):  # fmt: skip
    """Advance every chain by ``n_sweeps`` sweeps, the first with number ``turn``. Grid: (chains / TILE, M)."""
    model = tl.program_id(1)
    chain = tl.program_id(0) * TILE + tl.arange(0, TILE)
    valid = chain < n_chains
    words += model.to(tl.int64) * WORDS * n_chains + chain
    first, second = _load(words, n_chains, valid, WORDS)
    seed = tl.load(seeds + model)
    for number in range(n_sweeps):
        first, second = _sweep(
            first, second, words, n_chains, chain, valid, seed, turn + number, 1.0, n_neurons,
            row_start + model * n_projections, row_neuron, row_weight, offset + model * n_projections,
            col_start + model * n_neurons, col_projection, col_weight,
            lam + model * n_projections, bias + model * n_neurons, bias + model * n_neurons,
            METROPOLIS, STEP, WORDS,
        )  # fmt: skip
    _store(first, second, words, n_chains, valid, WORDS)


@triton.jit(do_not_specialize=["n_chains", "turn", "n_temperatures", "n_projections", "n_neurons"])
def anneal(
    words, n_chains, seeds, turn, temperatures, n_temperatures, log_weight, n_projections, n_neurons,
    row_start, row_neuron, row_weight, offset, col_start, col_projection, col_weight, lam, bias, base,
    STEP: tl.constexpr, WORDS: tl.constexpr, TILE: tl.constexpr,
):  # fmt: skip
    """Annealed importance sampling from the independent model exp(-base . x), one heat-bath sweep per temperature.

    ``log_weight`` float64 (M, n_chains) receives log w = -sum_s (tau_s - tau_{s-1}) (E(x) - base . x).
    Grid: (chains / TILE, M).
    """
    model = tl.program_id(1)
    chain = tl.program_id(0) * TILE + tl.arange(0, TILE)
    valid = chain < n_chains
    words += model.to(tl.int64) * WORDS * n_chains + chain
    first, second = _load(words, n_chains, valid, WORDS)
    seed = tl.load(seeds + model)
    row_start += model * n_projections
    offset += model * n_projections
    lam += model * n_projections
    col_start += model * n_neurons
    bias += model * n_neurons
    base += model * n_neurons
    total = tl.zeros(chain.shape, tl.float64)
    before = tl.load(temperatures)
    for number in range(1, n_temperatures):
        after = tl.load(temperatures + number)
        gap = tl.zeros(chain.shape, tl.float32)
        for k in range(n_projections):
            v = _input(
                first, second, words, n_chains, valid, k, row_start, row_neuron, row_weight, offset, WORDS
            )  # fmt: skip
            gap += 0.5 * tl.load(lam + k) * (1.0 + _activate(v, STEP))
        for j in range(n_neurons):
            x = _state(first, second, words, n_chains, j, valid, WORDS)
            gap += (tl.load(bias + j) - tl.load(base + j)) * x.to(tl.float32)
        total -= (after - before) * gap.to(tl.float64)
        before = after
        first, second = _sweep(
            first, second, words, n_chains, chain, valid, seed, turn + number - 1, after.to(tl.float32), n_neurons,
            row_start, row_neuron, row_weight, offset, col_start, col_projection, col_weight, lam, bias, base,
            False, STEP, WORDS,
        )  # fmt: skip
    tl.store(log_weight + model.to(tl.int64) * n_chains + chain, total, mask=valid)
    _store(first, second, words, n_chains, valid, WORDS)


@triton.jit(do_not_specialize=["stride", "begin", "count", "width", "n_models", "n_projections"])
def moments(
    words, stride, begin, count, partial, width, n_models, n_projections,
    row_start, row_neuron, row_weight, offset,
    SLOPES: tl.constexpr, STEP: tl.constexpr, WORDS: tl.constexpr, TILE: tl.constexpr, ROWS: tl.constexpr,
):  # fmt: skip
    """Sum t, 1 - t^2 and (1 - t^2) x_j (the last two with ``SLOPES``) over each tile of patterns.

    Row ``tile`` of ``partial``, float32 (tiles, width), receives [sum t (M K), sum 1 - t^2 (M K), synapses].
    Grid: (tiles, M, K / ROWS).
    """
    tile = tl.program_id(0)
    model = tl.program_id(1)
    pattern = tile * TILE + tl.arange(0, TILE)
    valid = pattern < count
    words += model.to(tl.int64) * WORDS * stride + begin + pattern
    first, second = _load(words, stride, valid, WORDS)
    row_start += model * n_projections
    offset += model * n_projections
    partial += tile.to(tl.int64) * width
    last = tl.minimum((tl.program_id(2) + 1) * ROWS, n_projections)
    for k in range(tl.program_id(2) * ROWS, last):
        v = _input(
            first, second, words, stride, valid, k, row_start, row_neuron, row_weight, offset, WORDS
        )  # fmt: skip
        t = _activate(v, STEP)
        tl.store(partial + model * n_projections + k, tl.sum(tl.where(valid, t, 0.0)))
        if SLOPES:
            steepness = tl.where(valid, 1.0 - t * t, 0.0)
            tl.store(partial + (n_models + model) * n_projections + k, tl.sum(steepness))
            for s in range(tl.load(row_start + k), tl.load(row_start + k + 1)):
                x = _state(first, second, words, stride, tl.load(row_neuron + s), valid, WORDS)
                tl.store(partial + 2 * n_models * n_projections + s, tl.sum(x.to(tl.float32) * steepness))


@triton.jit(do_not_specialize=["n_tiles", "width"])
def add_tiles(partial, n_tiles, width, total, BLOCK: tl.constexpr):
    """Add the rows of ``partial`` in float64 and in order, whatever the width: same numbers alone and beside others."""
    column = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    valid = column < width
    partial += column
    found = tl.zeros(column.shape, tl.float64)
    for _ in range(n_tiles):
        found += tl.load(partial, mask=valid, other=0.0).to(tl.float64)
        partial += width
    tl.store(total + column, found, mask=valid)


@triton.jit(do_not_specialize=["n_patterns", "n_projections", "n_neurons"])
def energies(
    words, n_patterns, energy, n_projections, n_neurons, row_start, row_neuron, row_weight, offset, lam, bias,
    STEP: tl.constexpr, WORDS: tl.constexpr, TILE: tl.constexpr,
):  # fmt: skip
    """Write the energies, float64 (M, n_patterns), of the patterns. Grid: (patterns / TILE, M)."""
    model = tl.program_id(1)
    pattern = tl.program_id(0) * TILE + tl.arange(0, TILE)
    valid = pattern < n_patterns
    words += model.to(tl.int64) * WORDS * n_patterns + pattern
    first, second = _load(words, n_patterns, valid, WORDS)
    row_start += model * n_projections
    offset += model * n_projections
    lam += model * n_projections
    bias += model * n_neurons
    found = tl.zeros(pattern.shape, tl.float64)
    for k in range(n_projections):
        v = _input(
            first, second, words, n_patterns, valid, k, row_start, row_neuron, row_weight, offset, WORDS
        )  # fmt: skip
        found += (0.5 * tl.load(lam + k) * (1.0 + _activate(v, STEP))).to(tl.float64)
    for j in range(n_neurons):
        x = _state(first, second, words, n_patterns, j, valid, WORDS)
        found += (tl.load(bias + j) * x.to(tl.float32)).to(tl.float64)
    tl.store(energy + model.to(tl.int64) * n_patterns + pattern, found, mask=valid)
