"""Fit a recording to the study: sizes of groups, training and test set, shortened where it is too small."""

import dataclasses
import sys

from homeostat import cli
from homeostat.errors import DataError
from homeostat.files import load_npz
from homeostat.parameters import from_section
from homeostat.provenance import provenance
from homeostat.recordings import LeftOut, Recording
from homeostat.recordings.left_out import lines

# Below this, a split leaves too little to train a model on.
_FEWEST = 100


def shortened(recording: Recording, split: str) -> tuple[int, int]:
    """Return four fifths of the bins for training and one for tests, in whole stimulus repeats where they are split."""
    part, parts = 1, recording.n_bins
    if split == "blocks" and recording.repeats:
        part, parts = recording.n_bins // recording.repeats, recording.repeats
    tests = max(1, parts // 5)
    return (parts - tests) * part, tests * part


@dataclasses.dataclass(frozen=True)
class Settings:
    """Bins for training and tests, and how a recording is split: ``random`` or ``blocks``."""

    train: int
    test: int
    split: str


def main() -> None:
    job = cli.job(__doc__, "recording")
    settings = from_section(Settings, job.settings)
    recording = Recording.read(job.path("recording"))
    _, origin = load_npz(job.path("recording"))
    n_train, n_test = settings.train, settings.test
    if n_train + n_test > recording.n_bins:
        n_train, n_test = shortened(recording, settings.split)
        if n_test < _FEWEST:
            raise DataError(f"{recording.name}: {recording.n_bins} bins are too few; at least {5 * _FEWEST} are needed")
        text = (
            f"The recording has {recording.n_bins:,} bins instead of {settings.train:,} + {settings.test:,}: "
            f"{n_train:,} are for training, {n_test:,} for tests."
        )
        shorter = LeftOut("size", text, "note", share=recording.n_bins / (settings.train + settings.test))
        recording = dataclasses.replace(recording, left_out=(*recording.left_out, shorter))
    for line in lines(recording.left_out):
        print(line, file=sys.stderr)
    record = {
        "n_train": n_train,
        "n_test": n_test,
        "split": settings.split,
        "recording": origin,
    }
    recording.save(job.output, provenance(device="cpu", **record))


if __name__ == "__main__":
    cli.run(main)
