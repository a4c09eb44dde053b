"""The two path-integration tasks: position in a box, and head direction; unbiased and biased.

A network is told where it starts, then only by how much the stimulus s changes at each step, and has to say
where it is. The constants are those of the authors' code.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import ConfigError, nearest
from homeostat.reactivation.kernels import walk

Array = NDArray[np.float64]

DT = 0.02
"""Length of a step, seconds."""
SIDE = 2.2
"""Side of the box, metres."""
TURN_SD = DT * 11.52
"""Standard deviation of the random turn of a step, radians."""
# Scale of the Rayleigh-distributed speed. The code's value; the paper's table A.1 has 0.2 m/s.
_SPEED = 0.26 * np.pi
_BORDER = 0.03
_SLOW = 0.25
_PULL = 0.05


@dataclass(frozen=True)
class Trajectories:
    """Stimuli over time.

    Attributes
    ----------
    start
        Where each trajectory starts, (n, d): metres, or an angle in radians.
    inputs
        Change of the stimulus at each step, (n_steps, n, d).
    targets
        The stimulus after each step, (n_steps, n, d); angles are not wrapped.
    """

    start: Array
    inputs: Array
    targets: Array

    @property
    def shape(self) -> tuple[int, int]:
        """Number of steps, number of trajectories."""
        return self.inputs.shape[0], self.inputs.shape[1]


class Task(Protocol):
    """What networks are trained on."""

    @property
    def biased(self) -> bool:
        """Return whether stimuli have a preferred place or turn."""

    @property
    def dimensions(self) -> int:
        """Return d, the dimensions of stimulus and input."""

    def draw(self, count: int, steps: int, rng: np.random.Generator) -> Trajectories:
        """Draw trajectories."""


@dataclass(frozen=True)
class Position:
    """Position in a square box of 2.2 m; ``biased`` walks are drawn to its centre.

    The drift of biased walks, 5 % of the way to the centre per step, is part of the input.

    >>> Position(biased=True).draw(3, 5, np.random.default_rng(0)).inputs.shape
    (5, 3, 2)
    """

    biased: bool = False
    dimensions: int = 2

    def draw(self, count: int, steps: int, rng: np.random.Generator) -> Trajectories:
        """Draw ``count`` walks of ``steps`` steps that start uniformly in the box.

        Raises
        ------
        ConfigError
            No trajectory or no step.
        """
        _check_size(count, steps)
        start = rng.uniform(-SIDE / 2, SIDE / 2, (count, 2))
        heading = rng.uniform(0.0, 2 * np.pi, count)
        speed = rng.rayleigh(_SPEED, (steps, count))
        turn = TURN_SD * rng.standard_normal((steps, count))
        pull = _PULL if self.biased else 0.0
        moves, positions = walk(start, heading, speed, turn, SIDE, _BORDER, _SLOW, pull, DT)
        return Trajectories(start, moves, positions)


@dataclass(frozen=True)
class Heading:
    """Head direction; ``biased`` heads turn counter-clockwise only.

    >>> bool((Heading(biased=True).draw(3, 5, np.random.default_rng(0)).inputs > 0).all())
    True
    """

    biased: bool = False
    dimensions: int = 1

    def draw(self, count: int, steps: int, rng: np.random.Generator) -> Trajectories:
        """Draw ``count`` random walks on the circle of ``steps`` steps; refuses what :class:`Position` refuses."""
        _check_size(count, steps)
        start = rng.uniform(0.0, 2 * np.pi, (count, 1))
        turn = TURN_SD * rng.standard_normal((steps, count, 1))
        if self.biased:
            turn = np.abs(turn)
        return Trajectories(start, turn, start + np.cumsum(turn, axis=0))


TASKS: dict[str, type[Position] | type[Heading]] = {"position": Position, "heading": Heading}


def check_task(name: str) -> None:
    """Refuse a name that is not a task.

    Raises
    ------
    ConfigError
        Names the tasks.
    """
    if name not in TASKS:
        raise ConfigError(f"task must be one of {', '.join(TASKS)}, got {name!r}{nearest(name, TASKS)}")


def make_task(name: str, *, biased: bool = False) -> Task:
    """Return the task called ``"position"`` or ``"heading"``.

    Raises
    ------
    ConfigError
        Another name.
    """
    check_task(name)
    return TASKS[name](biased)


def _check_size(count: int, steps: int) -> None:
    if count < 1:
        raise ConfigError(f"the number of trajectories must be at least 1, got {count}")
    if steps < 1:
        raise ConfigError(f"the number of steps of a trajectory must be at least 1, got {steps}")
