"""Image sets: labelled pictures with the split into training and test images that they are published with.

>>> import numpy as np
>>> from homeostat.images import ImageSet
>>> pictures = np.zeros((3, 8, 8), np.uint8)
>>> digits = ImageSet("mine", pictures, np.array([0, 1, 2]), pictures[:1], np.array([1]))
>>> digits.shape, digits.n_classes
((8, 8), 3)

The decoders of published sets are imported when first asked for.
"""

from typing import TYPE_CHECKING, Any

from homeostat.images.image_set import ImageSet

if TYPE_CHECKING:
    from homeostat.images.read import read_image_set

__all__ = ["ImageSet", "read_image_set"]


def __getattr__(name: str) -> Any:
    if name == "read_image_set":
        from homeostat.images.read import read_image_set

        return read_image_set
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
