"""Which grids of fits each figure needs, from the study's section of the configuration."""

from collections.abc import Mapping
from typing import Any

from homeostat.conditions import Entry, Grid, six_digits
from keck2012.conditions import Condition

Settings = Mapping[str, Any]
Grids = list[Grid[Condition]]
grid = Grid.over
ALL_STARTS = ["input", "uniform", "points", "truth"]
CURRENTS = ["log", "shifted", "linear", "posterior"]
# Initial total weight of the 2 x 2, in units of A: with the usual one, near 2, scaled networks find every field.
SYNERGY_WEIGHT = 1.2


def bars_network(settings: Settings) -> Condition:
    """Return the network of the artificial data, from which the others differ."""
    chosen = settings["bars"]
    return Condition("network", chosen["units"], float(chosen["total"]), rate=float(chosen["rate"]))


def bars_em(settings: Settings) -> Condition:
    """Return EM on the artificial data."""
    return bars_network(settings).but(learner="em", rate=0.0)


def digits(settings: Settings, learner: str, units: int) -> Condition:
    """Return a learner on digits; the network's rate is such that a unit forgets at one pace whatever C and N."""
    chosen = settings["digits"]
    base = Condition(learner, units, float(chosen["total"]))
    if learner == "em":
        return base
    return base.but(rate=six_digits(chosen["forgetting"] * units / chosen["samples"]), batch=chosen["batch"])


def bars_reference(settings: Settings) -> Grids:
    """Return the grids that figures 1 and 3 share: the network at its rate, and EM from all starts."""
    gains = [0.0, float(settings["bars"]["gain"])]
    return [
        grid(
            bars_network(settings), schedule=["constant", "decaying"], switch=[0.0, float(settings["bars"]["switch"])]
        ),
        grid(bars_em(settings), start=ALL_STARTS, scaling=["normalized", "raw"], gain=gains),
    ]


def bars_robustness(settings: Settings) -> Grids:
    """Return the grids of panels G and H alone, without the conditions that the reference has."""
    base, chosen = bars_network(settings), settings["bars"]
    gain = float(chosen["gain"])
    rates = [float(rate) for rate in chosen["rates"] if float(rate) != base.rate]
    weights = [float(weight) for weight in chosen["weights"]]
    return [
        grid(base, rate=rates, schedule=["constant", "decaying"]),
        grid(base, start=["input", "uniform"], weight=weights),
        grid(base, current=CURRENTS[1:]),
        grid(base, scaling=["raw"], current=CURRENTS),
        grid(base, scaling=["normalized", "raw"], gain=[gain], current=CURRENTS),
    ]


def synergy_gains(settings: Settings) -> list[float]:
    """Return the intensities' half-widths of the 2 x 2: the configured one and two thirds of it."""
    gain = float(settings["bars"]["gain"])
    return [round(2 * gain / 3, 6), gain]


def bars_synergy(settings: Settings) -> Grids:
    """Return the 2 x 2 of panel J, with and without normalization and synaptic scaling, and its truths."""
    arms = {"scaling": ["normalized", "raw"], "gain": synergy_gains(settings)}
    return [
        grid(bars_network(settings), weight=[SYNERGY_WEIGHT], plasticity=["scaled", "hebbian"], **arms),
        grid(bars_em(settings), start=["truth"], **(arms | {"gain": synergy_gains(settings)[:1]})),
    ]


def digits_mixtures(settings: Settings) -> Grids:
    """Return the fits of figure 2."""
    return [
        grid(digits(settings, learner, units)) for units in settings["digits"]["units"] for learner in ("network", "em")
    ]


def digits_intensity(settings: Settings) -> Grids:
    """Return the grids of panel I, and the arms without synaptic scaling of panel J."""
    chosen = settings["digits"]["intensity"]
    gain, network = float(chosen["gain"]), digits(settings, "network", chosen["units"])
    arms = {"scaling": ["normalized", "raw"], "gain": [0.0, gain]}
    return [
        grid(network, **arms),
        grid(digits(settings, "em", chosen["units"]), **arms),
        grid(network, plasticity=["hebbian"], **(arms | {"gain": [gain]})),
    ]


def fits(figure: str, settings: Settings) -> list[Entry]:
    """Return the fits of a figure: grids of conditions on ``bars`` or ``digits``."""
    bars, images = {
        "fig1": (bars_reference(settings), []),
        "fig2": ([], digits_mixtures(settings)),
        "fig3": (
            bars_reference(settings) + bars_robustness(settings) + bars_synergy(settings),
            digits_intensity(settings),
        ),
    }[figure]
    return [Entry("", each, "bars") for each in bars] + [Entry("", each, "digits") for each in images]
