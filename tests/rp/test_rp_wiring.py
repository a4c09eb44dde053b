"""Synapses in slots against the dense arrays that they stand for."""

import numpy as np
import pytest
import torch
from rp_examples import small_models

from homeostat.rp.projections import random_models, random_weights, random_wiring, stack
from homeostat.rp.storage import from_arrays, to_arrays
from homeostat.rp.wiring import Wiring

AXES = {"input": 2, "output": 1, "circuit": (1, 2)}
RNG = np.random.default_rng(0)
MASKS = {
    "sparse": RNG.random((3, 20, 30)) < 0.2,
    "full": np.ones((2, 5, 6), bool),
    "pairs": np.eye(6, dtype=bool)[None] | np.eye(6, k=1, dtype=bool)[None],
    "neurons without synapses": (RNG.random((1, 4, 30)) < 0.1) | (np.arange(30) == 3),
}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_slots_hold_what_dense_arrays_hold(mask: np.ndarray) -> None:
    wiring = Wiring.of(mask)
    dense = np.where(mask, RNG.normal(size=mask.shape), 0.0)
    values = wiring.gather(dense)
    assert np.array_equal(wiring.scatter(values), dense)
    assert wiring.shape == mask.shape and wiring.n_synapses == mask.sum() and wiring.full == mask.all()
    assert np.array_equal(wiring.fan_out, mask.sum(axis=1))
    assert not values[~wiring.slots].any()


@pytest.mark.parametrize("over", AXES)
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("array", [np.asarray, torch.as_tensor], ids=["numpy", "torch"])
def test_totals_are_sums_of_dense_arrays(array, mask: np.ndarray, over: str) -> None:
    wiring = Wiring.of(mask)
    dense = np.where(mask, RNG.normal(size=mask.shape), 0.0)
    found = np.broadcast_to(np.asarray(wiring.total(array(wiring.gather(dense)), over)), wiring.neuron.shape)
    expected = np.broadcast_to(dense.sum(axis=AXES[over], keepdims=True), mask.shape)
    assert found[wiring.slots] == pytest.approx(wiring.gather(expected)[wiring.slots])


def test_a_model_has_the_same_slots_alone_and_beside_others() -> None:
    generators = [np.random.default_rng(seed) for seed in (1, 2, 3)]
    together = random_models(40, 25, generators, in_degree=6)
    alone = random_models(40, 25, [np.random.default_rng(2)], in_degree=6)
    width = alone.synapses.shape[2]
    assert np.array_equal(together.synapses[1, :, :width], alone.synapses[0])
    assert not together.synapses[1, :, width:].any()
    joined = stack([together[0], alone, together[2]])
    assert np.array_equal(joined.weight, together.weight)
    # Sums over slots are the same to the last bit.
    for over in AXES:
        one, many = (each.wiring.total(each.synapses.astype(float), over) for each in (alone, together))
        if over != "circuit":
            assert np.array_equal(one[0], many[1][:, : one.shape[2]])


def test_draws_in_parts_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn() -> tuple[Wiring, np.ndarray]:
        rng = np.random.default_rng(4)
        wiring = random_wiring(30, 40, 2.0, rng)
        return wiring, random_weights(wiring, rng)

    wiring, weights = drawn()
    monkeypatch.setattr("homeostat.rp.projections._DRAWN", 100)
    again, weights_again = drawn()
    assert np.array_equal(wiring.neuron, again.neuron) and np.array_equal(weights, weights_again)
    # The formula that older fits were made with.
    rng = np.random.default_rng(4)
    mask = rng.random((40, 30)) < 2.0 / 30
    while (empty := ~mask.any(axis=1)).any():
        mask[empty] = rng.random((int(empty.sum()), 30)) < 2.0 / 30
    dense = np.where(mask, rng.normal(1.0, 1.0, mask.shape), 0.0).astype(np.float32)
    assert np.array_equal(wiring.scatter(weights)[0], dense)


@pytest.mark.parametrize("sizes", [(8, 12, 3.0), (400, 20, 3.0)], ids=["as bits", "as lists"])
def test_files_hold_the_models(sizes: tuple[int, int, float]) -> None:
    n_neurons, n_projections, in_degree = sizes
    models = random_models(n_neurons, n_projections, [np.random.default_rng(1)] * 2, in_degree=in_degree, lam=0.5)
    arrays = to_arrays(models)
    assert ("neuron" in arrays) == (n_neurons == 400)
    again = from_arrays(arrays)
    assert np.array_equal(again.weight, models.weight) and np.array_equal(again.connectivity, models.connectivity)


def test_a_batch_of_some_models_has_their_wiring() -> None:
    models = small_models(3)
    assert np.array_equal(models[1].weight[0], models.weight[1])
    assert models[1:].shape == (2, *models.shape[1:])
