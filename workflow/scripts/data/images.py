"""Decode a fetched image set into one NPZ of bytes (train_images, train_labels, test_images, test_labels)."""

import argparse
from pathlib import Path

from homeostat import cli
from homeostat.datasets import find, load_table
from homeostat.datasets.verify import check_fetched
from homeostat.images import read_image_set
from homeostat.provenance import provenance


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True, help="name in the table of datasets")
    parser.add_argument("--raw", type=Path, required=True, help="folder with its fetched files")
    parser.add_argument("--table", type=Path, help="table of datasets (default: config/datasets.yaml)")
    parser.add_argument("--output", type=Path, required=True, help="the NPZ to write")
    options = parser.parse_args()
    dataset = find(load_table(options.table), options.dataset)
    if dataset.kind == "images":
        check_fetched(dataset, options.raw)
    images = read_image_set(dataset, options.raw)
    print(
        f"{dataset.title}: {len(images.train_images):,} training and {len(images.test_images):,} test images of "
        f"{' x '.join(map(str, images.shape))}, {images.n_classes} classes"
    )
    images.save(options.output, provenance(device="cpu", licence=dataset.licence, citation=dataset.citation))


if __name__ == "__main__":
    cli.run(main)
