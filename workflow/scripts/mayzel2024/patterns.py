"""Predicted against observed probabilities of single patterns, for small groups with exact log Z (panel 1C)."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from homeostat import cli
from homeostat.parameters import from_section
from homeostat.rp.funnel import funnel_of
from homeostat.rp.measures import log_likelihoods
from homeostat.rp.projections import RPModels
from homeostat.rp.storage import from_arrays
from homeostat.tables import write_table
from mayzel2024 import collected
from mayzel2024.study import StudyData

PATTERNS = ["label", "observed", "predicted", "low", "high", "n_test"]
FUNNEL = ["label", "outside", "n_patterns", "n_test"]


def log_probability(model: RPModels, log_z: NDArray[np.float64], patterns: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return log p(x) of patterns, in nats."""
    return log_likelihoods(model, [patterns], log_z)[0]


def main() -> None:
    job = cli.job(__doc__, "data", "fits")
    settings = from_section(collected.Settings, job.settings)
    data = StudyData.read(job.path("data"))
    points, shares = [], []
    for arrays, index, condition, columns in collected.seeds(job, settings, data):
        model, log_z = from_arrays(arrays)[index], arrays["log_z"][[index]]
        test = data.patterns(columns["seed"], data.size(condition))[1]
        found = funnel_of(partial(log_probability, model, log_z), test)
        columns |= {"n_test": len(test)}
        shares.append(columns | {"outside": found.outside, "n_patterns": len(found.patterns)})
        if columns["seed"] == 0:
            numbers = zip(found.observed, found.predicted, found.low, found.high, strict=True)
            points += [columns | {"observed": o, "predicted": p, "low": a, "high": b} for o, p, a, b in numbers]
    write_table(job.outputs[0], points, PATTERNS)
    write_table(job.outputs[1], shares, FUNNEL)


if __name__ == "__main__":
    cli.run(main)
