# What the rules of krishna2024 ask for: blocks of seeds, flags of a training, networks of a family.

from krishna2024 import design as krishna2024_design
from krishna2024.conditions import Condition as Krishna2024Condition


def krishna2024_blocks():
    """Return the first and last seed of each job."""
    return blocks(config["krishna2024"]["seeds"], config["seeds_per_job"])


def krishna2024_training(wildcards):
    """Return the flags that say how a condition of krishna2024 is trained."""
    settings = config["krishna2024"]
    condition = Krishna2024Condition.parse(wildcards.condition)
    options = {key: value for key, value in settings[condition.task].items() if key != "cells"}
    if condition.cell == "gru":
        options |= settings["gru"]
    return as_flags(options | {"evaluate_every": settings["evaluate_every"]})


def krishna2024_threads(wildcards):
    """Return the threads of a job that can use a GPU, which is fed batches and measured by the CPU."""
    return 4 if gpu_count(wildcards) else 1


def krishna2024_networks(wildcards):
    """Return the trained networks of a family, for one block of seeds."""
    return [
        store_path("krishna2024_train", condition=condition.name, first=wildcards.first, last=wildcards.last)
        for condition in krishna2024_design.FAMILIES[wildcards.family]
    ]


def krishna2024_replays(wildcards):
    """Return the measured runs that a figure shows."""
    family = krishna2024_design.FIGURES[wildcards.figure]
    return [
        store_path("krishna2024_replay", family=family, first=first, last=last) for first, last in krishna2024_blocks()
    ]
