"""The networks of one seed, and the runs that both tasks have in common."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from homeostat.reactivation.measures import Components
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.running import DOUBLED, Activity, Network
from homeostat.seeds import seed_sequence, stream
from krishna2024.conditions import Condition
from krishna2024.study import STUDY, Records, StudyData

# Principal components whose explained variance is shown.
_COMPONENTS = 10
# Quiescent steps whose states are kept for the components (the authors').
STATE_STEPS = 200
# Points of a scatter plot of states.
_POINTS = 800


@dataclass(frozen=True)
class SeedOfNetworks:
    """The trained networks of one seed and family, with the sizes of runs and where to record measures.

    Attributes
    ----------
    noise
        Scale of the noise in training, also for networks trained without.
    """

    seed: int
    networks: dict[Condition, Network]
    data: StudyData
    runs: int
    steps: int
    samples: int
    noise: float
    records: Records

    def add(self, condition: str, phase: str, measure: str, x: Any, y: Any, z: Any = np.nan) -> None:
        """Record a measure of this seed."""
        self.records.add(condition, self.seed, phase, measure, x, y, z)

    def rng(self, *labels: str) -> np.random.Generator:
        """Return the stream of an analysis."""
        return stream(self.seed, STUDY, "analysis", *labels)

    def wake(self, condition: Condition) -> Activity:
        """Run a network on its test trajectories."""
        trajectories = self.data.trajectories(condition, self.seed)
        return self.networks[condition].wake(trajectories, seed_sequence(self.seed, STUDY, "awake", condition.name))

    def sleep(
        self, condition: Condition, phase: str, noise: Noise, *, network: Network | None = None, centre: bool = False
    ) -> Activity:
        """Run a network (that of the condition, unless another is given) without input.

        Runs start at the states that stand for the first stimuli of the test trajectories, or with ``centre`` all at
        the one that stands for the stimulus 0.
        """
        first = self.data.trajectories(condition, self.seed).start
        start = np.resize(first, (self.runs, first.shape[1]))
        if centre:
            start = np.zeros_like(start)
        network = network or self.networks[condition]
        stream_of_run = seed_sequence(self.seed, STUDY, "asleep", condition.name, phase, "centre" if centre else "")
        return network.quiesce(
            network.encode(start), self.steps, noise, stream_of_run, keep_states=0 if centre else STATE_STEPS
        )

    def random(self, condition: Condition) -> Network:
        """Return an untrained network of a condition's sizes."""
        trained = self.networks[condition]
        weights = trained.architecture.initial(stream(self.seed, STUDY, "untrained", condition.name))
        return Network(trained.architecture, torch.as_tensor(weights).to(trained.weights), trained.code, trained.noise)

    def add_states(self, label: str, phase: str, activity: Activity, active: Components, colour: np.ndarray) -> None:
        """Record explained variance and, for the first seed, states on the active components."""
        own = active if phase == "active" else Components.of(activity.states)
        count = min(_COMPONENTS, len(own.axes))
        self.add(label, phase, "explained", np.arange(1, count + 1), own.explained(count))
        if self.seed == 0:
            flat = activity.states.reshape(-1, activity.states.shape[-1])
            chosen = self.rng("scatter", label, phase).integers(len(flat), size=_POINTS)
            plane = active.project(flat[chosen])
            self.add(label, phase, "states", plane[:, 0], plane[:, 1], colour.ravel()[chosen])


def quiescent_noises(condition: Condition, noise: Noise, scale: float) -> dict[str, Noise]:
    """Return the noise of each kind of quiescence.

    ``quiescent`` is the paper's: doubled variance, but for gated networks. ``same`` is that of training.
    """
    if condition.noise == "none":
        injected = {f"injected {kind}": Noise(kind, scale).times(DOUBLED) for kind in ("uniform", "gaussian")}
        return {"quiescent": noise} | injected
    if condition.cell == "gru":
        return {"quiescent": noise}
    return {"quiescent": noise.times(DOUBLED), "same": noise}
