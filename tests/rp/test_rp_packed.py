"""Large data: patterns packed to bits, read from memory maps, and outputs that are never held at once."""

from pathlib import Path

import numpy as np
import pytest

from homeostat import memory
from homeostat.errors import DataError
from homeostat.rp import RP, ReshapedRP, needs, packed
from homeostat.rp.factory import make_engine
from homeostat.rp.kernels import to_blocks
from homeostat.rp.measures import correlation_in_pieces, mean_correlation
from homeostat.rp.packed import PackedBlocks
from homeostat.rp.projections import random_models
from homeostat.rp.registry import rule_of
from homeostat.rp.settings import Training

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


def test_fit_that_does_not_fit_is_refused_with_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "available", lambda: 400_000)
    with pytest.raises(DataError, match=r"RP: the fit needs about .* of memory and .* CPU s, and 390\.6 KiB of memory"):
        RP(20, 3.0, chains=4096).fit(PATTERNS)
    RP(20, 3.0, steps=2, chains=64).fit(PATTERNS)


@pytest.mark.parametrize(
    ("neurons", "rule", "training", "seconds", "gigabytes"),
    [
        # CPU seconds and peaks of docs/performance.md, less the .2 GB of Python and libraries.
        (1000, "reshaped", Training(steps=800, chains=2048, sweeps=1, learning_rate=0.05), 29.0, 0.45),
        (5000, "reshaped", Training(steps=400, chains=2048, sweeps=1, learning_rate=0.05), 98.0, 2.1),
        (1000, "rp", Training(steps=80, optimizer="natural", chains=2048, sweeps=2), 6.0, 0.36),
    ],
)
def test_what_a_fit_takes_is_told_within_a_factor_of_three(
    neurons: int, rule: str, training: Training, seconds: float, gigabytes: float
) -> None:
    models = random_models(neurons, 3 * neurons, [np.random.default_rng(0)], in_degree=5.0, slope=3.0, threshold=1.0)
    found = needs.of_fit(100_000, models, rule_of(rule), training)
    assert 1 / 3 < found.seconds / seconds < 3
    assert 1 / 3 < (found.memory + 1e5 * neurons) / (1e9 * gigabytes) < 3
