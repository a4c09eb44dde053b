"""Make street_digits, the generated stand-in for SVHN, from MNIST."""

import argparse
from pathlib import Path

from homeostat import cli
from homeostat.images import ImageSet
from homeostat.images.street_digits import street_digits
from homeostat.provenance import provenance


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--digits", type=Path, required=True, help="MNIST, as the rule data_images writes it")
    parser.add_argument("--train", type=int, required=True)
    parser.add_argument("--test", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    digits = ImageSet.read(options.digits)
    scenes = street_digits(digits, n_train=options.train, n_test=options.test, seed=options.seed)
    sizes = {"n_train": options.train, "n_test": options.test, "seed": options.seed}
    scenes.save(options.output, provenance(device="cpu", digits_sha256=digits.content_hash, **sizes))


if __name__ == "__main__":
    cli.run(main)
