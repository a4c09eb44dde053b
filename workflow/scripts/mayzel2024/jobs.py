"""What the jobs of the study get of the configuration: each the settings that it uses, and no others."""

from collections.abc import Mapping
from typing import Any

from homeostat.rp.registry import MODELS
from mayzel2024.conditions import Condition

Settings = Mapping[str, Any]

DETAILS = {"fig3": ["projections", "course"], "fig5": ["projections"], "fig5s1": ["histograms"]}
"""What a figure shows of single projections, synapses and steps."""


def fit(settings: Settings, name: str) -> dict[str, Any]:
    """Return how a condition, given by its name, is fitted and measured."""
    condition = Condition.parse(name)
    kind = schedule(condition)
    training = {name: settings[name] for name in ("chains", "batch", "acceptance", "stopping", "tolerance")}
    training |= {"optimizer": condition.optimizer, "sweeps": settings["sweeps_per_step"]}
    training |= {name: settings[name][kind] for name in ("steps", "learning_rate")}
    if condition.optimizer == "adam":
        training["momentum"] = settings["momentum"]
    found = {"threshold": settings["threshold"], "training": training, "ais": settings["ais"]}
    if condition.model == "pruned":
        found["pruning"] = {name: settings["fig1"][f"prune_{name}"] for name in ("replacements", "fraction", "steps")}
    return found


def schedule(condition: Condition) -> str:
    """Return the name under which the configuration has the steps and learning rate of a condition."""
    return "sgd" if condition.optimizer == "sgd" else kind_of(condition.model)


def kind_of(model: str) -> str:
    """Return the model that has the steps and learning rate of ``model`` in the configuration."""
    if model == "pairwise":
        return model
    learned = set(MODELS[model].learn)
    return "reshaped" if "lam" not in learned else "backprop" if "weight" in learned else "rp"


def knows_teacher(name: str) -> bool:
    """Whether a condition has the wiring of the model that its data were drawn from."""
    return Condition.parse(name).wiring == "true"


def teacher(settings: Settings) -> dict[str, Any]:
    """Return how the teacher of figure 4 is trained."""
    found = {name: settings[name] for name in ("neurons", "in_degree", "slope", "threshold", "chains")}
    return found | {"projections": settings["fig4"]["teacher_projections"], "steps": settings["steps"]["rp"]}


def needs(presets: Mapping[str, Settings]) -> dict[str, dict[str, int]]:
    """Return what each scale needs of a recording: bins for training and test, and neurons."""
    its = {scale: preset["mayzel2024"] for scale, preset in presets.items()}
    bins = {scale: settings["train_samples"] + settings["test_samples"] for scale, settings in its.items()}
    return {"bins": bins, "neurons": {scale: settings["neurons"] for scale, settings in its.items()}}
