"""Training and test bins never overlap, follow the seed, and respect blocks and repeats."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeostat.errors import DataError
from homeostat.recordings import choose_group, split_samples


@given(
    n_bins=st.integers(2, 3000),
    share=st.floats(0.01, 0.99),
    used=st.floats(0.1, 1.0),
    kind=st.sampled_from(["random", "blocks"]),
    seed=st.integers(0, 2**32),
)
def test_never_overlaps(n_bins: int, share: float, used: float, kind: str, seed: int) -> None:
    total = max(2, int(used * n_bins))
    n_test = min(max(1, int(share * total)), total - 1)
    train, test = split_samples(n_bins, total - n_test, n_test, kind=kind, seed=seed)
    assert (len(train), len(test)) == (total - n_test, n_test)
    both = np.concatenate([train, test])
    assert len(np.unique(both)) == total and both.min() >= 0 and both.max() < n_bins


def test_random_split_is_the_reference_permutation() -> None:
    train, test = split_samples(40_000, 32_000, 8_000, seed=0)
    order = np.random.default_rng(0).permutation(40_000)
    np.testing.assert_array_equal(train, order[:32_000])
    np.testing.assert_array_equal(test, order[32_000:])


def test_seeds() -> None:
    sequence = np.random.SeedSequence([1, 2])
    first, again = (split_samples(500, 300, 100, seed=sequence)[0] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, split_samples(500, 300, 100, seed=3)[0])


def test_blocks_are_stretches_of_time() -> None:
    train, test = split_samples(213_950, 160_000, 40_000, kind="blocks", seed=5)
    assert (np.diff(train) > 0).all() and (np.diff(test) > 0).all()
    shared = np.intersect1d(train // 500, test // 500)
    assert len(shared) <= 1
    assert len(np.unique(test // 500)) <= 40_000 / 500 + 2


def test_blocks_end_where_time_was_left_out() -> None:
    borders = (40, 700, 1900, 2050)
    train, test = split_samples(6000, 4500, 1500, kind="blocks", seed=5, borders=borders)
    assert len(np.union1d(train, test)) == 6000
    runs = np.split(test, np.flatnonzero(np.diff(test) > 1) + 1)
    # No block reaches across a border, so that of each stretch whole blocks are dealt; one block alone is cut in two.
    edges = {0, *borders, 6000, *(a + 500 * k for a in (0, *borders) for k in range(13))}
    ends = [end for run in runs for end in (int(run[0]), int(run[-1]) + 1) if end not in edges]
    assert len(ends) <= 1
    plain = split_samples(6000, 4500, 1500, kind="blocks", seed=5)
    old = np.random.default_rng(5).permutation(np.arange(0, 6000, 500))
    np.testing.assert_array_equal(np.unique(plain[1] // 500 * 500), np.sort(old[:3]))


def test_blocks_of_another_length() -> None:
    test = split_samples(40_000, 30_000, 10_000, kind="blocks", seed=3, block_bins=100)[1]
    assert set(np.unique(test // 100, return_counts=True)[1]) == {100}


def test_whole_repeats() -> None:
    train, test = split_samples(297 * 953, 200_000, 50_000, kind="blocks", seed=1, repeats=297)
    assert (len(train), len(test)) == (200_000, 50_000)
    assert not np.intersect1d(train // 953, test // 953).size
    assert len(np.unique(test // 953)) == -(-50_000 // 953)
    other = split_samples(297 * 953, 200_000, 50_000, kind="blocks", seed=2, repeats=297)[1]
    assert not np.array_equal(np.unique(test // 953), np.unique(other // 953))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_train": 80, "n_test": 21}, "80 training and 21 test samples need 101 bins"),
        ({"n_train": 0, "n_test": 5}, "n_train is 0"),
        ({"n_train": 5, "n_test": 0}, "n_test is 0"),
        ({"n_train": 5, "n_test": 5, "kind": "blocks", "block_bins": 0}, "block_bins is 0"),
        ({"n_train": 5, "n_test": 5, "kind": "block"}, "allowed are 'random' and 'blocks'"),
        ({"n_train": 5, "n_test": 5, "kind": "blocks", "repeats": 3}, "3 equal repeats"),
        ({"n_train": 81, "n_test": 19, "kind": "blocks", "repeats": 10}, "9 \\+ 2 whole repeats"),
    ],
)
def test_impossible_splits(options: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        split_samples(100, seed=0, **options)


def test_groups() -> None:
    group = choose_group(50, 40, 7)
    assert len(set(group.tolist())) == 40 and (np.diff(group) > 0).all() and group.max() < 50
    np.testing.assert_array_equal(group, choose_group(50, 40, 7))
    np.testing.assert_array_equal(choose_group(5, 5, 0), np.arange(5))
    for size in (0, 51):
        with pytest.raises(DataError, match="allowed: 1 to 50"):
            choose_group(50, size, 0)
