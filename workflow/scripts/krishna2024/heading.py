"""Measures of networks that integrate head direction."""

import numpy as np

from homeostat.reactivation.measures import Components, angular_steps, histogram, ring
from homeostat.reactivation.running import Activity
from krishna2024.seed import SeedOfNetworks, quiescent_noises

# The authors' histogram of bearings; that of angular velocities is ours.
_BINS, _TURN_BINS, _TURNS = 20, 61, 0.61


def measure(block: SeedOfNetworks) -> None:
    """Record all measures of one seed."""
    for condition, network in block.networks.items():
        activity = block.wake(condition)
        components = Components.of(activity.states)
        active = describe(block, condition.label, "active", activity, components)
        for phase, noise in quiescent_noises(condition, network.noise, block.noise).items():
            asleep = describe(block, condition.label, phase, block.sleep(condition, phase, noise), components)
            block.add(condition.label, phase, "KL of bearings", 0, discrete_divergence(asleep, active))


def describe(block: SeedOfNetworks, label: str, phase: str, activity: Activity, components: Components) -> np.ndarray:
    """Record what one run shows by itself; returns the density of bearings."""
    angles = activity.decoded["top3"][..., 0]
    block.add_states(label, phase, activity, components, angles[: len(activity.states)])
    plane = components.project(activity.states).reshape(-1, 2)
    width, order = ring(plane, angles[: len(activity.states)].ravel())
    block.add(label, phase, "ring width", 0, width)
    block.add(label, phase, "ring order", 0, order)
    centres, density = histogram(angles, -np.pi, np.pi, _BINS)
    block.add(label, phase, "bearing", centres, density)
    block.add(label, phase, "bearing range", 0, density.max() / max(density.min(), 1e-9))
    for how, decoded in activity.decoded.items():
        turns = angular_steps(decoded[..., 0])
        block.add(label, phase, f"mean turn, {how}", 0, turns.mean())
        block.add(label, phase, f"turns back, {how}", 0, (turns < 0).mean())
        block.add(label, phase, f"turn SD, {how}", 0, turns.std())
        if how == "centroid":
            block.add(label, phase, "turns", *histogram(turns, -_TURNS, _TURNS, _TURN_BINS))
    return density


def discrete_divergence(q: np.ndarray, p: np.ndarray) -> float:
    """Return KL(q || p) of two histograms on the same bins; an empty bin of p counts as 1e-7 of the fullest."""
    q, p = q / q.sum(), np.maximum(p, 1e-7 * p.max()) / p.sum()
    return float((q[q > 0] * np.log(q[q > 0] / p[q > 0])).sum())
