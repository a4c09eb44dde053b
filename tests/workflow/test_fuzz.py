"""Whatever a file or a configuration holds, it is read or refused with a sentence: images, results, settings."""

import copy
import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import yaml
from fuzzing import cases, damage
from hypothesis import given
from hypothesis import strategies as st
from pipeline import ROOT

from homeostat.config import validate_config
from homeostat.datasets.archives import extract_tar_gz, gunzip
from homeostat.datasets.table import Dataset, RawFile, load_table
from homeostat.datasets.verify import SourceError
from homeostat.errors import ConfigError, HomeostatError
from homeostat.files import load_npz, save_npz
from homeostat.images import ImageSet, read_image_set
from homeostat.rp.storage import from_arrays

IDX = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
CIFAR = ("data_batch_1.bin", "test_batch.bin")
SVHN = ("train_32x32.mat", "test_32x32.mat")
SETS = {"idx": IDX, "packed idx": IDX, "cifar": CIFAR, "svhn": SVHN, "packed svhn": SVHN}


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One whole folder of files for each kind of image set."""
    top = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    grey, labels = rng.integers(0, 256, (6, 5, 4), dtype=np.uint8), rng.integers(0, 10, 6, dtype=np.uint8)
    colour = rng.integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    for kind, names in SETS.items():
        (top / kind).mkdir()
        for name in names:
            path = top / kind / name
            if names is IDX:
                content = idx(grey if "images" in name else labels)
                path.write_bytes(gzip.compress(content) if "packed" in kind else content)
            elif names is CIFAR:
                np.column_stack([labels[:3], colour.reshape(3, -1)]).tofile(path)
            else:
                arrays = {"X": colour.transpose(1, 2, 3, 0), "y": labels[:3, None]}
                scipy.io.savemat(path, arrays, do_compression="packed" in kind)
    return top


@pytest.mark.parametrize("kind", SETS)
@cases(40)
@given(data=st.data())
def test_damaged_image_sets(kind: str, folder: Path, tmp_path: Path, data: st.DataObject) -> None:
    names = SETS[kind]
    damaged = data.draw(st.sampled_from(names))
    for name in names:
        whole = (folder / kind / name).read_bytes()
        (tmp_path / name).write_bytes(damage(data, whole) if name == damaged else whole)
    files = tuple(RawFile(name, md5="0" * 32) for name in names)
    try:
        found = read_image_set(Dataset("made", "made here", "images", files, ()), tmp_path)
    except HomeostatError as error:
        assert "made" in str(error) or damaged in str(error)
    else:
        assert found.train_images.dtype == np.uint8 and len(found.train_images)


def whole_file(kind: str, path: Path) -> Callable[[Path], Any]:
    """Write a file of ours; return what reads it."""
    rng = np.random.default_rng(1)
    if kind == "npy under another name":
        with open(path, "wb") as stream:
            np.save(stream, rng.random((5, 5)))
        return load_npz
    if kind == "images":
        images = rng.integers(0, 256, (4, 5, 4), dtype=np.uint8)
        ImageSet("made", images, np.arange(4), images[:2], np.arange(2)).save(path, {})
        return ImageSet.read
    arrays = {"a": rng.random((5, 5)), "b": np.arange(9), "shape": np.array([1, 2, 3]), "weight": np.ones(3)}
    save_npz(path, arrays, {"settings": {"steps": 3}}, compress=kind == "packed result")
    return load_npz if "result" in kind else lambda path: from_arrays(load_npz(path)[0])


@pytest.mark.parametrize("kind", ["result", "packed result", "images", "models", "npy under another name"])
@cases(40)
@given(data=st.data())
def test_damaged_files_of_ours(kind: str, tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "a.npz"
    read = whole_file(kind, path)
    path.write_bytes(damage(data, path.read_bytes()))
    try:
        read(path)
    except HomeostatError as error:
        assert kind == "models" or path.name in str(error)


@pytest.mark.parametrize("kind", ["tar.gz", "gz"])
@cases(40)
@given(data=st.data())
def test_damaged_archives(kind: str, tmp_path: Path, data: st.DataObject) -> None:
    from test_fetch import BODY, archive

    body = BODY[:3000]
    whole = archive({"other": body[:100], "good": body}) if kind == "tar.gz" else gzip.compress(body)
    path, target = tmp_path / "x", tmp_path / "good"
    path.write_bytes(damage(data, whole))
    unpack = (lambda: extract_tar_gz(path, {"good": target})) if kind == "tar.gz" else lambda: gunzip(path, target)
    try:
        unpack()
    except SourceError:
        pass  # the next source is tried
    else:
        assert target.exists()


# -------------------------------------------------------------------------------------------------- settings

SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"
DEFAULTS = yaml.safe_load((ROOT / "config/config.yaml").read_text())
OVERLAYS = [yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()) for name in ("real", "paper", "test")]

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.binary(max_size=5)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(scalars, inner, max_size=3), max_leaves=8
)


def sections(config: Any) -> list[Any]:
    """Return the configuration and every section and list in it."""
    inner = config.values() if isinstance(config, dict) else config if isinstance(config, list) else ()
    found = [config] if isinstance(config, dict | list) else []
    return found + [part for each in inner for part in sections(each)]


@cases(200)
@given(data=st.data())
def test_damaged_configurations(data: st.DataObject) -> None:
    complete = data.draw(st.booleans())
    config = copy.deepcopy(DEFAULTS if complete else data.draw(st.sampled_from(OVERLAYS)))
    for _ in range(data.draw(st.integers(1, 4))):
        section = data.draw(st.sampled_from(sections(config)))
        if isinstance(section, list):
            section.append(data.draw(values))
            continue
        key = data.draw(st.sampled_from(list(section)) | scalars) if section else data.draw(scalars)
        if data.draw(st.booleans()):
            section[key] = data.draw(values)
        else:
            section.pop(key, None)
    try:
        validate_config(config, SCHEMA, complete=complete)
    except ConfigError as error:
        assert str(error).startswith("The configuration has ")


@cases(40)
@given(data=st.data())
def test_damaged_tables_of_datasets(tmp_path: Path, data: st.DataObject) -> None:
    text = (ROOT / "config/datasets.yaml").read_bytes()[:3000]
    (tmp_path / "datasets.yaml").write_bytes(damage(data, text))
    try:
        load_table(tmp_path / "datasets.yaml")
    except ConfigError as error:
        assert "datasets.yaml" in str(error)
