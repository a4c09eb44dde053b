"""From the fetched files of an image set to an :class:`~homeostat.images.ImageSet`: idx, CIFAR binary, SVHN's MAT."""

import gzip
import math
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from homeostat.datasets.table import Dataset
from homeostat.errors import ConfigError, DataError
from homeostat.images.image_set import ImageSet
from homeostat.recordings.matfile import list_variables, read_variable

_MOST_BYTES = 2**31  # no image set of this project is larger
_CIFAR_ROW = 1 + 3 * 32 * 32  # label, then the red, green and blue plane of a 32 x 32 image

Part = tuple[np.ndarray, np.ndarray]


def read_image_set(dataset: Dataset, folder: str | os.PathLike[str]) -> ImageSet:
    """Read a fetched image set.

    Parameters
    ----------
    dataset
        An entry of the table of datasets, of kind ``"images"``. The names of its files say the format: idx
        (MNIST and its kin), ``.bin`` (CIFAR-10), ``.mat`` (SVHN).
    folder
        Where its raw files lie.

    Raises
    ------
    ConfigError
        The dataset is a recording.
    DataError
        A file is missing, damaged, or of another format.
    """
    if dataset.kind != "images":
        raise ConfigError(f"dataset {dataset.name!r} is a recording, not a set of images")
    files = [Path(folder) / file.name for file in dataset.files]
    for path in files:
        if not path.is_file():
            raise DataError(f"{path}: there is no such file; fetch it first (rule data_fetch)")
    test = [path for path in files if path.name.startswith(("test", "t10k"))]
    train = [path for path in files if path not in test]
    reader: Callable[[list[Path]], Part] = {".bin": read_cifar, ".mat": read_svhn}.get(files[0].suffix, read_idx)
    return ImageSet(dataset.name, *reader(train), *reader(test))


def read_idx(paths: list[Path]) -> Part:
    """Read images and labels from a pair of idx files, gzipped or not: (n, height, width) and (n,) uint8."""
    images, labels = sorted((_idx(path) for path in paths), key=lambda array: -array.ndim)
    return images, labels


def read_cifar(paths: list[Path]) -> Part:
    """Read CIFAR-10 batches: rows of a label and three colour planes give (n, 32, 32, 3) and (n,) uint8."""
    parts = []
    for path in paths:
        data = np.fromfile(path, np.uint8)
        if not data.size or data.size % _CIFAR_ROW:
            raise DataError(
                f"{path}: {data.size:,} bytes; a CIFAR-10 image has {_CIFAR_ROW}, and this is not a multiple"
            )
        parts.append(data.reshape(-1, _CIFAR_ROW))
    rows = np.concatenate(parts)
    return rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), rows[:, 0]


def read_svhn(paths: list[Path]) -> Part:
    """Read a file of cropped SVHN digits: (n, 32, 32, 3) and (n,) uint8, where the file's class 10 is the digit 0."""
    (path,) = paths
    try:
        found = list_variables(path)
        images, labels = (read_variable(found[key], where=f"{path}, key {key!r}") for key in ("X", "y"))
    except DataError:
        raise
    except KeyError as error:
        raise DataError(f"{path}: there is no variable {error} in it; expected X and y") from error
    except (ValueError, IndexError, struct.error, zlib.error) as error:
        raise DataError(f"{path}: damaged, or not a MAT file of version 5 to 7 ({error})") from error
    if images.ndim != 4 or images.shape[:3] != (32, 32, 3) or images.dtype != np.uint8:
        raise DataError(f"{path}: X is {images.dtype} {images.shape}; expected uint8 (32, 32, 3, images)")
    return images.transpose(3, 0, 1, 2), labels.ravel() % 10


def _idx(path: Path) -> np.ndarray:
    """Read one idx file of bytes: two zeros, type 8, the number of axes, their sizes, the values."""
    data = path.read_bytes()
    try:
        if data[:2] == b"\x1f\x8b":
            with gzip.open(path) as stream:
                data = stream.read(_MOST_BYTES + 1)
            if len(data) > _MOST_BYTES:
                raise DataError(f"{path}: it unpacks to more than {_MOST_BYTES:,} bytes, and was refused")
        zeros, kind, axes = struct.unpack_from(">HBB", data)
        shape = struct.unpack_from(f">{axes}I", data, 4)
    except (struct.error, OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: damaged, or not an idx file ({error})") from error
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * axes)
    if zeros or kind != 8 or axes not in (1, 3) or values.size != math.prod(shape):
        raise DataError(f"{path}: not an idx file of bytes, or cut short ({values.size:,} bytes for the shape {shape})")
    return values.reshape(shape)
