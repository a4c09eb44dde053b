"""Images for training, validation and test."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError


@dataclass(frozen=True)
class Images:
    """Flat images as bytes, (n_images, n_pixels), with their classes, (n_images,), in three parts."""

    train: NDArray[np.uint8]
    train_labels: NDArray[np.integer]
    validation: NDArray[np.uint8]
    validation_labels: NDArray[np.integer]
    test: NDArray[np.uint8]
    test_labels: NDArray[np.integer]

    def __post_init__(self) -> None:
        """Check that the parts fit together."""
        for part in ("train", "validation", "test"):
            images, labels = getattr(self, part), getattr(self, f"{part}_labels")
            if images.dtype != np.uint8 or images.ndim != 2 or images.shape[1] != self.train.shape[1]:
                raise DataError(f"{part} images: expected uint8 (images, pixels), got {images.dtype} {images.shape}")
            if labels.shape != images.shape[:1] or not len(labels):
                raise DataError(f"{part}: {len(images)} images need as many labels and at least one, got {len(labels)}")

    @property
    def n_classes(self) -> int:
        """The largest label of the training images and one."""
        return int(self.train_labels.max()) + 1
