"""The study's data as every program of the study reads it: groups of neurons, training and test patterns."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import ConfigError
from homeostat.files import load_npz
from homeostat.recordings import Recording, choose_group, split_samples
from homeostat.rp.projections import RPModels, random_models
from homeostat.seeds import seed_sequence, stream
from mayzel2024.conditions import Condition

STUDY = "mayzel2024"


@dataclass(frozen=True)
class StudyData:
    """A recording with the study's sizes and the kind of split."""

    recording: Recording
    n_train: int
    n_test: int
    split: str

    @classmethod
    def read(cls, path: Path) -> "StudyData":
        """Read what data.py wrote."""
        settings = load_npz(path)[1]["settings"]
        return cls(Recording.read(path), settings["n_train"], settings["n_test"], settings["split"])

    def size(self, condition: Condition) -> int:
        """Return how many neurons a group has: those of the condition, or all of a smaller recording."""
        return min(condition.neurons, self.recording.n_neurons)

    def group(self, seed: int, size: int) -> NDArray[np.int64]:
        """Return the neurons of one seed's group."""
        return choose_group(self.recording.n_neurons, size, seed_sequence(seed, STUDY, "group", str(size)))

    def patterns(self, seed: int, size: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return the training and test patterns of one seed's group and split."""
        spikes = self.recording.spikes[:, self.group(seed, size)]
        train, test = split_samples(
            len(spikes),
            self.n_train,
            self.n_test,
            kind=self.split,
            seed=seed_sequence(seed, STUDY, "split"),
            repeats=self.recording.repeats,
            borders=self.recording.borders,
        )
        return spikes[train], spikes[test]


def initial_models(
    condition: Condition, data: StudyData, seeds: range, threshold: float, teacher: RPModels | None = None
) -> RPModels:
    """Return the models before learning; those of equal sizes have the same projections, whatever they learn.

    With the ``teacher``'s wiring, weights are drawn again on its connections.
    """
    n_neurons = data.size(condition)
    wiring = None
    if condition.wiring == "true":
        if teacher is None:
            raise ConfigError(f"{condition.name}: the true wiring needs the teacher's parameters (--teacher)")
        wiring = np.repeat(teacher.connectivity, len(seeds), axis=0)
    sizes = (str(n_neurons), str(condition.projections), f"{condition.degree:g}")
    return random_models(
        n_neurons,
        condition.projections if wiring is None else wiring.shape[1],
        [stream(seed, STUDY, "projections", *sizes) for seed in seeds],
        in_degree=min(condition.degree, float(n_neurons)),
        slope=condition.slope,
        threshold=threshold,
        lam=condition.factor,
        connectivity=wiring,
    )
