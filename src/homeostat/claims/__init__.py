"""Claims of papers as data, judged by the tables behind the figures (docs/claims.md)."""

from homeostat.extras import need

need(__name__, "pipeline", "jsonschema", "pandas", "yaml")

from homeostat.claims.claim import Claim, Paper, Relation
from homeostat.claims.judge import ROW, VERDICTS, judge, missing, summary
from homeostat.claims.load import load_claims
from homeostat.claims.select import Selection, Tables

__all__ = [
    "ROW",
    "VERDICTS",
    "Claim",
    "Paper",
    "Relation",
    "Selection",
    "Tables",
    "judge",
    "load_claims",
    "missing",
    "summary",
]
