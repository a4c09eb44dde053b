"""Deal the images of a set to training, validation and test, as flat bytes."""

import argparse
from pathlib import Path

import numpy as np

from eyono2026.conditions import STUDY
from homeostat import cli
from homeostat.errors import ConfigError
from homeostat.files import save_npz
from homeostat.images import ImageSet
from homeostat.provenance import provenance
from homeostat.seeds import stream


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--train", type=int, required=True, help="images to learn from")
    parser.add_argument("--validation", type=int, required=True, help="images taken out of the set's training images")
    parser.add_argument("--test", type=int, required=True, help="images of the set's test images")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    images = ImageSet.read(options.images)
    wanted = {"train": options.train + options.validation, "test": options.test}
    for part, count in wanted.items():
        there = len(getattr(images, f"{part}_images"))
        if count > there:
            raise ConfigError(f"{images.name} has {there:,} {part} images, {count:,} were asked for")
    random = stream(0, STUDY, "split")
    learned = random.permutation(len(images.train_images))[: wanted["train"]]
    parts = {
        "validation": ("train", learned[: options.validation]),
        "train": ("train", learned[options.validation :]),
        "test": ("test", random.permutation(len(images.test_images))[: options.test]),
    }
    arrays = {}
    for name, (part, chosen) in parts.items():
        arrays[name] = getattr(images, f"{part}_images")[chosen].reshape(len(chosen), -1)
        arrays[f"{name}_labels"] = getattr(images, f"{part}_labels")[chosen]
        print(f"{name}: {len(chosen):,} images of classes {np.bincount(arrays[f'{name}_labels']).tolist()}")
    source = {"name": images.name, "content_sha256": images.content_hash, "shape": images.shape}
    sizes = {name: len(chosen) for name, (_, chosen) in parts.items()}
    save_npz(options.output, arrays, provenance(device="cpu", images=source, sizes=sizes), compress=False)


if __name__ == "__main__":
    cli.run(main)
