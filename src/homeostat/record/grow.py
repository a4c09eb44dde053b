"""A record that grows: the figures of another run of the same settings beside those that it has."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from homeostat.claims import Claim
from homeostat.errors import DataError
from homeostat.record.curves import Curve
from homeostat.record.read import MADE, Record
from homeostat.record.settings import differing

Row = dict[str, Any]


def with_figures_of(old: Record, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a record was made that has the figures of a run, and beside them those of the old record.

    Raises
    ------
    DataError
        The settings or the data differ.
    """
    data = {name: content for name, content in about["data"].items() if name in old.about["data"]}
    for what, ours, theirs in (
        ("settings", about["settings"], old.about["settings"]),
        ("data", data, {name: old.about["data"][name] for name in data}),
    ):
        if words := differing(ours, theirs):
            raise DataError(f"{old.folder}: the record there has other {what}: {'; '.join(words[:3])}")
    kept = {
        figure: {**its, "made": {name: old.made(figure)[name] for name in MADE}}
        for figure, its in old.about["figures"].items()
        if figure not in about["figures"]
    }
    hours = [each["hours"] for each in (old.about, about)]
    return {
        **about,
        "seeds": max(old.about["seeds"], about["seeds"]),
        "hours": None if None in hours else round(sum(hours), 3),
        "data": dict(sorted({**old.about["data"], **about["data"]}.items())),
        "jobs": old.about["jobs"] + about["jobs"],
        "figures": dict(sorted({**kept, **about["figures"]}.items())),
    }


def with_curves_of(old: Record, curves: Sequence[Curve], figures: Collection[str]) -> list[Curve]:
    """Return the curves of a run's figures, and of an old record those of the other figures, in order."""
    kept = [curve for curve in old.curves if curve.figure not in figures]
    return sorted([*kept, *curves], key=lambda curve: curve.figure)


def with_verdicts_of(old: Record, rows: Sequence[Row], claims: Sequence[Claim], keys: Mapping[str, str]) -> list[Row]:
    """Return for each claim the run's row if the run has all its figures, otherwise the old one.

    Seeds are paired within a run, so a claim over figures of different runs has no verdict, and the row says so.

    Parameters
    ----------
    old
        The record before.
    rows, claims
        What the run says of the claims.
    keys
        The keys of the run's figures, by name.
    """
    known = {figure: its["key"] for figure, its in old.about["figures"].items()}
    same = {figure for figure in known if keys.get(figure, known[figure]) == known[figure]}
    runs = dict.fromkeys(keys, "this") | {figure: str([old.made(figure)[name] for name in MADE]) for figure in same}
    before, found = {row["id"]: row for row in old.claims}, []
    for claim, row in zip(claims, rows, strict=True):
        its = figures_of(claim)
        kept = before.get(claim.id, row) if its <= same or not its <= set(runs) else row
        if its <= set(keys):
            kept = row
        elif its <= set(runs) and kept["verdict"] == "missing" and len({runs[figure] for figure in its}) > 1:
            reason = f"{' and '.join(sorted(its))} were made in different runs: make them in one"
            kept = {"id": claim.id, "verdict": "missing", "reason": reason, "definition": row["definition"]}
        found.append(kept)
    return found


def figures_of(claim: Claim) -> set[str]:
    """Return the figures whose numbers a claim is judged by."""
    return {term.figure for each in claim.each_reading() for term in (*each.terms.values(), *(each.where or ()))}
