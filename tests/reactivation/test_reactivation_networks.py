"""Networks and training: hand-written gradients against autograd, Adam against torch's, resuming, divergence."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from killed import Killed, kill_at

from homeostat.errors import ConfigError
from homeostat.reactivation.codes import BearingCode, PlaceCode
from homeostat.reactivation.fitting import train
from homeostat.reactivation.losses import CellLoss, make_loss
from homeostat.reactivation.networks import Architecture, Runner
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.running import DOUBLED, Network, subnormals_flushed
from homeostat.reactivation.settings import Schedule
from homeostat.reactivation.tasks import make_task
from homeostat.reactivation.trainer import Trainer, torch_generator
from homeostat.seeds import child

STEPS, BATCH, NEURONS, CELLS = 9, 5, 7, 20


def autograd(architecture: Architecture, weights, start, inputs, noise) -> torch.Tensor:
    """The network's equations, written for autograd; returns the states (steps, batch, neurons)."""
    a, n, states, r = architecture.rate, architecture.neurons, [], start @ weights["E"].T
    for u, eta in zip(inputs, noise, strict=True):
        if architecture.cell == "relu":
            r = (1 - a) * r + a * torch.relu(r @ weights["W"].T + u @ weights["V"].T) + eta
        else:
            gates = torch.sigmoid(r @ weights["W_gates"].T + u @ weights["V_gates"].T)
            z, g = gates[:, :n], gates[:, n:]
            r = r + a * (1 - z) * (torch.tanh((g * r) @ weights["W"].T + u @ weights["V"].T) - r) + eta
        states.append(r)
    return torch.stack(states)


@pytest.mark.parametrize("cell", ["relu", "gru"])
@pytest.mark.parametrize("task_name", ["position", "heading"])
@pytest.mark.parametrize("fast", [False, True], ids=["by cells", "fast"])
def test_gradients_are_those_of_autograd(cell: str, task_name: str, fast: bool) -> None:
    task, like = make_task(task_name), torch.empty(0, dtype=torch.float64)
    rng = np.random.default_rng(2)
    code = PlaceCode.random(CELLS, rng).to(like) if task_name == "position" else BearingCode(CELLS)
    architecture = Architecture(cell, NEURONS, CELLS, task.dimensions, 0.1)
    flat = torch.as_tensor(architecture.initial(rng)).double().requires_grad_()
    drawn = task.draw(BATCH, STEPS, rng)
    inputs, targets, start = (torch.as_tensor(v) for v in (drawn.inputs * 20, drawn.targets, drawn.start))
    noise = Noise("gaussian", 0.1)
    eta = torch.empty(STEPS, BATCH, NEURONS, dtype=torch.float64)
    noise.fill(eta, torch.Generator().manual_seed(1))
    weights = architecture.views(flat)
    expected = autograd(architecture, weights, code.encode(start), inputs, eta)
    loss = ((expected @ weights["D"].T - code.encode(targets)) ** 2).mean()
    loss.backward()

    mine, gradient = flat.detach(), torch.full_like(flat, np.nan)
    views, slopes = architecture.views(mine), architecture.views(gradient)
    runner = Runner(architecture, STEPS, BATCH, like, learn=True)
    for _ in range(2):  # buffers are used again
        generator = torch.Generator().manual_seed(1)
        states = runner.forward(views, code.encode(start) @ views["E"].T, inputs, noise, generator)
        errors = torch.empty_like(states)
        found = (make_loss(code) if fast else CellLoss(code))(views["D"], states, targets, errors, slopes["D"])
        carry = runner.backward(views, inputs, errors, slopes)
        slopes["E"].copy_(carry.T @ code.encode(start))
    torch.testing.assert_close(states, expected.detach(), rtol=1e-12, atol=1e-14)
    assert float(found) == pytest.approx(float(loss.detach()), rel=1e-9)
    assert (gradient - flat.grad).abs().max() < 1e-10 * flat.grad.abs().max()


def test_without_learning_the_states_are_the_same() -> None:
    architecture = Architecture("gru", NEURONS, CELLS, 2, 0.1)
    views = architecture.views(torch.as_tensor(architecture.initial(np.random.default_rng(0))))
    start, inputs = torch.randn(BATCH, NEURONS), torch.randn(STEPS, BATCH, 2)
    runs = [
        Runner(architecture, STEPS, BATCH, start, learn=learn)
        .forward(views, start, inputs, Noise("uniform", 0.1), torch.Generator().manual_seed(0))
        .clone()
        for learn in (False, True)
    ]
    torch.testing.assert_close(*runs)


def test_no_input_is_input_zero() -> None:
    architecture = Architecture("relu", NEURONS, CELLS, 2, 0.1)
    views = architecture.views(torch.as_tensor(architecture.initial(np.random.default_rng(0))))
    start = torch.randn(BATCH, NEURONS)
    runner = Runner(architecture, STEPS, BATCH, start)
    none, zero = (
        runner.forward(views, start, inputs, Noise("none"), torch.Generator()).clone()
        for inputs in (None, torch.zeros(STEPS, BATCH, 2))
    )
    torch.testing.assert_close(none, zero)


def make_trainer(
    task_name: str = "position", *, batches: int = 6, noise: str = "uniform", seed: int = 0, **schedule
) -> Trainer:
    task = make_task(task_name)
    rng = np.random.default_rng(seed)
    code = PlaceCode.random(CELLS, rng) if task_name == "position" else BearingCode(CELLS)
    architecture = Architecture("relu", NEURONS, CELLS, task.dimensions, 0.1)
    settings = Schedule(batches, BATCH, STEPS, **{"evaluate_every": 2} | schedule)
    return Trainer(
        architecture, task, code, Noise(noise, 0.01), settings, task.draw(10, STEPS, rng), np.random.SeedSequence(seed)
    )


def test_steps_are_those_of_torchs_adam() -> None:
    trainer = make_trainer(batches=5)
    parameter = torch.nn.Parameter(trainer.weights.clone())
    reference = torch.optim.Adam([parameter], lr=1e-3)
    original = trainer._adam

    def both() -> None:
        parameter.grad = trainer._gradient.clone()
        reference.step()
        original()

    trainer._adam = both  # type: ignore[method-assign]
    train(trainer)
    torch.testing.assert_close(trainer.weights, parameter.detach(), rtol=1e-5, atol=1e-7)


def test_initial_weights_are_torchs_linear() -> None:
    architecture = Architecture("gru", 40, 30, 2, 0.1)
    views = architecture.views(torch.as_tensor(architecture.initial(np.random.default_rng(0))))
    for name, shape in {"W": (40, 40), "V": (40, 2), "W_gates": (80, 40), "D": (30, 40), "E": (40, 30)}.items():
        bound = 1 / np.sqrt(shape[1])
        assert tuple(views[name].shape) == shape and views[name].abs().max() <= bound
        assert float(views[name].std()) == pytest.approx(bound / np.sqrt(3), rel=0.15)


def test_training_lowers_loss_and_error() -> None:
    for task in ("position", "heading"):
        curve = train(make_trainer(task, batches=300, noise="gaussian", evaluate_every=150, learning_rate=0.01)).curve
        assert curve[-1, 1] < 0.8 * curve[0, 1] and curve[-1, 2] < 0.9 * curve[0, 2]
        assert curve[:, 0].tolist() == [0, 150, 300]


def test_evaluations_have_the_noise_of_training_and_errors_are_distances() -> None:
    found = {}
    for task_name in ("position", "heading"):
        for noise in ("none", "gaussian"):
            trainer = make_trainer(task_name, batches=1, noise=noise)
            trainer.begin()
            found[task_name, noise] = trainer.result().curve[0, 1:4]
            # The noise of a run from its seed: the evaluation's own, for the batch that has not been made.
            weights, test = trainer.architecture.views(trainer.weights), trainer._test
            runner = Runner(trainer.architecture, *test.shape, trainer.weights)
            generator = torch_generator(child(child(trainer._seed, 1), 2), trainer.weights)
            inputs, targets, start = (
                torch.as_tensor(values, dtype=torch.float32) for values in (test.inputs, test.targets, test.start)
            )
            states = runner.forward(
                weights, trainer.code.encode(start) @ weights["E"].T, inputs, trainer.noise, generator
            )
            outputs = states @ weights["D"].T
            loss = (outputs - trainer.code.encode(targets)).square().mean()
            away = trainer.code.decode(outputs, "top3") - targets
            if task_name == "heading":
                away = torch.atan2(away.sin(), away.cos())
            expected = [float(loss), float(away.norm(dim=-1).mean())]
            assert found[task_name, noise][:2] == pytest.approx(expected, rel=1e-4)
        assert found[task_name, "none"][0] != found[task_name, "gaussian"][0]


def test_interrupted_training_comes_to_the_same_weights(tmp_path: Path) -> None:
    whole = train(make_trainer())
    path = tmp_path / "checkpoint.npz"

    with pytest.raises(Killed):
        train(make_trainer(), checkpoint=path, checkpoint_seconds=0, progress=kill_at(4))
    counted: list[int] = []
    resumed = train(
        make_trainer(), checkpoint=path, keep_checkpoint=True, progress=lambda done, _: counted.append(done)
    )
    assert counted[0] == 4  # the checkpoint is from before the report that killed it
    np.testing.assert_array_equal(resumed.weights, whole.weights)
    np.testing.assert_array_equal(resumed.curve, whole.curve)
    # A finished one is not trained again; one of another schedule, or cut short, is not used.
    again: list[int] = []
    train(make_trainer(), checkpoint=path, keep_checkpoint=True, progress=lambda done, _: again.append(done))
    assert not again
    other = train(make_trainer(batches=3), checkpoint=path, keep_checkpoint=True)
    assert other.curve[-1, 0] == 3
    path.write_bytes(path.read_bytes()[:200])
    np.testing.assert_array_equal(train(make_trainer(), checkpoint=path).weights, whole.weights)


_KILLED = """
import sys; sys.path[:0] = {tests!r}
from test_reactivation_networks import make_trainer
from homeostat.reactivation.fitting import train
train(make_trainer(batches=100000), checkpoint={path!r}, checkpoint_seconds=0.2)
"""


def test_a_killed_process_leaves_a_checkpoint_that_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    root = Path(__file__).resolve().parents[2]
    code = _KILLED.format(tests=[str(root / "tests"), str(Path(__file__).parent)], path=str(path))
    process = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(root / "src")})
    try:
        limit = time.monotonic() + 60
        while not path.exists() and time.monotonic() < limit:
            time.sleep(0.1)
        time.sleep(0.3)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    trainer = make_trainer(batches=100000)
    reached: list[int] = []

    class Enough(Exception):
        pass

    def stop(done: int, total: int) -> None:
        reached.append(done)
        if len(reached) == 5:
            raise Enough

    with pytest.raises(Enough):
        train(trainer, checkpoint=path, progress=stop)
    assert reached[0] > 1
    straight = make_trainer(batches=100000)
    while straight.step < trainer.step:
        straight.advance()
    assert torch.equal(straight.weights, trainer.weights)


def test_divergence_is_found_and_dated() -> None:
    trainer = make_trainer(batches=50, learning_rate=1e18)
    result = train(trainer)
    assert 0 <= result.diverged < 50
    assert np.isfinite(result.weights).all()
    assert train(make_trainer()).diverged == -1


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: Architecture("relu", 5, 5, 1, tau=0.01, dt=0.02), "dt = 0.02 s and tau = 0.01 s"),
        (lambda: Architecture("lstm", 5, 5, 1, tau=0.1), "cell must be one of relu, gru, got 'lstm'"),
        (lambda: Architecture("relu", 0, 5, 1, tau=0.1), "number of neurons must be at least 1"),
        (lambda: Architecture("relu", 5, 5, 1, tau=0.1).views(torch.zeros(3)), "has 80 weights, got 3"),
        (lambda: Schedule(batches=-1), "batches must be at least 0"),
        (lambda: Schedule(batches=1, batch=0), "batch must be at least 1"),
        (lambda: Schedule(batches=1, learning_rate=0.0), "learning_rate must be above 0"),
    ],
)
def test_mistakes_are_told(make, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        make()


def decaying(noise: Noise) -> Network:
    """A network without recurrent weights: r' = (1 - a) r + noise, of known stationary distribution."""
    architecture = Architecture("relu", 30, CELLS, 2, 0.1)
    weights = torch.as_tensor(architecture.initial(np.random.default_rng(0)))
    architecture.views(weights)["W"].zero_()
    return Network(architecture, weights, PlaceCode.random(CELLS, np.random.default_rng(0)), noise)


@pytest.mark.parametrize("kind", ["gaussian", "uniform", "matched"])
def test_quiescence_reaches_the_known_stationary_distribution(kind: str) -> None:
    noise = Noise(kind, 0.3)
    network = decaying(noise)
    a = network.architecture.rate
    start = torch.full((200, 30), 5.0)
    for factor in (1.0, DOUBLED):
        run = network.quiesce(start, 230, noise.times(factor), np.random.SeedSequence(1), keep_states=230)
        late = run.states[150:]
        assert late.mean() == pytest.approx(factor * noise.mean / a, abs=0.01)
        assert late.var() == pytest.approx(factor**2 * noise.sd**2 / (1 - (1 - a) ** 2), rel=0.03)
    assert run.states.shape == (230, 200, 30) and run.decoded["top3"].shape == (230, 200, 2)
    drift = network.drift(run.states[0], noise)
    np.testing.assert_allclose(drift, -a * run.states[0] + noise.mean, atol=1e-5)


def test_pieces_of_a_run_are_one_run_and_no_step_is_refused() -> None:
    network = decaying(Noise("none"))
    start = torch.ones(3, 30)
    run = network.quiesce(start, 250, Noise("none"), np.random.SeedSequence(0), keep_states=120)
    assert run.states.shape == (120, 3, 30) and run.decoded["centroid"].shape == (250, 3, 2)
    np.testing.assert_allclose(run.states[119], 0.8**120, rtol=1e-4)
    with pytest.raises(ConfigError, match="number of steps must be at least 1"):
        network.quiesce(start, 0, Noise("none"), np.random.SeedSequence(0))


def test_subnormal_numbers_are_flushed_inside_and_nowhere_else() -> None:
    tiny = torch.full((4,), 1e-30)
    for _ in range(2):
        assert (tiny * 1e-10).any()
        with subnormals_flushed():
            assert not (tiny * 1e-10).any()
