"""Fit a recording to the study: sizes of groups, training and test set, shortened where it is too small."""

import argparse
import dataclasses
import sys
from pathlib import Path

from homeostat import cli
from homeostat.errors import DataError
from homeostat.files import load_npz
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recording", type=Path, required=True)
    parser.add_argument("--train", type=int, required=True)
    parser.add_argument("--test", type=int, required=True)
    parser.add_argument("--split", choices=("random", "blocks"), required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    recording = Recording.read(options.recording)
    _, origin = load_npz(options.recording)
    n_train, n_test = options.train, options.test
    if n_train + n_test > recording.n_bins:
        n_train, n_test = shortened(recording, options.split)
        if n_test < _FEWEST:
            raise DataError(f"{recording.name}: {recording.n_bins} bins are too few; at least {5 * _FEWEST} are needed")
        text = (
            f"The recording has {recording.n_bins:,} bins instead of {options.train:,} + {options.test:,}: "
            f"{n_train:,} are for training, {n_test:,} for tests."
        )
        shorter = LeftOut("size", text, "note", share=recording.n_bins / (options.train + options.test))
        recording = dataclasses.replace(recording, left_out=(*recording.left_out, shorter))
    for line in lines(recording.left_out):
        print(line, file=sys.stderr)
    settings = {
        "n_train": n_train,
        "n_test": n_test,
        "split": options.split,
        "recording": origin,
    }
    recording.save(options.output, provenance(device="cpu", **settings))


if __name__ == "__main__":
    cli.run(main)
