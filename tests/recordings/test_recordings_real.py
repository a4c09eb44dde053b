"""The real recordings of the mirror give the published hashes and statistics."""

import numpy as np
import pytest
from spike_files import mirror

from homeostat.datasets import fetch, find, load_table, read_recording
from homeostat.recordings import split_samples, statistics

PREFRONTAL = "be34a258bd7166acab0ec0d816a600c53468d94f1dd475da35310a5148dc7bbd"
RETINA = "7f6f2b6253f525ef77eda722500995fb27a23016ae6075db4ef55cc1cfbbe5e8"
EXAMPLE50 = "82165dfd97e7d7b421e69d0b22be54871d3491a908c691546202685032a0261f"
EXAMPLE15 = "d32cd3c8b9a0f432f5909705990eb6888beab5cb43b9a3488c379b5b256f0235"


@pytest.mark.parametrize(
    ("name", "shape", "rate", "silent", "distinct", "content"),
    [
        ("prefrontal_50", (213_950, 50), 0.1535, 0.0018, 198_165, PREFRONTAL),
        ("retina50", (283_041, 50), 0.038, 0.38, 47_668, RETINA),
        ("example50", (40_000, 50), 0.088, 0.079, None, EXAMPLE50),
        ("example15", (40_000, 15), 0.114, 0.22, None, EXAMPLE15),
    ],
)
def test_known_recording(tmp_path, name, shape, rate, silent, distinct, content) -> None:
    dataset = find(load_table(), name)
    fetch(dataset, tmp_path, mirror=mirror(dataset.files[0].name), retries=0, progress=False)
    recording = read_recording(dataset, tmp_path)
    assert recording.spikes.shape == shape == dataset.shape
    assert recording.content_hash == content == dataset.content_sha256
    found = statistics(recording)
    assert found.mean_rate == pytest.approx(rate, abs=6e-4)
    assert found.silent_fraction == pytest.approx(silent, abs=6e-3)
    assert distinct in (None, found.distinct_patterns)


def test_retina_repeats_and_its_suspicious_pairs(tmp_path) -> None:
    dataset = find(load_table(), "retina50")
    fetch(dataset, tmp_path, mirror=mirror(dataset.files[0].name), retries=0, progress=False)
    recording = read_recording(dataset, tmp_path)
    assert recording.repeats == 297
    assert any("8-30 (r = 0.32)" in warning for warning in recording.warnings)
    # The movie drives every repeat alike, so the rate over repeats is far more variable than noise.
    over_movie = recording.spikes.reshape(297, 953, 50).mean(axis=0)
    noise = recording.spikes.mean(axis=0) / 297
    assert (over_movie.var(axis=0) > 3 * noise).all()
    train, test = split_samples(recording.n_bins, 200_000, 60_000, kind="blocks", seed=0, repeats=297)
    assert not np.intersect1d(train // 953, test // 953).size
