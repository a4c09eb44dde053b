"""Image sets: labelled pictures with the split into training and test images that they are published with.

>>> import numpy as np
>>> from homeostat.images import ImageSet
>>> pictures = np.zeros((3, 8, 8), np.uint8)
>>> digits = ImageSet("mine", pictures, np.array([0, 1, 2]), pictures[:1], np.array([1]))
>>> digits.shape, digits.n_classes
((8, 8), 3)
"""

from homeostat.images.image_set import ImageSet
from homeostat.images.read import read_image_set

__all__ = ["ImageSet", "read_image_set"]
