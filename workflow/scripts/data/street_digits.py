"""Make street_digits, the generated stand-in for SVHN, from MNIST."""

from dataclasses import dataclass

from homeostat import cli
from homeostat.images import ImageSet
from homeostat.images.street_digits import street_digits
from homeostat.parameters import from_section
from homeostat.provenance import provenance


@dataclass(frozen=True)
class Settings:
    """Numbers of training and test images, and the seed."""

    train: int
    test: int
    seed: int


def main() -> None:
    job = cli.job(__doc__, "digits")
    settings = from_section(Settings, job.settings)
    digits = ImageSet.read(job.path("digits"))
    scenes = street_digits(digits, n_train=settings.train, n_test=settings.test, seed=settings.seed)
    sizes = {"n_train": settings.train, "n_test": settings.test, "seed": settings.seed}
    scenes.save(job.output, provenance(device="cpu", digits_sha256=digits.content_hash, **sizes))


if __name__ == "__main__":
    cli.run(main)
