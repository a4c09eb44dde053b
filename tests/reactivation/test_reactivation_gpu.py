"""Training and running networks on a GPU: gradients, lockstep, recorded steps, resuming, and the CPU's numbers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from test_reactivation_lockstep import check_divergence, check_resumption, make_trainers
from test_reactivation_networks import autograd

from homeostat.reactivation.codes import make_code
from homeostat.reactivation.fitting import train
from homeostat.reactivation.lockstep import Lockstep
from homeostat.reactivation.networks import Architecture
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.running import Network
from homeostat.reactivation.settings import Schedule
from homeostat.reactivation.tasks import make_task
from homeostat.reactivation.trainer import Trained, Trainer
from homeostat.seeds import torch_seed

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device"),
]

FAMILIES = [("position", "relu", 512), ("position", "gru", 512), ("heading", "relu", 128)]


def full_size(task_name: str, cell: str, neurons: int, device: str, *, noise: str = "uniform", **schedule) -> Trainer:
    """A network of the paper's size on batches of 200 x 100."""
    task, rng = make_task(task_name), np.random.default_rng(0)
    code = make_code(task_name, 512, rng)
    architecture = Architecture(cell, neurons, 512, task.dimensions, 0.1 if task_name == "position" else 0.04)
    settings = Schedule(**{"batches": 100, "evaluate_every": 1000} | schedule)
    test, seed = task.draw(20, 50, rng), np.random.SeedSequence(0)
    return Trainer(
        architecture, task, code, Noise(noise, 0.0 if noise == "none" else 0.01), settings, test, seed, device
    )


@pytest.mark.parametrize("task_name, cell, neurons", FAMILIES)
@pytest.mark.parametrize("precision, bound", [("highest", 2e-5), ("high", 1e-2)])
def test_gradients_of_the_papers_size_are_those_of_autograd_in_float64(
    task_name: str, cell: str, neurons: int, precision: str, bound: float, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = full_size(task_name, cell, neurons, "cuda")
    lockstep = Lockstep([trainer], precision=precision)
    for _ in range(40):  # so that outputs are near their targets and nearly cancel
        lockstep.advance()
    drawn, seed = trainer.fresh(lockstep.step)
    inputs, targets, start = (torch.as_tensor(v, device="cuda") for v in (drawn.inputs, drawn.targets, drawn.start))
    for mine, values in ((lockstep._inputs, inputs), (lockstep._targets, targets), (lockstep._start, start)):
        mine[0] = values
    lockstep._generators[0].manual_seed(torch_seed(seed))
    lockstep.gradient()
    eta = torch.empty(100, 200, neurons, device="cuda")
    trainer.noise.fill(eta, torch.Generator("cuda").manual_seed(torch_seed(seed)))

    flat = trainer.weights.double().requires_grad_()
    weights = trainer.architecture.views(flat)
    code = make_code(task_name, 512, np.random.default_rng(0))
    code = code.to(flat) if task_name == "position" else code
    states = autograd(trainer.architecture, weights, code.encode(start), inputs, eta.double())
    loss = ((states @ weights["D"].T - code.encode(targets)) ** 2).mean()
    loss.backward()
    assert float(lockstep._losses[0]) == pytest.approx(float(loss.detach()), rel=bound)
    expected = trainer.architecture.views(flat.grad)
    errors = {
        name: float((value - expected[name]).norm() / expected[name].norm())
        for name, value in trainer.architecture.views(trainer._gradient.double()).items()
    }
    with capsys.disabled():
        print(f"\n{task_name} {cell} {precision}: relative error of gradients {errors}")
    assert max(errors.values()) < bound


@pytest.mark.parametrize("task_name, cell", [("position", "relu"), ("position", "gru"), ("heading", "relu")])
def test_networks_learn_as_they_do_alone(task_name: str, cell: str) -> None:
    together = train(Lockstep(make_trainers(task_name, cell, device="cuda"), precision="highest"))
    for one, mine in zip(make_trainers(task_name, cell, device="cuda"), together, strict=True):
        (alone,) = train(Lockstep([one], precision="highest"))
        np.testing.assert_allclose(mine.weights, alone.weights, rtol=0, atol=2e-5)
        np.testing.assert_allclose(mine.curve, alone.curve, rtol=2e-5, atol=1e-9)


class Unrecorded(Lockstep):
    """Launches every kernel by itself."""

    def _record(self) -> None:
        pass


@pytest.mark.parametrize("cell", ["relu", "gru"])
def test_a_recorded_batch_is_the_batch_itself(cell: str) -> None:
    recorded, plain = (train(kind(make_trainers(cell=cell, device="cuda"))) for kind in (Lockstep, Unrecorded))
    for one, other in zip(recorded, plain, strict=True):
        np.testing.assert_allclose(one.weights, other.weights, rtol=0, atol=2e-5)
        np.testing.assert_allclose(one.curve, other.curve, rtol=2e-5, atol=1e-9)


def test_the_same_training_twice_and_resumed_gives_the_same_weights(tmp_path: Path) -> None:
    check_resumption(tmp_path / "checkpoint.npz", "cuda")


def test_training_of_the_papers_size_is_repeatable() -> None:
    runs: list[list[Trained]] = [
        train(Lockstep([full_size("position", "relu", 512, "cuda", batches=20)])) for _ in range(2)
    ]
    np.testing.assert_array_equal(runs[0][0].weights, runs[1][0].weights)


def test_a_network_that_diverges_stops_and_the_others_go_on() -> None:
    check_divergence("cuda")


@pytest.mark.parametrize("task_name, neurons", [("position", 512), ("heading", 128)])
def test_without_noise_the_curve_is_the_cpus(task_name: str, neurons: int) -> None:
    settings = {"batches": 30, "batch": 50, "steps": 30, "evaluate_every": 10, "noise": "none"}
    cpu = train(full_size(task_name, "relu", neurons, "cpu", **settings))
    (gpu,) = train(Lockstep([full_size(task_name, "relu", neurons, "cuda", **settings)]))
    assert cpu.curve[-1, 1] < 0.9 * cpu.curve[0, 1]
    np.testing.assert_allclose(gpu.curve[:, [1, 4]], cpu.curve[:, [1, 4]], rtol=1e-2)


def test_quiescence_without_noise_is_the_cpus() -> None:
    architecture, code = Architecture("relu", 64, 512, 2, 0.1), make_code("position", 512, np.random.default_rng(0))
    weights = torch.as_tensor(architecture.initial(np.random.default_rng(0)))
    start = np.random.default_rng(1).uniform(-1, 1, (20, 2))
    runs = []
    for device in ("cpu", "cuda"):
        network = Network(architecture, weights.to(device), code, Noise("none"))
        runs.append(
            network.quiesce(network.encode(start), 30, Noise("none"), np.random.SeedSequence(0), keep_states=30)
        )
    np.testing.assert_allclose(runs[1].states, runs[0].states, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(runs[1].decoded["centroid"], runs[0].decoded["centroid"], atol=1e-3)
