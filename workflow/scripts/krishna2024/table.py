"""Collect what one figure shows of its family of networks into a tidy table."""

from dataclasses import dataclass

import pandas as pd

from homeostat import cli
from homeostat.files import load_npz
from homeostat.parameters import from_section
from homeostat.tables import study_of, write_table
from krishna2024.conditions import Condition

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
SIZES = ["neurons", "batches", "batch", "steps", "runs", "quiescent_steps"]


@dataclass(frozen=True)
class Settings:
    """The figure, and the scale."""

    figure: str
    scale: str


def main() -> None:
    job = cli.job(__doc__, "replays")
    settings = from_section(Settings, job.settings)
    parts = []
    for path in job.inputs["replays"]:
        columns, meta = load_npz(path)
        frame, its = pd.DataFrame(columns), meta["settings"]
        lost = frame[frame["measure"] == "diverged"].groupby("condition")["seed"].agg(set)
        frame = frame[frame["measure"].str.startswith(MEASURES[settings.figure])]
        diverged = [seed in lost.get(label, ()) for label, seed in zip(frame["condition"], frame["seed"], strict=True)]
        sizes = {name: its[name] for name in SIZES}
        parts.append(
            frame.assign(fit=its["family"], device=meta["device"], diverged=diverged, n_steps=its["batches"], **sizes)
        )
    table = pd.concat(parts).assign(study=study_of(Condition), doubt="", data="simulated", scale=settings.scale)
    write_table(job.output, table, ["condition", "phase", "measure", "x", "y", "z", *SIZES], digits=7)


if __name__ == "__main__":
    cli.run(main)
