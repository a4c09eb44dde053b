"""The claims of krishna2024: each is computed from tables as the workflow writes them."""

from pathlib import Path

import pytest
from krishna2024_tables import write_tables

from homeostat.claims import Claim, Tables, judge, load_claims

DEFINITIONS = Path(__file__).resolve().parents[2] / "config" / "claims" / "krishna2024.yaml"


@pytest.fixture(scope="module")
def claims() -> list[Claim]:
    return load_claims(DEFINITIONS)


def test_each_claim_is_judged_with_both_noises(claims: list[Claim]) -> None:
    assert {claim.id.split(".")[0] for claim in claims} == {*(f"T{n}" for n in range(1, 12)), "K1", "K2"}
    for claim in claims:
        noises = [each.reading for each in claim.readings]
        ours = claim.id.startswith("K")
        expected = [] if claim.id == "T3.6" else ["uniform", "gaussian", *(["matched"] if ours else [])]
        assert noises == expected, claim.id
        for each in claim.readings:
            names = " ".join(name for term in each.terms.values() for name in term.condition or ())
            assert each.reading in names, claim.id
            assert not set(noises) - {each.reading} & set(names.replace(",", " ").replace("uniform |", "").split())
    assert len([claim for claim in claims if claim.rank == "headline"]) == 11


def test_what_the_paper_says_is_reproduced_where_it_was_planted(claims: list[Claim], tmp_path: Path) -> None:
    tables = Tables(write_tables(tmp_path, "paper"))
    rows = [judge(claim, tables, []) for claim in claims]
    assert not [(row["id"], row["verdict"], row["reason"]) for row in rows if row["verdict"] != "reproduced"]


def test_the_opposite_is_not(claims: list[Claim], tmp_path: Path) -> None:
    tables = Tables(write_tables(tmp_path, "paper", opposite=True))
    rows = [judge(claim, tables, []) for claim in claims]
    assert not [(r["id"], r["verdict"], r["value"], r["reason"]) for r in rows if r["verdict"] != "not reproduced"]


def test_small_scales_judge_what_networks_of_any_size_show(claims: list[Claim], tmp_path: Path) -> None:
    tables = Tables(write_tables(tmp_path, "default"))
    rows = [judge(claim, tables, []) for claim in claims]
    fair = {"T1.1", "T3.1", "T4.2", "T7.2", "T8.3", "T9.1"}
    assert {row["id"] for row in rows if row["verdict"] == "reproduced"} == fair
    assert {row["verdict"] for row in rows if row["id"] not in fair} == {"points to"}
    assert all(row["value"] is not None for row in rows)
