"""The terms of the loss bound are those of networks for which they are known."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from homeostat.reactivation.bound import loss_terms
from homeostat.reactivation.networks import Architecture
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.running import Network

N, D = 12, 2


def network(noise: Noise, seed: int = 0, **matrices: np.ndarray) -> Network:
    """Return a network whose code is linear, f(s) = D (s, s, …); named matrices replace random ones."""
    architecture = Architecture("relu", N, 5, D, tau=0.1)
    rng = np.random.default_rng(seed)
    weights = torch.as_tensor(architecture.initial(rng)).double()
    views = architecture.views(weights)
    for name, value in matrices.items():
        views[name][:] = torch.as_tensor(value)
    spread = torch.as_tensor(np.kron(np.ones(N // D), np.eye(D)))
    code = SimpleNamespace(encode=lambda s: s @ spread @ views["D"].T)
    return Network(architecture, weights, code, noise)


def step(of: Network, states: np.ndarray, inputs: np.ndarray, eta: np.ndarray) -> np.ndarray:
    weights = {name: view.numpy() for name, view in of.architecture.views(of.weights).items()}
    a = of.architecture.rate
    return (1 - a) * states + a * np.maximum(states @ weights["W"].T + inputs @ weights["V"].T, 0) + eta


def test_a_network_that_tracks_has_no_signal_term() -> None:
    """With W = 0 and V s = s / a in every pair of units, input s > 0 moves r by exactly D^+ df, and the rest decays."""
    a = 0.2
    tracking = network(Noise("gaussian", 0.01), W=np.zeros((N, N)), V=np.kron(np.ones((N // D, 1)), np.eye(D)) / a)
    rng = np.random.default_rng(1)
    before, change = rng.uniform(0, 1, (50, D)), rng.uniform(0, 0.1, (50, D))
    states = np.tile(before, N // D)
    eta = 0.01 * rng.standard_normal(states.shape)
    terms = loss_terms(tracking, states, change, step(tracking, states, change, eta), (before, before + change))
    assert terms.signal == pytest.approx(0, abs=1e-6) and terms.tracking == pytest.approx(1, abs=1e-6)
    readout = np.linalg.norm(tracking.architecture.views(tracking.weights)["D"].numpy(), 2)
    decay = np.sqrt((a * states) ** 2 @ np.ones(N) + N * 0.01**2)
    assert terms.noise == pytest.approx(readout * decay.mean(), rel=1e-6)
    lost = (a * states - eta) @ tracking.architecture.views(tracking.weights)["D"].numpy().T
    assert terms.loss == pytest.approx(np.linalg.norm(lost, axis=1).mean(), rel=1e-5)


@pytest.mark.parametrize("kind", ["gaussian", "uniform", "none"])
def test_where_the_output_was_right_the_loss_is_within_its_bound(kind: str) -> None:
    rng = np.random.default_rng(2)
    for seed in range(5):
        noise = Noise(kind, 0.05 if kind != "none" else 0.0)
        any_network = network(noise, seed)
        before, change = rng.normal(size=(4000, D)), 0.1 * rng.normal(size=(4000, D))
        states = np.tile(before, N // D)  # D r = f(s)
        eta = {"gaussian": rng.standard_normal, "uniform": rng.random, "none": np.zeros}[kind](
            states.shape
        ) * noise.scale
        after = step(any_network, states, change, eta)
        terms = loss_terms(any_network, states, change, after, (before, before + change))
        assert 0 < terms.share < 1


def test_a_network_without_input_weights_does_not_track() -> None:
    deaf = network(Noise("none"), V=np.zeros((N, D)))
    rng = np.random.default_rng(3)
    before, change = rng.normal(size=(50, D)), rng.normal(size=(50, D))
    states = np.tile(before, N // D)
    terms = loss_terms(deaf, states, change, states, (before, before + change))
    assert terms.tracking == 0 and terms.signal > 0
