"""Networks in lockstep, on the CPU: the same numbers as alone."""

from pathlib import Path

import numpy as np
import pytest
import torch
from killed import Killed, kill_at
from test_reactivation_networks import BATCH, CELLS, NEURONS, STEPS, autograd

from homeostat.errors import ConfigError
from homeostat.reactivation.codes import BearingCode, PlaceCode
from homeostat.reactivation.fitting import train
from homeostat.reactivation.lockstep import Lockstep, LockstepRunner
from homeostat.reactivation.networks import Architecture
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.settings import Schedule
from homeostat.reactivation.tasks import make_task
from homeostat.reactivation.trainer import Trainer

KINDS = ("uniform", "gaussian", "none")


def make_trainers(
    task_name: str = "position", cell: str = "relu", *, device: str = "cpu", count: int = 3, **schedule
) -> list[Trainer]:
    """Networks that differ in seed, cells, noise and bias."""
    settings = Schedule(**{"batches": 6, "batch": BATCH, "steps": STEPS, "evaluate_every": 2} | schedule)
    trainers = []
    for seed in range(count):
        task, rng = make_task(task_name, biased=seed == 1), np.random.default_rng(seed)
        code = PlaceCode.random(CELLS, rng) if task_name == "position" else BearingCode(CELLS)
        architecture = Architecture(cell, NEURONS, CELLS, task.dimensions, 0.1)
        noise = Noise(KINDS[seed % len(KINDS)], 0.01 if seed % len(KINDS) < 2 else 0.0)
        test, stream = task.draw(10, STEPS, rng), np.random.SeedSequence(seed)
        trainers.append(Trainer(architecture, task, code, noise, settings, test, stream, device))
    return trainers


@pytest.mark.parametrize("cell", ["relu", "gru"])
def test_gradients_are_those_of_autograd(cell: str) -> None:
    rng, like, count = np.random.default_rng(3), torch.empty(0, dtype=torch.float64), 2
    architecture = Architecture(cell, NEURONS, CELLS, 2, 0.1)
    stacked = torch.as_tensor(np.stack([architecture.initial(rng) for _ in range(count)])).double()
    inputs, first, errors = (
        torch.as_tensor(rng.standard_normal((count, *shape)))
        for shape in ((STEPS, BATCH, 2), (BATCH, CELLS), (STEPS, BATCH, NEURONS))
    )
    noise = Noise("gaussian", 0.1)
    runner = LockstepRunner(architecture, count, STEPS, BATCH, like)
    gradient = torch.full_like(stacked, np.nan)
    views, slopes = (
        {name: torch.stack([architecture.views(row)[name] for row in flat]) for name in architecture.shapes}
        for flat in (stacked, gradient)
    )
    for _ in range(2):  # buffers are used again
        generators = [torch.Generator().manual_seed(i) for i in range(count)]
        runner.states[:, 0] = first @ views["E"].mT
        states = runner.forward(views, inputs, [noise] * count, generators).clone()
        whole = errors.clone()
        carry = runner.backward(views, inputs, whole, slopes).clone()
    for i in range(count):
        flat = stacked[i].clone().requires_grad_()
        eta = torch.empty(STEPS, BATCH, NEURONS, dtype=torch.float64)
        noise.fill(eta, torch.Generator().manual_seed(i))
        weights = architecture.views(flat)
        start = (first[i] @ weights["E"].T).detach().requires_grad_()
        a_step = autograd(architecture, weights | {"E": torch.eye(NEURONS, dtype=torch.float64)}, start, inputs[i], eta)
        (a_step * errors[i]).sum().backward()
        torch.testing.assert_close(states[i], a_step.detach(), rtol=1e-12, atol=1e-13)
        torch.testing.assert_close(carry[i], start.grad, rtol=1e-10, atol=1e-12)
        expected = architecture.views(flat.grad)
        for name in set(architecture.shapes) - {"D", "E"}:
            torch.testing.assert_close(slopes[name][i], expected[name], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("task_name, cell", [("position", "relu"), ("position", "gru"), ("heading", "relu")])
def test_networks_learn_as_they_do_alone(task_name: str, cell: str) -> None:
    together = train(Lockstep(make_trainers(task_name, cell)))
    for one, mine in zip(make_trainers(task_name, cell), together, strict=True):
        alone = train(one)
        # Adam divides by the gradient's size, so rounding shows where a gradient is next to nothing.
        np.testing.assert_allclose(mine.weights, alone.weights, rtol=0, atol=2e-5)
        np.testing.assert_allclose(mine.curve, alone.curve, rtol=2e-5, atol=1e-9)
        assert mine.diverged == alone.diverged == -1


def test_interrupted_training_comes_to_the_same_weights(tmp_path: Path) -> None:
    check_resumption(tmp_path / "checkpoint.npz", "cpu")


def check_resumption(path: Path, device: str) -> None:
    """Kill a training in lockstep between two evaluations; what goes on from the checkpoint ends the same."""
    whole = train(Lockstep(make_trainers(device=device)))

    with pytest.raises(Killed):
        train(Lockstep(make_trainers(device=device)), checkpoint=path, checkpoint_seconds=0, progress=kill_at(4))
    counted: list[int] = []
    again = Lockstep(make_trainers(device=device))
    resumed = train(again, checkpoint=path, keep_checkpoint=True, progress=lambda done, _: counted.append(done))
    assert counted[0] == 4
    for one, other in zip(resumed, whole, strict=True):
        np.testing.assert_array_equal(one.weights, other.weights)
        np.testing.assert_array_equal(one.curve, other.curve)
    # One of other networks is not used.
    fewer = train(Lockstep(make_trainers(device=device, count=2)), checkpoint=path)
    np.testing.assert_array_equal(fewer[0].curve[:, 0], whole[0].curve[:, 0])


def test_a_network_that_diverges_stops_and_the_others_go_on() -> None:
    check_divergence("cpu")


def check_divergence(device: str) -> None:
    """Spoil one network's weights; it is dated and left as it was, and the others are not touched."""
    straight = train(Lockstep(make_trainers(device=device)))
    trainers = make_trainers(device=device)
    lockstep = Lockstep(trainers)
    trainers[1].weights[0] = float("nan")
    kept = trainers[1].weights.clone()
    results = train(lockstep)
    assert [one.diverged for one in results] == [-1, 0, -1]
    torch.testing.assert_close(trainers[1].weights, kept, rtol=0, atol=0, equal_nan=True)
    assert results[1].curve[:, 0].tolist() == [0]
    for index in (0, 2):
        np.testing.assert_array_equal(results[index].weights, straight[index].weights)
    lost = Lockstep(make_trainers(device=device, count=2, batches=50, learning_rate=1e18))
    assert all(0 <= one.diverged < 50 and np.isfinite(one.weights).all() for one in train(lost))
    assert lost.step < 50


def test_networks_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(ConfigError, match="no networks"):
        Lockstep([])
    with pytest.raises(ConfigError, match="one architecture, one schedule"):
        Lockstep([*make_trainers(count=1), *make_trainers(count=1, batches=7)])
