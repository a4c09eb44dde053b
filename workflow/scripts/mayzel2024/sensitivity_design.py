"""Which fits the sensitivity figures need: what is varied, over which values, and which models are compared."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from mayzel2024.conditions import Condition
from mayzel2024.design import WEIGHT_DECAY, reshaped, rp

Settings = Mapping[str, Any]

FIGURES = {
    "bins": "width of the bins",
    "neurons": "number of neurons",
    "training": "number of training bins",
    "slope": "slope β",
    "threshold": "threshold θ",
    "split": "random bins or blocks of time",
}
"""What each figure varies."""
# Kinds of random split; blocks keep neighbouring bins together.
SPLITS = ("random", "blocks")


class Varied(NamedTuple):
    """A fit of a sensitivity figure: label, value, condition, and the changes of its data or training."""

    label: str
    value: str
    condition: Condition
    changes: Mapping[str, str]


def fits(name: str, settings: Settings, split: str) -> list[Varied]:
    """Return the fits of the figure ``sensitivity_NAME``; ``split`` is the one of the other figures.

    Values that the other figures have too are not a change, so the fits are shared.
    """
    usual = {"bins": "1", "threshold": f"{settings['threshold']:g}", "split": split}
    its = settings["sensitivity"]
    base = reshaped(settings)
    found = []
    for given in SPLITS if name == "split" else its[name]:
        value = given if isinstance(given, str) else f"{given:g}"
        varies_data = name in ("bins", "training", "threshold", "split") and value != usual.get(name)
        change = {name: value} if varies_data else {}
        for label, condition in _models(base, rp(settings), its["budgets"]).items():
            if name == "slope":
                condition = condition.but(slope=float(given))
            if name == "neurons":
                # As many projections per neuron as in the other figures.
                share = settings["projections"] / settings["neurons"]
                condition = condition.but(neurons=given, projections=max(1, round(share * given)))
            found.append(Varied(label, value, condition, change))
        if name == "training":
            found += [
                Varied(
                    f"weight decay, α = {alpha:g}",
                    value,
                    base.but(constraint=WEIGHT_DECAY, budget=float(alpha)),
                    change,
                )
                for alpha in its["decay"]
            ]
            found += [
                Varied(f"early stopping, {steps} steps", value, base, {**change, "steps": str(steps)})
                for steps in its["steps"]
            ]
    return found


def _models(base: Condition, random: Condition, budgets: list[float]) -> dict[str, Condition]:
    found = {"RP": random, "reshaped": base}
    for kind, constraint in (("homeostatic", "input"), ("bounded (projected)", "projected")):
        found |= {f"{kind}, φ = {b:g}": base.but(constraint=constraint, budget=float(b)) for b in budgets}
    return found
