"""What the jobs of the study get of the configuration."""

from collections.abc import Mapping
from typing import Any

from shen2021.conditions import Condition
from shen2021.design import evaluations, followed


def train(settings: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return how a condition, given by its name, is trained and measured."""
    condition = Condition.parse(name)
    whole = followed(settings, condition)
    training = {
        "iterations": condition.iterations,
        "batch": condition.batch,
        "learning_rate": condition.rate,
        "rows_every": condition.rows,
        "evaluate_at": evaluations(settings, condition.iterations) if whole else [],
        "test_batches": settings["test_batches"] if whole else settings["test_batches"][:1],
    }
    return {"training": training}
