"""Make the artificial data's generating fields, and keep the sizes of the sets that are drawn from them."""

import argparse
from pathlib import Path

from homeostat import cli
from homeostat.files import save_npz
from homeostat.mixture.bars import bar_fields
from homeostat.provenance import provenance


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, required=True)
    parser.add_argument("--background", type=float, required=True)
    parser.add_argument("--total", type=float, required=True)
    parser.add_argument("--samples", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    fields = bar_fields(options.side, options.total, background=options.background)
    settings = {name: value for name, value in vars(options).items() if name != "output"}
    save_npz(options.output, {"fields": fields}, provenance(device="cpu", **settings))


if __name__ == "__main__":
    cli.run(main)
