"""The fits of a figure, seed by seed, as its tables take them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from numpy.typing import NDArray

from homeostat import cli
from homeostat.tables import read_fits
from mayzel2024.conditions import Condition
from mayzel2024.reach import scale_on
from mayzel2024.study import StudyData


@dataclass(frozen=True)
class Settings:
    """What every table gets: labels of the fits, and scales (reach.py)."""

    labels: list[str]
    scale: str
    needs: dict[str, dict[str, int]]


class Seed(NamedTuple):
    """One seed of a fit: the fit's arrays, the seed's place in them, the condition, and what a row says of them."""

    arrays: dict[str, NDArray[Any]]
    index: int
    condition: Condition
    columns: dict[str, Any]


def seeds(job: cli.Job, settings: Settings, data: StudyData) -> Iterator[Seed]:
    """Yield the seeds of all fits of a job; their columns are the common ones and ``label``."""
    fits = read_fits(job.inputs["fits"], Condition, scale_on(data, settings.scale, settings.needs))
    for (arrays, its, (condition,), shared), label in zip(fits, settings.labels, strict=True):
        shared |= {"label": label, "data": its["recording"]["name"]}
        for index, seed in enumerate(arrays["seed"].tolist()):
            own = {"seed": seed, "n_steps": int(arrays["steps"][index]), "doubt": str(arrays["doubt"][index])}
            yield Seed(arrays, index, condition, shared | own)
