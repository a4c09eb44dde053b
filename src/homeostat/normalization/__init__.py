"""Normalization as homeostasis: LeNet5 under six conditions, and how evenly it uses its hidden units.

>>> import numpy as np
>>> from homeostat.normalization import CONDITIONS, ImageData, Training, train_many
>>> rng = np.random.default_rng(0)
>>> images, labels = rng.integers(0, 256, (64, 3, 32, 32), dtype=np.uint8), np.arange(64, dtype=np.uint8) % 10
>>> data = ImageData(images, labels, images, labels)
>>> training = Training(iterations=4, batch=32, learning_rate=0.003, test_batches=(64,))
>>> result = train_many(CONDITIONS["SynapticScaling"], data, training, [np.random.SeedSequence(0)])
>>> result.fc1_probability.shape
(1, 120)
"""

from homeostat.normalization.conditions import CONDITIONS, Condition, find_condition
from homeostat.normalization.data import ImageData
from homeostat.normalization.evaluation import evaluate
from homeostat.normalization.fitting import train_many
from homeostat.normalization.settings import Training
from homeostat.normalization.trainer import TrainingResult

__all__ = [
    "CONDITIONS",
    "Condition",
    "ImageData",
    "Training",
    "TrainingResult",
    "evaluate",
    "find_condition",
    "train_many",
]
