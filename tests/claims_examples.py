"""Tables and claims made up for the tests of homeostat.claims."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from homeostat.claims import Claim, Tables, judge, load_claims

SOURCE = {"data": "prefrontal_50", "scale": "real", "device": "cpu"}
GRID = (10, 20, 50, 100)


def curves(
    value: Callable[[str, int, float], float],
    conditions: Sequence[str] = ("better", "worse"),
    seeds: Sequence[int] = range(10),
    grid: Sequence[float] = GRID,
    **columns: Any,
) -> pd.DataFrame:
    """Return tidy rows of one panel; ``value`` is called with condition, seed and x."""
    fixed = {"panel": "A", "measure": "score", **SOURCE, **columns}
    return pd.DataFrame(
        [
            {"condition": condition, "seed": seed, "x": x, "y": value(condition, seed, x), **fixed}
            for condition in conditions
            for seed in seeds
            for x in grid
        ]
    )


def noisy(effect: float, noise: float = 1.0, seed: int = 0) -> Callable[[str, int, float], float]:
    """Return values of "better" that are ``effect`` above those of others, with noise of SD ``noise``."""
    random = np.random.default_rng(seed)
    return lambda condition, _, x: np.log(x) + effect * (condition == "better") + noise * random.normal()


def definition(**changes: Any) -> dict[str, Any]:
    """Return a claim as a claims file has it; None takes a key away."""
    claim: dict[str, Any] = {
        "id": "C1",
        "figure": "fig1",
        "panel": "A",
        "source": "text",
        "rank": "headline",
        "claim": "Better is higher than worse.",
        "terms": {"better": "better", "worse": "worse"},
        "value": "mean(better - worse)",
        "relation": {"above": 0},
    } | changes
    return {key: value for key, value in claim.items() if value is not None}


def written(folder: Path, *claims: dict[str, Any], **top: Any) -> Path:
    """Write a claims file."""
    path = folder / "claims.yaml"
    content = {"study": "example", "scale": "real", "data": "real", "claims": list(claims)} | top
    path.write_text(yaml.safe_dump(content, allow_unicode=True))
    return path


def one_claim(folder: Path, **changes: Any) -> Claim:
    """Return a claim made by way of a file."""
    (claim,) = load_claims(written(folder, definition(**changes)))
    return claim


def tables(folder: Path, *rows: pd.DataFrame, figure: str = "fig1") -> Tables:
    """Write rows as one figure's table, and return it."""
    path = folder / f"{figure}.csv"
    pd.concat(rows).to_csv(path, index=False)
    return Tables([path])


def judged(folder: Path, rows: pd.DataFrame, **changes: Any) -> dict[str, Any]:
    """Return the row of the scorecard for a claim on a table of real data."""
    return judge(one_claim(folder, **changes), tables(folder, rows), ["prefrontal_50"])
