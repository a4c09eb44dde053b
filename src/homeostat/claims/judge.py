"""From claims and tables to rows of the scorecard."""

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from homeostat.claims.claim import Claim
from homeostat.claims.place import split
from homeostat.claims.readings import combined
from homeostat.claims.sample import Sample, measure
from homeostat.claims.select import Tables
from homeostat.claims.verdict import EVERY, PREVIEW, decide
from homeostat.errors import DataError
from homeostat.scale import reaches

ROW = (
    "study", "id", "figure", "panel", "source", "rank", "claim", "verdict", "value", "low", "high", "unit", "n_seeds",
    "interval", "relation", "claim_low", "claim_high", "paper", "paper_spread", "paper_spread_kind", "scale", "data",
    "device", "reason", "note", "readings",
)  # fmt: skip


def judge(claim: Claim, tables: Tables, real: Collection[str]) -> dict[str, Any]:
    """Return the claim's row of the scorecard: the keys of ``ROW``, None where there is nothing to say.

    ``claim_low`` and ``claim_high`` are the bounds between which the number is claimed to lie. A claim with readings
    has in ``readings`` a row for each, with its name under ``reading``.

    Parameters
    ----------
    claim
        What to judge.
    tables
        The source data of the study's figures.
    real
        The names of data (as in the tables) that are real; others were generated.

    Notes
    -----
    What the tables lack is not an error: the verdict is then *missing*, and the reason says what is not there. So it is
    where a number rests on a doubtful fit (column ``doubt`` of the tables that have one).
    """
    if claim.readings:
        return combined([judge(each, tables, real) for each in claim.readings], _empty(claim))
    row = _empty(claim)
    try:
        chosen, elsewhere = _rows(claim, tables)
        used = pd.concat(chosen.values())
        row |= {name: ", ".join(used[name].unique()) for name in ("data", "scale", "device")}
        _refuse_doubtful(used)
        sample = measure(claim, chosen)
    except DataError as error:
        return row | {"reason": str(error)}
    verdict = decide(claim.relation, sample)
    unfair = _unfair(claim, used, real)
    return row | {
        "verdict": PREVIEW[verdict.name] if unfair else verdict.name,
        **{name: float(end) if np.isfinite(end) else None for name, end in verdict.interval._asdict().items()},
        "n_seeds": len(sample.values),
        "interval": verdict.method,
        "reason": "; ".join(filter(None, (unfair, verdict.reason, elsewhere))) or None,
    }


def sample_of(claim: Claim, tables: Tables) -> Sample:
    """Return the numbers that a claim is judged by.

    Raises
    ------
    DataError
        The tables lack them, or they rest on a doubtful fit.
    """
    chosen, _ = _rows(claim, tables)
    _refuse_doubtful(pd.concat(chosen.values()))
    return measure(claim, chosen)


def missing(claim: Claim, reason: str) -> dict[str, Any]:
    """Return the row of a claim for which there is no result at all."""
    return _empty(claim) | {"reason": reason}


def _rows(claim: Claim, tables: Tables) -> tuple[dict[str, pd.DataFrame], str]:
    """Return each term's rows where the claim is judged, and what is said of the places where it is not."""
    chosen = {name: term.rows(tables) for name, term in claim.terms.items()}
    return split(claim, chosen, tables)


def _empty(claim: Claim) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(ROW)
    row |= {
        name: getattr(claim, name)
        for name in ("study", "id", "figure", "panel", "claim", "source", "rank", "unit", "note")
    }
    row |= {"reading": claim.reading} if claim.reading else {}
    row |= {"verdict": "missing", "readings": [], "relation": claim.relation.text}
    if claim.relation.every_seed:
        row |= {"unit": "share of seeds", "claim_low": EVERY}
    else:
        ends = {"claim_low": claim.relation.low, "claim_high": claim.relation.high}
        row |= {name: end for name, end in ends.items() if np.isfinite(end)}
    if claim.paper is not None:
        paper = {"": claim.paper.value, "_spread": claim.paper.spread, "_spread_kind": claim.paper.spread_kind}
        row |= {f"paper{name}": value for name, value in paper.items()}
    return row


def _refuse_doubtful(used: pd.DataFrame) -> None:
    doubtful = used[used["doubt"] != ""] if "doubt" in used else used[:0]
    if len(doubtful):
        first, seeds = doubtful.iloc[0], len(doubtful[["condition", "seed"]].drop_duplicates())
        more = f" (and {seeds - 1} more)" if seeds > 1 else ""
        raise DataError(f"doubtful fit: {first['condition']}, seed {first['seed']}: {first['doubt']}{more}")


def _unfair(claim: Claim, used: pd.DataFrame, real: Collection[str]) -> str:
    """Return why it would not be fair to judge, or nothing."""
    reasons = []
    small = [scale for scale in used["scale"].unique() if not reaches(scale, claim.scale)]
    if small:
        reasons.append(f"scale {', '.join(small)}, fair from {claim.scale} on")
    generated = [name for name in used["data"].unique() if name not in real]
    if claim.real_data and generated:
        reasons.append(f"{', '.join(generated)} was generated, only real data can tell")
    return "; ".join(reasons)
