"""Small image sets for the tests of homeostat.normalization."""

import numpy as np

from homeostat.images import ImageSet
from homeostat.normalization import ImageData


def image_set(n_train: int = 400, n_test: int = 120, *, side: int = 32, grey: bool = False) -> ImageSet:
    """Ten classes that differ in the place of a bright bar, under noise: learned within an epoch."""
    rng = np.random.default_rng(0)
    parts = []
    for count in (n_train, n_test):
        labels = rng.integers(0, 10, count).astype(np.uint8)
        images = rng.integers(0, 120, (count, side, side, 3)).astype(np.uint8)
        for image, label in zip(images, labels, strict=True):
            start = 2 * int(label) + 2
            image[:, start : start + 4] += 100
        parts += [images[..., 0] if grey else images, labels]
    return ImageSet("bars", *parts)


def image_data(n_train: int = 400, n_test: int = 120) -> ImageData:
    """The same as LeNet5 takes it."""
    return ImageData.from_image_set(image_set(n_train, n_test), np.random.default_rng(1))
