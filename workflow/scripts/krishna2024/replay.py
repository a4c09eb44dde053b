"""Run the trained networks of one family awake and quiescent, for a block of seeds, and measure what they do."""

from dataclasses import dataclass

import torch

from homeostat import cli
from homeostat.device import resolve_device
from homeostat.files import load_npz, save_npz
from homeostat.logs import progress
from homeostat.parameters import from_section
from homeostat.provenance import provenance
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.running import Network, subnormals_flushed
from krishna2024 import heading, position
from krishna2024.conditions import Condition
from krishna2024.seed import SeedOfNetworks
from krishna2024.study import Records, StudyData, architecture


@dataclass(frozen=True)
class Settings:
    """Quiescent runs of a network, steps of each, and samples of a Kullback-Leibler divergence."""

    runs: int
    steps: int
    samples: int


def main() -> None:
    job = cli.job(__doc__, "data", "fits")
    chosen = from_section(Settings, job.settings)
    device = resolve_device(job.device)
    torch.set_num_threads(1)
    data, records = StudyData.read(job.path("data")), Records()
    fits = [load_npz(path) for path in job.inputs["fits"]]
    conditions = [Condition.parse(meta["settings"]["condition"]) for _, meta in fits]
    settings = fits[0][1]["settings"]
    seeds = fits[0][0]["seed"].tolist()
    measure = heading.measure if conditions[0].task == "heading" else position.measure
    with progress(conditions[0].family, "seed") as report, subnormals_flushed():
        for index, seed in enumerate(seeds):
            networks = {}
            for condition, (arrays, _) in zip(conditions, fits, strict=True):
                curve, diverged = arrays[f"curve_{seed}"], int(arrays["diverged"][index])
                for column, name in enumerate(("loss", "error, top3", "error, centroid", "training loss"), 1):
                    records.add(condition.label, seed, "training", name, curve[:, 0], curve[:, column])
                if diverged >= 0:
                    records.add(condition.label, seed, "training", "diverged", diverged, diverged)
                    continue
                code = data.code(condition.task, seed)
                noise = Noise(condition.noise, 0.0 if condition.noise == "none" else settings["noise"])
                weights = torch.as_tensor(arrays["weights"][index], device=device)
                networks[condition] = Network(architecture(condition, settings["neurons"], code), weights, code, noise)
            block = SeedOfNetworks(
                seed, networks, data, chosen.runs, chosen.steps, chosen.samples, settings["noise"], records
            )
            measure(block)
            report(index + 1, len(seeds))
    sizes = {name: settings[name] for name in ("neurons", "noise", "batches", "batch", "steps", "learning_rate")}
    asleep = {name: getattr(chosen, name) for name in ("runs", "samples")} | {"quiescent_steps": chosen.steps}
    record = provenance(device=device, family=conditions[0].family, seeds=seeds, **sizes, **asleep)
    save_npz(job.output, records.columns(), record)


if __name__ == "__main__":
    cli.run(main)
