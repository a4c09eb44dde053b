"""What the study's programs share: the test trajectories, the networks of a seed, and tidy records of measures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from homeostat.files import load_npz
from homeostat.reactivation.codes import BearingCode, PlaceCode
from homeostat.reactivation.networks import Architecture
from homeostat.reactivation.tasks import Trajectories, make_task
from krishna2024.conditions import Condition

STUDY = "krishna2024"
# Time constant of a task's networks, seconds.
_TAU = {"position": 0.1, "heading": 0.04}


@dataclass(frozen=True)
class StudyData:
    """Test trajectories and cells of each seed, as data.py wrote them."""

    arrays: Mapping[str, NDArray[Any]]

    @classmethod
    def read(cls, path: Path) -> "StudyData":
        """Read what data.py wrote."""
        return cls(load_npz(path)[0])

    def code(self, task: str, seed: int) -> PlaceCode | BearingCode:
        """Return the code of a task's targets."""
        if task == "position":
            return PlaceCode(torch.as_tensor(self.arrays[f"{seed}_centres"]))
        return BearingCode(int(self.arrays["bearing_cells"]))

    def trajectories(self, condition: Condition, seed: int) -> Trajectories:
        """Return the test trajectories of a seed."""
        prefix = f"{seed}_{condition.task}_{condition.bias}"
        return Trajectories(*(self.arrays[f"{prefix}_{name}"] for name in ("start", "inputs", "targets")))


def architecture(condition: Condition, neurons: int, code: PlaceCode | BearingCode) -> Architecture:
    """Return the architecture of a condition's networks."""
    inputs = make_task(condition.task).dimensions
    return Architecture(condition.cell, neurons, code.cells, inputs, _TAU[condition.task])


@dataclass
class Records:
    """Measures in long form: one row per number, each with what it was measured of."""

    parts: list[dict[str, Any]] = field(default_factory=list)

    def add(self, condition: str, seed: int, phase: str, measure: str, x: Any, y: Any, z: Any = np.nan) -> None:
        """Add a curve, a scatter or (with scalars) one number; z is the third value of points that have one."""
        x, y, z = np.broadcast_arrays(*(np.asarray(value, dtype=float).ravel() for value in (x, y, z)))
        text = {"condition": condition, "phase": phase, "measure": measure}
        columns = {name: np.full(x.size, value) for name, value in text.items()}
        self.parts.append(columns | {"seed": np.full(x.size, seed), "x": x, "y": y, "z": z})

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return all rows as equally long arrays."""
        return {name: np.concatenate([part[name] for part in self.parts]) for name in self.parts[0]}
