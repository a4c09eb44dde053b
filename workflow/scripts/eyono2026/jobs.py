"""What the jobs of the study get of the configuration."""

from collections.abc import Mapping
from typing import Any


def train(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return how every condition is trained: sizes, and the ranges that configurations are drawn from."""
    ranges = ("learning_rate", "wei_rate", "wix_rate", "width")
    return {
        "networks": settings["networks"],
        "ranges": {name: [settings[name]["low"], settings[name]["high"]] for name in ranges},
        "schedule": {
            "epochs": settings["epochs"],
            "batch": settings["batch"],
            "smoothing": settings["label_smoothing"],
            "local_weight": settings["local_weight"],
        },
    }
