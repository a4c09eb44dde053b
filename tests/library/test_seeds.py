"""Random streams: named by labels and seed, the same at every call, and different for different names."""

from itertools import combinations, product

import numpy as np

from homeostat.seeds import child, seed_sequence, stream


def state(seed: np.random.SeedSequence) -> tuple[int, ...]:
    return tuple(seed.generate_state(4).tolist())


def test_children_are_those_of_numpys_spawn_at_every_depth() -> None:
    for index, expected in enumerate(np.random.SeedSequence(5).spawn(3)):
        found = child(np.random.SeedSequence(5), index)
        assert state(found) == state(expected) == state(child(np.random.SeedSequence(5), index))
        for inner, deeper in enumerate(expected.spawn(2)):
            assert state(child(found, inner)) == state(deeper)


def test_no_two_names_share_a_stream() -> None:
    labels = [(), ("a",), ("a", "bc"), ("ab", "c"), ("abc",), ("bc", "a"), ("a", "b", "c")]
    seeds = [seed_sequence(seed, *names) for seed, names in product((0, 1), labels)]
    seeds += [child(seed, index) for seed, index in product(seeds, (0, 1))]
    for one, other in combinations(map(state, seeds), 2):
        assert one != other
    assert stream(3, "x").random() == stream(3, "x").random() != stream(4, "x").random()


def test_streams_of_published_numbers_stay_as_they_are() -> None:
    """Another way to name streams would change every number that was ever made."""
    assert state(seed_sequence(7, "mayzel2024", "split"))[:2] == (2309206112, 4020658928)
    assert state(child(seed_sequence(7, "mayzel2024", "split"), 2))[:2] == (3479832708, 3758454117)
