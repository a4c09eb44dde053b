"""homeostat.inhibition against formulas, finite differences, torch's LayerNorm and its autograd."""

import numpy as np
import plain_inhibition as plain
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from inhibition_examples import CONFIGURATION, SIZES, batches, stack, tensors, weights
from torch import Tensor
from torch.nn import functional

from homeostat.inhibition import ERRORS, NETWORKS, Configuration
from homeostat.inhibition.kinds import VARIANCE_FLOOR
from homeostat.inhibition.measures import measure
from homeostat.inhibition.normalize import Units, normalize_error
from homeostat.inhibition.stack import Stack

KINDS = list(NETWORKS)


def layer_norm(z: Tensor) -> Tensor:
    return functional.layer_norm(z, z.shape[-1:], eps=VARIANCE_FLOOR)


def jacobian_of(kind: str, z: Tensor, lateral: Tensor) -> Tensor:
    """Return the matrix that turns an error into the one sent on, from the backward pass."""
    n = z.shape[1]
    rows = []
    for unit in torch.eye(n, dtype=z.dtype):
        at = z.clone().requires_grad_(True)
        plain.NormalizedError.apply(at, lateral, kind).backward(unit[None])
        rows.append(at.grad[0])
    return torch.stack(rows, dim=1)


def formula(kind: str, z: np.ndarray, lateral: np.ndarray) -> np.ndarray:
    n = len(z)
    one, eye, s = np.ones((n, n)) / n, np.eye(n), np.sqrt(z.var() + VARIANCE_FLOOR)
    along = np.outer(z, z) / n
    return {
        "none": eye,
        "full": (eye - one - along) / s,
        "center": eye - one,
        "scale": eye / s,
        "decorrelate": eye - along,
        "lateral": eye - np.outer(np.ones(n), lateral),
    }[kind]


@pytest.mark.parametrize("kind", ERRORS)
def test_jacobian_of_each_normalization_is_the_formulas(kind: str) -> None:
    random = np.random.default_rng(1)
    z, lateral = random.normal(0.3, 1.7, 7), random.dirichlet(np.ones(7))
    found = jacobian_of(kind, torch.tensor(z)[None], torch.tensor(lateral))
    np.testing.assert_allclose(found, formula(kind, z, lateral), atol=1e-13)


def test_full_normalization_is_layer_norms_own_backward_pass() -> None:
    random = np.random.default_rng(2)
    a, g = torch.tensor(random.normal(2.0, 3.0, (4, 50))), torch.tensor(random.normal(size=(4, 50)))
    a.requires_grad_(True)
    layer_norm(a).backward(g)
    # Inputs that are normalized already: the two differ by the floor under the variance only.
    z = layer_norm(a).detach().requires_grad_(True)
    plain.NormalizedError.apply(z, torch.zeros(50), "full").backward(g)
    deviation = a.detach().std(dim=1, correction=0, keepdim=True)
    np.testing.assert_allclose(z.grad / deviation, a.grad, atol=2e-5)


@pytest.mark.parametrize("kind", ERRORS)
def test_written_out_normalization_equals_the_autograd_functions(kind: str) -> None:
    random = np.random.default_rng(3)
    z, g = torch.tensor(random.normal(size=(2, 5, 9))), torch.tensor(random.normal(size=(2, 5, 9)))
    lateral = torch.tensor(random.dirichlet(np.ones(9), 2))[:, None]
    found = normalize_error(kind, g.clone(), z, lateral, Units(9))
    for index in range(2):
        at = z[index].clone().requires_grad_(True)
        plain.NormalizedError.apply(at, lateral[index, 0], kind).backward(g[index])
        np.testing.assert_allclose(found[index], at.grad, atol=1e-14)


def test_forward_layer_norm_sends_errors_back_as_they_are() -> None:
    z = torch.randn(3, 8, dtype=torch.float64, requires_grad=True)
    out, g = plain.ForwardLayerNorm.apply(z), torch.randn(3, 8, dtype=torch.float64)
    out.backward(g)
    torch.testing.assert_close(out, layer_norm(z))
    assert torch.equal(z.grad, g)


@pytest.mark.parametrize("sizes", [(784, 100, 100, 10), (784, 300, 300, 10)])
def test_at_the_start_inorm_is_layer_norm(sizes: tuple[int, ...]) -> None:
    x = torch.rand(16, sizes[0], dtype=torch.float64)
    for w in plain.as_tensors(weights(4, sizes))[:-1]:
        h, z, local = plain.hidden_layer(NETWORKS["inorm"], w, x)
        assert (z - layer_norm(x @ w["ex"].T)).abs().max() < 1e-3
        assert local < 1e-6
        x = h.detach()


def test_first_weights_have_the_moments_of_the_paper() -> None:
    first = weights(0, (784, 200, 200, 10))[0]
    scale = np.sqrt(2 * 200 / (784 * 199))
    assert first["ex"].min() > 0
    assert abs(first["ex"].mean() / scale - 1) < 0.02 and abs(first["ex"].std() / scale - 1) < 0.05
    np.testing.assert_allclose(first["ei"].sum(axis=1), 1.0)
    assert first["ix"].shape == (20, 784) and weights(0, (784, 200, 200, 10))[2]["ix"].shape == (1, 200)
    np.testing.assert_allclose(first["lateral"].sum(), 1.0)
    assert first["lateral"].min() >= 0


def test_no_error_of_the_task_reaches_inhibition_or_the_input_through_it() -> None:
    w, x = tensors()[0], torch.rand(6, SIZES[0], dtype=torch.float64, requires_grad=True)
    for name in ("ex", "ix", "div"):
        w[name].requires_grad_(True)
    _, z, local = plain.hidden_layer(NETWORKS["inorm"], w, x)
    g = torch.randn_like(z)
    z.backward(g, retain_graph=True)
    assert w["ix"].grad is None and w["div"].grad is None
    divisor = torch.sqrt((x @ w["div"].T).square().mean(dim=1, keepdim=True) + VARIANCE_FLOOR)
    torch.testing.assert_close(x.grad, (g / divisor) @ w["ex"])
    before = w["ex"].grad.clone(), x.grad.clone()
    local.backward()
    assert torch.equal(w["ex"].grad, before[0]) and torch.equal(x.grad, before[1])
    assert w["ix"].grad.abs().sum() > 0 and w["div"].grad.abs().sum() > 0


@pytest.mark.parametrize("kind, names", [("inorm", ("ix", "div")), ("inorm_sub", ("ix", "ei"))])
def test_gradient_of_the_local_loss_by_finite_differences(kind: str, names: tuple[str, ...]) -> None:
    w, x = tensors(5)[0], torch.rand(6, SIZES[0], dtype=torch.float64)
    w["bias"] += 0.3
    for name in names:
        w[name].requires_grad_(True)
        local = plain.hidden_layer(NETWORKS[kind], w, x)[2]
        (gradient,) = torch.autograd.grad(local, w[name])
        w[name].requires_grad_(False)
        change = torch.randn_like(w[name])
        values = []
        for sign in (1, -1):
            moved = w | {name: w[name] + sign * 1e-6 * change}
            values.append(float(plain.hidden_layer(NETWORKS[kind], moved, x)[2]))
        assert (values[0] - values[1]) / 2e-6 == pytest.approx(float((gradient * change).sum()), rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_written_out_step_is_autograds(kind: str) -> None:
    ours = stack(kind, networks=3)
    theirs = [tensors(seed) for seed in range(3)]
    for x, labels in batches(15, networks=3):
        ours.step(x, labels)
        for network, layers in enumerate(theirs):
            plain.step(NETWORKS[kind], layers, x[network], labels[network], CONFIGURATION,
                       smoothing=0.1, local_weight=0.01)  # fmt: skip
    for index, layer in enumerate(ours.layers):
        for network, layers in enumerate(theirs):
            w = layers[index]
            parts = [name for name, has in (("ex", True), ("ix", layer.network.subtracts),
                                            ("div", layer.network.divides)) if has]  # fmt: skip
            found = {"rows": torch.cat([w[name] for name in parts]), "ei": w["ei"], "bias": w["bias"][None]}
            for name, value in found.items():
                assert (getattr(layer, name)[network] - value).abs().max() < 1e-10, (index, name)
    # They have moved: equality is not that of weights that stay.
    assert (ours.layers[0].rows[0, : SIZES[1]] - torch.tensor(weights()[0]["ex"])).abs().max() > 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_are_those_of_the_forward_pass(kind: str) -> None:
    ours = stack(kind, networks=2)
    for x, labels in batches(5, networks=2):
        ours.step(x, labels)
    x, _ = batches(1, networks=2, seed=9)[0]
    assert torch.equal(ours.predictions(x), ours.forward(x).argmax(dim=2))
    for network in range(2):
        layers = []
        for layer in ours.layers:
            n, p = layer.n, layer.positive
            rows = layer.rows[network]
            layers.append({"ex": rows[:n], "ix": rows[n:p], "div": rows[p:], "ei": layer.ei[network],
                           "bias": layer.bias[network, 0], "lateral": torch.ones(n) / n})  # fmt: skip
        logits, hidden, _ = plain.outputs(NETWORKS[kind], layers, x[network])
        torch.testing.assert_close(ours.forward(x)[network], logits)
        torch.testing.assert_close(ours.layers[1].z[network], hidden[1])


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    rates=st.tuples(*[st.floats(1e-4, 5.0)] * 3),
    seed=st.integers(0, 1000),
)
def test_dales_law_holds_after_every_step(kind: str, rates: tuple[float, float, float], seed: int) -> None:
    ours = Stack(NETWORKS[kind], [weights(seed)], Configuration(*rates, 20), batch=8, dtype=torch.float64)
    for x, labels in batches(6, seed=seed):
        ours.step(x, labels)
        for layer in ours.layers:
            # Not "any below zero": weights of a network that diverges are not numbers.
            assert not (layer.rows[:, : layer.positive] < 0).any() and not (layer.ei < 0).any()


@pytest.mark.parametrize("kind", KINDS)
def test_measures_are_those_of_autograd(kind: str) -> None:
    ours, network = stack(kind), NETWORKS[kind]
    for x, labels in batches(8):
        ours.step(x, labels)
    ours.forward(batches(1, seed=7)[0][0])
    for layer in ours.layers[:2]:
        found = measure(layer)
        x, z0 = layer.x[0], layer.z[0]
        ex = torch.zeros(layer.n, x.shape[1], dtype=torch.float64, requires_grad=True)
        divisor = layer.divisor[0] if network.divides else 1.0
        # z as a function of the excitatory weights, at the weights as they are.
        z = z0 + (x @ ex.T) / divisor
        lateral = layer.lateral[0, 0]
        if kind == "inorm_lateral":
            target = functional.relu(plain.NormalizedError.apply(z, lateral, "center")).sum()
        else:
            target = functional.relu(layer_norm(z)).sum()
        own = functional.relu(plain.NormalizedError.apply(z, lateral, network.error)).sum()
        a, b = (torch.autograd.grad(value, ex, retain_graph=True)[0].flatten() for value in (target, own))
        assert float(found.gradient[0]) == pytest.approx(float(functional.cosine_similarity(a, b, dim=0)), abs=1e-9)
        shown = functional.cosine_similarity(
            functional.relu(layer_norm(z0)).flatten(), functional.relu(z0).flatten(), dim=0
        )
        assert float(found.output[0]) == pytest.approx(float(shown), abs=1e-12)
        assert float(found.mean[0]) == pytest.approx(float(z0.mean()), abs=1e-12)
        assert float(found.variance[0]) == pytest.approx(float(z0.var(dim=1, correction=0).mean()), abs=1e-12)


def test_local_loss_keeps_activity_normalized_while_excitation_learns() -> None:
    moments = {}
    for kind in ("ei", "inorm"):
        ours = stack(kind, configurations=Configuration(0.01, 0.02, 0.5, 20))
        for x, labels in batches(400):
            ours.step(x, labels)
        moments[kind] = [measure(layer) for layer in ours.layers[:2]]
    assert all(abs(float(each.mean[0])) < 0.1 and 0.8 < float(each.variance[0]) < 1.2 for each in moments["inorm"])
    assert any(abs(float(each.variance[0]) - 1) > 0.2 for each in moments["ei"])
