"""Train the teacher of figure 4: an RP model of the recording, whose samples the students learn from."""

import sys
from dataclasses import dataclass

import numpy as np

from homeostat import cli
from homeostat.device import resolve_device
from homeostat.files import save_npz
from homeostat.logs import progress
from homeostat.parameters import from_section
from homeostat.provenance import provenance
from homeostat.rp.fitting import fit_many
from homeostat.rp.projections import random_models
from homeostat.rp.registry import rule_of
from homeostat.rp.settings import Training
from homeostat.rp.storage import to_arrays
from homeostat.seeds import child, seed_sequence, stream
from mayzel2024.study import STUDY, StudyData


@dataclass(frozen=True)
class Settings:
    """What the teacher is, and how it is trained."""

    neurons: int
    projections: int
    in_degree: float
    slope: float
    threshold: float
    steps: int
    chains: int


def main() -> None:
    job = cli.job(__doc__, "data")
    settings = from_section(Settings, job.settings)
    device = resolve_device(job.device)
    data = StudyData.read(job.path("data"))
    size = min(settings.neurons, data.recording.n_neurons)
    # The teacher knows the whole recording: its samples stand for it in training and tests.
    spikes = data.recording.spikes[:, data.group(0, size)]
    initial = random_models(
        size,
        settings.projections,
        [stream(0, STUDY, "teacher")],
        in_degree=min(settings.in_degree, float(size)),
        slope=settings.slope,
        threshold=settings.threshold,
    )
    training = Training(steps=settings.steps, optimizer="natural", chains=settings.chains)
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
    record = {
        "recording": data.recording.name,
        "bin_ms": data.recording.bin_ms,
        "projections": settings.projections,
        "in_degree": settings.in_degree,
        "slope": settings.slope,
        "steps": settings.steps,
        # What is drawn from the teacher rests on this recording too.
        "left_out": [each.record() for each in data.recording.left_out],
    }
    rates = {"rates": np.array([spikes.mean(axis=0)])}
    save_npz(job.output, to_arrays(fitted.models) | rates, provenance(device=device, **record))


if __name__ == "__main__":
    cli.run(main)
