"""Damage to files for fuzz tests, and how many cases to try."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pipeline import trials


def cases(count: int) -> settings:
    """Return settings with so many cases for each test, ten or fifty times as many where long tests are asked for."""
    return settings(
        max_examples=count * trials(1, 10, 50),
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def damage(data: st.DataObject, whole: bytes) -> bytes:
    """Return a file with up to eight bytes changed, and often cut short."""
    damaged = bytearray(whole)
    # Where it hurts: half of the changes go to the first 600 bytes, where the headers are.
    anywhere = st.integers(0, len(damaged) - 1) | st.integers(0, min(600, len(damaged) - 1))
    for position, value in data.draw(st.lists(st.tuples(anywhere, st.integers(0, 255)), max_size=8)):
        damaged[position] = value
    return bytes(damaged[: data.draw(st.just(len(damaged)) | anywhere)])
