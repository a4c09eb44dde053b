"""What judges a claim: one recording's tables, or those of several, on each and over all."""

from collections.abc import Collection, Mapping
from typing import Any

from homeostat.claims import Claim, Tables, judge, judge_over, scored


def judged(
    claim: Claim, tables: Mapping[str, Tables], real: Collection[str], contents: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the row of a claim on a scorecard.

    Parameters
    ----------
    claim
        What to judge.
    tables
        The numbers behind the study's figures, for each recording; of a run without several under ``""``.
    real
        Names of data that are real.
    contents
        For each recording a hash of its words.
    """
    if "" in tables:
        return judge(claim, tables[""], real)
    return scored(judge_over(claim, tables, real, contents))
