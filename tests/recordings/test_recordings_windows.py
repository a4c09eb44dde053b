"""Words of several bins: each is what the recording holds, and none crosses a border; bins of a recording by number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeostat.errors import DataError
from homeostat.recordings import Recording, Words, time_blocks, words


def numbered(n_bins: int, repeats: int | None = None, borders: tuple[int, ...] = ()) -> Recording:
    """A recording in which each bin's word is its number."""
    spikes = (np.arange(n_bins)[:, None] >> np.arange(10) & 1).astype(np.uint8)
    return Recording(spikes, 20.0, list("abcdefghij"), "numbered", repeats, (), borders)


def numbers(spikes: np.ndarray) -> np.ndarray:
    return spikes.reshape(len(spikes), -1, 10) @ (1 << np.arange(10))


@given(
    n_bins=st.integers(1, 900),
    window=st.integers(1, 6),
    step=st.integers(1, 8) | st.none(),
    cuts=st.lists(st.integers(1, 899), max_size=5, unique=True),
)
def test_words_are_successive_bins_between_borders(n_bins, window, step, cuts):
    borders = tuple(sorted(cut for cut in cuts if cut < n_bins))
    stretches = np.diff([0, *borders, n_bins])
    if stretches.max() < window:
        with pytest.raises(DataError, match=f"no stretch of the recording has the {window} bins"):
            words(numbered(n_bins, borders=borders), window, step=step)
        return
    found = words(numbered(n_bins, borders=borders), window, step=step)
    bins = numbers(found.spikes)
    assert (np.diff(bins, axis=1) == 1).all()
    for border in borders:
        assert not ((bins[:, 0] < border) & (bins[:, -1] >= border)).any()
    between = step or window
    assert len(bins) == sum(max(0, (length - window) // between + 1) for length in stretches)
    # Borders of the words stand exactly where a border of the recording lies between two of them.
    crossed = [any(a < border <= b for border in borders) for a, b in zip(bins[:-1, 0], bins[1:, 0], strict=True)]
    assert found.borders == tuple(np.flatnonzero(crossed) + 1)


def test_no_word_crosses_the_end_of_a_repeat():
    found = words(numbered(35, repeats=5), 3)
    assert numbers(found.spikes)[:, 0].tolist() == [0, 3, 7, 10, 14, 17, 21, 24, 28, 31]
    assert found.repeats == 5
    assert words(numbered(36, repeats=2, borders=(4,)), 3).repeats is None


def test_neurons_are_named_by_their_bin():
    found = words(numbered(10), 2)
    assert found.units[:2] == ["a+0", "b+0"] and found.units[-1] == "j+1"
    assert found.bin_ms == 20.0
    assert Words(2).transform(numbered(10)).content_hash == found.content_hash
    assert Words(2).transform(numbered(10).spikes).content_hash == found.content_hash


@pytest.mark.parametrize("arguments", [{"window": 0}, {"window": 2.0}, {"window": True}, {"window": 2, "step": 0}])
def test_a_window_that_is_none_is_a_sentence(arguments):
    with pytest.raises(DataError, match="expected a whole number of 1 or more bins"):
        words(numbered(10), **arguments)


def test_bins_of_a_recording():
    recording = numbered(20, borders=(5, 12))
    part = recording[3:15]
    assert numbers(part.spikes)[:, 0].tolist() == list(range(3, 15)) and part.borders == (2, 9)
    part = recording[np.array([3, 4, 6, 7, 12, 13])]
    assert part.borders == (2, 4) and part.units == recording.units
    assert recording[np.arange(20) != 8].borders == (5, 8, 11)
    assert recording[[5, 4], ...].borders == (1,)
    assert numbered(20, repeats=4)[:10].repeats is None
    assert len(recording) == 20 and recording.shape == (20, 10)
    assert np.array_equal(np.asarray(recording), recording.spikes)
    assert np.array(recording, dtype=float).flags.writeable
    for wrong in (3, "a", (slice(2), 1), np.zeros(7, bool)):
        with pytest.raises(DataError, match="numbered: bins"):
            recording[wrong]


def test_blocks_of_time():
    assert time_blocks(10, block_bins=4, borders=[3, 9]).tolist() == [0, 0, 0, 1, 1, 1, 1, 2, 2, 3]
    assert time_blocks(6, repeats=3).tolist() == [0, 0, 1, 1, 2, 2]
    with pytest.raises(DataError, match="block_bins is 0"):
        time_blocks(10, block_bins=0)
    with pytest.raises(DataError, match="not a whole number of 3 equal repeats"):
        time_blocks(10, repeats=3)


def test_words_are_made_of_recordings_of_0_and_1() -> None:
    with pytest.raises(DataError, match="words are made of a Recording, got ndarray"):
        words(np.eye(4), 2)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"row 1, neuron 0 holds 0\.5"):
        Words(2).transform(np.array([[1, 0], [0.5, 0], [0, 1]]))
