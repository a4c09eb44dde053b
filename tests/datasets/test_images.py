"""Image sets: the three file formats, read back bit by bit, and what is refused."""

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from homeostat.datasets.table import Dataset, RawFile
from homeostat.errors import ConfigError, DataError
from homeostat.files import save_npz
from homeostat.images import ImageSet, read_image_set
from homeostat.images.read import read_svhn


def dataset(*names: str, kind: str = "images") -> Dataset:
    return Dataset("made", "made here", kind, tuple(RawFile(name, md5="0" * 32) for name in names), ())


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def pictures() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (7, 5, 4), dtype=np.uint8), rng.integers(0, 10, 7, dtype=np.uint8)


def test_idx_plain_and_gzipped(tmp_path: Path, pictures: tuple[np.ndarray, np.ndarray]) -> None:
    images, labels = pictures
    names = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]
    for name, content in zip(names, (images, labels, images[:3], labels[:3]), strict=True):
        packed = idx(content)
        (tmp_path / name).write_bytes(gzip.compress(packed) if "labels" in name else packed)
    found = read_image_set(dataset(*names), tmp_path)
    assert np.array_equal(found.train_images, images) and np.array_equal(found.train_labels, labels)
    assert np.array_equal(found.test_images, images[:3]) and np.array_equal(found.test_labels, labels[:3])
    (tmp_path / names[0]).write_bytes(idx(images)[:-1])
    with pytest.raises(DataError, match="cut short"):
        read_image_set(dataset(*names), tmp_path)
    (tmp_path / names[0]).write_bytes(b"\x00")
    with pytest.raises(DataError, match="train-images-idx3-ubyte: damaged"):
        read_image_set(dataset(*names), tmp_path)


def test_cifar_rows_are_planes(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    rows = np.concatenate([np.arange(4, dtype=np.uint8)[:, None], images.transpose(0, 3, 1, 2).reshape(4, -1)], axis=1)
    for name in ("data_batch_1.bin", "data_batch_2.bin", "test_batch.bin"):
        rows.tofile(tmp_path / name)
    found = read_image_set(dataset("data_batch_1.bin", "data_batch_2.bin", "test_batch.bin"), tmp_path)
    assert found.train_images.shape == (8, 32, 32, 3) and found.shape == (32, 32, 3)
    assert np.array_equal(found.test_images, images) and list(found.test_labels) == [0, 1, 2, 3]
    rows[:, 1:].tofile(tmp_path / "test_batch.bin")
    with pytest.raises(DataError, match="not a multiple"):
        read_image_set(dataset("data_batch_1.bin", "data_batch_2.bin", "test_batch.bin"), tmp_path)


def test_svhn_calls_the_digit_0_class_10(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (32, 32, 3, 6), dtype=np.uint8)
    path = tmp_path / "train_32x32.mat"
    scipy.io.savemat(
        path, {"X": images, "y": np.array([[10], [1], [9], [10], [2], [5]], np.uint8)}, do_compression=True
    )
    found, labels = read_svhn([path])
    assert np.array_equal(found, images.transpose(3, 0, 1, 2))
    assert list(labels) == [0, 1, 9, 0, 2, 5]
    scipy.io.savemat(path, {"X": images})
    with pytest.raises(DataError, match="no variable 'y'"):
        read_svhn([path])
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(DataError, match=r"train_32x32.mat: (damaged|there is no variable)"):
        read_svhn([path])


def test_real_sample_of_svhn() -> None:
    path = Path(os.environ.get("HOMEOSTAT_MIRROR", "")) / "svhn_sample_32x32.mat"
    if not path.is_file():
        pytest.skip("needs svhn_sample_32x32.mat in the folder HOMEOSTAT_MIRROR")
    images, labels = read_svhn([path])
    assert images.shape == (1083, 32, 32, 3)
    # The published order: the first house numbers are 19, 23, 25, 93, 31, 33.
    assert "".join(map(str, labels[:12])) == "192325933133"


def test_saved_and_read(tmp_path: Path, pictures: tuple[np.ndarray, np.ndarray]) -> None:
    images, labels = pictures
    saved = ImageSet("made", images, labels, images[:2], labels[:2])
    saved.save(tmp_path / "made.npz", {"licence": "none"})
    found = ImageSet.read(tmp_path / "made.npz")
    assert found.content_hash == saved.content_hash and found.name == "made"
    with pytest.raises(ValueError, match="read-only"):
        found.train_images[0] = 0
    other = ImageSet("made", images, labels[::-1], images[:2], labels[:2])
    assert other.content_hash != saved.content_hash
    save_npz(tmp_path / "other.npz", {"x": images}, {})
    with pytest.raises(DataError, match="not an image set"):
        ImageSet.read(tmp_path / "other.npz")


def test_what_is_no_image_set(pictures: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    images, labels = pictures
    with pytest.raises(DataError, match="expected uint8"):
        ImageSet("x", images.astype(float), labels, images, labels)
    with pytest.raises(DataError, match="labels of shape"):
        ImageSet("x", images, labels[:-1], images, labels)
    with pytest.raises(DataError, match="no test images"):
        ImageSet("x", images, labels, images[:0], labels[:0])
    with pytest.raises(DataError, match="differ in size"):
        ImageSet("x", images, labels, images[:, 1:], labels)
    with pytest.raises(DataError, match="whole numbers"):
        ImageSet("x", images, labels.astype(float), images, labels)
    with pytest.raises(ConfigError, match="is a recording"):
        read_image_set(dataset("a.mat", kind="recording"), tmp_path)
    with pytest.raises(DataError, match="no such file"):
        read_image_set(dataset("a.mat"), tmp_path)
