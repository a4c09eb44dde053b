"""Conditions as the figures' legends name them, for the terminal. No program of the workflow uses this."""

from krishna2024.conditions import Condition


def legend(name: str) -> str:
    """Return a condition in short.

    >>> legend("task~position_cell~gru_bias~unbiased_noise~uniform")
    'position, GRU, unbiased, uniform'
    """
    condition = Condition.parse(name)
    gated = ["GRU"] if condition.cell == "gru" else []
    return ", ".join([condition.task, *gated, condition.label])
