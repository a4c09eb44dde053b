"""What the jobs of the study get of the configuration: each the settings that it uses, and no others."""

from collections.abc import Mapping
from typing import Any

from krishna2024.conditions import Condition

Settings = Mapping[str, Any]


def data(settings: Settings) -> dict[str, Any]:
    """Return how many test trajectories there are, their steps and the cells of each task."""
    sizes = {name: {task: settings[task][name] for task in ("position", "heading")} for name in ("steps", "cells")}
    return {"trajectories": settings["test_trajectories"], **sizes}


def train(settings: Settings, name: str) -> dict[str, Any]:
    """Return how a condition, given by its name, is trained."""
    condition = Condition.parse(name)
    chosen = settings[condition.task] | (settings["gru"] if condition.cell == "gru" else {})
    schedule = {name: chosen[name] for name in ("batches", "batch", "steps", "learning_rate")}
    schedule["evaluate_every"] = settings["evaluate_every"]
    return {"neurons": chosen["neurons"], "noise": chosen["noise"], "schedule": schedule}
