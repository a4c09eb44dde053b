"""Claims of papers as data, judged by the tables behind the figures (docs/claims.md)."""

from homeostat.extras import need

need(__name__, "pipeline", "jsonschema", "pandas", "yaml")

from homeostat.claims.claim import Claim, Paper, Relation
from homeostat.claims.judge import ROW, judge, missing
from homeostat.claims.load import load_claims
from homeostat.claims.pool import Pooled, pool
from homeostat.claims.recordings import OVER, judge_over, over_rows
from homeostat.claims.scored import columns, flat, scored
from homeostat.claims.select import Selection, Tables
from homeostat.claims.tally import GROUPS, Confirmation, confirmation, count, counted, group, summary
from homeostat.claims.verdict import JUDGED, PREVIEWS, VERDICTS

__all__ = [
    "GROUPS",
    "JUDGED",
    "OVER",
    "PREVIEWS",
    "ROW",
    "VERDICTS",
    "Claim",
    "Confirmation",
    "Paper",
    "Pooled",
    "Relation",
    "Selection",
    "Tables",
    "columns",
    "confirmation",
    "count",
    "counted",
    "flat",
    "group",
    "judge",
    "judge_over",
    "load_claims",
    "missing",
    "over_rows",
    "pool",
    "scored",
    "summary",
]
