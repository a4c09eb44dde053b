"""Which fits each figure needs, from the study's section of the configuration."""

from collections.abc import Mapping
from typing import Any

from mayzel2024.conditions import Condition


def base(settings: Mapping[str, Any]) -> Condition:
    """Return the reshaped model of the configuration, from which the others differ."""
    return Condition(
        model="reshaped",
        neurons=settings["neurons"],
        projections=0,
        degree=float(settings["in_degree"]),
        slope=float(settings["slope"]),
        factor=float(settings["reshape_lambda"]),
    )


def families(settings: Mapping[str, Any]) -> dict[str, Condition]:
    """Return the kinds of model that figure 1 and its supplements compare, by the names they have there."""
    reshaped = base(settings)
    backprop = reshaped.but(model="backprop")
    rp = reshaped.but(model="rp", factor=0.0)
    return {
        "RP": rp,
        "step RP": rp.but(slope=float("inf")),
        "pruned RP": rp.but(model="pruned"),
        "reshaped": reshaped,
        "backprop": backprop,
        "reshaped, tuned": reshaped.but(thresholds="tuned"),
        "backprop, tuned": backprop.but(thresholds="tuned"),
    } | {f"reshaped, λ = {factor:g}": reshaped.but(factor=float(factor)) for factor in settings["fig1"]["lambdas"]}


_FIGURES = {
    "fig1": ("RP", "reshaped", "backprop"),
    "fig1s1": ("step RP", "RP", "reshaped", "pruned RP"),
    "fig1s2": ("reshaped", "backprop", "reshaped, tuned", "backprop, tuned"),
}


def labelled(settings: Mapping[str, Any], figure: str) -> list[tuple[str, Condition]]:
    """Return the conditions of a figure's curves over the number of projections, each with its label."""
    known = families(settings)
    labels = list(_FIGURES[figure])
    if figure == "fig1s2":
        labels += [label for label in known if "λ" in label]
    return [
        (label, known[label].but(projections=projections))
        for label in labels
        for projections in settings["fig1"]["projections"]
    ]


def exhaustive(settings: Mapping[str, Any]) -> list[tuple[str, Condition]]:
    """Return the conditions of panel 1C: a small group, for which log Z is exact."""
    sizes = settings["fig1"]
    known = families(settings)
    return [
        (
            label,
            known[label].but(neurons=sizes["exhaustive_neurons"], projections=sizes["exhaustive_projections"]),
        )
        for label in _FIGURES["fig1"]
    ]


def blocks(seeds: int, per_job: int) -> list[tuple[int, int]]:
    """Return the first and last seed of each job."""
    return [(first, min(first + per_job, seeds) - 1) for first in range(0, seeds, per_job)]
