"""Which runs each figure needs, from the study's section of the configuration."""

from collections.abc import Mapping
from typing import Any

from eyono2026.conditions import LABELS, Condition
from homeostat.conditions import Entry

DATA = "fashion_mnist"
"""The images of all runs."""

# Kinds of networks of each figure; the first one of figures 4 to 7 is what the others are compared with.
FIGURES = {
    "fig2": ("ei_ln", "ei", "e_ln"),
    "fig3": ("ei", "inorm_sub", "inorm"),
    "fig4": ("e_ln", "inorm", "e_ln_forward", "ei"),
    "fig5": ("e_ln", "inorm_full", "inorm"),
    "fig6": ("e_ln", "inorm_scale", "inorm_decorrelate", "inorm_center", "inorm_full"),
    "fig7": ("e_ln", "inorm_lateral", "inorm_center", "inorm_full"),
}


def fits(figure: str, settings: Mapping[str, Any]) -> list[Entry]:
    """Return the runs of a figure."""
    return [
        Entry(LABELS[kind], Condition(float(epsilon), kind), DATA)
        for kind in FIGURES[figure]
        for epsilon in settings["epsilons"]
    ]
