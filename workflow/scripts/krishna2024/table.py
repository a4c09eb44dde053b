"""Collect what one figure shows of its family of networks into a tidy table."""

import argparse
from pathlib import Path

import pandas as pd

from homeostat import cli
from homeostat.files import atomic_path, load_npz

# Measures of each figure, by how they begin.
MEASURES = {
    "fig1": ("loss", "error", "explained", "path", "states", "output density", "state density", "KL floor", "diverged"),
    "fig2": ("path", "output density", "KL", "total variance", "distance from centre", "diverged"),
    "fig3": ("loss", "error", "bearing", "states", "ring", "KL of bearings", "diverged"),
    "figC1": ("path", "output density", "KL", "total variance", "diverged"),
    "figC2": ("loss", "error", "explained", "path", "output density", "KL", "total variance", "diverged"),
    "figC3": ("path", "diverged"),
    "figC4": ("step", "diverged"),
    "figC5": ("bearing", "states", "turns", "mean turn", "turn SD", "diverged"),
    "figC6": ("KL", "memory", "score", "bound", "spread", "late spread", "diverged"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figure", choices=list(MEASURES), required=True)
    parser.add_argument("--replays", type=Path, nargs="+", required=True)
    parser.add_argument("--scale", required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    parts = []
    for path in options.replays:
        columns, meta = load_npz(path)
        frame = pd.DataFrame(columns)
        parts.append(frame[frame["measure"].str.startswith(MEASURES[options.figure])].assign(device=meta["device"]))
    table = pd.concat(parts).assign(data="simulated", scale=options.scale)
    for name in ("neurons", "batches", "batch", "steps", "runs", "quiescent_steps"):
        table[name] = meta["settings"][name]
    with atomic_path(options.output) as temporary:
        table.to_csv(temporary, index=False, float_format="%.7g")


if __name__ == "__main__":
    cli.run(main)
