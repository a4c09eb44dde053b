"""homeostat.normalization on a GPU: gradients and recorded steps in float64 as on the CPU, and whole trainings."""

from pathlib import Path

import numpy as np
import pytest
import torch
from killed import Killed, kill_at
from normalization_examples import image_data
from test_normalization_training import SEEDS, TRAINING, same

from homeostat.normalization import CONDITIONS, Training, train_many
from homeostat.normalization.lenet import initial_rows
from homeostat.normalization.tensor import TensorEngine

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device here"),
]
EVERY = pytest.mark.parametrize("name", CONDITIONS)


def engine(name: str, device: str, models: int = 3) -> TensorEngine:
    rows = initial_rows(CONDITIONS[name], SEEDS[:models]).astype(float)
    return TensorEngine(CONDITIONS[name], rows, 0.003, device)


def batches(steps: int, models: int = 3, size: int = 32) -> np.ndarray:
    random = np.random.default_rng(0)
    return np.stack([[random.permutation(400)[:size] for _ in range(models)] for _ in range(steps)])


@EVERY
def test_recorded_steps_are_the_cpus(name: str) -> None:
    data, chosen = image_data(), batches(5)
    ours, theirs = engine(name, "cuda"), engine(name, "cpu")
    for part in (chosen[:1], chosen[1:]):
        found, expected = (each.steps(data.train_images, data.train_labels, part) for each in (ours, theirs))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-7)
        # A gradient of exactly 0 is rounding on both sides, which Adam makes a step: compare what has one.
        np.testing.assert_allclose(ours.gradient, theirs.gradient, atol=1e-6)
    for one, other in zip(ours.forward(data.test_images), theirs.forward(data.test_images), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


@EVERY
def test_networks_together_are_the_networks_alone(name: str) -> None:
    data, chosen = image_data(), batches(3)
    together = engine(name, "cuda").steps(data.train_images, data.train_labels, chosen)
    for model in range(3):
        rows = initial_rows(CONDITIONS[name], SEEDS[model : model + 1]).astype(float)
        alone = TensorEngine(CONDITIONS[name], rows, 0.003, "cuda")
        found = alone.steps(data.train_images, data.train_labels, chosen[:, model : model + 1])
        np.testing.assert_allclose(found.loss[0], together.loss[model], rtol=1e-6)


def test_training_curves_are_near_the_cpus() -> None:
    training = Training(iterations=80, batch=32, learning_rate=0.005, rows_every=20, test_batches=(120,))
    for name in CONDITIONS:
        ours, theirs = (
            train_many(CONDITIONS[name], image_data(), training, SEEDS[:2], device=device) for device in ("cuda", "cpu")
        )
        np.testing.assert_allclose(ours.row_loss[:, 0], theirs.row_loss[:, 0], rtol=0.02)
        assert np.abs(ours.final_accuracy - theirs.final_accuracy).mean() < 10, name
        assert (ours.row_loss[:, -1] < 0.5 * ours.row_loss[:, 0]).all(), name


def test_interrupted_training_goes_on_to_identical_numbers(tmp_path: Path) -> None:
    condition, data = CONDITIONS["SynapticScaling"], image_data()
    expected = train_many(condition, data, TRAINING, SEEDS[:2], device="cuda")
    options = {"device": "cuda", "checkpoint": tmp_path / "checkpoint.npz", "checkpoint_seconds": 0.0}
    with pytest.raises(Killed):
        train_many(condition, data, TRAINING, SEEDS[:2], progress=kill_at(20), **options)  # type: ignore[arg-type]
    again = train_many(condition, data, TRAINING, SEEDS[:2], **options)  # type: ignore[arg-type]
    assert same(again, expected)
