"""Which networks there are, and which families of them each figure shows."""

from collections.abc import Mapping
from typing import Any

from homeostat.conditions import Entry
from krishna2024.conditions import Condition

NOISES = ("uniform", "gaussian")
"""The two kinds of noise that every figure shows: of the authors' code, and of the paper's text."""
BIASES = ("unbiased", "biased")

FAMILIES: dict[str, list[Condition]] = {
    "position_relu": [
        *(Condition("position", "relu", bias, noise) for noise in ("none", *NOISES) for bias in BIASES),
        # Does the shape of the noise matter, or its size? Asked of one task only.
        Condition("position", "relu", "unbiased", "matched"),
    ],
    "position_gru": [Condition("position", "gru", bias, noise) for noise in NOISES for bias in BIASES],
    "heading_relu": [Condition("heading", "relu", bias, noise) for noise in NOISES for bias in BIASES],
}

FIGURES: dict[str, str] = {
    "fig1": "position_relu",
    "fig2": "position_relu",
    "fig3": "heading_relu",
    "figC1": "position_relu",
    "figC2": "position_gru",
    "figC3": "position_relu",
    "figC4": "position_relu",
    "figC5": "heading_relu",
    "figC6": "position_relu",
}
"""The family of each figure."""


def fits(figure: str, settings: Mapping[str, Any]) -> list[Entry]:
    """Return the networks of a figure: those of its family, whatever the settings."""
    return [Entry(condition.label, condition, condition.task) for condition in FAMILIES[FIGURES[figure]]]
