"""Grids of conditions as the figures' legends name them, for the terminal. No program of the workflow uses this."""

from homeostat.conditions import Grid
from keck2012.conditions import Condition

_LEARNERS = {"em": "EM", "network": "network"}


def legend(name: str) -> str:
    """Return a grid in short: its learner and size, and what is varied in it.

    >>> legend("learner~em_units~10_total~250_gain~0+0.9_start~input+truth")
    'EM, C = 10, 4 of gain, start'
    """
    grid = Grid.parse(Condition, name)
    varied = [f"{len(list(grid))} of {', '.join(grid.varied)}"] if grid.varied else []
    return ", ".join([_LEARNERS[grid.base.learner], f"C = {grid.base.units}", *varied])
