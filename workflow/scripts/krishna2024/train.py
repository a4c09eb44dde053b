"""Train the networks of one condition, for a block of seeds."""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

from homeostat import cli
from homeostat.device import resolve_device
from homeostat.files import save_npz
from homeostat.logs import progress
from homeostat.provenance import provenance
from homeostat.reactivation.lockstep import Lockstep
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.tasks import make_task
from homeostat.reactivation.training import Schedule, Trained, Trainer, train
from homeostat.seeds import seed_sequence
from krishna2024.conditions import Condition
from krishna2024.study import STUDY, StudyData, architecture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--condition", type=cli.argument(Condition.parse), required=True)
    parser.add_argument("--seeds", type=int, nargs=2, required=True, metavar=("FIRST", "LAST"))
    parser.add_argument("--neurons", type=int, required=True)
    parser.add_argument("--noise", type=float, required=True, help="scale of the noise, per step")
    parser.add_argument("--batches", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--evaluate-every", type=int, required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--threads", type=int, required=True, help="that draw batches ahead for a GPU")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    device = resolve_device(options.device)
    torch.set_num_threads(1)
    condition, data = options.condition, StudyData.read(options.data)
    task = make_task(condition.task, biased=condition.bias == "biased")
    noise = Noise(condition.noise, 0.0 if condition.noise == "none" else options.noise)
    schedule = Schedule(options.batches, options.batch, options.steps, options.learning_rate, options.evaluate_every)
    seeds = range(options.seeds[0], options.seeds[1] + 1)

    def trainer(seed: int) -> Trainer:
        code, test = data.code(condition.task, seed), data.trajectories(condition, seed)
        sizes, stream = (
            architecture(condition, options.neurons, code),
            seed_sequence(seed, STUDY, "train", condition.name),
        )
        return Trainer(sizes, task, code, noise, schedule, test, stream, device)

    trained: list[Trained] = []
    checkpoints = []
    if device == "cuda":
        checkpoints.append(options.checkpoint)
        lockstep = Lockstep([trainer(seed) for seed in seeds], threads=options.threads)
        with progress(condition.name) as report:
            trained += train(lockstep, progress=report, checkpoint=checkpoints[-1])
    else:
        # One after the other: a core gains nothing from several at once.
        for seed in seeds:
            checkpoints.append(options.checkpoint.with_name(f"{options.checkpoint.stem}-{seed}.npz"))
            with progress(f"{condition.name}, seed {seed}") as report:
                trained.append(train(trainer(seed), progress=report, checkpoint=checkpoints[-1]))
    for seed, one in zip(seeds, trained, strict=True):
        if one.diverged >= 0:
            print(f"{condition.name}, seed {seed}: diverged at batch {one.diverged}", file=sys.stderr)
    arrays = {
        "seed": np.array(seeds),
        "weights": np.array([one.weights for one in trained]),
        "diverged": np.array([one.diverged for one in trained]),
        **{f"curve_{seed}": one.curve for seed, one in zip(seeds, trained, strict=True)},
    }
    left_out = ("data", "condition", "device", "threads", "checkpoint", "output")
    settings = {name: value for name, value in vars(options).items() if name not in left_out}
    save_npz(options.output, arrays, provenance(device=device, condition=condition.name, **settings), compress=False)
    for path in checkpoints:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    cli.run(main)
