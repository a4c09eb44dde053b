"""Fit a grid of conditions to digits, for a block of seeds, and read out classes with few and many labels."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat import cli
from homeostat.device import resolve_device
from homeostat.images import ImageSet
from homeostat.mixture.bars import intensities
from homeostat.mixture.inputs import as_inputs, normalized, scaled
from homeostat.mixture.model import log_likelihoods, responsibilities
from homeostat.mixture.readout import choose_labelled, classify, label_units
from homeostat.mixture.trainer import Learned, Learner
from homeostat.parameters import from_section
from homeostat.seeds import stream
from keck2012 import study
from keck2012.conditions import Condition


@dataclass(frozen=True)
class Settings(study.Settings):
    """What the program gets beside: training and test images of a seed, and numbers of labels beside all."""

    samples: int
    tests: int
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Digits:
    """Digits: a set of images, and how many of each part a seed takes."""

    images: ImageSet
    samples: int
    tests: int

    def part(self, seed: int, part: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return one seed's random images (n, D) of a part of the set, and their labels."""
        images, labels = getattr(self.images, f"{part}_images"), getattr(self.images, f"{part}_labels")
        count = min(self.samples if part == "train" else self.tests, len(images))
        chosen = stream(seed, study.STUDY, "digits", part).permutation(len(images))[:count]
        return images[chosen].reshape(count, -1), labels[chosen]

    def patterns(self, condition: Condition, seed: int, part: str = "train") -> NDArray[np.float32]:
        """Return one seed's patterns as the condition presents them.

        Without normalization, the intensity of all is scaled by one factor, that of the training part.
        """
        images = self.part(seed, part)[0]
        shown = images * intensities(len(images), condition.gain, stream(seed, study.STUDY, "intensity", part))[:, None]
        if condition.scaling == "normalized":
            return normalized(shown, condition.total).astype(np.float32)
        mean = float(self.part(seed, "train")[0].sum(axis=1, dtype=np.float64).mean())
        return scaled(shown, condition.total, mean).astype(np.float32)


def make(digits: Digits, settings: Settings, device: str, condition: Condition, seed: int) -> Learner:
    """Return the learner of one condition and seed."""
    values = digits.patterns(condition, seed)
    weights = study.start(condition, values, seed)
    return study.learner(condition, settings, weights, as_inputs(values, device), seed, device=device)


def measure(digits: Digits, settings: Settings, condition: Condition, seed: int, learned: Learned) -> dict[str, Any]:
    """Return test errors for each number of labels, and the likelihood that a single component reaches."""
    train, test = (digits.patterns(condition, seed, part) for part in ("train", "test"))
    labels, answers = (digits.part(seed, part)[1] for part in ("train", "test"))
    n_classes = digits.images.n_classes
    current = condition.current if condition.learner == "network" else "posterior"
    active, active_test = (responsibilities(values, learned.weights, current) for values in (train, test))
    counts, errors = [count for count in settings.labels if count < len(labels)] + [len(labels)], []
    for count in counts:
        chosen = choose_labelled(labels, count, n_classes, stream(seed, study.STUDY, "labels", str(count)))
        found = classify(active_test, label_units(active[chosen], labels[chosen], n_classes))
        errors.append(float((found != answers).mean()))
    one = train.mean(axis=0, keepdims=True, dtype=np.float64)
    return {
        "labels": counts,
        "error": errors,
        "baseline": float(log_likelihoods(as_inputs(train.astype(np.float64)), one).mean()),
    }


def main() -> None:
    job = cli.job(__doc__, "data")
    settings = from_section(Settings, job.settings)
    device = resolve_device(job.device)
    digits = Digits(ImageSet.read(job.path("data")), settings.samples, settings.tests)
    tasks = [(condition, seed) for condition in settings.conditions for seed in settings.seeds]
    makers = [partial(make, digits, settings, device, *task) for task in tasks]
    source = {"name": digits.images.name, "content_sha256": digits.images.content_hash}
    learned, meta = study.run(makers, settings, source, device, job.checkpoint)
    rows = [measure(digits, settings, *task, each) for task, each in zip(tasks, learned, strict=True)]
    more = {name: [row[name] for row in rows] for name in rows[0]}
    study.save(job.output, learned, len(settings.conditions), meta, **more)


if __name__ == "__main__":
    cli.run(main)
