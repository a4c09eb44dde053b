"""Fetch the raw files of one dataset and write a record of them (JSON), the marker that they are there."""

import argparse
import logging
from pathlib import Path

from homeostat import cli
from homeostat.datasets import find, load_table, obtain
from homeostat.datasets.sources import Transfer
from homeostat.files import write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True, help="name in the table of datasets")
    parser.add_argument("--table", type=Path, help="table of datasets (default: config/datasets.yaml)")
    parser.add_argument("--mirror", help="local folder to look into first (default: HOMEOSTAT_MIRROR)")
    parser.add_argument("--timeout", type=float, default=30.0, help="seconds without data before giving up")
    parser.add_argument("--retries", type=int, default=3, help="further tries after a failure")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        help="the record to write (NAME.json, the files go beside it), or a folder (it gets fetched.json)",
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    record = options.output if options.output.suffix == ".json" else options.output / "fetched.json"
    dataset = find(load_table(options.table), options.dataset)
    transfer = Transfer(options.timeout, options.retries, progress=not options.quiet)
    fetched = obtain(dataset, record.parent, options.mirror, transfer)
    # The record names no source: which one delivered must not change what follows, and is in the log.
    write_json(
        record,
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
