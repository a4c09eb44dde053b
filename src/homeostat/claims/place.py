"""Where on x a claim is judged, if it names a curve that must be above another there."""

import numpy as np
import pandas as pd

from homeostat.claims.claim import Claim
from homeostat.claims.curves import points
from homeostat.claims.sample import measure
from homeostat.claims.select import Selection, Tables
from homeostat.claims.verdict import decide
from homeostat.errors import DataError

Rows = dict[str, pd.DataFrame]
# What is said of the x begins with this.
JUDGED_AT = "judged at "


def split(claim: Claim, chosen: Rows, tables: Tables) -> tuple[Rows, str]:
    """Return the rows of each term at the x where the claim is judged, and what to say of the other x.

    Raises
    ------
    DataError
        There is no such x.
    """
    if claim.where is None:
        return chosen, ""
    curve, floor = (_mean(selection, tables) for selection in claim.where)
    if len(floor) > 1:
        floor = floor.reindex(curve.index)
    inside = curve.index[curve.to_numpy() > (floor.to_numpy() if len(floor) > 1 else floor.iloc[0])]
    names = [" and ".join(selection.condition or ()) for selection in claim.where]
    if not len(inside):
        raise DataError(f"at no {points(curve.index.to_numpy())} is {names[0]!r} above {names[1]!r}")
    outside = curve.index.difference(inside)
    if not len(outside):
        return chosen, ""
    said = f"{JUDGED_AT}{points(inside.to_numpy())}, where {names[0]!r} is above {names[1]!r}"
    return _without(chosen, outside), f"{said}; {_elsewhere(claim, _without(chosen, inside), outside)}"


def _mean(selection: Selection, tables: Tables) -> "pd.Series[float]":
    """Return a selection's values by x, averaged over seeds."""
    return selection.rows(tables).groupby("x")["y"].mean()


def _without(chosen: Rows, places: "pd.Index[float]") -> Rows:
    found = {name: rows[~rows["x"].isin(places)] for name, rows in chosen.items()}
    return {name: rows if len(rows) else chosen[name] for name, rows in found.items()}


def _elsewhere(claim: Claim, chosen: Rows, outside: "pd.Index[float]") -> str:
    """Say whether the claim fails at the x that are not judged."""
    where = points(outside.to_numpy())
    try:
        verdict = decide(claim.relation, measure(claim, chosen))
    except DataError as error:
        return f"at {where} there is no number ({error})"
    number = np.format_float_positional(verdict.interval.value, 3, fractional=False, trim="-")
    failing = {"reproduced": "holds there too,", "not reproduced": "fails"}.get(verdict.name, "is open")
    return f"the claim {failing} at {'; '.join(verdict.against) or where} ({number})"
