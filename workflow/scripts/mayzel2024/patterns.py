"""Predicted against observed probabilities of single patterns, for small groups with exact log Z (panel 1C)."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from homeostat import cli
from homeostat.parameters import from_section
from homeostat.rp.funnel import funnel_of
from homeostat.rp.measures import log_likelihoods
from homeostat.rp.projections import RPModels
from homeostat.rp.storage import from_arrays
from homeostat.tables import read_fits, write_table
from mayzel2024.conditions import Condition
from mayzel2024.reach import scale_on
from mayzel2024.study import StudyData

PATTERNS = ["label", "observed", "predicted", "low", "high", "n_test"]
FUNNEL = ["label", "outside", "n_patterns", "n_test"]


def log_probability(model: RPModels, log_z: NDArray[np.float64], patterns: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return log p(x) of patterns, in nats."""
    return log_likelihoods(model, [patterns], log_z)[0]


@dataclass(frozen=True)
class Settings:
    """What is compared: labels of the fits, and scales (reach.py)."""

    labels: list[str]
    scale: str
    needs: dict[str, dict[str, int]]


def main() -> None:
    job = cli.job(__doc__, "data", "fits")
    settings = from_section(Settings, job.settings)
    data = StudyData.read(job.path("data"))
    scale = scale_on(data, settings.scale, settings.needs)
    points, shares = [], []
    fits = read_fits(job.inputs["fits"], Condition, scale)
    for (arrays, _, (condition,), shared), label in zip(fits, settings.labels, strict=True):
        models, size = from_arrays(arrays), data.size(condition)
        for index, seed in enumerate(arrays["seed"]):
            test = data.patterns(int(seed), size)[1]
            found = funnel_of(partial(log_probability, models[index], arrays["log_z"][[index]]), test)
            source = shared | {
                "label": label,
                "seed": int(seed),
                "n_test": len(test),
                "data": data.recording.name,
                "n_steps": int(arrays["steps"][index]),
                "doubt": str(arrays["doubt"][index]),
            }
            shares.append(source | {"outside": found.outside, "n_patterns": len(found.patterns)})
            if seed == 0:
                columns = zip(found.observed, found.predicted, found.low, found.high, strict=True)
                points += [source | {"observed": o, "predicted": p, "low": a, "high": b} for o, p, a, b in columns]
    write_table(job.outputs[0], points, PATTERNS)
    write_table(job.outputs[1], shares, FUNNEL)


if __name__ == "__main__":
    cli.run(main)
