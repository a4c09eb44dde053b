"""Random streams that depend on what they are for, and on nothing else.

A stream is named by labels (study, purpose, condition) and a seed. Block sizes, job order and the number
of models fitted together never enter, so they cannot change a number.
"""

import hashlib
import numbers

import numpy as np

from homeostat.errors import DataError


def check_seed(seed: int) -> None:
    """Refuse what cannot be a seed; also None, because a result whose stream cannot be drawn again cannot be explained.

    Raises
    ------
    DataError
        ``seed`` is not an integer, or is negative.
    """
    if not isinstance(seed, numbers.Integral) or int(seed) < 0:
        raise DataError(f"seed must be an integer from 0 on, got {seed!r}")


def seed_sequence(seed: int, *labels: str) -> np.random.SeedSequence:
    """Return the seed sequence of the stream named by ``labels`` for one ``seed``, an integer from 0 on."""
    check_seed(seed)
    digest = hashlib.sha256("\x1f".join(labels).encode()).digest()
    words = np.frombuffer(digest, dtype="<u4")
    return np.random.SeedSequence([seed, *(int(word) for word in words)])


def stream(seed: int, *labels: str) -> np.random.Generator:
    """Return a generator for the stream named by ``labels`` for one ``seed``."""
    return np.random.default_rng(seed_sequence(seed, *labels))


def torch_seed(seed: np.random.SeedSequence) -> int:
    """Return the number, from 0 to 2^63 - 1, that torch's generators are seeded with for a seed sequence."""
    return int(seed.generate_state(1, np.uint64)[0] >> np.uint64(1))


def child(seed: np.random.SeedSequence, index: int) -> np.random.SeedSequence:
    """Return the ``index``-th child of ``seed`` (unlike ``spawn``, the same one at every call)."""
    return np.random.SeedSequence(entropy=seed.entropy, spawn_key=(*seed.spawn_key, index))
