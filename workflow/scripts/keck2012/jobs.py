"""What the jobs of the study get of the configuration: each the settings that it uses, and no others."""

from collections.abc import Mapping
from typing import Any

from homeostat.conditions import Grid
from keck2012.conditions import Condition

Settings = Mapping[str, Any]


def fit(section: Settings, name: str) -> dict[str, Any]:
    """Return how a grid, given by its name, learns; all of its conditions have one kind of learner."""
    network = Grid.parse(Condition, name).base.learner == "network"
    return {"passes": section["epochs" if network else "iterations"], "every": section["every"]}


def sizes(section: Settings) -> dict[str, Any]:
    """Return how many training and test images a seed has."""
    return {name: section[name] for name in ("samples", "tests")}


def digits(section: Settings, name: str) -> dict[str, Any]:
    """Return how a grid learns digits, from how many images, and with how many labels it is read out."""
    return fit(section, name) | sizes(section) | {"labels": section["labels"]}


def details(settings: Settings, figure: str) -> dict[str, Any]:
    """Return what a table holds beside final measures: how many units' weights, and the courses of learning."""
    if figure == "fig3":
        return {"units": 0, "courses": False}
    units = settings["bars"]["units"] if figure == "fig1" else settings["digits"]["shown"]
    return {"units": units, "courses": True}
