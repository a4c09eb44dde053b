"""Predicted against observed probabilities of single patterns, for small groups with exact log Z (panel 1C)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from homeostat import cli
from homeostat.files import load_npz, write_rows
from homeostat.parameters import from_section
from homeostat.rp.factory import make_engine
from homeostat.rp.storage import from_arrays
from mayzel2024.conditions import Condition
from mayzel2024.reach import scale_on
from mayzel2024.study import StudyData

PATTERNS = ["label", "seed", "observed", "predicted", "low", "high", "n_test", "data", "scale", "device", "doubt"]
FUNNEL = ["label", "seed", "outside", "n_patterns", "n_test", "data", "scale", "device", "doubt"]
# Patterns seen once say nothing of their probability.
_SEEN = 2
_LEVEL = 0.99


def interval(predicted: NDArray[np.float64], n_test: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the exact binomial 99 % interval of the observed frequency at each predicted probability."""
    tail = (1.0 - _LEVEL) / 2.0
    return binom.ppf(tail, n_test, predicted) / n_test, binom.ppf(1.0 - tail, n_test, predicted) / n_test


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
    for path, label in zip(job.inputs["fits"], settings.labels, strict=True):
        arrays, meta = load_npz(path)
        models = from_arrays(arrays)
        size = data.size(Condition.parse(meta["settings"]["condition"]))
        for index, seed in enumerate(arrays["seed"]):
            test = data.patterns(int(seed), size)[1]
            distinct, counts = np.unique(test, axis=0, return_counts=True)
            distinct, counts = distinct[counts >= _SEEN], counts[counts >= _SEEN]
            energy = make_engine(models[index]).energies([distinct])[0]
            predicted = np.exp(-energy - arrays["log_z"][index])
            observed = counts / len(test)
            low, high = interval(predicted, len(test))
            source = {
                "label": label,
                "seed": int(seed),
                "n_test": len(test),
                "data": data.recording.name,
                "scale": scale,
                "device": meta["device"],
                "doubt": str(arrays["doubt"][index]),
            }
            outside = (observed < low) | (observed > high)
            shares.append(source | {"outside": float(outside.mean()), "n_patterns": len(counts)})
            if seed == 0:
                columns = zip(observed, predicted, low, high, strict=True)
                points += [source | {"observed": o, "predicted": p, "low": a, "high": b} for o, p, a, b in columns]
    write_rows(job.outputs[0], PATTERNS, points)
    write_rows(job.outputs[1], FUNNEL, shares)


if __name__ == "__main__":
    cli.run(main)
