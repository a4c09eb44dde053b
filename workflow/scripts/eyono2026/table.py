"""Collect the runs that one figure needs into a tidy table: one row per condition, configuration, network and epoch.

The column `seed` is the number that a hyper-parameter configuration was drawn with, the unit of replication;
`network` counts the networks of a configuration. Accuracies are in percent.
"""

from dataclasses import dataclass

import numpy as np

from eyono2026.conditions import LABELS, Condition
from homeostat import cli
from homeostat.parameters import from_section
from homeostat.tables import read_fits, write_table

ACCURACIES = {"test_accuracy": "test accuracy", "validation_accuracy": "validation accuracy"}
MEASURES = {
    "mean": "first moment",
    "variance": "second moment",
    "output_alignment": "output alignment",
    "gradient_alignment": "gradient alignment",
}
CONFIGURATION = ["learning_rate", "wei_rate", "wix_rate", "width"]
OWN = ["condition", "epsilon", "network", "epoch", *ACCURACIES.values(), *MEASURES.values(), *CONFIGURATION]


@dataclass(frozen=True)
class Settings:
    """Whether the table holds every epoch or the last one, and the scale."""

    every_epoch: bool
    scale: str


def main() -> None:
    job = cli.job(__doc__, "fits")
    settings = from_section(Settings, job.settings)
    rows = []
    for arrays, its, (condition,), shared in read_fits(job.inputs["fits"], Condition, settings.scale):
        shared |= {
            "condition": LABELS[condition.network],
            "epsilon": condition.epsilon,
            "data": its["data"]["images"]["name"],
            "n_steps": arrays["test_accuracy"].shape[2],
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
    write_table(job.output, rows, OWN)


if __name__ == "__main__":
    cli.run(main)
