"""Train the networks of one condition for a block of hyper-parameter configurations, and measure them each epoch."""

import argparse
from pathlib import Path

import numpy as np

from eyono2026.conditions import STUDY, Condition
from homeostat import cli
from homeostat.device import resolve_device
from homeostat.files import load_npz, save_npz
from homeostat.inhibition import NETWORKS, Ranges, sample_configuration
from homeostat.inhibition.training import Images, Schedule, train_many
from homeostat.logs import progress
from homeostat.provenance import provenance
from homeostat.seeds import seed_sequence, stream


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--condition", type=cli.argument(Condition.parse), required=True)
    parser.add_argument("--configurations", type=int, nargs=2, required=True, metavar=("FIRST", "LAST"))
    parser.add_argument("--networks", type=int, required=True, help="networks of each configuration")
    for name, kind in (("learning-rate", float), ("wei-rate", float), ("wix-rate", float), ("width", int)):
        parser.add_argument(f"--{name}", type=kind, nargs=2, required=True, metavar=("LOW", "HIGH"))
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--label-smoothing", type=float, required=True)
    parser.add_argument("--local-weight", type=float, required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    return parser.parse_args()


def main() -> None:
    options = arguments()
    device = resolve_device(options.device)
    arrays, meta = load_npz(options.data)
    condition = options.condition
    numbers = range(options.configurations[0], options.configurations[1] + 1)
    ranges = Ranges(options.learning_rate, options.wei_rate, options.wix_rate, options.width)
    # No stream knows the condition: all see the same configurations, first weights, orders and shifts of images.
    configurations = [sample_configuration(ranges, stream(number, STUDY, "configuration")) for number in numbers]
    seeds = [
        [seed_sequence(network, STUDY, "network", str(number)) for network in range(options.networks)]
        for number in numbers
    ]
    schedule = Schedule(options.epochs, condition.epsilon, options.batch, options.label_smoothing, options.local_weight)
    with progress(condition.name, "epoch") as report:
        found = train_many(
            NETWORKS[condition.network],
            configurations,
            schedule,
            Images(**arrays),
            seeds,
            device=device,
            progress=report,
            checkpoint=options.checkpoint,
        )
    names = list(vars(configurations[0]))
    drawn = {name: np.array([getattr(each, name) for each in configurations]) for name in names}
    left_out = ("output", "checkpoint", "device", "data", "condition")
    settings = {name: value for name, value in vars(options).items() if name not in left_out}
    record = provenance(device=device, condition=condition.name, data=meta["settings"], **settings)
    save_npz(options.output, found | drawn | {"configuration": np.array(numbers)}, record)
    print(f"{found['diverged'].sum()} of {found['diverged'].size} networks diverged")


if __name__ == "__main__":
    cli.run(main)
