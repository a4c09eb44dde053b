"""Collect what one figure shows of its family of networks into a tidy table."""

from dataclasses import dataclass

import pandas as pd

from homeostat import cli
from homeostat.files import atomic_path, load_npz
from homeostat.parameters import from_section

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
        frame = pd.DataFrame(columns)
        parts.append(frame[frame["measure"].str.startswith(MEASURES[settings.figure])].assign(device=meta["device"]))
    table = pd.concat(parts).assign(data="simulated", scale=settings.scale)
    for name in ("neurons", "batches", "batch", "steps", "runs", "quiescent_steps"):
        table[name] = meta["settings"][name]
    with atomic_path(job.output) as temporary:
        table.to_csv(temporary, index=False, float_format="%.7g")


if __name__ == "__main__":
    cli.run(main)
