"""Collect the fits that one figure needs into a tidy table: one row per condition and seed."""

import argparse
from pathlib import Path

from homeostat import cli
from homeostat.files import load_npz, write_rows
from mayzel2024.conditions import Condition

COLUMNS = [
    "label",
    "model",
    "neurons",
    "projections",
    "degree",
    "slope",
    "factor",
    "thresholds",
    "seed",
    "log_likelihood",
    "log_z_error",
    "independent",
    "rate",
    "correlation",
    "cost",
    "steps",
    "converged",
    "data",
    "scale",
    "device",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fits", type=Path, nargs="+", required=True)
    parser.add_argument("--labels", nargs="+", required=True, help="name of each fit's condition in the figure")
    parser.add_argument("--scale", required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    rows = []
    for path, label in zip(options.fits, options.labels, strict=True):
        arrays, meta = load_npz(path)
        condition = Condition.parse(meta["settings"]["condition"])
        for index, seed in enumerate(arrays["seed"]):
            row = {name: getattr(condition, name) for name in COLUMNS if hasattr(condition, name)}
            # What was fitted, which may be a smaller group than asked for.
            row["neurons"] = int(arrays["shape"][2])
            scalars = (
                "log_likelihood",
                "log_z_error",
                "independent",
                "correlation",
                "cost",
                "steps",
                "converged",
            )
            row |= {name: arrays[name][index].item() for name in scalars}
            row |= {
                "label": label,
                "seed": int(seed),
                "rate": float(arrays["rate"][index].mean()),
                "data": meta["settings"]["recording"]["name"],
                "scale": options.scale,
                "device": meta["device"],
            }
            rows.append(row)
    write_rows(options.output, COLUMNS, rows)


if __name__ == "__main__":
    cli.run(main)
