"""Collect the fits of a sensitivity figure: one row per condition, value and seed, with the training likelihood."""

from dataclasses import dataclass

import numpy as np

from homeostat import cli
from homeostat.files import load_npz, write_rows
from homeostat.parameters import from_section
from homeostat.rp.factory import make_engine
from homeostat.rp.storage import from_arrays
from mayzel2024.conditions import Condition
from mayzel2024.reach import scale_on
from mayzel2024.study import StudyData

COLUMNS = (
    "label", "value", "budget", "seed", "log_likelihood", "train_log_likelihood", "independent", "model", "neurons",
    "n_train", "bin_ms", "mean_rate", "steps", "converged", "data", "scale", "device", "doubt",
)  # fmt: skip
# More training patterns tell the likelihood of what a model was fitted to no better.
_MOST_PATTERNS = 20_000


@dataclass(frozen=True)
class Settings:
    """What is collected: label and value of each fit, which of the files of data it has, and scales (reach.py)."""

    labels: list[str]
    values: list[str]
    of_data: list[int]
    scale: str
    needs: dict[str, dict[str, int]]


def main() -> None:
    job = cli.job(__doc__, "data", "fits")
    settings = from_section(Settings, job.settings)
    data = [StudyData.read(path) for path in job.inputs["data"]]
    rows = []
    for path, label, value, at in zip(
        job.inputs["fits"], settings.labels, settings.values, settings.of_data, strict=True
    ):
        arrays, meta = load_npz(path)
        condition, its = Condition.parse(meta["settings"]["condition"]), data[at]
        models, size = from_arrays(arrays), its.size(condition)
        shared = {
            "label": label, "value": value, "budget": condition.budget, "model": condition.model, "neurons": size,
            "n_train": its.n_train, "bin_ms": its.recording.bin_ms, "mean_rate": float(its.recording.spikes.mean()),
            "data": meta["settings"]["recording"]["name"], "scale": scale_on(its, settings.scale, settings.needs),
            "device": meta["device"],
        }  # fmt: skip
        trains = [its.patterns(int(seed), size)[0][:_MOST_PATTERNS] for seed in arrays["seed"]]
        energies = make_engine(models, "cpu").energies(trains)
        for index, seed in enumerate(arrays["seed"]):
            measured = {
                name: arrays[name][index].item()
                for name in ("log_likelihood", "independent", "steps", "converged", "doubt")
            }
            measured["train_log_likelihood"] = float(-np.mean(energies[index]) - arrays["log_z"][index])
            rows.append(shared | measured | {"seed": int(seed)})
    write_rows(job.output, COLUMNS, rows)


if __name__ == "__main__":
    cli.run(main)
