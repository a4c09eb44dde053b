"""One verdict for a claim that is judged under several readings."""

from collections.abc import Mapping, Sequence
from typing import Any

from homeostat.claims.verdict import PREVIEW, SIDES

# What differs between the readings of one claim; the rest is the claim's.
OWN = (
    "panel", "verdict", "value", "low", "high", "n_seeds", "interval", "scale", "data", "device", "reason",
)  # fmt: skip


def combined(rows: Sequence[Mapping[str, Any]], claim: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a claim from the rows of its readings.

    Reproduced is what holds under all readings, not reproduced what holds under none. A claim that holds under one
    and not under another *depends* on the reading. Where a reading is inconclusive and the others agree, the claim is
    inconclusive; where one is missing, it is missing. The number shown is that of the reading farthest from the claim.

    Parameters
    ----------
    rows
        What :func:`homeostat.claims.judge` returned for each reading.
    claim
        The claim's own row, without a result.
    """
    verdicts = [row["verdict"] for row in rows]
    shown = min(rows, key=_distance)
    said = {verdict: [row["reading"] for row in rows if row["verdict"] == verdict] for verdict in verdicts}
    each = "; ".join(f"{verdict} with {' and '.join(names)}" for verdict, names in said.items())
    number = f"the number is that with {shown['reading']}" if shown["value"] is not None else ""
    reasons = [each if len(said) > 1 else "", number, shown["reason"] or ""]
    return {
        **claim,
        **{name: shown[name] for name in OWN if name != "panel"},
        "verdict": combine(verdicts),
        "reason": "; ".join(filter(None, reasons)),
        "readings": [{name: row[name] for name in ("reading", *OWN)} for row in rows],
    }


def combine(verdicts: Sequence[str]) -> str:
    """Return one verdict for those of all readings."""
    if "missing" in verdicts:
        return "missing"
    sides = {SIDES[verdict] for verdict in verdicts}
    if {1, -1} <= sides:
        found = "depends"
    else:
        found = {1: "reproduced", -1: "not reproduced"}.get(sides.pop() if len(sides) == 1 else 0, "inconclusive")
    return PREVIEW[found] if set(verdicts) & set(PREVIEW.values()) else found


def _distance(row: Mapping[str, Any]) -> tuple[float, float]:
    """Order rows from the one that speaks most against the claim."""
    if row["value"] is None:
        return -2.0, 0.0
    ends = [row[end] if row[end] is not None else row["value"] for end in ("low", "high")]
    inside = [ends[0] - row["claim_low"]] if row["claim_low"] is not None else []
    inside += [row["claim_high"] - ends[1]] if row["claim_high"] is not None else []
    return SIDES[row["verdict"]], min(inside)
