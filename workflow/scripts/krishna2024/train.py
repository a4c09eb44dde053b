"""Train the networks of one condition, for a block of seeds."""

import sys
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import torch

from homeostat import cli
from homeostat.device import resolve_device
from homeostat.files import save_npz
from homeostat.logs import progress
from homeostat.parameters import from_section
from homeostat.provenance import provenance
from homeostat.reactivation.fitting import train_many
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.settings import Schedule
from homeostat.reactivation.tasks import make_task
from homeostat.reactivation.trainer import Trainer
from homeostat.seeds import seed_sequence
from krishna2024.conditions import Condition
from krishna2024.study import STUDY, StudyData, architecture


@dataclass(frozen=True)
class Settings:
    """A condition by its name, the first and last seed, and how they are trained (jobs.py).

    ``noise`` is the scale of the noise of a step; ``threads`` draw batches ahead for a GPU.
    """

    condition: str
    first: int
    last: int
    threads: int
    neurons: int
    noise: float
    schedule: Schedule


def main() -> None:
    job = cli.job(__doc__, "data")
    settings = from_section(Settings, job.settings)
    device, checkpoint = resolve_device(job.device), job.checkpoint
    torch.set_num_threads(1)
    condition, data = Condition.parse(settings.condition), StudyData.read(job.path("data"))
    task = make_task(condition.task, biased=condition.bias == "biased")
    noise = Noise(condition.noise, 0.0 if condition.noise == "none" else settings.noise)
    seeds = range(settings.first, settings.last + 1)

    def trainer(seed: int) -> Trainer:
        code, test = data.code(condition.task, seed), data.trajectories(condition, seed)
        sizes, stream = (
            architecture(condition, settings.neurons, code),
            seed_sequence(seed, STUDY, "train", condition.name),
        )
        return Trainer(sizes, task, code, noise, settings.schedule, test, stream, device)

    with progress(condition.name) as report:
        trained = train_many(
            [partial(trainer, seed) for seed in seeds],
            device=device,
            threads=settings.threads,
            progress=report,
            checkpoint=checkpoint,
            keep_checkpoint=True,
        )
    for seed, one in zip(seeds, trained, strict=True):
        if one.diverged >= 0:
            print(f"{condition.name}, seed {seed}: diverged at batch {one.diverged}", file=sys.stderr)
    arrays = {
        "seed": np.array(seeds),
        "weights": np.array([one.weights for one in trained]),
        "diverged": np.array([one.diverged for one in trained]),
        **{f"curve_{seed}": one.curve for seed, one in zip(seeds, trained, strict=True)},
    }
    sizes = {"neurons": settings.neurons, "noise": settings.noise, **asdict(settings.schedule)}
    record = provenance(device=device, condition=condition.name, seeds=list(seeds), **sizes)
    save_npz(job.output, arrays, record, compress=False)
    checkpoint.unlink(missing_ok=True)


if __name__ == "__main__":
    cli.run(main)
