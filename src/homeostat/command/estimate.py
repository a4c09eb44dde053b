"""What figures of a recording take: time, from a few steps of one model on it, and memory."""

import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from homeostat.command import clone
from homeostat.memory import available, size
from homeostat.recordings import Recording

_FEW, _MORE = 10, 40  # steps: the difference is free of start and compilation
_PATTERNS = 20_000
_JOB_S, _FIGURE_S = 1.0, 4.0  # CPU s that a job, or the picture of a figure, takes by itself
_JOB_MB = 300  # of a fit, beside its words


def lines(recording: Recording, settings: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield what a run would take.

    Parameters
    ----------
    recording
        What the models are fitted to.
    settings
        What the user's configuration says, over the default one; None for the default.
    """
    root = clone.find_root()
    # Words as bytes, their copy for training, and as float32 in batches.
    needed = 4 * recording.spikes.nbytes + (_JOB_MB << 20)
    yield f"memory: about {size(needed)} for each core that is used; {size(available())} are available"
    if root is None:
        step, final = _trial(recording, recording.n_neurons, 150, 1024)
        yield f"time: about {100 * step:.2g} CPU s for 100 steps of a model with 150 projections, {final:.2g} for log Z"
        return
    from homeostat.scale import load_presets, merged

    own = merged(load_presets(root / "config")["default"], settings or {})["mayzel2024"]
    neurons = min(own["neurons"], recording.n_neurons)
    n_train = min(own["train_samples"], recording.n_bins - recording.n_bins // 5)
    step, final = _trial(recording, neurons, own["projections"], own["chains"], own["ais"])
    conditions, work = _conditions(root, own), 0.0
    for condition, schedule in conditions:
        scale = condition.projections / own["projections"] if condition.projections else 2.0
        work += own["seeds"] * scale * (own["steps"][schedule] * step + final)
    seconds = work + _JOB_S * len(conditions) + _FIGURE_S * 10
    yield f"training: {n_train:,} bins of {neurons} neurons; {len(conditions)} models, {own['seeds']} seeds of each"
    yield f"time: about {_rounded(seconds)} of one core, by {_MORE} steps of one model on this machine"


def _trial(
    recording: Recording, neurons: int, projections: int, chains: int, ais: Mapping[str, int] | None = None
) -> tuple[float, float]:
    """Return the CPU seconds of one step of a reshaped model, and of its log Z."""
    from homeostat.rp import ReshapedRP

    words = np.ascontiguousarray(recording.spikes[:_PATTERNS, :neurons])
    spent = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few steps do not converge
        for steps in (1, _FEW, _MORE):  # the first one compiles
            model = ReshapedRP(n_projections=projections, in_degree=min(5, neurons), steps=steps, chains=chains)
            began = time.process_time()
            model.fit(words)
            spent.append(time.process_time() - began)
        began = time.process_time()
        model.compute_log_partition(**(ais or {}))
    return max(0.0, spent[2] - spent[1]) / (_MORE - _FEW), time.process_time() - began


def _conditions(root: Path, own: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """Return the conditions of all fits of the figures, each once, and under what the configuration has its steps."""
    import sys

    scripts = str(root / "workflow/scripts")
    if scripts not in sys.path:
        sys.path.insert(0, scripts)
    from mayzel2024 import design, jobs  # type: ignore[import-not-found]

    entries = [entry for figure in design.FIGURES for entry in design.fits(figure, own)]
    unique = {(entry.condition.name, entry.data): entry.condition for entry in entries}
    return [(condition, jobs.schedule(condition)) for condition in unique.values()]


def _rounded(seconds: float) -> str:
    for unit, length in (("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.2g} {unit}"
    return f"{seconds:.0f} s"
