"""Large data: patterns packed to bits, read from memory maps, and outputs that are never held at once."""

from pathlib import Path

import numpy as np
import pytest

from homeostat import memory
from homeostat.errors import DataError
from homeostat.rp import RP, ReshapedRP, packed
from homeostat.rp.factory import make_engine
from homeostat.rp.kernels import to_blocks
from homeostat.rp.measures import correlation_in_pieces, mean_correlation
from homeostat.rp.packed import PackedBlocks
from homeostat.rp.projections import random_models

PATTERNS = (np.random.default_rng(0).random((1000, 7)) < 0.3).astype(np.uint8)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every data set is large, and pieces hold 128 patterns of seven neurons or fewer."""
    monkeypatch.setattr(packed, "LARGE", 100)
    monkeypatch.setattr(packed, "_PIECE", 7 * 128)


def test_packed_blocks_hold_the_patterns_in_an_eighth_of_their_bytes(small_pieces: None) -> None:
    order = np.random.default_rng(1).permutation(len(PATTERNS))
    blocks = PackedBlocks(PATTERNS, order)
    assert np.array_equal(np.concatenate(list(blocks.unpacked())), to_blocks(PATTERNS[order]))
    assert blocks.nbytes == to_blocks(PATTERNS).nbytes // 8
    assert np.array_equal(np.concatenate(list(blocks[3:9].unpacked())), to_blocks(PATTERNS[order])[3:9])


def test_moments_of_packed_patterns_are_those_of_the_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    models = random_models(7, 20, [np.random.default_rng(0)], in_degree=3.0, slope=3.0, threshold=1.0, lam=1.0)
    engine = make_engine(models)
    whole = engine.data_moments(engine.upload([PATTERNS]), slopes=True)
    monkeypatch.setattr(packed, "LARGE", 100)
    monkeypatch.setattr(packed, "_PIECE", 7 * 128)
    for mine, other in zip(engine.data_moments(engine.upload([PATTERNS]), slopes=True), whole, strict=True):
        assert np.allclose(mine, other, rtol=1e-6)


def test_fit_to_a_memory_map_is_the_fit_to_the_array(tmp_path: Path, small_pieces: None) -> None:
    np.save(tmp_path / "a.npy", PATTERNS.astype(bool))
    settings = {"steps": 5, "chains": 64, "batch": 256}
    mapped = ReshapedRP(20, 3.0, **settings).fit(np.load(tmp_path / "a.npy", mmap_mode="r"))
    assert np.array_equal(mapped.projections_, ReshapedRP(20, 3.0, **settings).fit(PATTERNS).projections_)


def test_scores_and_measures_in_pieces_are_those_of_all_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    model = RP(20, 3.0, steps=10, chains=64).fit(PATTERNS)
    outputs, scores = model.project(PATTERNS), model.score_samples(PATTERNS)
    monkeypatch.setattr(packed, "_PIECE", 7 * 128)
    assert np.array_equal(model.project(PATTERNS), outputs)
    assert np.array_equal(model.score_samples(PATTERNS), scores)
    assert np.allclose(model.projection_rates(PATTERNS), outputs.mean(axis=0, dtype=float), atol=1e-12)
    assert model.projection_correlation(PATTERNS) == pytest.approx(mean_correlation(outputs), abs=1e-6)


def test_correlation_leaves_constant_outputs_out() -> None:
    outputs = np.random.default_rng(3).random((50, 4))
    outputs[:, 2] = 0.5
    found = correlation_in_pieces(lambda: np.split(outputs, [20, 30]))
    assert found == pytest.approx(mean_correlation(outputs), abs=1e-12)
    assert np.isnan(correlation_in_pieces(lambda: [outputs[:, 1:3]]))


def test_outputs_that_do_not_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = RP(20, 3.0, steps=5, chains=64).fit(PATTERNS)
    monkeypatch.setattr(memory, "available", lambda: 50_000)
    with pytest.raises(DataError, match="outputs of all projections: does not fit in memory"):
        model.project(PATTERNS)
    assert model.projection_rates(PATTERNS).shape == (20,)
