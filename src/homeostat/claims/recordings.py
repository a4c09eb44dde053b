"""One claim on several recordings: in how many it holds, and its number over all of them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from homeostat.claims.claim import Claim
from homeostat.claims.intervals import standard_error
from homeostat.claims.judge import judge, missing, sample_of
from homeostat.claims.pool import Pooled, pool
from homeostat.claims.sample import Sample
from homeostat.claims.select import Tables
from homeostat.claims.verdict import PREVIEWS, SIDES
from homeostat.errors import DataError

# A claim over recordings: it holds in all, in none, in some and not in others; or too few of them tell.
OVER = ("everywhere", "nowhere", "depends", "inconclusive", "missing")

Row = Mapping[str, Any]


def judge_over(
    claim: Claim,
    tables: Mapping[str, Tables],
    real: Collection[str],
    contents: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Judge a claim on each recording and over all.

    Parameters
    ----------
    claim
        What to judge.
    tables
        For each recording the source data of the study's figures.
    real
        The names of data that are real; others were generated.
    contents
        For each recording a hash of its words. Of recordings with the same content only the first one counts.

    Returns
    -------
    dict
        The keys of :data:`homeostat.claims.ROW`, in which ``verdict`` is one of ``OVER`` and ``value``, ``low`` and
        ``high`` are pooled over recordings (:func:`homeostat.claims.pool.pool`); ``holds`` and ``fails``, the numbers
        of recordings in which the claim is reproduced and not reproduced; ``of``, the number of those that count: all
        that could be judged or, where two or more are not previews, these alone; ``spread``, the standard deviation
        between recordings; ``preview``, whether a verdict that counts is one; ``recordings``, the row of each, with its
        name under ``recording``. A claim with readings has such a row for each in ``readings``, and no
        number of its own.

    Notes
    -----
    Where a claim asks something of several x or conditions, the number is pooled for each that all recordings have,
    and the one farthest from the claim is shown. A claim of each seed has a count of recordings and no pooled number.
    """
    counted, copies = distinct(tables, contents or {})
    rows = [{"recording": name, **judge(claim, tables[name], real)} for name in counted]
    judged, found = _counted(claim, rows)
    reasons = [_said(rows), *copies]
    if claim.readings:
        found["readings"] = [
            {"reading": each.reading, **judge_over(each, tables, real, contents)} for each in claim.readings
        ]
    elif not claim.relation.every_seed and judged:
        samples = {row["recording"]: sample_of(claim, tables[row["recording"]]) for row in judged}
        number, case = _pooled(claim, samples)
        found |= _ends(number)
        reasons.append(case)
    return found | {"reason": "; ".join(filter(None, reasons)) or None}


def over_rows(claim: Claim, rows: Mapping[str, Row]) -> dict[str, Any]:
    """Return what :func:`judge_over` does, from the verdict on each recording in place of its tables.

    Where a claim asks something of several x or conditions, it has no pooled number.

    Parameters
    ----------
    claim
        The claim.
    rows
        For each recording a row as :func:`homeostat.claims.judge` returns, of different data.
    """
    named = [{**missing(claim, ""), **row, "recording": name} for name, row in rows.items()]
    judged, found = _counted(claim, named)
    if claim.readings:
        found["readings"] = [
            {
                "reading": each.reading,
                **over_rows(each, {name: row["readings"][at] for name, row in rows.items() if row.get("readings")}),
            }
            for at, each in enumerate(claim.readings)
        ]
    elif not (claim.relation.every or claim.relation.every_seed) and all(row["low"] is not None for row in judged):
        errors = [standard_error(row["low"], row["high"], row["n_seeds"]) for row in judged]
        found |= _ends(pool([row["value"] for row in judged], errors))
    return found | {"reason": _said(named) or None}


def _counted(claim: Claim, rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the rows that count, and the row over recordings without a number."""
    judged = _fair(rows)
    verdict, holds, fails = over([row["verdict"] for row in judged])
    return judged, missing(claim, "") | {
        "verdict": verdict,
        "holds": holds,
        "fails": fails,
        "of": len(judged),
        "preview": any(row["verdict"] in PREVIEWS for row in judged),
        "spread": None,
        "recordings": rows,
        **{name: _joined(judged, name) for name in ("data", "scale", "device")},
    }


def _ends(number: Pooled) -> dict[str, Any]:
    ends = {"value": number.value, "low": number.low, "high": number.high, "spread": number.spread}
    found: dict[str, Any] = {name: float(end) if np.isfinite(end) else None for name, end in ends.items()}
    return found | {"interval": f"random effects over {number.n} recordings, t" if np.isfinite(number.low) else ""}


def _fair(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that count: previews do not, where two recordings or more can do without them."""
    judged = [row for row in rows if row["verdict"] != "missing"]
    fair = [row for row in judged if row["verdict"] not in PREVIEWS]
    return fair if len(fair) > 1 else judged


def over(verdicts: Sequence[str]) -> tuple[str, int, int]:
    """Return one verdict for those of several recordings, and in how many the claim holds and fails.

    Examples
    --------
    >>> over(["reproduced", "reproduced"]), over(["reproduced", "not reproduced", "missing"])
    (('everywhere', 2, 0), ('depends', 1, 1))
    >>> over(["reproduced", "inconclusive"]), over(["reproduced"])
    (('inconclusive', 1, 0), ('inconclusive', 1, 0))
    """
    known = [verdict for verdict in verdicts if verdict != "missing"]
    sides = Counter(SIDES.get(verdict, 0) for verdict in known)
    holds, fails = sides[1], sides[-1]
    if not known:
        return "missing", 0, 0
    if len(known) < 2:
        return "inconclusive", holds, fails
    if (holds and fails) or "depends" in known:
        return "depends", holds, fails
    return {holds: "everywhere", fails: "nowhere"}.get(len(known), "inconclusive"), holds, fails


def distinct(names: Collection[str], contents: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the recordings that differ in content, and a sentence for each that is a copy of one before it."""
    first: dict[str, str] = {}
    copies = []
    for name in names:
        original = first.setdefault(contents.get(name, name), name)
        if original != name:
            copies.append(f"{name} has the words of {original} and does not count again")
    return list(first.values()), copies


def effect(sample: Sample, case: int) -> tuple[float, float]:
    """Return the number of one case and its standard error over seeds; NaN for a single seed.

    For a claim of averaged curves the error is the jackknife's.
    """
    values = sample.values[:, case]
    n = len(values)
    if sample.whole is None:
        return float(values.mean()), float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    error = np.sqrt((n - 1) / n * np.sum((values - values.mean()) ** 2)) if n > 1 else float("nan")
    return float(sample.whole[case]), float(error)


def _pooled(claim: Claim, samples: Mapping[str, Sample]) -> tuple[Pooled, str]:
    """Return the pooled number of the case farthest from the claim, and what to say of it."""
    nan = float("nan")
    nothing = Pooled(nan, nan, nan, nan, 0)
    each = list(samples.values())
    # One case has no name that matters: "mean over x" of two grids is the same question.
    single = all(len(sample.cases) == 1 for sample in each)
    cases = each[0].cases if single else [case for case in each[0].cases if all(case in other.cases for other in each)]
    if not cases:
        return nothing, "no pooled number: the recordings have no x or condition in common"
    found = []
    for case in cases:
        places = [0 if single else sample.cases.index(case) for sample in each]
        numbers = [effect(sample, place) for sample, place in zip(each, places, strict=True)]
        try:
            found.append((pool(*zip(*numbers, strict=True)), case))
        except DataError:
            return nothing, "no pooled number: a recording has a single seed"
    number, case = min(found, key=lambda each: _margin(claim, each[0]))
    return number, "" if single else f"the number is that of {case}"


def _margin(claim: Claim, number: Pooled) -> float:
    ends = (number.value, number.value) if np.isnan(number.low) else (number.low, number.high)
    return claim.relation.margin(*ends)


def _said(rows: Sequence[Row]) -> str:
    """Return which recordings have which verdict, where they differ."""
    said = {row["verdict"]: [each["recording"] for each in rows if each["verdict"] == row["verdict"]] for row in rows}
    if len(rows) == 1:
        return f"one recording ({rows[0]['recording']}) says nothing of others"
    return "; ".join(f"{verdict} in {', '.join(names)}" for verdict, names in said.items()) if len(said) > 1 else ""


def _joined(rows: Sequence[Row], name: str) -> str | None:
    return ", ".join(dict.fromkeys(row[name] for row in rows if row[name])) or None
