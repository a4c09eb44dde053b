"""Which fits each figure needs, from the study's section of the configuration."""

from collections.abc import Mapping
from typing import Any

from homeostat.conditions import Entry
from homeostat.normalization.conditions import CONDITIONS
from shen2021.conditions import Condition

Settings = Mapping[str, Any]


def _condition(normalization: str, settings: Settings, **changes: Any) -> Condition:
    chosen = {**settings, **changes}
    return Condition(
        normalization, chosen["batch"], float(chosen["learning_rate"]), chosen["iterations"], chosen["rows_every"]
    )


def learning_rates(settings: Settings) -> list[Condition]:
    """Return the networks of figure 2's kind at several learning rates."""
    chosen = settings["learning_rates"]
    return [
        _condition(name, settings["fig2"], learning_rate=rate, iterations=chosen["iterations"])
        for name, rates in (("BatchNorm", chosen["batch_norm"]), ("SynapticScaling", chosen["synaptic_scaling"]))
        for rate in rates
    ]


def fits(figure: str, settings: Settings) -> list[Entry]:
    """Return the fits of a figure: the six networks of figure 2 or 3, or those of figure 2's kind over the rates."""
    if figure == "learning_rates":
        images, chosen = settings["fig2"]["images"], learning_rates(settings)
    else:
        images, chosen = settings[figure]["images"], [_condition(name, settings[figure]) for name in CONDITIONS]
    return [Entry(condition.normalization, condition, images) for condition in chosen]


def followed(settings: Settings, condition: Condition) -> bool:
    """Return whether a figure shows a network's course and other test batches; of the others, only the end is shown."""
    return any(entry.condition == condition for figure in ("fig2", "fig3") for entry in fits(figure, settings))


def evaluations(settings: Settings, iterations: int) -> list[int]:
    """Return the iterations after which the test set is evaluated."""
    regular = range(settings["evaluate_every"], iterations + 1, settings["evaluate_every"])
    return sorted({at for at in (*settings["evaluate_at"], *regular, iterations) if at <= iterations})
