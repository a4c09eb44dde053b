"""Fit a grid of conditions to bars, for a block of seeds."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat import cli
from homeostat.files import load_npz
from homeostat.mixture.bars import draw
from homeostat.mixture.inputs import as_inputs, normalized
from homeostat.mixture.trainer import Learner
from homeostat.parameters import from_section
from homeostat.seeds import stream
from keck2012 import study
from keck2012.conditions import Condition


@dataclass(frozen=True)
class Bars:
    """Artificial data: generating fields (R, D), and how many patterns a seed draws from them."""

    fields: NDArray[np.float64]
    samples: int
    meta: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Bars":
        """Read what data.py wrote."""
        arrays, meta = load_npz(path)
        return cls(arrays["fields"], meta["settings"]["samples"], meta)

    def patterns(self, condition: Condition, seed: int, total: float | None = None) -> NDArray[np.float64]:
        """Return one seed's patterns as the condition presents them, normalized to its total or another one."""
        rng = stream(seed, study.STUDY, "bars", f"{condition.gain:g}")
        counts, _ = draw(self.fields, self.samples, rng, gain=condition.gain)
        if condition.scaling == "raw":
            return counts.astype(np.float64)
        return normalized(counts, total or condition.total)

    def truth(self, condition: Condition) -> NDArray[np.float64]:
        """Return the generating fields as the condition presents them.

        They have the offset of 1 already; normalized patterns get it a second time, and so do the fields.
        """
        return self.fields if condition.scaling == "raw" else normalized(self.fields, condition.total)


def make(bars: Bars, settings: study.Settings, condition: Condition, seed: int) -> Learner:
    """Return the learner of one condition and seed."""
    values = bars.patterns(condition, seed)
    known = condition.start == "truth"
    weights = bars.truth(condition) if known else study.start(condition, values, seed)
    later = as_inputs(bars.patterns(condition, seed, condition.switch)) if condition.switch else None
    return study.learner(condition, settings, weights, as_inputs(values), seed, later=later)


def main() -> None:
    job = cli.job(__doc__, "data")
    settings = from_section(study.Settings, job.settings)
    bars = Bars.read(job.path("data"))
    makers = [
        partial(make, bars, settings, condition, seed) for condition in settings.conditions for seed in settings.seeds
    ]
    source = {"name": "bars", **bars.meta["settings"]}
    learned, meta = study.run(makers, settings, source, "cpu", job.checkpoint)
    study.save(job.output, learned, len(settings.conditions), meta)


if __name__ == "__main__":
    cli.run(main)
