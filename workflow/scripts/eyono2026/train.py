"""Train the networks of one condition for a block of hyper-parameter configurations, and measure them each epoch."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from eyono2026.conditions import STUDY, Condition
from homeostat import cli
from homeostat.device import resolve_device
from homeostat.files import load_npz, save_npz
from homeostat.inhibition import NETWORKS, Ranges, sample_configuration
from homeostat.inhibition.data import Images
from homeostat.inhibition.fitting import train_many
from homeostat.inhibition.settings import Schedule
from homeostat.logs import progress
from homeostat.parameters import from_section
from homeostat.provenance import provenance
from homeostat.seeds import seed_sequence, stream


@dataclass(frozen=True)
class Settings:
    """A condition by its name, the first and last configuration, networks of each, and how they are trained (jobs.py).

    The schedule lacks the jitter of images, which is the condition's.
    """

    condition: str
    first: int
    last: int
    networks: int
    ranges: Ranges
    schedule: dict[str, Any]


def main() -> None:
    job = cli.job(__doc__, "data")
    settings = from_section(Settings, job.settings)
    device = resolve_device(job.device)
    arrays, meta = load_npz(job.path("data"))
    condition = Condition.parse(settings.condition)
    numbers = range(settings.first, settings.last + 1)
    # No stream knows the condition: all see the same configurations, first weights, orders and shifts of images.
    ranges = settings.ranges
    configurations = [sample_configuration(ranges, stream(number, STUDY, "configuration")) for number in numbers]
    seeds = [
        [seed_sequence(network, STUDY, "network", str(number)) for network in range(settings.networks)]
        for number in numbers
    ]
    schedule = from_section(Schedule, {"epsilon": condition.epsilon, **settings.schedule})
    with progress(condition.name, "epoch") as report:
        found = train_many(
            NETWORKS[condition.network],
            configurations,
            schedule,
            Images(**arrays),
            seeds,
            device=device,
            progress=report,
            checkpoint=job.checkpoint,
        )
    names = list(vars(configurations[0]))
    drawn = {name: np.array([getattr(each, name) for each in configurations]) for name in names}
    record = provenance(device=device, data=meta["settings"], **job.settings)
    save_npz(job.output, found | drawn | {"configuration": np.array(numbers)}, record)
    print(f"{found['diverged'].sum()} of {found['diverged'].size} networks diverged")


if __name__ == "__main__":
    cli.run(main)
