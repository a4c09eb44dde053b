"""Training and test samples that never overlap, and random groups of neurons."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from homeostat.errors import DataError

Seed = int | np.random.SeedSequence

_BLOCK_BINS = 500  # 10 s at 20 ms: far longer than the correlations in time that a block split is meant to cut


def split_samples(
    n_bins: int,
    n_train: int,
    n_test: int,
    *,
    kind: str = "random",
    seed: Seed,
    repeats: int | None = None,
    borders: Sequence[int] = (),
    block_bins: int = _BLOCK_BINS,
) -> tuple[np.ndarray, np.ndarray]:
    """Choose the bins to train on and the bins to test on.

    Parameters
    ----------
    n_bins
        Number of bins of the recording.
    n_train, n_test
        Number of bins wanted for each.
    kind
        ``"random"``: a random permutation of all bins, as in the paper. ``"blocks"``: stretches of
        ``block_bins`` in random order, so that neighbouring bins are not shared out between the two; with
        ``repeats``, whole stimulus repeats.
    seed
        Seed of the choice.
    repeats
        Number of equal, whole repeats that the recording consists of.
    borders
        Bins before which time was left out (:attr:`Recording.borders`). Blocks end there.
    block_bins
        Length of a block. Give the same time for bins of another width: 100 bins of 100 ms are 500 of 20 ms.

    Returns
    -------
    train, test
        int64 arrays of bin indices, (n_train,) and (n_test,), without a common element. In random order
        for ``"random"`` and in order of time for ``"blocks"``.

    Raises
    ------
    DataError
        Too few bins, sizes below 1, an unknown ``kind``, or repeats that do not divide ``n_bins``.
    """
    for label, size in (("n_train", n_train), ("n_test", n_test)):
        if size < 1:
            raise DataError(f"{label} is {size}, expected 1 or more samples")
    if n_train + n_test > n_bins:
        raise DataError(
            f"{n_train:,} training and {n_test:,} test samples need {n_train + n_test:,} bins, "
            f"but the recording has {n_bins:,}; ask for fewer, or use a longer recording"
        )
    generator = np.random.default_rng(seed)
    if kind == "random":
        order = generator.permutation(n_bins)
        return order[:n_train], order[n_train : n_train + n_test]
    if kind != "blocks":
        raise DataError(f"unknown split {kind!r}; allowed are 'random' and 'blocks'")
    if repeats is None:
        return _split_blocks(n_bins, n_train, n_test, _starts(n_bins, borders, block_bins), generator)
    return _split_repeats(n_bins, n_train, n_test, repeats, generator)


def choose_group(n_neurons: int, size: int, seed: Seed) -> np.ndarray:
    """Return the sorted indices, int64 (size,), of a random group of different neurons.

    Raises
    ------
    DataError
        The group is empty or larger than the population.
    """
    if not 1 <= size <= n_neurons:
        raise DataError(f"a group of {size} neurons cannot be chosen from {n_neurons}; allowed: 1 to {n_neurons}")
    return np.sort(np.random.default_rng(seed).choice(n_neurons, size=size, replace=False))


def time_blocks(
    n_bins: int, *, block_bins: int = _BLOCK_BINS, repeats: int | None = None, borders: Sequence[int] = ()
) -> np.ndarray:
    """Number the blocks of time that a recording falls into, for example as groups for cross-validation.

    Parameters
    ----------
    n_bins
        Number of bins of the recording.
    block_bins
        Bins of a block; the last one before a border is shorter.
    repeats
        Number of equal, whole repeats: each is then a block.
    borders
        Bins before which time was left out (:attr:`Recording.borders`). Blocks end there.

    Returns
    -------
    int64 (n_bins,)
        The number of each bin's block, from 0 in order of time.

    Raises
    ------
    DataError
        ``block_bins`` below 1, or repeats that do not divide ``n_bins``.

    Examples
    --------
    >>> time_blocks(8, block_bins=3, borders=[4]).tolist()
    [0, 0, 0, 1, 2, 2, 2, 3]
    """
    if repeats is not None:
        _check_repeats(n_bins, repeats)
        return np.repeat(np.arange(repeats), n_bins // repeats)
    return np.searchsorted(_starts(n_bins, borders, block_bins), np.arange(n_bins), side="right") - 1


def _starts(n_bins: int, borders: Sequence[int], block_bins: int) -> np.ndarray:
    """Return the first bin of each block."""
    if block_bins < 1:
        raise DataError(f"block_bins is {block_bins}, expected 1 or more bins")
    edges = [0, *borders, n_bins]
    return np.concatenate([np.arange(a, b, block_bins) for a, b in pairwise(edges)])


def _split_blocks(
    n_bins: int, n_train: int, n_test: int, starts: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Lay the blocks out in random order and take the test bins first: at most one block is cut in two."""
    ends = np.append(starts[1:], n_bins)
    blocks = generator.permutation(len(starts))
    order = np.concatenate([np.arange(starts[block], ends[block]) for block in blocks])
    return np.sort(order[n_test : n_test + n_train]), np.sort(order[:n_test])


def _check_repeats(n_bins: int, repeats: int) -> None:
    if repeats < 1 or n_bins % repeats:
        raise DataError(f"{n_bins:,} bins are not a whole number of {repeats} equal repeats")


def _split_repeats(
    n_bins: int, n_train: int, n_test: int, repeats: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Give whole repeats to either side; only the last repeat of a side is used in part."""
    _check_repeats(n_bins, repeats)
    length = n_bins // repeats
    for_test, for_train = -(-n_test // length), -(-n_train // length)
    if for_test + for_train > repeats:
        raise DataError(
            f"{n_train:,} training and {n_test:,} test samples need {for_train} + {for_test} whole repeats "
            f"of {length:,} bins, but the recording has {repeats}; ask for fewer samples"
        )
    order = np.arange(n_bins).reshape(repeats, length)[generator.permutation(repeats)]
    test, rest = order[:for_test].ravel(), order[for_test:].ravel()
    return np.sort(rest[:n_train]), np.sort(test[:n_test])
