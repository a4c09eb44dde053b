"""LeNet5's layers and engines against closed forms, torch's own layers, and each other."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
import torch
import torch.nn.functional as F
from normalization_examples import image_data
from torch import nn

from homeostat.normalization import CONDITIONS, Condition, cpu, find_condition, kernels
from homeostat.normalization.evaluation import evaluate
from homeostat.normalization.factory import make_engine
from homeostat.normalization.kernels import LANES
from homeostat.normalization.layers import effective_weight, output
from homeostat.normalization.lenet import HIDDEN, initial_rows, parameter_count, parameter_shapes, parts
from homeostat.normalization.measures import (
    coding_capacity,
    coefficient_of_variation,
    distinct_codes,
    joint_capacity,
    row_variation,
    sampling_floor,
    sampling_variance,
)

# By its file: the folder's other programs have names of packages.
_SPEC = importlib.util.spec_from_file_location(
    "plain_lenet", Path(__file__).resolve().parents[2] / "benchmarks" / "plain_lenet.py"
)
assert _SPEC is not None and _SPEC.loader is not None
_PLAIN = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_PLAIN)
plain_lenet = _PLAIN.plain_lenet

ALL = list(CONDITIONS.values())
EVERY = pytest.mark.parametrize("condition", ALL, ids=lambda condition: condition.name)


def extras(condition: Condition, units: int, rng: np.random.Generator) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(rng.normal(1.0, 0.5, units)) for name in condition.extras}


# ------------------------------------------------------------------------------------------ Table 2, layer by layer


@EVERY
def test_layer_is_table_2_unit_by_unit(condition: Condition) -> None:
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(7, 5)), rng.normal(size=(3, 5)), rng.normal(size=3)
    given = extras(condition, 3, rng)
    weight = effective_weight(condition, torch.tensor(w), given)
    z = torch.tensor(x) @ weight.T + torch.tensor(b)
    found = output(condition, z, given, over=(0,)).numpy()
    for unit in range(3):
        one = {name: float(value[unit]) for name, value in given.items()}
        if condition.name in ("SynapticScaling", "ScaleOnly"):
            summed = one["alpha"] * w[unit] @ x.T + b[unit]
        elif condition.name == "WeightNorm":
            summed = one["c"] * w[unit] / np.sqrt((w[unit] ** 2).sum()) @ x.T + b[unit]
        else:
            summed = w[unit] @ x.T + b[unit]
        if condition.name == "BatchNorm":
            spread = np.sqrt(((summed - summed.mean()) ** 2).mean() + 1e-5)
            summed = one["gamma"] * (summed - summed.mean()) / spread + one["beta"]
        elif condition.name in ("SynapticScaling", "MeanOnly"):
            summed = summed - summed.mean()
        assert np.allclose(found[:, unit], np.maximum(summed, 0.0), atol=1e-12)


@EVERY
def test_layer_has_the_gradient_of_finite_differences(condition: Condition) -> None:
    rng = np.random.default_rng(1)
    names = condition.extras
    leaves = [torch.tensor(rng.normal(size=size)) for size in ((4, 6), (4,), (8, 6))]
    leaves += list(extras(condition, 4, rng).values())

    def layer(weight: torch.Tensor, bias: torch.Tensor, x: torch.Tensor, *more: torch.Tensor) -> torch.Tensor:
        given = dict(zip(names, more, strict=True))
        return output(condition, x @ effective_weight(condition, weight, given).T + bias, given, over=(0,))

    assert torch.autograd.gradcheck(layer, [leaf.requires_grad_() for leaf in leaves])


@pytest.mark.parametrize("space", [(), (4, 3)], ids=["fully connected", "convolutional"])
def test_batch_normalization_is_torchs(space: tuple[int, ...]) -> None:
    rng = np.random.default_rng(2)
    shape, over = (1, 5, *[1] * len(space)), (0, *range(2, 2 + len(space)))
    z, upstream = (torch.tensor(rng.normal(1.0, 2.0, (6, 5, *space))) for _ in range(2))
    given = extras(CONDITIONS["BatchNorm"], 5, rng)
    theirs = (nn.BatchNorm2d if space else nn.BatchNorm1d)(5, track_running_stats=False).double()
    with torch.no_grad():
        theirs.weight.copy_(given["gamma"])
        theirs.bias.copy_(given["beta"])
    mine = [leaf.clone().requires_grad_() for leaf in (z, given["gamma"], given["beta"])]
    ours = output(
        CONDITIONS["BatchNorm"], mine[0], {"gamma": mine[1].view(shape), "beta": mine[2].view(shape)}, over=over
    )
    other = z.clone().requires_grad_()
    expected = torch.relu(theirs(other))
    assert torch.allclose(ours, expected, atol=1e-12)
    (ours * upstream).sum().backward()
    (expected * upstream).sum().backward()
    pairs = zip(mine, (other, theirs.weight, theirs.bias), strict=True)
    assert all(torch.allclose(a.grad, b.grad, atol=1e-10) for a, b in pairs)


@pytest.mark.parametrize("layer", [nn.Linear(6, 4), nn.Conv2d(2, 4, 3)], ids=["fully connected", "convolutional"])
def test_weight_normalization_is_torchs(layer: nn.Linear | nn.Conv2d) -> None:
    theirs = nn.utils.parametrizations.weight_norm(layer.double())
    c, v = (value.detach().clone() for value in theirs.parametrizations.weight.parameters())
    c = (c * torch.linspace(0.5, 2.0, 4, dtype=torch.float64).view_as(c)).requires_grad_()
    with torch.no_grad():
        theirs.parametrizations.weight.original0.copy_(c)
    flat = v.flatten(1).requires_grad_()
    ours = effective_weight(CONDITIONS["WeightNorm"], flat, {"c": c.flatten()})
    assert torch.allclose(ours, theirs.weight.flatten(1), atol=1e-12)
    upstream = torch.linspace(-1.0, 1.0, ours.numel(), dtype=torch.float64).view_as(ours)
    (ours * upstream).sum().backward()
    (theirs.weight.flatten(1) * upstream).sum().backward()
    original = theirs.parametrizations.weight
    assert torch.allclose(flat.grad, original.original1.grad.flatten(1), atol=1e-12)
    assert torch.allclose(c.grad, original.original0.grad, atol=1e-12)


# ------------------------------------------------------------------------------------------------- compiled kernels


def blocks(images: np.ndarray) -> np.ndarray:
    """(B, C, H, W) -> (n_blocks, C, H, W * LANES), zeros in spare lanes."""
    n_blocks = -(-len(images) // LANES)
    padded = np.zeros((n_blocks * LANES, *images.shape[1:]), np.float32)
    padded[: len(images)] = images
    split = padded.reshape(n_blocks, LANES, *images.shape[1:]).transpose(0, 2, 3, 4, 1)
    return np.ascontiguousarray(split.reshape(*split.shape[:3], -1))


def unblocked(maps: np.ndarray, size: int) -> np.ndarray:
    n_blocks, channels, height, row = maps.shape
    split = maps.reshape(n_blocks, channels, height, row // LANES, LANES).transpose(0, 4, 1, 2, 3)
    return split.reshape(-1, *split.shape[2:])[:size]


@pytest.mark.parametrize("size", [5, 32, 70])
def test_convolution_and_its_gradients_are_torchs(size: int) -> None:
    rng = np.random.default_rng(size)
    x = rng.normal(size=(size, 6, 14, 14)).astype(np.float32)
    w, b = rng.normal(size=(16, 6, 5, 5)).astype(np.float32), rng.normal(size=16).astype(np.float32)
    upstream = rng.normal(size=(size, 16, 10, 10)).astype(np.float32)
    tx, tw = (torch.tensor(value, requires_grad=True) for value in (x, w))
    expected = F.conv2d(tx, tw, torch.tensor(b))
    expected.backward(torch.tensor(upstream))
    z = np.empty_like(blocks(upstream))
    kernels.convolve(blocks(x), w, b, z)
    assert np.allclose(unblocked(z, size), expected.detach(), atol=1e-4)
    margin = 4 * LANES
    wide = np.pad(blocks(upstream), ((0, 0), (0, 0), (0, 0), (margin, margin)))
    dx, dw = np.empty_like(blocks(x)), np.empty_like(w)
    kernels.input_gradient(wide, w, dx)
    kernels.weight_gradient(blocks(x), wide, margin, dw)
    assert tx.grad is not None and tw.grad is not None
    assert np.allclose(unblocked(dx, size), tx.grad, atol=1e-4)
    assert np.allclose(dw, tw.grad, atol=2e-3)
    kernels.weight_gradient(blocks(x), blocks(upstream), 0, dw)
    assert np.allclose(dw, tw.grad, atol=2e-3)


@pytest.mark.parametrize("size", [7, 40])
def test_pooling_and_its_gradient_are_torchs_even_where_values_are_equal(size: int) -> None:
    rng = np.random.default_rng(size)
    # Few different values: most windows have ties, as flat parts of pictures do.
    z = rng.integers(-2, 4, (size, 6, 8, 8)).astype(np.float32)
    slope, offset = np.array([1, 2, -1, 0.5, 3, -2], np.float32), np.linspace(-1, 1, 6).astype(np.float32)
    upstream = rng.normal(size=(size, 6, 4, 4)).astype(np.float32)
    a = torch.tensor(z * slope[:, None, None] + offset[:, None, None], requires_grad=True)
    expected = F.max_pool2d(torch.relu(a), 2)
    expected.backward(torch.tensor(upstream))
    maps, dy = blocks(z), blocks(upstream)
    y, winner = np.empty_like(dy), np.empty(dy.shape, np.int32)
    kernels.pool(maps, slope, offset, y, winner)
    assert np.array_equal(unblocked(y, size), expected.detach())
    total, weighted = np.empty(6, np.float32), np.empty(6, np.float32)
    kernels.pool_sums(dy, y, winner, maps, size, total, weighted)
    assert a.grad is not None
    assert np.allclose(total, a.grad.sum(dim=(0, 2, 3)), atol=1e-4)
    assert np.allclose(weighted, (a.grad * torch.tensor(z)).sum(dim=(0, 2, 3)), atol=1e-4)
    constant, linear = rng.normal(size=(2, 6)).astype(np.float32)
    dz = np.empty_like(maps)
    kernels.unpool(dy, winner, maps, size, slope, constant, linear, 0, dz)
    by_channel = (each[:, None, None] for each in (slope, constant, linear))
    k, c, lin = by_channel
    assert np.allclose(unblocked(dz, size), k * a.grad.numpy() + c + lin * z, atol=1e-5)
    spare = dz.reshape(*dz.shape[:3], -1, LANES)[-1][..., size % LANES or LANES :]
    assert not spare.any()


@pytest.mark.parametrize("size", [7, 40])
def test_channel_sums_leave_spare_lanes_out(size: int) -> None:
    z = np.random.default_rng(size).normal(3.0, 2.0, (size, 4, 6, 6)).astype(np.float32)
    maps = blocks(z)
    maps.reshape(*maps.shape[:3], -1, LANES)[-1][..., size % LANES or LANES :] = 99.0
    total, squares = np.ones(4), np.ones(4)
    kernels.channel_sums(maps, size, 0, np.zeros(4, np.float32), total)
    mean = ((total - 1) / (36 * size)).astype(np.float32)
    kernels.channel_sums(maps, size, 1, mean, squares)
    assert np.allclose(mean, z.mean(axis=(0, 2, 3)), atol=1e-5)
    assert np.allclose((squares - 1) / (36 * size), z.var(axis=(0, 2, 3)), rtol=1e-5)


@pytest.mark.parametrize("name", ["BatchNorm", "MeanOnly", "Vanilla"])
def test_large_batches_pass_in_tiles_with_the_same_outputs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    condition = find_condition(name)
    images = np.random.default_rng(0).integers(0, 256, (150, 3, 32, 32), np.uint8)
    engine = cpu.CpuEngine(condition, initial_rows(condition, [np.random.SeedSequence(0)]), 0.01)
    whole = engine.forward(images)
    monkeypatch.setattr(cpu, "LARGE", 100)
    for layer, tiled in zip(whole, engine.forward(images), strict=True):
        assert np.array_equal(layer, tiled)


# --------------------------------------------------------------------------------------------------------- engines


def perturbed_rows(condition: Condition, models: int = 1) -> np.ndarray:
    """First parameters with alpha, gamma, beta and c away from their first values; some gammas are negative."""
    rng = np.random.default_rng(3)
    rows = initial_rows(condition, [np.random.SeedSequence(seed) for seed in range(models)])
    for name, value in parts(condition, rows).items():
        if name.split(".")[1] in condition.extras:
            value += 0.3 * rng.normal(size=value.shape)
            if name.endswith("gamma"):
                value[:, 0] *= -1
    return rows


@EVERY
@pytest.mark.parametrize("size", [32, 45])
def test_cpu_engine_is_the_torch_engine(condition: Condition, size: int) -> None:
    data = image_data()
    rows = perturbed_rows(condition)
    chosen = np.random.default_rng(size).permutation(400)[None, :size]
    ours, theirs = (make_engine(condition, rows, 0.003, device) for device in ("cpu", "torch"))
    for found, expected in zip(ours.forward(data.test_images), theirs.forward(data.test_images), strict=True):
        assert np.allclose(found, expected, rtol=1e-4, atol=1e-4)
    mine, other = (engine.step(data.train_images, data.train_labels, chosen) for engine in (ours, theirs))
    assert np.allclose(mine.loss, other.loss, rtol=1e-5)
    assert np.allclose(mine.fc1, other.fc1, atol=2 / size) and np.abs(mine.fc1 - other.fc1).mean() < 1e-3
    pairs = zip(parts(condition, ours.gradient).items(), parts(condition, theirs.gradient).values(), strict=True)
    for (name, found), expected in pairs:
        if name.endswith("bias") and condition.batch != "nothing" and name != "fc3.bias":
            assert not found.any(), f"{name}: where the mean is taken out, the bias has no effect"
            assert np.abs(expected).max() < 1e-5
        else:
            assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max(), name


@EVERY
def test_engines_are_the_network_made_of_torchs_own_layers(condition: Condition) -> None:
    # With some first weights, a value stands so near an edge of ReLU or of the maximum that rounding decides on which
    # side, and Adam makes steps of full size of the difference. Which seeds these are depends on the processor.
    differences: list[str] = []
    for seed in range(1, 6):
        differences += _difference_from_torch(condition, seed)
        if len(differences) < seed:
            return
    pytest.fail("with every seed: " + "; ".join(differences))


def _difference_from_torch(condition: Condition, seed: int) -> list[str]:
    """Return the first difference between three steps of our engine and of torch's own layers, if there is one."""
    data = image_data()
    torch.manual_seed(seed)
    network = plain_lenet(condition.name)
    values = dict(network.named_parameters())
    rows = np.empty((1, parameter_count(condition)), np.float32)
    named = parts(condition, rows)
    order = {"conv1": 0, "conv2": 3, "fc1": 7, "fc2": 9, "fc3": 11}
    theirs = {
        f"{layer}.{{}}": [name for name in values if name.startswith(f"{index}.")] for layer, index in order.items()
    }
    kinds = {
        "weight": ("0.weight", "layer.weight", "original1", "weight"),
        "bias": ("0.bias", "layer.bias", "bias"),
        "alpha": ("alpha",), "c": ("original0",), "gamma": ("1.weight",), "beta": ("1.bias",),
    }  # fmt: skip
    pairs = {}
    for name in parameter_shapes(condition):
        layer, kind = name.split(".")
        candidates = theirs[f"{layer}.{{}}"]
        pairs[name] = next(c for ending in kinds[kind] for c in candidates if c.split(".", 1)[1].endswith(ending))
        named[name][0] = values[pairs[name]].detach().numpy().reshape(named[name][0].shape)
    assert sorted(pairs.values()) == sorted(values)
    chosen = np.arange(32)[None]
    engine = make_engine(condition, rows, 0.01)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    x = torch.tensor(data.train_images[:32] / np.float32(255.0) - np.float32(0.5)) / 0.5
    # Three steps, so that gradients, Adam's averages and the normalization of weights all enter.
    for _ in range(3):
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x), torch.tensor(data.train_labels[:32].astype(int)))
        loss.backward()
        optimizer.step()
        step = engine.step(data.train_images, data.train_labels, chosen)
        if not np.allclose(step.loss, loss.item(), rtol=2e-3):
            return [f"loss {step.loss} for {loss.item()}"]
        biases = {
            pairs[n] for n in pairs if n.endswith("bias") and condition.batch != "nothing" and not n.startswith("fc3")
        }
        for name, value in parts(condition, engine.rows).items():
            if pairs[name] not in biases:
                expected = values[pairs[name]].detach().numpy().reshape(value[0].shape)
                # Adam's first steps have the size of the rate whatever the gradient: rounding shows where that is 0.
                if (share := np.mean(np.abs(value[0] - expected) > 1e-4)) >= 0.02:
                    return [f"{share:.1%} of {name}"]
    return []


def test_adam_is_torchs() -> None:
    rng = np.random.default_rng(4)
    values, gradients = rng.normal(size=50).astype(np.float32), rng.normal(size=(25, 50)).astype(np.float32)
    theirs = torch.tensor(values, requires_grad=True)
    optimizer = torch.optim.Adam([theirs], lr=0.01)
    first, second = np.zeros_like(values), np.zeros_like(values)
    for step, gradient in enumerate(gradients, start=1):
        theirs.grad = torch.tensor(gradient)
        optimizer.step()
        size, root = np.float32(0.01 / (1 - 0.9**step)), np.float32(np.sqrt(1 - 0.999**step))
        constants = (np.float32(0.9), np.float32(0.999), np.float32(1e-8))
        kernels.adam(values, gradient, first, second, size, root, *constants)
    assert np.allclose(values, theirs.detach(), atol=1e-6)


def test_networks_together_are_the_networks_alone() -> None:
    condition, data = CONDITIONS["SynapticScaling"], image_data()
    rows = perturbed_rows(condition, models=3)
    chosen = np.stack([np.random.default_rng(seed).permutation(400)[:32] for seed in range(3)])
    together = make_engine(condition, rows, 0.003, "torch")
    alone = [make_engine(condition, rows[model : model + 1], 0.003) for model in range(3)]
    for _ in range(2):
        step = together.step(data.train_images, data.train_labels, chosen)
        for model, engine in enumerate(alone):
            one = engine.step(data.train_images, data.train_labels, chosen[model : model + 1])
            assert np.allclose(step.loss[model], one.loss, rtol=1e-4)


def test_first_parameters_are_torchs_and_the_same_for_all_conditions() -> None:
    rows = {c.name: parts(c, initial_rows(c, [np.random.SeedSequence(5)])) for c in ALL}
    assert parameter_count(CONDITIONS["Vanilla"]) == sum(value.numel() for value in plain_lenet("Vanilla").parameters())
    for name, value in rows["Vanilla"].items():
        assert all(np.array_equal(value, other[name]) for other in rows.values())
        fan_in = np.prod(parameter_shapes(CONDITIONS["Vanilla"])[name.replace("bias", "weight")][1:])
        assert np.abs(value).max() <= 1 / np.sqrt(fan_in)
        if value.size > 1000:
            assert np.std(value) == pytest.approx(1 / np.sqrt(3 * fan_in), rel=0.05)
    for layer in HIDDEN:
        v = rows["WeightNorm"][f"{layer}.weight"].reshape(len(rows["WeightNorm"][f"{layer}.c"][0]), -1)
        assert np.allclose(rows["WeightNorm"][f"{layer}.c"][0], np.linalg.norm(v, axis=1), rtol=1e-6)
        assert (rows["SynapticScaling"][f"{layer}.alpha"] == 1).all()


# ------------------------------------------------------------------------------------------- evaluation and measures


@pytest.mark.parametrize("device", ["cpu", "torch"])
def test_evaluation_uses_each_test_batchs_own_statistics(device: str) -> None:
    condition, data = CONDITIONS["BatchNorm"], image_data(n_test=103)
    engine = make_engine(condition, initial_rows(condition, [np.random.SeedSequence(6)]), 0.003, device)
    engine.step(data.train_images, data.train_labels, np.arange(32)[None])
    found = evaluate(engine, data.test_images, data.test_labels, 25)
    outputs = [engine.forward(data.test_images[part]) for part in np.array_split(np.arange(103), 4)]
    y = np.concatenate([each.fc1[0] for each in outputs])
    assert found.accuracy[0] == pytest.approx(
        100 * (np.concatenate([each.logits[0] for each in outputs]).argmax(axis=1) == data.test_labels).mean()
    )
    assert np.allclose(found.fc1.probability[0], (y > 0).mean(axis=0))
    assert np.allclose(found.fc1.mean[0], y.mean(axis=0), rtol=1e-5)
    means = [column[column > 0].mean() if (column > 0).any() else np.nan for column in y.T]
    assert np.allclose(found.fc1.mean_active[0], means, rtol=1e-5, equal_nan=True)
    assert found.fc1.distinct[0] == len({tuple(row) for row in y > 0})
    whole = evaluate(engine, data.test_images, data.test_labels, 103)
    assert not np.allclose(whole.fc1.mean, found.fc1.mean, rtol=1e-5)


def test_a_unit_that_is_never_active_has_no_mean_when_active() -> None:
    condition, data = CONDITIONS["Vanilla"], image_data()
    rows = initial_rows(condition, [np.random.SeedSequence(7)])
    parts(condition, rows)["fc1.bias"][0, :5] = -1e6
    found = evaluate(make_engine(condition, rows, 0.003), data.test_images, data.test_labels, 60)
    assert np.isnan(found.fc1.mean_active[0, :5]).all() and not found.fc1.probability[0, :5].any()
    assert np.isfinite(found.fc1.mean_active[0, 5:]).any()


def test_joint_capacity_tells_independent_units_from_copies() -> None:
    """Independent units have the capacity of single ones; copies share it; silent units have none."""
    rng = np.random.default_rng(0)
    free = rng.random((20_000, 20)) < 0.3
    single = coding_capacity(free.mean(axis=0))
    assert joint_capacity(free) == pytest.approx(single, rel=0.01) and single == pytest.approx(0.881, rel=0.01)
    copies = np.repeat(free[:, :2], 10, axis=1)
    assert joint_capacity(copies) == pytest.approx(coding_capacity(free[:, :2].mean(axis=0)) / 10, rel=0.01)
    assert coding_capacity(copies.mean(axis=0)) > 0.8 and distinct_codes(copies) == 4
    assert joint_capacity(np.zeros((50, 12))) == 0 and distinct_codes(np.zeros((50, 12))) == 1
    # Four states of equal share, whatever units they are of.
    states = np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], 25, axis=0)
    assert joint_capacity(states, group=2) == pytest.approx(1.0) and distinct_codes(states) == 4


def test_coefficient_of_variation_and_capacity() -> None:
    assert coefficient_of_variation([[1.0, 3.0, np.nan], [2.0, 2.0, 2.0]]) == pytest.approx([0.5, 0.0])
    assert np.isnan(coefficient_of_variation([np.nan, np.nan]))
    assert coding_capacity([0.25]) == pytest.approx(scipy.stats.entropy([0.25, 0.75], base=2))
    assert coding_capacity([[0.5, 0.5], [0.0, 1.0]]) == pytest.approx([1.0, 0.0])


def test_row_variation_averages_the_last_ninth() -> None:
    rows = np.zeros((18, 2))
    rows[:] = [1.0, 1.0]
    rows[-2:] = [[1.0, 3.0], [2.0, 2.0]]
    assert row_variation(rows) == pytest.approx(0.25)
    rows[-1] = 0.0  # a batch in which no unit is active
    assert row_variation(rows) == pytest.approx(0.5)
    # The last 50 of the paper's 450 rows count: the CV is 1 in them, and 0 before.
    rows = np.tile([1.0, 1.0], (450, 1))
    rows[400:] = [0.0, 1.0]
    assert row_variation(rows) == 1.0
    rows[400] = [1.0, 1.0]
    assert row_variation(rows) == pytest.approx(49 / 50)


@pytest.mark.parametrize("removed", ["nothing", "mean", "mean and variance"])
@pytest.mark.parametrize("p", [0.5, 0.2])
def test_sampling_variance_is_that_of_simulated_batches(removed: str, p: float) -> None:
    rng = np.random.default_rng(8)
    batch = 128
    z = rng.normal(size=(40_000, batch))
    if removed != "nothing":
        z -= z.mean(axis=1, keepdims=True)
    if removed == "mean and variance":
        z /= z.std(axis=1, keepdims=True)
    shares = (z > scipy.stats.norm.isf(p)).mean(axis=1)
    assert sampling_variance(p, batch, removed) == pytest.approx(shares.var(), rel=0.05)  # type: ignore[arg-type]


def test_sampling_floor_adds_to_the_variation_of_the_true_probabilities() -> None:
    rng = np.random.default_rng(9)
    p = rng.uniform(0.05, 0.6, 5000)
    one_batch = rng.binomial(32, p) / 32
    expected = np.hypot(coefficient_of_variation(p), sampling_floor(p, 32, "nothing"))
    assert coefficient_of_variation(one_batch) == pytest.approx(expected, rel=0.03)
