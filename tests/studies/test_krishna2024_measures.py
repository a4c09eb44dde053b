"""What krishna2024's programs measure of runs whose answer is known."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from homeostat.reactivation.bound import Terms
from homeostat.reactivation.codes import PlaceCode
from homeostat.reactivation.density import Density, Uniform
from homeostat.reactivation.networks import Architecture
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.running import DOUBLED, Activity, Network
from homeostat.reactivation.tasks import Trajectories
from krishna2024 import heading, position
from krishna2024.conditions import Condition
from krishna2024.seed import SeedOfNetworks, quiescent_noises
from krishna2024.study import Records, StudyData, architecture

GAUSSIAN = Condition("position", "relu", "unbiased", "gaussian")
STEPS, RUNS = 2400, 40


@dataclass
class Block:
    """Runs made up in place of networks: phases that are Gaussian clouds of known spread."""

    spreads: dict[str, float]
    networks: dict[Condition, Any]
    steps: int = STEPS
    samples: int = 2500
    seed: int = 1
    noise: float = 0.01
    found: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    asked: list[tuple[str, Noise, bool]] = field(default_factory=list)

    def add(self, condition: str, phase: str, measure: str, x: Any, y: Any, z: Any = np.nan) -> None:
        at = (condition, phase, measure)
        self.found[at] = {
            **self.found.get(at, {}),
            **dict(zip(np.ravel(x).tolist(), np.ravel(y).tolist(), strict=False)),
        }

    def rng(self, *labels: str) -> np.random.Generator:
        return np.random.default_rng(len("".join(labels)))

    def activity(self, spread: float, steps: int, late: float | None = None) -> Activity:
        rng = np.random.default_rng(int(1000 * spread))
        decoded = spread * rng.normal(size=(steps, RUNS, 2))
        decoded[steps // 2 :] *= 1.0 if late is None else late / spread
        states = rng.normal(size=(min(200, steps), RUNS, 4)).astype(np.float32)
        return Activity({"top3": decoded, "centroid": 2.0 * decoded}, states)

    def wake(self, condition: Condition) -> Activity:
        return self.activity(self.spreads[f"{condition.label}, active"], 200)

    def sleep(
        self, condition: Condition, phase: str, noise: Noise, *, network: Any = None, centre: bool = False
    ) -> Any:
        self.asked.append((phase, noise, centre))
        name = "random" if network == "untrained" else f"{condition.label}, {phase}"
        return self.activity(self.spreads[name], STEPS, 3.0 * self.spreads[name])

    def random(self, condition: Condition) -> str:
        return "untrained"

    @property
    def data(self) -> Any:
        inputs = np.random.default_rng(5).normal(size=(200, RUNS, 2))
        return SimpleNamespace(trajectories=lambda *_: Trajectories(inputs[0], inputs, np.cumsum(inputs, axis=0)))

    def add_states(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def block() -> Block:
    """An active cloud of SD 0.3, quiescent ones of 0.1 (then 0.3 in their second half) and others."""
    spreads = {"unbiased, gaussian, active": 0.3, "unbiased, gaussian, quiescent": 0.1}
    spreads |= {"unbiased, gaussian, same": 0.2, "random": 0.05}

    class Still:
        noise = Noise("gaussian", 0.01)

        def drift(self, states: np.ndarray, noise: Noise) -> np.ndarray:
            return -(noise.sd**2) * states  # equation 18 for states of unit variance

    made = Block(spreads, {GAUSSIAN: Still()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(position, "loss_terms", terms_of_aligned_steps)
        position.measure(made)  # type: ignore[arg-type]
    return made


def terms_of_aligned_steps(network: Any, states: Any, inputs: Any, after: Any, stimuli: Any) -> Terms:
    """Return made-up terms; tracking is 1 where the stimuli differ by the input of the same step."""
    assert states.shape == after.shape == (1500, 4)
    return Terms(1.0, 3.0, 1.0, float(np.allclose(stimuli[1] - stimuli[0], inputs)))


def test_the_bound_is_taken_from_steps_whose_states_input_and_stimuli_belong_together(block: Block) -> None:
    found = {what: block.found["unbiased, gaussian", "active", f"bound, {what}"][0.0] for what in ("loss", "signal")}
    assert found == {"loss": 0.25, "signal": 0.75}
    assert block.found["unbiased, gaussian", "active", "bound, tracking"][0.0] == 1.0


def kl_of_gaussians(q: float, p: float) -> float:
    """Return KL(q || p) of round Gaussians in the plane with these SDs."""
    return 2 * (np.log(p / q) + 0.5 * (q / p) ** 2 - 0.5)


def test_divergences_are_of_quiescent_from_active_and_named_in_this_order(block: Block) -> None:
    own, same, untrained, uniform = (
        block.found[f"{name} | unbiased, gaussian", phase, "KL"][0.0]
        for name, phase in (
            ("unbiased, gaussian", "quiescent"),
            ("unbiased, gaussian", "same"),
            ("random, gaussian", "quiescent"),
            ("uniform", "quiescent"),
        )
    )

    # From the first 1,000 of 2,400 steps, before the spread changes.
    assert own == pytest.approx(kl_of_gaussians(0.1, 0.3), rel=0.1)
    assert same == pytest.approx(kl_of_gaussians(0.2, 0.3), rel=0.15)
    assert untrained == pytest.approx(kl_of_gaussians(0.05, 0.3), rel=0.1)
    # Not the other way round, which would be 6.5 for own.
    assert kl_of_gaussians(0.3, 0.1) > 3 * own
    published = block.found["uniform | unbiased, gaussian", "quiescent", "KL, as published"][0.0]
    assert published == pytest.approx(uniform + np.log(2.2))
    # Divergence of a square of side 2.2 from a Gaussian, whose tails a kernel estimate has only roughly.
    exact = np.log(2 * np.pi * 0.3**2 / 2.2**2) + 2.2**2 / 12 / 0.3**2
    assert uniform == pytest.approx(exact, abs=0.6)


def test_variance_in_time_is_that_of_the_second_half_by_the_centroid(block: Block) -> None:
    # Two axes; the second half is three times as wide, and the centroid twice the top three.
    expected = 2 * (2.0 * 3 * 0.1) ** 2
    assert block.found["unbiased, gaussian", "quiescent", "total variance"][0.0] == pytest.approx(expected, rel=0.05)
    late = block.found["unbiased, gaussian", "quiescent", "late spread, active starts"][0.0]
    assert late == pytest.approx(2 * 0.3**2, rel=0.05)
    course = block.found["unbiased, gaussian", "quiescent", "KL over time, one start"]
    assert list(course) == [50.0 + 100 * n for n in range(24)]
    assert course[50.0] == pytest.approx(kl_of_gaussians(0.1, 0.3), rel=0.15) and course[2350.0] < 0.1
    spread = block.found["unbiased, gaussian", "active", "spread"][0.0]
    assert spread == pytest.approx(2 * 0.3**2, rel=0.05)
    distance = block.found["unbiased, gaussian", "active", "distance from centre"][0.0]
    assert distance == pytest.approx(0.3 * np.sqrt(np.pi / 2), rel=0.03)
    assert block.found["unbiased, gaussian", "active", "KL floor"][0.0] < 0.05


def test_the_theorys_slope_is_one_where_drift_and_noise_balance(block: Block) -> None:
    assert block.found["unbiased, gaussian", "active", "score slope, Gaussian"][0.0] == pytest.approx(1.0, abs=0.05)


def test_quiescence_has_twice_the_variance_of_the_noise_but_in_gated_networks(block: Block) -> None:
    assert block.asked[0][1].sd ** 2 == pytest.approx(2 * 0.01**2) and not block.asked[0][2]
    assert [(phase, centre) for phase, _, centre in block.asked] == [
        ("quiescent", False), ("quiescent", True), ("same", False), ("same", True), ("quiescent", False),
    ]  # fmt: skip
    uniform, still = Noise("uniform", 0.01), Noise("none", 0.0)
    relu = quiescent_noises(Condition("position", "relu", "biased", "uniform"), uniform, 0.01)
    assert relu == {"quiescent": uniform.times(np.sqrt(2)), "same": uniform}
    assert quiescent_noises(Condition("position", "gru", "biased", "uniform"), uniform, 0.01) == {"quiescent": uniform}
    none = quiescent_noises(Condition("position", "relu", "biased", "none"), still, 0.01)
    assert none["quiescent"] == still and pytest.approx(2.0) == DOUBLED**2
    assert none["injected uniform"].mean == pytest.approx(np.sqrt(2) * 0.005)
    assert none["injected gaussian"].sd == pytest.approx(np.sqrt(2) * 0.01)


def test_runs_start_where_trajectories_do_or_all_at_the_centre() -> None:
    code = PlaceCode.random(20, np.random.default_rng(0))
    sizes = Architecture("relu", 6, 20, 2, 0.1)
    weights = torch.as_tensor(sizes.initial(np.random.default_rng(1)))
    network = Network(sizes, weights, code, Noise("none"))
    rng = np.random.default_rng(2)
    moves = rng.normal(size=(5, 3, 2))
    names = {"start": moves[0], "inputs": moves, "targets": moves}
    data = StudyData({f"7_position_unbiased_{name}": values for name, values in names.items()})
    block = SeedOfNetworks(7, {GAUSSIAN: network}, data, 4, 1, 10, 0.01, Records())
    started: dict[bool, torch.Tensor] = {}
    for centre in (False, True):
        activity = block.sleep(GAUSSIAN, "quiescent", Noise("none"), centre=centre)
        started[centre] = torch.as_tensor(activity.decoded["centroid"])
        assert started[centre].shape == (1, 4, 2)
    assert torch.equal(started[True], started[True][:, :1].expand(1, 4, 2))
    # Four runs on three trajectories: the first start is taken again.
    assert torch.equal(started[False][:, 0], started[False][:, 3])
    assert not torch.equal(started[False][:, 0], started[False][:, 1])
    tau = {
        task: architecture(Condition(task, "relu", "biased", "none"), 6, code).rate for task in ("position", "heading")
    }
    assert tau == pytest.approx({"position": 0.2, "heading": 0.5})


def test_divergence_of_bearings_is_that_of_the_histograms() -> None:
    q, p = np.array([1.0, 3.0]), np.array([2.0, 2.0])
    assert heading.discrete_divergence(q, p) == pytest.approx(0.25 * np.log(0.5) + 0.75 * np.log(1.5))
    # Densities of other bins' widths, or counts, have other sums.
    assert heading.discrete_divergence(q, 5 * p) == pytest.approx(heading.discrete_divergence(q, p))
    assert heading.discrete_divergence(5 * q, p) == pytest.approx(heading.discrete_divergence(q, p))
    assert heading.discrete_divergence(np.array([0.0, 4.0]), p) == pytest.approx(np.log(2))
    assert heading.discrete_divergence(p, np.array([0.0, 4.0])) == pytest.approx(
        0.5 * np.log(0.5e7) + 0.5 * np.log(0.5)
    )


def test_a_cloud_that_is_uniform_in_the_box_is_near_to_uniform() -> None:
    points = Uniform().draw(40_000, np.random.default_rng(0))
    assert position.pooled(points) is not None and position.pooled(np.zeros((50, 2))) is None
    density = Density.of(points)
    assert density(np.array([[0.0, 0.0], [0.5, -0.5]])) == pytest.approx(np.full(2, 1 / 2.2**2), rel=0.1)
