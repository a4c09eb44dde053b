"""street_digits: house-number-like scenes made from MNIST, a stand-in for SVHN where that cannot be had.

Nothing in it was photographed: 32 x 32 colour scenes with a handwritten digit of random size, place, slant and
colour in the middle, parts of two more digits at its sides, and uneven illumination and clutter behind it. The label is
the digit in the middle, as in SVHN's cropped format.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from homeostat.compiled import OPTIONS
from homeostat.errors import DataError
from homeostat.images.image_set import ImageSet
from homeostat.seeds import stream

NAME = "street_digits"
SIDE = 32
_GRID = 5  # knots of the clutter along a side
_AT_ONCE = 4096  # images
_GLYPHS = 3  # the digit, its left and its right neighbour


def street_digits(digits: ImageSet, *, n_train: int, n_test: int, seed: int) -> ImageSet:
    """Make ``n_train`` and ``n_test`` scenes from the training and test images of MNIST.

    Digits are taken in their published order, again from the first where more scenes are wanted than there are
    digits; neighbours are drawn from the same part, so that no test digit is ever seen in training.

    Raises
    ------
    DataError
        ``digits`` are not grey images of 28 x 28 pixels.
    """
    if digits.shape != (28, 28):
        raise DataError(f"{digits.name}: images of shape {digits.shape}; street_digits is made from (28, 28), MNIST's")
    parts = []
    for part, count in (("train", n_train), ("test", n_test)):
        images, labels = getattr(digits, f"{part}_images"), getattr(digits, f"{part}_labels")
        middle = np.arange(count) % len(images)
        scenes = np.empty((count, SIDE, SIDE, 3), np.uint8)
        for first in range(0, count, _AT_ONCE):
            chosen = middle[first : first + _AT_ONCE]
            scenes[first : first + _AT_ONCE] = _scenes(images, chosen, stream(seed, NAME, part, str(first)))
        parts += [scenes, labels[middle]]
    return ImageSet(NAME, *parts)


def _scenes(images: NDArray[np.uint8], middle: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return one scene for each digit in the ``middle``, uint8 (n, 32, 32, 3)."""
    n = len(middle)
    glyphs = rng.integers(0, len(images), (n, _GLYPHS))
    glyphs[:, 0] = middle
    height = rng.uniform(18.0, 30.0, n)  # pixels of the digit's 28 x 28 frame
    turn, shear = rng.uniform(-0.25, 0.25, n), rng.uniform(-0.25, 0.25, n)
    centre = SIDE / 2 - 0.5 + rng.uniform(-3.0, 3.0, (n, 2))  # row, column
    # Neighbours stand on the digit's line, about as far away as digits of its height do.
    step = height * rng.uniform(0.62, 0.85, n)
    place = np.stack([centre, centre - _along(step, turn), centre + _along(step, turn)], axis=1)
    # The inverse of frame -> scene: turn, shear, scale.
    scale = 28.0 / height
    aspect = rng.uniform(1.0, 1.45, n)
    cos, sin = np.cos(turn), np.sin(turn)
    inverse = np.stack([scale * cos, -scale * sin, aspect * scale * (sin + shear * cos),
                        aspect * scale * (cos - shear * sin)], axis=1)  # fmt: skip
    grey = rng.uniform(0.1, 0.9, n)
    behind = np.clip(grey[:, None] + rng.normal(0.0, 0.09, (n, 3)), 0.0, 1.0)
    # Dark digits on light walls and light ones on dark walls, rarely the other way where there is room for both.
    contrast = rng.uniform(0.2, 0.75, n) * np.where(grey > rng.uniform(0.4, 0.6, n), -1, 1)
    ink = np.clip(behind + contrast[:, None] + rng.normal(0.0, 0.07, (n, 3)), 0.0, 1.0)
    strength = rng.uniform(0.02, 0.14, n)[:, None, None, None]
    clutter = strength * rng.normal(size=(n, _GRID, _GRID, 1)) + 0.3 * strength * rng.normal(size=(n, _GRID, _GRID, 3))
    noise = rng.uniform(0.0, 0.05, n)[:, None, None, None] * rng.standard_normal((n, SIDE, SIDE, 3), np.float32)
    scenes = np.empty((n, SIDE, SIDE, 3), np.uint8)
    _render(images, glyphs, place, inverse, behind, ink, clutter, noise.astype(np.float32), scenes)
    return scenes


def _along(step: NDArray[np.float64], turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the way to the next digit on a line that is turned: (n, 2), rows and columns."""
    return np.stack([step * np.sin(turn), step * np.cos(turn)], axis=1)


@numba.njit(cache=OPTIONS["cache"], nogil=True)
def _render(images, glyphs, place, inverse, behind, ink, clutter, noise, scenes):  # type: ignore[no-untyped-def]
    """Lay digits (bilinear) over colour and clutter (bilinear between knots), with pixel noise, into uint8."""
    spacing = (clutter.shape[1] - 1) / (SIDE - 1)
    for n in range(len(scenes)):
        for row in range(SIDE):
            for column in range(SIDE):
                cover = 0.0
                for g in range(glyphs.shape[1]):
                    y, x = row - place[n, g, 0], column - place[n, g, 1]
                    v = inverse[n, 0] * y + inverse[n, 1] * x + 13.5
                    u = inverse[n, 2] * y + inverse[n, 3] * x + 13.5
                    i, j = int(np.floor(v)), int(np.floor(u))
                    if 0 <= i < 27 and 0 <= j < 27:
                        digit, a, b = images[glyphs[n, g]], v - i, u - j
                        upper = (1 - b) * digit[i, j] + b * digit[i, j + 1]
                        lower = (1 - b) * digit[i + 1, j] + b * digit[i + 1, j + 1]
                        cover = max(cover, ((1 - a) * upper + a * lower) / 255.0)
                i, j = min(int(row * spacing), _GRID - 2), min(int(column * spacing), _GRID - 2)
                a, b = row * spacing - i, column * spacing - j
                for c in range(3):
                    upper = (1 - b) * clutter[n, i, j, c] + b * clutter[n, i, j + 1, c]
                    lower = (1 - b) * clutter[n, i + 1, j, c] + b * clutter[n, i + 1, j + 1, c]
                    value = behind[n, c] + cover * (ink[n, c] - behind[n, c])
                    value += (1 - a) * upper + a * lower + noise[n, row, column, c]
                    scenes[n, row, column, c] = np.uint8(255.0 * min(max(value, 0.0), 1.0) + 0.5)
