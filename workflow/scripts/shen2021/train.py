"""Train the networks of one condition for a block of seeds, and measure them on the test set."""

import argparse
from pathlib import Path

import numpy as np

from homeostat import cli
from homeostat.device import resolve_device
from homeostat.files import save_npz
from homeostat.logs import progress
from homeostat.normalization import ImageData, Training, find_condition, train_many
from homeostat.provenance import provenance
from homeostat.seeds import seed_sequence
from shen2021.conditions import Condition


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--condition", type=cli.argument(Condition.parse), required=True)
    parser.add_argument("--seeds", type=int, nargs=2, required=True, metavar=("FIRST", "LAST"))
    parser.add_argument("--evaluate-at", type=int, nargs="+", required=True)
    parser.add_argument("--test-batches", type=int, nargs="+", required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    device = resolve_device(options.device)
    data, meta = ImageData.read(options.data)
    condition = options.condition
    training = Training(
        iterations=condition.iterations,
        batch=condition.batch,
        learning_rate=condition.rate,
        rows_every=condition.rows,
        evaluate_at=tuple(options.evaluate_at),
        test_batches=tuple(options.test_batches),
    )
    seeds = range(options.seeds[0], options.seeds[1] + 1)
    # A seed has the same first weights and order of images in all conditions, so that these can be compared by pairs.
    sequences = [seed_sequence(seed, "shen2021", "training") for seed in seeds]
    with progress(condition.name, "iteration") as report:
        result = train_many(
            find_condition(condition.normalization),
            data,
            training,
            sequences,
            device=device,
            progress=report,
            checkpoint=options.checkpoint,
        )
    settings = {"condition": condition.name, "evaluate_at": options.evaluate_at, "test_batches": options.test_batches}
    images = {**meta["settings"]["images"], **{n: meta["settings"][n] for n in ("n_train", "n_test")}}
    save_npz(
        options.output,
        result.arrays() | {"seed": np.array(seeds)},
        provenance(device=device, images=images, **settings),
    )
    for seed, finite in zip(seeds, result.finite, strict=True):
        if not finite:
            print(f"seed {seed} diverged; its measures are kept as they are")


if __name__ == "__main__":
    cli.run(main)
