"""Images as LeNet5 takes them: bytes in colour planes, the test images in a mixed order."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.files import load_npz, save_npz
from homeostat.images import ImageSet
from homeostat.normalization.engine import check_images
from homeostat.normalization.lenet import CLASSES

_ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


@dataclass(frozen=True, eq=False)
class ImageData:
    """Training and test images.

    Attributes
    ----------
    train_images, test_images
        uint8, (N, 3, 32, 32).
    train_labels, test_labels
        uint8, (N,), 0 to 9.
    """

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        for part in ("train", "test"):
            images, labels = getattr(self, f"{part}_images"), getattr(self, f"{part}_labels")
            check_images(images)
            if labels.shape != images.shape[:1] or (len(labels) and labels.max() >= CLASSES):
                raise DataError(f"{len(images):,} {part} images need as many labels from 0 to {CLASSES - 1}")

    @classmethod
    def from_image_set(
        cls, images: ImageSet, rng: np.random.Generator, *, n_train: int | None = None, n_test: int | None = None
    ) -> "ImageData":
        """Take ``n_train`` and ``n_test`` images at random, or all of them, in random order.

        The test order must be mixed, because the networks see the statistics of whole test batches: a batch of one
        class would shift them.

        Raises
        ------
        DataError
            The images are not colour images of 32 x 32 pixels, or there are not enough of them.
        """
        if images.shape != (32, 32, 3):
            raise DataError(f"{images.name}: images of shape {images.shape}; LeNet5 takes (32, 32, 3)")
        arrays: list[NDArray[np.uint8]] = []
        for part, wanted in (("train", n_train), ("test", n_test)):
            pictures, labels = getattr(images, f"{part}_images"), getattr(images, f"{part}_labels")
            count = len(pictures) if wanted is None else wanted
            if count > len(pictures):
                raise DataError(f"{images.name}: {count:,} {part} images wanted, there are {len(pictures):,}")
            order = rng.permutation(len(pictures))[:count]
            arrays += [np.ascontiguousarray(pictures[order].transpose(0, 3, 1, 2)), labels[order]]
        return cls(*arrays)

    def save(self, path: str | os.PathLike[str], meta: Mapping[str, Any]) -> None:
        """Write the images to an NPZ with the record ``meta``; uncompressed, so that it is read at the disk's speed."""
        save_npz(path, {name: getattr(self, name) for name in _ARRAYS}, meta, compress=False)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> tuple["ImageData", dict[str, Any]]:
        """Read what :meth:`save` wrote: the images and the record.

        Raises
        ------
        DataError
            The file is missing, damaged, or holds something else.
        """
        arrays, meta = load_npz(path)
        if set(arrays) != set(_ARRAYS):
            raise DataError(f"{path}: these are not images for LeNet5; make them with the rule shen2021_data")
        return cls(**arrays), meta
