"""Runs made up for the tests of homeostat.record: a manifest, figures and a store without results."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

CONDITIONS = ("scaling", "none")
CONFIG: dict[str, Any] = {
    "run": "default",
    "device": "cpu",
    "seeds_per_job": 5,
    "studies": ["keck2012"],
    "keck2012": {"bars": {"seeds": 4, "rate": 0.003, "seeds_per_job": 100}},
    "krishna2024": {"seeds": 3},
}
Value = Callable[[str, int, float], float]


def value(condition: str, seed: int, x: float) -> float:
    """Return a number of one seed: a curve over x, a level of the condition, and noise of the seed."""
    noise = np.random.default_rng([CONDITIONS.index(condition), seed, int(x)]).normal()
    return 5 * np.log(x) + 3 * (condition == "scaling") + 0.1 * noise


def table(seeds: int = 4, scale: str = "default", of: Value = value) -> pd.DataFrame:
    """Return a figure's source data: a panel of curves, and a panel with a picture."""
    curves = [
        {"panel": "A", "condition": condition, "seed": seed, "x": x, "y": of(condition, seed, x), "measure": "score"}
        for condition in CONDITIONS
        for seed in range(seeds)
        for x in (1.0, 2.0, 4.0, 8.0)
    ]
    picture = [
        {"panel": "B", "condition": "fields", "seed": 0, "x": place, "y": of("none", 0, 1 + place), "measure": "weight"}
        for place in range(250)
    ]
    return pd.DataFrame(curves + picture).assign(data="bars", scale=scale, device="cpu")


def run(folder: Path, figures: Mapping[str, pd.DataFrame] | None = None, **changes: Any) -> Path:
    """Write a finished run of keck2012; return the folder of its views."""
    results = folder / "results"
    jobs, views = {}, {}
    for place, (name, rows) in enumerate((figures or {"fig1": table()}).items()):
        path = results / "figures/keck2012" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows.to_csv(path, index=False)
        key = f"{place:016x}"
        stem = f"keck2012/figures/{name}.{key}"
        jobs[key] = {"rule": f"keck2012_draw_{name}", "files": [f"results/store/{stem}.csv"], "inputs": []}
        views[f"results/figures/keck2012/{name}.csv"] = key
        log = results / "logs" / f"{stem}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("took 36.00 CPU s, of them 0.50 before the first line of the program\n")
    (results / "store").mkdir(exist_ok=True)
    manifest = {"config": CONFIG, "revision": "abc", "date": "2026-01-01", "cpu": "x86_64 a", "run": "default"}
    text = json.dumps({**manifest, "views": views, "jobs": jobs, **changes})
    (results / "run.json").write_text(text)
    return results
