"""Train the teacher of figure 4: an RP model of the recording, whose samples the students learn from."""

import argparse
import sys
from pathlib import Path

import numpy as np

from homeostat import cli
from homeostat.device import resolve_device
from homeostat.files import save_npz
from homeostat.logs import progress
from homeostat.provenance import provenance
from homeostat.rp.fitting import fit_many
from homeostat.rp.projections import random_models
from homeostat.rp.registry import rule_of
from homeostat.rp.storage import to_arrays
from homeostat.rp.training import Training
from homeostat.seeds import child, seed_sequence, stream
from mayzel2024.study import STUDY, StudyData


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--neurons", type=int, required=True)
    parser.add_argument("--projections", type=int, required=True)
    parser.add_argument("--in-degree", type=float, required=True)
    parser.add_argument("--slope", type=float, required=True)
    parser.add_argument("--threshold", type=float, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--chains", type=int, required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    device = resolve_device(options.device)
    data = StudyData.read(options.data)
    size = min(options.neurons, data.recording.n_neurons)
    # The teacher knows the whole recording: its samples stand for it in training and tests.
    spikes = data.recording.spikes[:, data.group(0, size)]
    initial = random_models(
        size,
        options.projections,
        [stream(0, STUDY, "teacher")],
        in_degree=min(options.in_degree, float(size)),
        slope=options.slope,
        threshold=options.threshold,
    )
    training = Training(steps=options.steps, optimizer="natural", chains=options.chains)
    with progress("teacher") as report:
        fitted = fit_many(
            initial,
            [spikes],
            rule_of("rp"),
            training,
            [child(seed_sequence(0, STUDY, "teacher"), 0)],
            device=device,
            progress=report,
        )
    if fitted.doubt[0]:
        print(f"doubtful fit: {fitted.doubt[0]}", file=sys.stderr)
    settings = {
        "recording": data.recording.name,
        "bin_ms": data.recording.bin_ms,
        "projections": options.projections,
        "in_degree": options.in_degree,
        "slope": options.slope,
        "steps": options.steps,
        # What is drawn from the teacher rests on this recording too.
        "left_out": [each.record() for each in data.recording.left_out],
    }
    rates = {"rates": np.array([spikes.mean(axis=0)])}
    save_npz(options.output, to_arrays(fitted.models) | rates, provenance(device=device, **settings))


if __name__ == "__main__":
    cli.run(main)
