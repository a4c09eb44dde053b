"""Conditions as the figures' legends name them, for the terminal. No program of the workflow uses this."""

from eyono2026.conditions import LABELS, Condition


def legend(name: str) -> str:
    """Return a condition in short.

    >>> legend("epsilon~0.75_network~inorm_full")
    'I-Norm + full, ε = 0.75'
    """
    condition = Condition.parse(name)
    return f"{LABELS[condition.network]}, ε = {condition.epsilon:g}"
