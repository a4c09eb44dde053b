"""Judged claims as rows of a scorecard: one that was judged over recordings among those that were judged once."""

from collections.abc import Mapping, Sequence
from typing import Any

from homeostat.claims.judge import ROW
from homeostat.claims.verdict import PREVIEW

# What a table of text has of a claim over recordings, beside the columns of one that is judged once.
MORE = ("over", "holds", "fails", "of", "spread", "recordings")
_NAMES: dict[str, str] = {"everywhere": "reproduced", "nowhere": "not reproduced"}

Row = Mapping[str, Any]


def scored(row: Row) -> dict[str, Any]:
    """Return a row of :func:`homeostat.claims.judge_over` as a scorecard has it.

    ``over`` is the verdict over recordings, and ``verdict`` one of :data:`homeostat.claims.VERDICTS`: what holds
    everywhere is reproduced, what holds nowhere is not, and what rests on a preview is one. ``n_seeds`` is the fewest
    that a recording has.
    """
    word = str(row["verdict"])
    verdict = _NAMES.get(word, word)
    judged = [each for each in row["recordings"] if each["verdict"] != "missing"]
    reasons = [f"holds in {row['holds']} of {row['of']} recordings" if judged else "", row["reason"]]
    return {
        **row,
        "over": word,
        "verdict": PREVIEW.get(verdict, verdict) if row["preview"] else verdict,
        "n_seeds": min((each["n_seeds"] for each in judged if each["n_seeds"]), default=None),
        "readings": [scored(each) for each in row["readings"]],
        "reason": "; ".join(filter(None, reasons)) or None,
    }


def columns(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the columns of a table of judged claims; ``MORE`` of them where one was judged over recordings."""
    return (*ROW, *MORE) if any("over" in row for row in rows) else ROW


def flat(row: Row) -> dict[str, Any]:
    """Return a row for a table of text, with readings and recordings as one: ``clamp: reproduced (1.7); …``."""

    def said(each: Row, name: str) -> str:
        number = "" if each["value"] is None else f" ({each['value']:.4g})"
        return f"{each[name]}: {each.get('over', each['verdict'])}{number}"

    found = {"readings": "; ".join(said(each, "reading") for each in row["readings"])}
    if "over" in row:
        found["recordings"] = "; ".join(said(each, "recording") for each in row["recordings"])
    return {name: value for name, value in {**row, **found}.items() if name in (*ROW, *MORE)}
