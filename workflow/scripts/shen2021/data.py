"""Fit an image set to the study: colour planes, sizes of training and test set, a mixed test order."""

import argparse
from pathlib import Path

from homeostat import cli
from homeostat.images import ImageSet
from homeostat.normalization import ImageData
from homeostat.provenance import provenance
from homeostat.seeds import stream


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--train", type=int, help="number of training images (default: all)")
    parser.add_argument("--test", type=int, help="number of test images (default: all)")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    images = ImageSet.read(options.images)
    # The same order for all seeds and conditions: they see the same test batches.
    rng = stream(0, "shen2021", "images", images.name)
    data = ImageData.from_image_set(images, rng, n_train=options.train, n_test=options.test)
    sizes = {"n_train": len(data.train_images), "n_test": len(data.test_images)}
    source = {"name": images.name, "content_sha256": images.content_hash}
    data.save(options.output, provenance(device="cpu", images=source, **sizes))


if __name__ == "__main__":
    cli.run(main)
