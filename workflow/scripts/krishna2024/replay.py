"""Run the trained networks of one family awake and quiescent, for a block of seeds, and measure what they do."""

import argparse
from pathlib import Path

import torch

from homeostat import cli
from homeostat.device import resolve_device
from homeostat.files import load_npz, save_npz
from homeostat.logs import progress
from homeostat.provenance import provenance
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.running import Network, subnormals_flushed
from krishna2024 import heading, position
from krishna2024.conditions import Condition
from krishna2024.seed import SeedOfNetworks
from krishna2024.study import Records, StudyData, architecture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--fits", type=Path, nargs="+", required=True, help="trained networks of the family")
    parser.add_argument("--runs", type=int, required=True, help="quiescent runs of a network")
    parser.add_argument("--steps", type=int, required=True, help="steps of a quiescent run")
    parser.add_argument("--samples", type=int, required=True, help="samples of a Kullback-Leibler divergence")
    parser.add_argument("--device", required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    device = resolve_device(options.device)
    torch.set_num_threads(1)
    data, records = StudyData.read(options.data), Records()
    fits = [load_npz(path) for path in options.fits]
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
                seed, networks, data, options.runs, options.steps, options.samples, settings["noise"], records
            )
            measure(block)
            report(index + 1, len(seeds))
    sizes = {name: settings[name] for name in ("neurons", "noise", "batches", "batch", "steps", "learning_rate")}
    asleep = {name: getattr(options, name) for name in ("runs", "samples")} | {"quiescent_steps": options.steps}
    record = provenance(device=device, family=conditions[0].family, seeds=seeds, **sizes, **asleep)
    save_npz(options.output, records.columns(), record)


if __name__ == "__main__":
    cli.run(main)
