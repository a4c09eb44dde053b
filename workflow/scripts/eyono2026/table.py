"""Collect the runs that one figure needs into a tidy table: one row per condition, configuration, network and epoch.

The column `seed` is the number that a hyper-parameter configuration was drawn with, the unit of replication;
`network` counts the networks of a configuration. Accuracies are in percent.
"""

from dataclasses import dataclass

import numpy as np

from eyono2026.conditions import LABELS, Condition
from homeostat import cli
from homeostat.files import load_npz, write_rows
from homeostat.parameters import from_section

ACCURACIES = {"test_accuracy": "test accuracy", "validation_accuracy": "validation accuracy"}
MEASURES = {
    "mean": "first moment",
    "variance": "second moment",
    "output_alignment": "output alignment",
    "gradient_alignment": "gradient alignment",
}
CONFIGURATION = ["learning_rate", "wei_rate", "wix_rate", "width"]
COLUMNS = [
    "condition",
    "epsilon",
    "seed",
    "network",
    "epoch",
    *ACCURACIES.values(),
    *MEASURES.values(),
    "diverged",
    *CONFIGURATION,
    "data",
    "scale",
    "device",
]


@dataclass(frozen=True)
class Settings:
    """Whether the table holds every epoch or the last one, and the scale."""

    every_epoch: bool
    scale: str


def main() -> None:
    job = cli.job(__doc__, "fits")
    settings = from_section(Settings, job.settings)
    rows = []
    for path in job.inputs["fits"]:
        arrays, meta = load_npz(path)
        condition = Condition.parse(meta["settings"]["condition"])
        shared = {
            "condition": LABELS[condition.network],
            "epsilon": condition.epsilon,
            "data": meta["settings"]["data"]["images"]["name"],
            "scale": settings.scale,
            "device": meta["device"],
        }
        epochs = arrays["test_accuracy"].shape[2]
        first = 0 if settings.every_epoch else epochs - 1
        for c, n, epoch in np.ndindex(*arrays["test_accuracy"].shape[:2], epochs - first):
            at = (c, n, first + epoch)
            rows.append(
                shared
                | {"seed": int(arrays["configuration"][c]), "network": n, "epoch": first + epoch + 1}
                | {label: 100.0 * float(arrays[name][at]) for name, label in ACCURACIES.items()}
                | {label: float(arrays[name][at]) for name, label in MEASURES.items()}
                | {"diverged": bool(arrays["diverged"][c, n])}
                | {name: arrays[name][c].item() for name in CONFIGURATION}
            )
    write_rows(job.output, COLUMNS, rows)


if __name__ == "__main__":
    cli.run(main)
