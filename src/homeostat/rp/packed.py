"""Patterns in blocks of 64 with one bit each, for data sets that are large as bytes."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from homeostat.compiled import empty
from homeostat.rp.kernels import LANES, to_blocks

# Data sets of more spikes and silences than this are packed.
LARGE = 1 << 28
# Blocks that are laid out or unpacked at a time hold so many of them.
_PIECE = 1 << 25


class PackedBlocks:
    """Patterns of n neurons, an eighth of their bytes; they may stay in a file until they are packed.

    Parameters
    ----------
    patterns : uint8 (n_patterns, n)
        An array, or a memory map of a file.
    order : int64 (n_patterns,), optional
        In which order they are packed.
    """

    def __init__(self, patterns: NDArray[np.uint8], order: NDArray[np.int64] | None = None) -> None:
        n_patterns, n_neurons = patterns.shape
        self._bits = empty((-(-n_patterns // LANES), n_neurons, LANES // 8), np.uint8)
        for part in pieces(n_patterns, n_neurons):
            some = patterns[part] if order is None else patterns[order[part]]
            self._bits[part.start // LANES : -(-part.stop // LANES)] = np.packbits(to_blocks(some), axis=2)

    def __len__(self) -> int:
        """Return the number of blocks."""
        return len(self._bits)

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return self._bits.nbytes

    def __getitem__(self, blocks: slice) -> "PackedBlocks":
        """Return some of the blocks."""
        some = object.__new__(PackedBlocks)
        some._bits = self._bits[blocks]
        return some

    def unpacked(self) -> Iterator[NDArray[np.uint8]]:
        """Yield all blocks, some at a time, as :func:`homeostat.rp.kernels.to_blocks` lays them out."""
        at_once = max(1, _PIECE // (self._bits.shape[1] * LANES))
        for first in range(0, len(self), at_once):
            yield np.unpackbits(self._bits[first : first + at_once], axis=2)


def pieces(n_patterns: int, width: int) -> Iterator[slice]:
    """Yield slices of whole blocks that cover the patterns, for work that takes ``width`` numbers for each.

    >>> [(part.start, part.stop) for part in pieces(300, _PIECE // 128)]
    [(0, 128), (128, 256), (256, 300)]
    """
    at_once = max(1, _PIECE // width // LANES) * LANES
    for first in range(0, n_patterns, at_once):
        yield slice(first, min(first + at_once, n_patterns))
