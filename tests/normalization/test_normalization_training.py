"""Training of LeNet5: it learns, and gives the same numbers beside other networks and after an interruption."""

from pathlib import Path

import numpy as np
import pytest
from killed import Killed, kill_at
from normalization_examples import image_data, image_set
from replay import Replay

from homeostat.errors import ConfigError, DataError
from homeostat.images import ImageSet
from homeostat.normalization import CONDITIONS, ImageData, Training, TrainingResult, find_condition, tensor, train_many
from homeostat.normalization.evaluation import evaluate
from homeostat.normalization.factory import make_engine
from homeostat.normalization.lenet import initial_rows
from homeostat.normalization.trainer import Trainer

TRAINING = Training(
    iterations=30, batch=32, learning_rate=0.003, rows_every=5, evaluate_at=(10, 20), test_batches=(60, 120)
)
SEEDS = [np.random.SeedSequence(seed) for seed in range(3)]


def same(a: TrainingResult, b: TrainingResult) -> bool:
    pairs = zip(a.arrays().items(), b.arrays().values(), strict=True)
    return all(np.array_equal(x, y, equal_nan=x.dtype.kind == "f") for (_, x), y in pairs)


@pytest.mark.parametrize("name", list(CONDITIONS))
def test_every_condition_learns(name: str) -> None:
    training = Training(iterations=80, batch=32, learning_rate=0.005, rows_every=20, test_batches=(120,))
    result = train_many(CONDITIONS[name], image_data(), training, SEEDS[:1])
    assert result.final_accuracy[0, 0] > 50
    assert result.row_loss[0, -1] < result.row_loss[0, 0]
    assert result.finite.all()


def test_shapes_and_records() -> None:
    result = train_many(CONDITIONS["SynapticScaling"], image_data(), TRAINING, SEEDS)
    assert list(result.evaluated_at) == [10, 20, 30] and list(result.row_at) == [5, 10, 15, 20, 25, 30]
    assert result.accuracy.shape == (3, 3) and result.final_accuracy.shape == (3, 2)
    assert result.fc1_rows.shape == (3, 6, 120) and result.fc2_rows.shape == (3, 6, 84)
    assert np.array_equal(result.accuracy[:, -1], result.final_accuracy[:, 0])
    assert np.array_equal(np.round(result.fc1_rows * 32), result.fc1_rows * 32)


@pytest.mark.parametrize("name", list(CONDITIONS))
def test_final_accuracies_are_those_of_every_size_of_test_batch(name: str) -> None:
    """Where no batch statistics are taken, one size stands for all."""
    sizes, data = (40, 30, 60), image_data()
    training = Training(iterations=20, batch=32, learning_rate=0.005, test_batches=sizes)
    result = train_many(CONDITIONS[name], data, training, SEEDS[:1])
    engine = make_engine(CONDITIONS[name], result.rows, 0.005)
    expected = [evaluate(engine, data.test_images, data.test_labels, size) for size in sizes]
    assert result.final_accuracy[0].tolist() == [each.accuracy[0] for each in expected]
    # Units respond as they do in the first size.
    assert np.array_equal(result.fc1_probability, expected[0].fc1.probability)
    assert np.array_equal(result.fc2_mean, expected[0].fc2.mean)


def test_a_row_has_the_mean_loss_since_the_row_before() -> None:
    losses = {}
    for every in (1, 3):
        training = Training(iterations=6, batch=32, learning_rate=0.003, rows_every=every, test_batches=(60,))
        losses[every] = train_many(CONDITIONS["BatchNorm"], image_data(), training, SEEDS[:2]).row_loss
    assert losses[3] == pytest.approx(losses[1].reshape(2, 2, 3).mean(axis=2), rel=1e-5)
    assert losses[1][:, 0] == pytest.approx(np.log(10), abs=0.15)


def test_numbers_of_a_network_do_not_depend_on_its_company() -> None:
    together = train_many(CONDITIONS["BatchNorm"], image_data(), TRAINING, SEEDS)
    alone = train_many(CONDITIONS["BatchNorm"], image_data(), TRAINING, SEEDS[2:])
    for name, value in alone.arrays().items():
        expected = together.arrays()[name]
        assert np.array_equal(value, expected if name in ("evaluated_at", "row_at") else expected[2:], equal_nan=True)


def test_stacked_networks_train_as_the_cpus_do() -> None:
    short = Training(iterations=4, batch=32, learning_rate=0.003, rows_every=1, test_batches=(120,))
    ours = train_many(CONDITIONS["MeanOnly"], image_data(), short, SEEDS)
    stacked = train_many(CONDITIONS["MeanOnly"], image_data(), short, SEEDS, device="torch")
    assert np.allclose(ours.row_loss, stacked.row_loss, rtol=1e-3)
    assert ours.fc1_probability == pytest.approx(stacked.fc1_probability, abs=0.03)


def test_recorded_steps_leave_no_trace_of_the_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensor, "RecordedStep", Replay)
    data, chosen = image_data(), np.random.default_rng(0).integers(0, 400, (7, 2, 32))
    rows = initial_rows(CONDITIONS["BatchNorm"], SEEDS[:2])
    found = []
    for records in (False, True):
        engine = make_engine(CONDITIONS["BatchNorm"], rows, 0.003, "torch")
        engine.records = records
        told = [engine.steps(data.train_images, data.train_labels, part) for part in (chosen[:3], chosen[3:])]
        # Another size of the batch is recorded again.
        told.append(engine.steps(data.train_images, data.train_labels, chosen[:2, :, :20]))
        found.append([*(value for step in told for value in step), engine.rows, engine.gradient])
    assert all(np.array_equal(one, other) for one, other in zip(*found, strict=True))


@pytest.mark.parametrize("device, step", [("cpu", 7), ("cpu", 33), ("cpu", 60), ("torch", 20)])
def test_interrupted_training_goes_on_to_identical_numbers(device: str, step: int, tmp_path: Path) -> None:
    # Interrupted in the first network, in the second, and at its end; on torch both are trained at once.
    condition, data, path = CONDITIONS["SynapticScaling"], image_data(), tmp_path / "checkpoint.npz"
    expected = train_many(condition, data, TRAINING, SEEDS[:2], device=device)
    options = {"device": device, "checkpoint": path, "checkpoint_seconds": 0.0}
    with pytest.raises(Killed):
        train_many(condition, data, TRAINING, SEEDS[:2], progress=kill_at(step), **options)  # type: ignore[arg-type]
    assert path.exists()
    done: list[int] = []
    again = train_many(
        condition,
        data,
        TRAINING,
        SEEDS[:2],
        progress=lambda now, _: done.append(now),
        **options,  # type: ignore[arg-type]
    )
    assert done[0] >= step - 2, "it started over"
    assert same(again, expected)
    assert not path.exists()


def test_checkpoint_of_another_training_is_not_used(tmp_path: Path) -> None:
    path, data = tmp_path / "checkpoint.npz", image_data()
    with pytest.raises(Killed):
        train_many(
            CONDITIONS["Vanilla"], data, TRAINING, SEEDS[:1], checkpoint=path, checkpoint_seconds=0.0,
            progress=kill_at(9),
        )  # fmt: skip
    expected = train_many(CONDITIONS["ScaleOnly"], data, TRAINING, SEEDS[:1])
    assert same(train_many(CONDITIONS["ScaleOnly"], data, TRAINING, SEEDS[:1], checkpoint=path), expected)
    path.write_bytes(b"cut short")
    assert same(train_many(CONDITIONS["ScaleOnly"], data, TRAINING, SEEDS[:1], checkpoint=path), expected)


def test_each_epoch_shows_each_image_once_in_another_order() -> None:
    data = image_data(n_train=100)
    trainer = Trainer(CONDITIONS["Vanilla"], data, TRAINING, SEEDS[:2], "torch")
    batches = []
    for iteration in range(6):
        batches.append(trainer._batch(iteration))
    epochs = [np.concatenate(batches[:3], axis=1), np.concatenate(batches[3:], axis=1)]
    assert all(len(set(row)) == 96 for epoch in epochs for row in epoch)
    assert not np.array_equal(*epochs) and not np.array_equal(epochs[0][0], epochs[0][1])


def test_a_network_that_diverges_is_kept_and_marked() -> None:
    training = Training(iterations=20, batch=32, learning_rate=1e30, rows_every=5, test_batches=(120,))
    result = train_many(CONDITIONS["Vanilla"], image_data(), training, SEEDS[:1])
    assert not result.finite[0]
    assert 0 <= result.final_accuracy[0, 0] <= 30


def test_images_come_in_planes_and_a_mixed_order() -> None:
    images = image_set()
    ordered = np.argsort(images.test_labels, kind="stable")
    by_class = ImageSet(
        "ordered", images.train_images, images.train_labels, images.test_images[ordered], images.test_labels[ordered]
    )
    data = ImageData.from_image_set(by_class, np.random.default_rng(0), n_train=50)
    assert data.train_images.shape == (50, 3, 32, 32) and data.test_images.shape == (120, 3, 32, 32)
    assert len(set(data.test_labels[:20])) > 5
    planes = {image.tobytes(): label for image, label in zip(data.test_images, data.test_labels, strict=True)}
    for image, label in zip(images.test_images, images.test_labels, strict=True):
        assert planes[np.ascontiguousarray(image.transpose(2, 0, 1)).tobytes()] == label


def test_images_are_read_as_they_were_saved(tmp_path: Path) -> None:
    data = image_data()
    data.save(tmp_path / "data.npz", {"n": 1})
    again, meta = ImageData.read(tmp_path / "data.npz")
    assert np.array_equal(again.train_images, data.train_images) and meta["n"] == 1
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with pytest.raises(DataError, match=r"other\.npz: these are not images for LeNet5"):
        ImageData.read(tmp_path / "other.npz")


def test_bad_input_is_answered_with_a_sentence() -> None:
    data = image_data()
    with pytest.raises(ConfigError, match="did you mean 'BatchNorm'"):
        find_condition("BatchNrm")
    with pytest.raises(DataError, match=r"a batch of 500 images, but there are 400"):
        train_many(CONDITIONS["Vanilla"], data, Training(1, 500, 0.1), SEEDS[:1])
    with pytest.raises(ConfigError, match="batch >= 2"):
        Training(iterations=1, batch=1, learning_rate=0.1)
    for rate in (0.0, -1.0, float("inf")):
        with pytest.raises(ConfigError, match="learning_rate must be positive"):
            Training(iterations=1, batch=2, learning_rate=rate)
    with pytest.raises(DataError, match=r"iterations must be an integer, got 2\.5"):
        Training(iterations=2.5, batch=2, learning_rate=0.1)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no seeds"):
        train_many(CONDITIONS["Vanilla"], image_data(), TRAINING, [])
    with pytest.raises(ConfigError, match="device must be cpu, cuda or torch, got 'auto'"):
        train_many(CONDITIONS["Vanilla"], image_data(), TRAINING, SEEDS, device="auto")
    with pytest.raises(ConfigError, match="got 1"):
        evaluate(None, data.test_images, data.test_labels, 1)
    with pytest.raises(DataError, match=r"shape \(32, 32\); LeNet5 takes"):
        ImageData.from_image_set(image_set(grey=True), np.random.default_rng(0))
    with pytest.raises(DataError, match="500 train images wanted, there are 400"):
        ImageData.from_image_set(image_set(), np.random.default_rng(0), n_train=500)
    with pytest.raises(DataError, match="labels from 0 to 9"):
        ImageData(data.train_images, data.train_labels + 5, data.test_images, data.test_labels)
    engine = make_engine(CONDITIONS["Vanilla"], initial_rows(CONDITIONS["Vanilla"], SEEDS[:1]), 0.1)
    with pytest.raises(DataError, match="expected uint8"):
        engine.forward(data.test_images.astype(np.float32))
    with pytest.raises(DataError, match="one network at a time"):
        make_engine(CONDITIONS["Vanilla"], initial_rows(CONDITIONS["Vanilla"], SEEDS), 0.1)
