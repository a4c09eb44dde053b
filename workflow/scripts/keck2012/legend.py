"""Grids of conditions as the figures' legends name them, for the terminal. No program of the workflow uses this."""

from keck2012.conditions import expand

_LEARNERS = {"em": "EM", "network": "network"}


def legend(name: str) -> str:
    """Return a grid in short: its learner and size, and what is varied in it.

    >>> legend("learner~em_units~10_total~250_gain~0+0.9_start~input+truth")
    'EM, C = 10, 4 of gain, start'
    """
    conditions = expand(name)
    first = conditions[0]
    varied = [part.partition("~")[0] for part in name.split("_") if "+" in part]
    grid = [f"{len(conditions)} of {', '.join(varied)}"] if varied else []
    return ", ".join([_LEARNERS[first.learner], f"C = {first.units}", *grid])
