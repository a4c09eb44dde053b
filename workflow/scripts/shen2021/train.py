"""Train the networks of one condition for a block of seeds, and measure them on the test set."""

from dataclasses import dataclass

import numpy as np

from homeostat import cli
from homeostat.device import resolve_device
from homeostat.files import save_npz
from homeostat.logs import progress
from homeostat.normalization import ImageData, Training, find_condition, train_many
from homeostat.parameters import from_section
from homeostat.provenance import provenance
from homeostat.seeds import seed_sequence
from shen2021.conditions import Condition


@dataclass(frozen=True)
class Settings:
    """A condition by its name, the first and last seed, and how they are trained (jobs.py)."""

    condition: str
    first: int
    last: int
    training: Training


def main() -> None:
    job = cli.job(__doc__, "data")
    settings = from_section(Settings, job.settings)
    device = resolve_device(job.device)
    data, meta = ImageData.read(job.path("data"))
    condition = Condition.parse(settings.condition)
    seeds = range(settings.first, settings.last + 1)
    # A seed has the same first weights and order of images in all conditions, so that these can be compared by pairs.
    sequences = [seed_sequence(seed, "shen2021", "training") for seed in seeds]
    with progress(condition.name, "iteration") as report:
        result = train_many(
            find_condition(condition.normalization),
            data,
            settings.training,
            sequences,
            device=device,
            progress=report,
            checkpoint=job.checkpoint,
        )
    images = {**meta["settings"]["images"], **{n: meta["settings"][n] for n in ("n_train", "n_test")}}
    save_npz(
        job.output,
        result.arrays() | {"seed": np.array(seeds)},
        provenance(device=device, images=images, **job.settings),
    )
    for seed, finite in zip(seeds, result.finite, strict=True):
        if not finite:
            print(f"seed {seed} diverged; its measures are kept as they are")


if __name__ == "__main__":
    cli.run(main)
