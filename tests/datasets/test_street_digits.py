"""street_digits: scenes made from MNIST by a rule, and SVHN's real format beside it."""

import os
from pathlib import Path

import numpy as np
import pytest

from homeostat.errors import DataError
from homeostat.images import ImageSet
from homeostat.images.read import read_svhn
from homeostat.images.street_digits import street_digits
from homeostat.normalization import ImageData


def digits(value: int = 255) -> ImageSet:
    """Filled squares of one brightness, as training digits 0 to 9 and test digits 9 to 0."""
    images = np.zeros((10, 28, 28), np.uint8)
    images[:, 8:20, 8:20] = value
    return ImageSet("squares", images, np.arange(10), images, np.arange(9, -1, -1))


def test_scenes_are_labelled_by_the_digit_in_the_middle_and_the_same_for_a_seed() -> None:
    scenes = street_digits(digits(), n_train=25, n_test=12, seed=3)
    assert scenes.name == "street_digits" and scenes.shape == (32, 32, 3)
    assert list(scenes.train_labels) == [*range(10), *range(10), *range(5)]
    assert list(scenes.test_labels) == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 9, 8]
    assert street_digits(digits(), n_train=25, n_test=12, seed=3).content_hash == scenes.content_hash
    assert street_digits(digits(), n_train=25, n_test=12, seed=4).content_hash != scenes.content_hash
    assert not np.array_equal(scenes.train_images[0], scenes.train_images[10])


def test_ink_is_in_the_middle_and_at_the_sides_but_not_in_the_corners() -> None:
    with_ink, without = (street_digits(digits(v), n_train=600, n_test=10, seed=0).train_images for v in (255, 0))
    changed = (with_ink != without).any(axis=3).mean(axis=0)
    assert changed[14:18, 14:18].min() > 0.8
    assert changed[13:19, [0, 31]].min() > 0.2
    assert changed[[0, 0, 31, 31], [0, 31, 0, 31]].max() < 0.1


def test_neighbours_of_test_scenes_are_test_digits() -> None:
    train, test = digits(255), digits(0)
    mixed = ImageSet("mixed", train.train_images, train.train_labels, test.test_images, test.test_labels)
    blank = street_digits(digits(0), n_train=10, n_test=50, seed=0)
    assert np.array_equal(street_digits(mixed, n_train=10, n_test=50, seed=0).test_images, blank.test_images)


def test_other_images_are_refused() -> None:
    colour = np.zeros((2, 32, 32, 3), np.uint8)
    with pytest.raises(DataError, match=r"made from \(28, 28\), MNIST's"):
        street_digits(ImageSet("x", colour, np.arange(2), colour, np.arange(2)), n_train=1, n_test=1, seed=0)


def test_real_svhn_digits_are_read_into_what_the_study_takes() -> None:
    sample = Path(os.environ.get("HOMEOSTAT_MIRROR", "")) / "svhn_sample_32x32.mat"
    if not sample.is_file():
        pytest.skip("no sample of SVHN in HOMEOSTAT_MIRROR")
    images, labels = read_svhn([sample])
    svhn = ImageSet("svhn", images, labels, images, labels)
    data = ImageData.from_image_set(svhn, np.random.default_rng(0))
    assert len(data.train_images) == len(labels) > 1000 and svhn.n_classes == 10
    assert data.train_images.std() > 20
