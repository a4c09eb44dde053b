"""Predicted against observed probabilities of single patterns, for small groups with exact log Z (panel 1C)."""

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from homeostat import cli
from homeostat.files import load_npz, write_rows
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--fits", type=Path, nargs="+", required=True)
    parser.add_argument("--labels", nargs="+", required=True)
    parser.add_argument("--scale", required=True, help="of the settings")
    parser.add_argument("--needs", type=json.loads, required=True, help="what each scale needs of the data, as JSON")
    parser.add_argument("--patterns", type=Path, required=True, help="each pattern of the first seed (CSV)")
    parser.add_argument("--funnel", type=Path, required=True, help="share of patterns outside, all seeds (CSV)")
    options = parser.parse_args()
    data = StudyData.read(options.data)
    scale = scale_on(data, options.scale, options.needs)
    points, shares = [], []
    for path, label in zip(options.fits, options.labels, strict=True):
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
    write_rows(options.patterns, PATTERNS, points)
    write_rows(options.funnel, FUNNEL, shares)


if __name__ == "__main__":
    cli.run(main)
