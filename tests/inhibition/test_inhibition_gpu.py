"""homeostat.inhibition on a GPU: the recorded step, lockstep over configurations, and trainings, as on the CPU."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from inhibition_examples import images
from killed import Killed, kill_at
from test_inhibition_training import CONFIGURATIONS, SEEDS, same, train

from homeostat.inhibition import NETWORKS
from homeostat.inhibition.settings import Schedule
from homeostat.inhibition.trainer import MEASURES, Trainer

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device here"),
]
MEMBERS = [(CONFIGURATIONS[0], SEEDS[0][0]), (replace(CONFIGURATIONS[1], width=23), SEEDS[1][0])]


def trained(kind: str, device: str, members: list, dtype: torch.dtype = torch.float64) -> Trainer:  # type: ignore[type-arg]
    configurations, seeds = zip(*members, strict=True)
    trainer = Trainer(NETWORKS[kind], configurations, Schedule(3, 0.5, 16), images(), seeds, device, dtype)
    while not trainer.done:
        trainer.advance()
    return trainer


@pytest.mark.parametrize("kind", NETWORKS)
def test_three_epochs_in_lockstep_are_the_cpus_networks_one_by_one(kind: str) -> None:
    together = trained(kind, "cuda", MEMBERS)
    assert together._recorded is not None
    for index, member in enumerate(MEMBERS):
        alone = trained(kind, "cpu", [member])
        for name in MEASURES:
            np.testing.assert_allclose(together.record[name][index], alone.record[name][0], atol=1e-8, err_msg=name)
        for ours, theirs in zip(together.stack.layers, alone.stack.layers, strict=True):
            found = ours.rows[index, : theirs.n, : theirs.rows.shape[2]].cpu()
            torch.testing.assert_close(found, theirs.ex_rows[0], atol=1e-8, rtol=0)


def test_recorded_steps_are_those_that_are_not_recorded() -> None:
    first, second = (
        Trainer(NETWORKS["inorm_full"], CONFIGURATIONS[0], Schedule(1, 0.5, 16), images(), SEEDS[0], "cuda")
        for _ in range(2)
    )
    chosen, shifts = (each[:, :64].unflatten(1, (4, 16)) for each in first._draw(1, 256, permuted=True))
    first._made(chosen, shifts)
    second._replayed(chosen, shifts)
    for ours, theirs in zip(first.stack.layers, second.stack.layers, strict=True):
        torch.testing.assert_close(ours.rows, theirs.rows, atol=1e-6, rtol=1e-6)


def test_accuracies_of_a_whole_training_are_near_the_cpus() -> None:
    schedule = {"epsilon": 0.25}
    ours = train("inorm_full", epochs=12, schedule=schedule, device="cuda")
    theirs = train("inorm_full", epochs=12, schedule=schedule)
    # In float32 single images change sides; 96 test images, so a hundredth is one.
    assert np.abs(ours["test_accuracy"] - theirs["test_accuracy"]).mean() < 0.02
    assert (ours["test_accuracy"][:, :, -1] > 0.8).all()


def test_a_diverged_network_leaves_its_neighbours_alone() -> None:
    wild = [(replace(CONFIGURATIONS[0], learning_rate=1e30), SEEDS[0][0]), MEMBERS[1]]
    found, alone = trained("inorm", "cuda", wild), trained("inorm", "cuda", MEMBERS[1:])
    assert found.diverged.tolist() == [True, False]
    np.testing.assert_allclose(found.record["test_accuracy"][1], alone.record["test_accuracy"][0], atol=1e-12)


def test_interrupted_training_goes_on_to_the_same_numbers(tmp_path) -> None:  # type: ignore[no-untyped-def]
    whole, options = train(device="cuda"), {"checkpoint": tmp_path / "checkpoint.npz", "checkpoint_seconds": 0.0}
    with pytest.raises(Killed):
        train(device="cuda", progress=kill_at(2), **options)
    assert same(train(device="cuda", **options), whole)
