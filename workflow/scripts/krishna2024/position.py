"""Measures of networks that integrate positions."""

from collections.abc import Mapping

import numpy as np

from homeostat.errors import DataError
from homeostat.reactivation.bound import loss_terms
from homeostat.reactivation.density import Density, Uniform, divergence
from homeostat.reactivation.measures import Components, memory, step_distance, total_variance
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.running import Activity, Network
from homeostat.reactivation.score import compare, gaussian_score, kernel_score
from krishna2024.conditions import Condition
from krishna2024.design import NOISES
from krishna2024.seed import STATE_STEPS, SeedOfNetworks, quiescent_noises

# Steps of quiescence that enter a divergence (the authors'), and those of a point of its course.
_KL_STEPS = 1000
_WINDOW = 100
_PATHS = 12
_GRID = 36
# States at which drift and score are compared, and from which the score is estimated.
_PROBES, _SOURCES, _SCORE_COMPONENTS = 1500, 4000, 10
# By how much the authors' code overstates the divergence of the uniform distribution: it evaluates a density of
# 1 / 2.2 per metre where 1 / 2.2^2 per square metre is meant.
BASELINE_ERROR = float(np.log(2.2))

Pool = Density | Uniform | None


def measure(block: SeedOfNetworks) -> None:
    """Record all measures of one seed."""
    awake: dict[str, Pool] = {}
    asleep: dict[tuple[str, str], Pool] = {}
    for condition in block.networks:
        activity = block.wake(condition)
        positions = activity.decoded["top3"]
        awake[condition.label] = pooled(positions)
        components = Components.of(activity.states)
        describe(block, condition.label, "active", activity, components)
        add_floor(block, condition.label, positions)
        if condition.noise != "none":
            add_score(block, condition, activity, components)
        add_bound(block, condition, activity)
        noises = quiescent_noises(condition, block.networks[condition].noise, block.noise)
        for phase, noise in noises.items():
            resting = block.sleep(condition, phase, noise)
            asleep[condition.label, phase] = pooled(resting.decoded["top3"][:_KL_STEPS])
            describe(block, condition.label, phase, resting, components)
            half = block.steps // 2
            block.add(condition.label, phase, "total variance", 0, total_variance(resting.decoded["centroid"][half:]))
            if condition.bias == "unbiased" and condition.noise != "none" and condition.cell == "relu":
                add_course(block, condition, phase, noise, resting, awake[condition.label])
        if condition.bias == "unbiased" and condition.noise in NOISES:
            untrained = block.random(condition)
            resting = block.sleep(condition, "quiescent", noises["quiescent"], network=untrained)
            for phase in noises:
                asleep["uniform", phase] = Uniform()
                asleep[f"random, {condition.noise}", phase] = pooled(resting.decoded["top3"][:_KL_STEPS])
    add_matrices(block, awake, asleep)


def pooled(positions: np.ndarray) -> Pool:
    """Return the density of positions of all runs and steps; None where they are all in one place."""
    try:
        return Density.of(positions.reshape(-1, 2))
    except DataError:
        return None


def kl(block: SeedOfNetworks, q: Pool, p: Pool, *labels: str) -> float:
    """Return KL(q || p), NaN where one of the densities is not there."""
    if q is None or p is None:
        return float("nan")
    return divergence(q, p, block.rng("KL", *labels), block.samples)


def describe(block: SeedOfNetworks, label: str, phase: str, activity: Activity, active: Components) -> None:
    """Record what one run shows by itself; ``active`` are the components of the active states."""
    positions = activity.decoded["top3"]
    kept = len(activity.states)
    block.add_states(label, phase, activity, active, np.linalg.norm(positions[:kept], axis=-1))
    for how, decoded in activity.decoded.items():
        block.add(label, phase, f"step, {how}", 0, step_distance(decoded[:STATE_STEPS]))
    block.add(label, phase, "spread", 0, positions.reshape(-1, 2).var(0).sum())
    block.add(label, phase, "distance from centre", 0, np.linalg.norm(positions, axis=-1).mean())
    if block.seed > 0:
        return
    for path in range(min(_PATHS, positions.shape[1])):
        steps = positions[:STATE_STEPS, path]
        block.add(label, phase, "path", steps[:, 0], steps[:, 1], path)
    # Maps from the same numbers of points as the authors'.
    add_map(block, label, phase, "output density", positions[:STATE_STEPS].reshape(-1, 2), (-1.25, 1.25))
    states = active.project(activity.states).reshape(-1, 2)
    reach = 3 * float(np.sqrt(active.variances[0]))
    add_map(block, label, phase, "state density", states, (-reach, reach))


def add_map(
    block: SeedOfNetworks, label: str, phase: str, name: str, points: np.ndarray, ends: tuple[float, float]
) -> None:
    """Record a density on a square grid."""
    density = pooled(points)
    if density is not None:
        grid = np.stack(np.meshgrid(*[np.linspace(*ends, _GRID)] * 2), axis=-1).reshape(-1, 2)
        block.add(label, phase, name, grid[:, 0], grid[:, 1], density(grid))


def add_floor(block: SeedOfNetworks, label: str, positions: np.ndarray) -> None:
    """Record the divergence of one half of the active trajectories from the other: what equality looks like."""
    half = positions.shape[1] // 2
    value = kl(block, pooled(positions[:, :half]), pooled(positions[:, half:]), "floor", label)
    block.add(label, "active", "KL floor", 0, value)


def add_course(
    block: SeedOfNetworks, condition: Condition, phase: str, noise: Noise, resting: Activity, active: Pool
) -> None:
    """Record divergence and memory over time, for runs from the active starts and runs that all start at the centre."""
    starts = {"active starts": resting, "one start": block.sleep(condition, phase, noise, centre=True)}
    window = max(1, min(_WINDOW, block.steps // 2))
    for start, activity in starts.items():
        positions = activity.decoded["top3"]
        for first in range(0, block.steps - window + 1, window):
            part = pooled(positions[first : first + window])
            value = kl(block, part, active, "course", condition.label, phase, start, str(first))
            block.add(condition.label, phase, f"KL over time, {start}", first + window / 2, value)
        block.add(condition.label, phase, f"late spread, {start}", 0, positions[-window:].reshape(-1, 2).var(0).sum())
    decoded = resting.decoded["centroid"]
    remembered = memory(decoded, decoded[0])[::10]
    block.add(condition.label, phase, "memory", np.arange(1, block.steps + 1)[::10], remembered)


def add_score(block: SeedOfNetworks, condition: Condition, activity: Activity, components: Components) -> None:
    """Record how well the drift without input follows the score of the active states (the theory's equation 18)."""
    network: Network = block.networks[condition]
    flat = activity.states.reshape(-1, activity.states.shape[-1])
    rng = block.rng("score", condition.label)
    probes = flat[rng.integers(len(flat), size=_PROBES)]
    sources = flat[rng.integers(len(flat), size=_SOURCES)]
    drift = network.drift(probes, network.noise).astype(float)
    count = min(_SCORE_COMPONENTS, len(components.axes))
    for name, score, axes in (("kernel", kernel_score, 2), ("Gaussian", gaussian_score, count)):
        along = components.axes[:, :axes]
        expected = score(components.project(sources, axes), components.project(probes, axes))
        fit = compare(drift @ along, expected, network.noise.sd**2)
        for value, text in ((fit.slope, "slope"), (fit.r2, "R2"), (fit.correlation, "cosine")):
            block.add(condition.label, "active", f"score {text}, {name}", 0, value)


def add_bound(block: SeedOfNetworks, condition: Condition, activity: Activity) -> None:
    """Record the terms of the paper's upper bound of the loss, at states of the active run."""
    trajectories = block.data.trajectories(condition, block.seed)
    steps, runs = trajectories.shape
    rng = block.rng("bound", condition.label)
    at, of = rng.integers(1, steps, size=_PROBES), rng.integers(runs, size=_PROBES)
    stimuli = trajectories.targets[at - 1, of], trajectories.targets[at, of]
    states = activity.states
    terms = loss_terms(
        block.networks[condition], states[at - 1, of], trajectories.inputs[at, of], states[at, of], stimuli
    )
    for measure, value in (
        ("bound, loss", terms.share),
        ("bound, signal", terms.signal / (terms.signal + terms.noise)),
        ("bound, tracking", terms.tracking),
    ):
        block.add(condition.label, "active", measure, 0, value)


def add_matrices(block: SeedOfNetworks, awake: Mapping[str, Pool], asleep: Mapping[tuple[str, str], Pool]) -> None:
    """Record the divergence of each quiescent distribution from each active one that it can be compared with."""
    for (label, phase), q in asleep.items():
        noise = label.split(", ")[-1]
        for active, p in awake.items():
            other = active.split(", ")[-1]
            if {noise, other} <= {"uniform", "gaussian"} and noise != other and label != "uniform":
                continue  # networks of two kinds of noise have nothing to do with each other
            value = kl(block, q, p, "matrix", label, phase, active)
            block.add(f"{label} | {active}", phase, "KL", 0, value)
            if label == "uniform":
                block.add(f"{label} | {active}", phase, "KL, as published", 0, value + BASELINE_ERROR)
