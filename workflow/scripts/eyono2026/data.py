"""Deal the images of a set to training, validation and test, as flat bytes."""

from dataclasses import dataclass

import numpy as np

from eyono2026.conditions import STUDY
from homeostat import cli
from homeostat.errors import ConfigError
from homeostat.files import save_npz
from homeostat.images import ImageSet
from homeostat.parameters import from_section
from homeostat.provenance import provenance
from homeostat.seeds import stream


@dataclass(frozen=True)
class Settings:
    """Numbers of images: those to learn from, those taken out of the training images for validation, and for tests."""

    train: int
    validation: int
    test: int


def main() -> None:
    job = cli.job(__doc__, "images")
    settings = from_section(Settings, job.settings)
    images = ImageSet.read(job.path("images"))
    wanted = {"train": settings.train + settings.validation, "test": settings.test}
    for part, count in wanted.items():
        there = len(getattr(images, f"{part}_images"))
        if count > there:
            raise ConfigError(f"{images.name} has {there:,} {part} images, {count:,} were asked for")
    random = stream(0, STUDY, "split")
    learned = random.permutation(len(images.train_images))[: wanted["train"]]
    parts = {
        "validation": ("train", learned[: settings.validation]),
        "train": ("train", learned[settings.validation :]),
        "test": ("test", random.permutation(len(images.test_images))[: settings.test]),
    }
    arrays = {}
    for name, (part, chosen) in parts.items():
        arrays[name] = getattr(images, f"{part}_images")[chosen].reshape(len(chosen), -1)
        arrays[f"{name}_labels"] = getattr(images, f"{part}_labels")[chosen]
        print(f"{name}: {len(chosen):,} images of classes {np.bincount(arrays[f'{name}_labels']).tolist()}")
    source = {"name": images.name, "content_sha256": images.content_hash, "shape": images.shape}
    sizes = {name: len(chosen) for name, (_, chosen) in parts.items()}
    save_npz(job.output, arrays, provenance(device="cpu", images=source, sizes=sizes), compress=False)


if __name__ == "__main__":
    cli.run(main)
