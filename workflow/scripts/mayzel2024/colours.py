"""The colours of the study, by condition."""

from collections.abc import Sequence
from typing import Any

from homeostat.figures import style
from homeostat.figures.palette import Palette

# One colour, one meaning. Homeostatic models normalize the input of projections, and have random wiring if not said;
# unconstrained models are the reshaped ones.
COLOURS = Palette(
    {
        "independent": "#999999",
        "pairwise": "#555555",
        "RP": "#0072B2",
        "step RP": "#88CCEE",
        "pruned RP": "#AA4499",
        "reshaped": "#D55E00",
        "unconstrained": "#D55E00",
        "reshaped, tuned": "#E69F00",
        "backprop": "#009E73",
        "backprop, tuned": "#7DC9AE",
        "homeostatic": "#CC79A7",
        "input": "#CC79A7",
        "random": "#CC79A7",
        "bounded (clamp)": "#44AA99",
        "bounded (projected)": "#332288",
        "output": "#999933",
        "circuit": "#117733",
        "true": "#882255",
        "full": "#AA7744",
        "weight decay": "#661100",
        "early stopping": "#DDCC77",
    }
)


def colours(labels: Sequence[str]) -> dict[str, Any]:
    """Return the colours of conditions; families of values (λ, φ) take a sequential scale in their order."""
    found = {label: COLOURS[label.removesuffix(", SGD")] for label in labels if not set("λφ") & set(label)}
    for sign in "λφ":
        family = [label for label in labels if sign in label]
        found |= {label: style.shade(index, len(family)) for index, label in enumerate(family)}
    return found


def mark(label: str) -> str:
    """Return the marker of a condition; families of values, which have shades, share one."""
    return "o" if set("λφ") & set(label) else COLOURS.mark(label.removesuffix(", SGD"))
