"""The image set: pictures as bytes with their labels, and the file they are kept in."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from homeostat.errors import DataError
from homeostat.files import load_npz, save_npz

_FORMAT = "homeostat-images-1"
_ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Labelled images, as published: a training set and a test set.

    Attributes
    ----------
    name
        Short name for figures and messages.
    train_images, test_images
        uint8, C-contiguous: (n_images, height, width) for grey values, (n_images, height, width, 3) for colours.
    train_labels, test_labels
        uint8, (n_images,): the class of each image, counted from 0.

    Raises
    ------
    DataError
        Arrays of another kind, that do not fit together, or that are empty.
    """

    name: str
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray

    def __post_init__(self) -> None:
        for part in ("train", "test"):
            images = np.asarray(getattr(self, f"{part}_images"))
            labels = np.asarray(getattr(self, f"{part}_labels"))
            if images.dtype != np.uint8 or images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] != 3):
                raise DataError(
                    f"{self.name}: {part} images are {images.dtype} {images.shape}; expected uint8 "
                    "(images, height, width) or (images, height, width, 3)"
                )
            if labels.shape != images.shape[:1]:
                raise DataError(f"{self.name}: {len(images):,} {part} images, but labels of shape {labels.shape}")
            if not len(images) or not images[0].size:
                raise DataError(f"{self.name}: there are no {part} images")
            if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() > 255:
                raise DataError(f"{self.name}: {part} labels must be whole numbers from 0 to 255")
            for field, values in ((f"{part}_images", images), (f"{part}_labels", labels.astype(np.uint8))):
                # A view: the caller's own array stays writable, the set's is not.
                own = np.ascontiguousarray(values).view()
                own.flags.writeable = False
                object.__setattr__(self, field, own)
        if self.train_images.shape[1:] != self.test_images.shape[1:]:
            raise DataError(f"{self.name}: training and test images differ in size")

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one image."""
        return tuple(self.train_images.shape[1:])

    @property
    def n_classes(self) -> int:
        """The number of classes: the largest label and one."""
        return int(max(self.train_labels.max(), self.test_labels.max())) + 1

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over the bytes of the four arrays, in hexadecimal."""
        digest = hashlib.sha256()
        for name in _ARRAYS:
            values = getattr(self, name)
            digest.update(f"{name}{values.shape}".encode())
            digest.update(values.data)
        return digest.hexdigest()

    def save(self, path: str | os.PathLike[str], meta: Mapping[str, Any]) -> None:
        """Write the set to an NPZ with the record ``meta``; uncompressed, so that it is read at the disk's speed."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        about = {**meta, "format": _FORMAT, "name": self.name, "content_sha256": self.content_hash}
        save_npz(path, arrays, about, compress=False)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "ImageSet":
        """Read what :meth:`save` wrote.

        Raises
        ------
        DataError
            The file is missing, damaged, or holds something else.
        """
        arrays, meta = load_npz(path)
        if meta.get("format") != _FORMAT or set(arrays) != set(_ARRAYS):
            raise DataError(f"{path}: this is not an image set of homeostat; make it with the rule data_images")
        return cls(str(meta["name"]), *(arrays[name] for name in _ARRAYS))
