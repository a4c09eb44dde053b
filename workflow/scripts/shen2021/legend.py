"""Conditions as the figures' legends name them, for the terminal. No program of the workflow uses this."""

from shen2021.conditions import Condition


def legend(name: str) -> str:
    """Return a condition in short.

    >>> legend("normalization~BatchNorm_batch~32_rate~0.003_iterations~1000_rows~20")
    'BatchNorm, rate 0.003'
    """
    condition = Condition.parse(name)
    return f"{condition.normalization}, rate {condition.rate:g}"
