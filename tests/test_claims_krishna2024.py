"""The claims of krishna2024: each is computed from tables as the workflow writes them."""

from pathlib import Path

import pytest
from krishna2024_tables import write_tables

from homeostat.claims import Claim, Tables, judge, load_claims

DEFINITIONS = Path(__file__).resolve().parents[1] / "config" / "claims" / "krishna2024.yaml"


@pytest.fixture(scope="module")
def claims() -> list[Claim]:
    return load_claims(DEFINITIONS)


def test_both_noises_are_judged_alike(claims: list[Claim]) -> None:
    by_id = {claim.id: claim for claim in claims}
    assert {claim.id.split(".")[0] for claim in claims} == {*(f"T{n}" for n in range(1, 12)), "K1", "K2"}
    pairs = [claim.id for claim in claims if claim.id.endswith("a")]
    assert len(pairs) >= 30
    for name in pairs:
        first, second = by_id[name], by_id[name[:-1] + "b"]
        assert (first.formula.text, first.relation) == (second.formula.text, second.relation)


def test_what_the_paper_says_is_reproduced_where_it_was_planted(claims: list[Claim], tmp_path: Path) -> None:
    tables = Tables(write_tables(tmp_path, "paper"))
    rows = [judge(claim, tables, []) for claim in claims]
    assert not [(row["id"], row["verdict"], row["reason"]) for row in rows if row["verdict"] != "reproduced"]


def test_the_opposite_is_not(claims: list[Claim], tmp_path: Path) -> None:
    tables = Tables(write_tables(tmp_path, "paper", opposite=True))
    rows = [judge(claim, tables, []) for claim in claims]
    assert not [(r["id"], r["verdict"], r["value"], r["reason"]) for r in rows if r["verdict"] != "not reproduced"]


def test_small_scales_are_shown_and_not_judged(claims: list[Claim], tmp_path: Path) -> None:
    tables = Tables(write_tables(tmp_path, "default"))
    rows = [judge(claim, tables, []) for claim in claims]
    assert {row["verdict"] for row in rows} == {"not judged"}
    assert all(row["value"] is not None for row in rows)
