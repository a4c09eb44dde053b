"""The claims of shen2021: each is computed from tables as the workflow writes them, at every scale."""

import re
from pathlib import Path

import pytest
from shen2021_tables import FIGURES, write_tables

from homeostat.claims import Claim, Tables, judge, load_claims

DEFINITIONS = Path(__file__).resolve().parents[2] / "config" / "claims" / "shen2021.yaml"
REAL = ["cifar10", "svhn"]


@pytest.fixture(scope="module")
def claims() -> list[Claim]:
    return load_claims(DEFINITIONS)


def test_claims_load_in_order_with_one_relation_each(claims: list[Claim]) -> None:
    names = [claim.id for claim in claims]
    assert len(set(names)) == len(names)
    # In the paper's order; letters are given in the order of writing.
    assert names == sorted(names, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
    assert {claim.study for claim in claims} == {"shen2021"}
    assert {claim.figure for claim in claims} == set(FIGURES)
    absolute = [claim for claim in claims if claim.paper is not None]
    assert len(absolute) > 15
    assert {(claim.scale, claim.real_data) for claim in absolute} == {("paper", True)}


def test_what_the_paper_says_is_reproduced_where_it_was_planted(claims: list[Claim], tmp_path: Path) -> None:
    tables = Tables(write_tables(tmp_path, "paper"))
    rows = [judge(claim, tables, REAL) for claim in claims]
    assert not [
        (row["id"], row["verdict"], row["value"], row["reason"]) for row in rows if row["verdict"] != "reproduced"
    ]


def test_nothing_is_reproduced_where_the_opposite_was_planted(claims: list[Claim], tmp_path: Path) -> None:
    tables = Tables(write_tables(tmp_path, "paper", planted="opposite"))
    rows = [judge(claim, tables, REAL) for claim in claims]
    assert not [(row["id"], row["verdict"], row["value"]) for row in rows if row["verdict"] != "not reproduced"]


def test_short_training_on_generated_scenes_is_judged_on_orderings_only(claims: list[Claim], tmp_path: Path) -> None:
    tables = Tables(write_tables(tmp_path, "default", second="street_digits"))
    rows = {claim.id: judge(claim, tables, REAL) for claim in claims}
    for claim in claims:
        fair = claim.scale == "default" and not (claim.figure == "fig3" and claim.real_data)
        assert rows[claim.id]["verdict"] == ("reproduced" if fair else "points to"), claim.id
        assert rows[claim.id]["value"] is not None
