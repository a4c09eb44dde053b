"""Decode a fetched image set into one NPZ of bytes (train_images, train_labels, test_images, test_labels)."""

from dataclasses import dataclass

from homeostat import cli
from homeostat.datasets import find, load_table
from homeostat.datasets.verify import check_fetched
from homeostat.images import read_image_set
from homeostat.parameters import from_section
from homeostat.provenance import provenance


@dataclass(frozen=True)
class Settings:
    """The dataset's name in the table, which is config/datasets.yaml where no other is given."""

    dataset: str
    table: str | None = None


def main() -> None:
    job = cli.job(__doc__, "raw")
    settings = from_section(Settings, job.settings)
    raw = job.path("raw").parent
    dataset = find(load_table(settings.table), settings.dataset)
    if dataset.kind == "images":
        check_fetched(dataset, raw)
    images = read_image_set(dataset, raw)
    print(
        f"{dataset.title}: {len(images.train_images):,} training and {len(images.test_images):,} test images of "
        f"{' x '.join(map(str, images.shape))}, {images.n_classes} classes"
    )
    images.save(job.output, provenance(device="cpu", licence=dataset.licence, citation=dataset.citation))


if __name__ == "__main__":
    cli.run(main)
