"""Training of stacks: the same numbers alone, in company and after an interruption; diverged runs; bad input."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from inhibition_examples import images
from killed import Killed, kill_at
from replay import Replay

from homeostat.errors import ConfigError, DataError
from homeostat.inhibition import (
    NETWORKS,
    Configuration,
    Network,
    Ranges,
    initial_weights,
    luminosity_jitter,
    sample_configuration,
)
from homeostat.inhibition import trainer as trainer_module
from homeostat.inhibition.fitting import train_many
from homeostat.inhibition.settings import Schedule
from homeostat.inhibition.trainer import MEASURES, Trainer
from homeostat.seeds import child, seed_sequence, stream

CONFIGURATIONS = [Configuration(0.02, 0.01, 0.2, 12), Configuration(0.05, 0.001, 0.4, 16)]
SEEDS = [[seed_sequence(network, "test", str(number)) for network in range(2)] for number in range(2)]


def train(kind: str = "inorm_full", epochs: int = 3, **options: Any) -> dict[str, np.ndarray]:
    given: dict[str, Any] = {"epsilon": 0.5, "batch": 16} | options.pop("schedule", {})
    chosen = options.pop("configurations", CONFIGURATIONS), options.pop("seeds", SEEDS)
    return train_many(NETWORKS[kind], chosen[0], Schedule(epochs, **given), images(), chosen[1], **options)


def same(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> bool:
    return set(left) == set(right) and all(np.array_equal(left[n], right[n], equal_nan=True) for n in left)


def test_networks_learn_and_everything_is_recorded() -> None:
    found = train(epochs=12, schedule={"epsilon": 0.0})
    assert set(found) == {*MEASURES, "diverged"}
    assert all(found[name].shape == (2, 2, 12) for name in MEASURES)
    assert (found["test_accuracy"][:, :, -1] > 0.8).all() and (found["validation_accuracy"][:, :, -1] > 0.8).all()
    assert np.isfinite(found["gradient_alignment"]).all() and not found["diverged"].any()


def test_alone_and_in_company_the_numbers_are_the_same() -> None:
    together = train()
    for number in range(2):
        alone = train(configurations=CONFIGURATIONS[number : number + 1], seeds=SEEDS[number : number + 1])
        assert same(alone, {name: values[number : number + 1] for name, values in together.items()})
    assert same(together, train())


def test_networks_in_lockstep_have_the_numbers_of_single_ones_up_to_rounding() -> None:
    results = []
    for seeds in (SEEDS[0], SEEDS[0][1:]):
        trainer = Trainer(
            NETWORKS["inorm_center"], CONFIGURATIONS[0], Schedule(2, 0.5, 16), images(), seeds, dtype=torch.float64
        )
        while not trainer.done:
            trainer.advance()
        results.append(trainer.result())
    for name in MEASURES:
        np.testing.assert_allclose(results[0][name][1:], results[1][name], atol=1e-10)


@pytest.mark.parametrize("kind", NETWORKS)
def test_configurations_in_lockstep_have_the_numbers_of_single_ones_up_to_rounding(kind: str) -> None:
    # Widths, rates and numbers of inhibitory units differ; the narrower network is filled up to the wider one's size.
    wide = replace(CONFIGURATIONS[1], width=23)
    members = [(CONFIGURATIONS[0], SEEDS[0][0]), (wide, SEEDS[1][0]), (CONFIGURATIONS[0], SEEDS[0][1])]
    given = {"schedule": Schedule(2, 0.5, 16), "images": images(), "dtype": torch.float64}
    together = Trainer(NETWORKS[kind], [one for one, _ in members], seeds=[seed for _, seed in members], **given)  # type: ignore[arg-type]
    alone = [Trainer(NETWORKS[kind], one, seeds=[seed], **given) for one, seed in members]  # type: ignore[arg-type]
    for trainer in (together, *alone):
        while not trainer.done:
            trainer.advance()
    for index, trainer in enumerate(alone):
        for name in MEASURES:
            np.testing.assert_allclose(together.record[name][index], trainer.record[name][0], atol=1e-9)
        for one, other in zip(together.stack.layers, trainer.stack.layers, strict=True):
            ex = one.rows[index, : one.n]
            torch.testing.assert_close(ex[: other.n, : other.rows.shape[2]], other.ex_rows[0], atol=1e-9, rtol=0)
            # What fills it up stays nothing.
            assert not ex[other.n :].any() and not one.rows[index, :, other.rows.shape[2] :].any()


def test_recorded_steps_leave_no_trace_of_the_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer_module, "RecordedStep", Replay)
    found = []
    for records in (False, True):
        trainer = Trainer(NETWORKS["ei"], CONFIGURATIONS, Schedule(2, 0.5, 16), images(), [SEEDS[0][0], SEEDS[1][0]])
        trainer.records = records
        while not trainer.done:
            trainer.advance()
        found.append(trainer.result())
    assert same(*found)


def test_results_of_configurations_in_lockstep_come_back_in_their_own_order() -> None:
    turned = CONFIGURATIONS[::-1]  # The wider one first.
    alone = train("ei", configurations=turned)
    for at_once in (3, 4):
        together = train("ei", configurations=turned, networks_at_once=at_once)
        for name in ("mean", "variance"):
            np.testing.assert_allclose(together[name], alone[name], rtol=1e-3, err_msg=name)
    assert not np.allclose(alone["variance"][0], alone["variance"][1], rtol=0.05), "nothing would show another order"


@pytest.mark.parametrize("stop", [2, 5, 9])
def test_interrupted_training_goes_on_to_the_same_bits(stop: int, tmp_path: Path) -> None:
    whole, checkpoint, epochs = train(), tmp_path / "checkpoint.npz", []
    with pytest.raises(Killed):
        train(progress=kill_at(stop), checkpoint=checkpoint, checkpoint_seconds=0.0)
    assert checkpoint.exists()
    resumed = train(progress=lambda *step: epochs.append(step), checkpoint=checkpoint, checkpoint_seconds=0.0)
    # The epoch that was lost is done again, those before it are not.
    assert epochs[0] == (stop, 12) and same(whole, resumed)
    assert not checkpoint.exists()


@pytest.mark.parametrize("change", ["kind", "epochs", "cut"])
def test_checkpoint_of_another_training_or_a_damaged_one_is_not_used(change: str, tmp_path: Path) -> None:
    checkpoint, epochs = tmp_path / "checkpoint.npz", []
    with pytest.raises(Killed):
        train(progress=kill_at(4), checkpoint=checkpoint, checkpoint_seconds=0.0)
    if change == "cut":
        checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    other = {"kind": "ei"} if change == "kind" else {"epochs": 4} if change == "epochs" else {}
    train(**other, progress=lambda done, _: epochs.append(done), checkpoint=checkpoint, checkpoint_seconds=0.0)  # type: ignore[arg-type]
    assert epochs[0] == 1


def test_diverged_networks_are_recorded_and_the_others_go_on() -> None:
    wild = [Configuration(1e30, 0.01, 0.2, 12), CONFIGURATIONS[0]]
    found = train("ei", configurations=wild)
    assert found["diverged"].tolist() == [[True, True], [False, False]]
    share = (images().test_labels == 0).mean()
    # It names class 0, whatever the image.
    assert (found["test_accuracy"][0] == share).all()
    assert np.isnan(found["gradient_alignment"][0, :, 1:]).all()
    alone = train("ei", configurations=wild[1:], seeds=SEEDS[1:])
    assert np.array_equal(found["test_accuracy"][1], alone["test_accuracy"][0])


def test_all_kinds_of_networks_start_alike_and_see_the_same_images() -> None:
    trainers = [
        Trainer(NETWORKS[kind], CONFIGURATIONS[0], Schedule(1, 0.5, 16), images(), SEEDS[0])
        for kind in ("e_ln", "inorm_full")
    ]
    first, second = (trainer.stack.layers[0].rows[:, :12] for trainer in trainers)
    assert torch.equal(first, second)
    draws = [trainer._draw(1, 50, permuted=True) for trainer in trainers]
    assert torch.equal(draws[0][0], draws[1][0]) and torch.equal(draws[0][1], draws[1][1])
    assert sorted(draws[0][0][0].tolist()) == list(range(50))
    assert not torch.equal(draws[0][0][0], draws[0][0][1])


def test_jitter_is_one_shift_for_all_pixels_of_an_image_fresh_in_each_epoch() -> None:
    trainer = Trainer(NETWORKS["ei"], CONFIGURATIONS[0], Schedule(2, 0.5, 16), images(), SEEDS[0])
    order, shifts = trainer._draw(1, 256, permuted=True)
    assert shifts.abs().max() <= 0.5 and shifts.abs().max() > 0.45
    seen = trainer._seen("train", order[:, :5], shifts[:, :5])
    expected = np.clip(images().train[order[1, 3]] / 255 + float(shifts[1, 3]), 0, 1)
    np.testing.assert_allclose(seen[1, 3], expected, atol=1e-6)
    trainer.advance()
    later = trainer._draw(1, 256, permuted=True)
    assert not torch.equal(shifts, later[1]) and not torch.equal(order, later[0])
    plain = luminosity_jitter(np.array([[0.0, 255.0]]), np.array([[0.0]]))
    assert plain.tolist() == [[0.0, 1.0]]


def test_accuracies_are_of_all_images_with_their_own_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many images are looked at at a time; each part has its images, labels and draws."""
    found = []
    for chunk in (1000, 7):
        monkeypatch.setattr(trainer_module, "_CHUNK", chunk)
        trainer = Trainer(NETWORKS["ei"], CONFIGURATIONS[0], Schedule(1, 0.3, 16), images(), SEEDS[0])
        trainer.advance()
        found.append(trainer.result())
    for name, part, count in (("validation_accuracy", "validation", 64), ("test_accuracy", "test", 96)):
        assert found[0][name].tolist() == found[1][name].tolist()
        purpose = {"validation": 2, "test": 3}[part]
        for index, seed in enumerate(SEEDS[0]):
            shifts = np.random.default_rng(child(child(seed, purpose), 0)).uniform(-0.3, 0.3, count)
            pixels = torch.tensor(getattr(images(), part)).to(torch.float32)
            seen = (pixels / 255 + torch.tensor(shifts, dtype=torch.float32)[:, None]).clip(0, 1)
            named = trainer.stack.predictions(seen.expand(len(SEEDS[0]), -1, -1))[index].numpy()
            right = (named == getattr(images(), f"{part}_labels")).mean()
            assert found[1][name][index, 0] == pytest.approx(right, abs=1e-9)


def test_configurations_are_spread_over_the_stated_ranges() -> None:
    found = [sample_configuration(Ranges(), stream(seed, "test")) for seed in range(400)]
    for name, low, high in (("learning_rate", 1e-3, 1e-2), ("wei_rate", 1e-5, 1e-2), ("wix_rate", 1e-2, 1.0)):
        values = np.log([getattr(each, name) for each in found])
        assert np.log(low) <= values.min() and values.max() <= np.log(high)
        # A logarithm that is uniform has its mean in the middle, within four standard errors.
        spread = np.log(high / low) / np.sqrt(12 * len(found))
        assert abs(values.mean() - (np.log(low) + np.log(high)) / 2) < 4 * spread
    widths = [each.width for each in found]
    assert min(widths) >= 100 and max(widths) <= 500 and len(set(widths)) > 200


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: Schedule(1, 1.5), "epsilon must be between 0 and 1, the range of a pixel, got 1.5"),
        (lambda: Schedule(1, -0.1), "epsilon must be between 0 and 1"),
        (lambda: Schedule(1, float("nan")), "epsilon must be between 0 and 1"),
        (lambda: Schedule(0, 0.5), "epochs must be 1 or more, got 0"),
        (lambda: Configuration(0.1, 0.1, 0.1, 1), "width must be 2 or more"),
        (lambda: Configuration(0.0, 0.1, 0.1, 5), "learning_rate must be positive"),
        (lambda: Configuration(0.1, float("nan"), 0.1, 5), "wei_rate must be positive"),
        (lambda: Ranges(width=(200, 100)), "width: a range needs 0 < low <= high, got 200 and 100"),
        (lambda: Network("inorm", error="centre"), "error must be one of none, full, center"),
        (lambda: Network("e", error="full"), "errors are normalized in inorm layers only"),
        (lambda: Network("inorm", layer_norm="full"), "LayerNorm stands behind ei or e layers only"),
        (
            lambda: initial_weights((10, 12, 12, 3), np.random.SeedSequence(0)),
            "no more units than inputs, got 12 of 10",
        ),
        (lambda: initial_weights((10, 1, 1, 3), np.random.SeedSequence(0)), "two units or more"),
    ],
)
def test_what_cannot_be_is_answered_with_what_can(make: Any, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence.replace("(", r"\(")):
        make()


def test_images_that_do_not_fit_are_refused() -> None:
    good = images()
    parts = vars(good)
    with pytest.raises(DataError, match="validation: 64 images need as many labels"):
        type(good)(**parts | {"validation_labels": good.validation_labels[:-1]})
    with pytest.raises(DataError, match="test images: expected uint8"):
        type(good)(**parts | {"test": good.test.astype(float)})
    with pytest.raises(DataError, match="256 training images do not fill one batch of 512"):
        train(schedule={"batch": 512})
    with pytest.raises(DataError, match="1 configurations need as many lists of seeds"):
        train(configurations=CONFIGURATIONS[:1])
