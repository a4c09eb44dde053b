"""What the jobs of the study get of the configuration: each the settings that it uses, and no others."""

from collections.abc import Mapping
from typing import Any

from homeostat.conditions import Grid
from keck2012.conditions import Condition
from keck2012.design import fits

Settings = Mapping[str, Any]


def fit(settings: Settings, name: str, data: str) -> dict[str, Any]:
    """Return how a grid, given by its name, learns ``bars`` or ``digits``; all its conditions have one kind of learner.

    Its likelihood is taken along the way only where figure 1 or 2 shows that course.
    """
    section = settings[data]
    passes = section["epochs" if Grid.parse(Condition, name).base.learner == "network" else "iterations"]
    shown = any(entry.condition.name == name for figure in ("fig1", "fig2") for entry in fits(figure, settings))
    return {"passes": passes, "every": section["every"] if shown else passes}


def sizes(section: Settings) -> dict[str, Any]:
    """Return how many training and test images a seed has."""
    return {name: section[name] for name in ("samples", "tests")}


def digits(settings: Settings, name: str) -> dict[str, Any]:
    """Return how a grid learns digits, from how many images, and with how many labels it is read out."""
    section = settings["digits"]
    return fit(settings, name, "digits") | sizes(section) | {"labels": section["labels"]}


def details(settings: Settings, figure: str) -> dict[str, Any]:
    """Return what a table holds beside final measures: how many units' weights, and the courses of learning."""
    if figure == "fig3":
        return {"units": 0, "courses": False}
    units = settings["bars"]["units"] if figure == "fig1" else settings["digits"]["shown"]
    return {"units": units, "courses": True}
