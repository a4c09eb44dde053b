"""Conditions as the figures' legends name them, for the terminal. No program of the workflow uses this."""

from math import isinf

from homeostat.rp.registry import CONSTRAINTS, MODELS
from mayzel2024.conditions import Condition


def legend(name: str) -> str:
    """Return a condition in short: ``homeostatic, φ = 3, K = 150``.

    >>> legend("model~rp_neurons~50_projections~40_degree~5_slope~inf_factor~0_optimizer~natural")
    'step RP, K = 40'
    """
    condition = Condition.parse(name)
    if condition.model == "pairwise":
        return "pairwise"
    constrained = condition.constraint != "none"
    kind = (CONSTRAINTS[condition.constraint] if constrained else MODELS[condition.model]).label
    parts = [f"step {kind}" if isinf(condition.slope) else kind]
    if condition.budget:
        parts.append(f"φ = {condition.budget:g}")
    if condition.factor not in (0.0, 1.0):
        parts.append(f"λ = {condition.factor:g}")
    if condition.thresholds == "tuned":
        parts.append("tuned")
    if condition.optimizer == "sgd":
        parts.append("SGD")
    if condition.wiring == "true":
        parts.append("true wiring")
    elif condition.degree != 5:
        parts.append(f"in-degree {condition.degree:g}")
    return ", ".join([*parts, f"K = {condition.projections}"])
