"""Fit an image set to the study: colour planes, sizes of training and test set, a mixed test order."""

from dataclasses import dataclass

from homeostat import cli
from homeostat.images import ImageSet
from homeostat.normalization import ImageData
from homeostat.parameters import from_section
from homeostat.provenance import provenance
from homeostat.seeds import stream


@dataclass(frozen=True)
class Settings:
    """Numbers of training and test images; None for all."""

    train: int | None
    test: int | None


def main() -> None:
    job = cli.job(__doc__, "images")
    settings = from_section(Settings, job.settings)
    images = ImageSet.read(job.path("images"))
    # The same order for all seeds and conditions: they see the same test batches.
    rng = stream(0, "shen2021", "images", images.name)
    data = ImageData.from_image_set(images, rng, n_train=settings.train, n_test=settings.test)
    sizes = {"n_train": len(data.train_images), "n_test": len(data.test_images)}
    source = {"name": images.name, "content_sha256": images.content_hash}
    data.save(job.output, provenance(device="cpu", images=source, **sizes))


if __name__ == "__main__":
    cli.run(main)
