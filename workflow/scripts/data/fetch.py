"""Fetch the raw files of one dataset and write a record of them (JSON), the marker that they are there."""

import logging
from dataclasses import dataclass

from homeostat import cli
from homeostat.datasets import find, load_table, obtain
from homeostat.datasets.sources import Transfer
from homeostat.files import write_json
from homeostat.parameters import from_section


@dataclass(frozen=True)
class Settings:
    """What is fetched.

    Attributes
    ----------
    dataset
        Its name in the table.
    table
        A table of datasets other than config/datasets.yaml.
    timeout, retries
        Seconds without data before a try is given up, and further tries.
    """

    dataset: str
    table: str | None = None
    timeout: float = 30.0
    retries: int = 3


def main() -> None:
    job = cli.job(__doc__)
    settings = from_section(Settings, job.settings)
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    dataset = find(load_table(settings.table), settings.dataset)
    # Files go beside the record; the mirror is that of HOMEOSTAT_MIRROR.
    fetched = obtain(dataset, job.output.parent, transfer=Transfer(settings.timeout, settings.retries))
    # The record names no source: which one delivered must not change what follows, and is in the log.
    write_json(
        job.output,
        {
            "dataset": dataset.name,
            "title": dataset.title,
            "files": [{"name": item.file.name, "sha256": item.file.sha256, "md5": item.file.md5} for item in fetched],
            "content_sha256": dataset.content_sha256,
            "licence": dataset.licence,
            "citation": dataset.citation,
        },
    )


if __name__ == "__main__":
    cli.run(main)
