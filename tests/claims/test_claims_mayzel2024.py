"""The claims of mayzel2024: each is computed from tables as the workflow writes them, at every scale."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mayzel2024_tables import FIGURES, ROOT, WRONG_WORLDS, write_tables

from homeostat.claims import GROUPS, PREVIEWS, ROW, Claim, Tables, counted, group, judge, load_claims

DEFINITIONS = ROOT / "config" / "claims" / "mayzel2024.yaml"
# Trained by SGD too, which the default scale does without.
SLOW = {"C2.1f", "C2.1h", "C2.3e", "C2.4d"}


@pytest.fixture(scope="module")
def claims() -> list[Claim]:
    return load_claims(DEFINITIONS)


def test_claims_load_in_order_with_one_relation_each(claims: list[Claim]) -> None:
    assert len(claims) >= 90
    names = [claim.id for claim in claims]
    assert len(set(names)) == len(names)
    # In the paper's order; letters are given in the order of writing.
    assert names == sorted(names, key=lambda name: name[:-1])
    assert {claim.study for claim in claims} == {"mayzel2024"}
    assert {claim.figure for claim in claims} == set(FIGURES)
    last = {1: 9, 2: 6, 3: 5, 4: 5, 5: 6}
    said = {f"C{figure}.{number}" for figure, count in last.items() for number in range(1, count + 1)}
    assert said == {claim.id[:4] for claim in claims}


def test_what_is_said_of_bounded_synapses_is_judged_in_both_readings(claims: list[Claim]) -> None:
    found = 0
    for claim in claims:
        names = [name for term in claim.terms.values() for name in term.condition or ()]
        if any("(clamp)" in name or "(projected)" in name for name in names):
            assert [each.reading for each in claim.readings] == ["clamp", "projected"], claim.id
            found += 1
    assert found >= 10


def test_headlines_are_about_ten_and_the_papers(claims: list[Claim]) -> None:
    headlines = [claim for claim in claims if claim.rank == "headline"]
    assert 8 <= len(headlines) <= 14
    assert {claim.source for claim in headlines} == {"text"}
    assert all(claim.rank != "headline" for claim in claims if claim.source == "ours")


@pytest.mark.parametrize("scale", ["real", "paper"])
def test_what_the_paper_says_is_reproduced_where_it_was_planted(
    scale: str, claims: list[Claim], tmp_path: Path
) -> None:
    tables = Tables(write_tables(tmp_path, scale, "prefrontal_50"))
    rows = [judge(claim, tables, ["prefrontal_50"]) for claim in claims]
    assert not [(row["id"], row["verdict"], row["reason"]) for row in rows if row["verdict"] != "reproduced"]


def test_each_claim_fails_in_a_world_where_it_is_wrong(claims: list[Claim], tmp_path: Path) -> None:
    paths = write_tables(tmp_path, "real", "prefrontal_50")
    planted = {path: pd.read_csv(path) for path in paths}
    verdicts: dict[str, set[str]] = {claim.id: set() for claim in claims}
    for wrong in WRONG_WORLDS:
        for path, table in planted.items():
            wrong(table).to_csv(path, index=False)
        tables = Tables(paths)
        for claim in claims:
            verdicts[claim.id].add(judge(claim, tables, ["prefrontal_50"])["verdict"])
    assert [name for name, found in verdicts.items() if found <= {"reproduced", "missing"}] == []
    # Some of these worlds have hardly any noise, others too much for a verdict on every claim.
    assert sum("not reproduced" in found for found in verdicts.values()) > 0.85 * len(claims)


def test_one_model_fitted_twice_is_not_two_kinds_of_model(claims: list[Claim], tmp_path: Path) -> None:
    """Where every pair of figure 5 D differs by sampling noise alone, only what says "alike" is reproduced."""
    paths = write_tables(tmp_path, "real", "prefrontal_50")
    path = next(path for path in paths if path.stem == "fig5")
    table = pd.read_csv(path)
    pairs = table["panel"] == "D"
    noise = np.random.default_rng(0).normal(0, 10, pairs.sum())
    table.loc[pairs, "y"] = table.loc[pairs, "x"] + noise
    table.to_csv(path, index=False)
    rows = [judge(claim, Tables(paths), ["prefrontal_50"]) for claim in claims if claim.id.startswith("C5.2")]
    assert {row["id"]: row["verdict"] for row in rows} == {
        "C5.2a": "reproduced", "C5.2b": "reproduced", "C5.2c": "not reproduced", "C5.2d": "not reproduced"
    }  # fmt: skip


def test_surrogate_gives_previews_only(claims: list[Claim], tmp_path: Path) -> None:
    tables = Tables(write_tables(tmp_path, "default", "prefrontal_surrogate"))
    rows = [judge(claim, tables, []) for claim in claims]
    assert {row["id"] for row in rows if row["verdict"] == "missing"} == SLOW
    others = [row for row in rows if row["verdict"] != "missing"]
    assert {row["verdict"] for row in others} <= set(PREVIEWS)
    assert all("only real data can tell" in row["reason"] or row["figure"] == "fig4" for row in others)
    assert all(row["value"] is not None for row in others)


def run(program: str, *arguments: str | Path) -> str:
    """Run one of the report's programs; return what it printed."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'workflow' / 'scripts'}"}
    command = [sys.executable, "-m", f"report.{program}", *map(str, arguments)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def judge_files(tables: list[Path], output: Path, *real: str) -> str:
    """Run report.claims."""
    outputs = [output / "mayzel2024.csv", output / "mayzel2024.json"]
    given = ("--definitions", DEFINITIONS, "--settings", json.dumps({"real": real}))
    return run("claims", *given, "--tables", *tables, "--output", *outputs)


def test_programs_make_a_scorecard_even_of_a_run_that_failed_in_part(claims: list[Claim], tmp_path: Path) -> None:
    tables = write_tables(tmp_path, "test", "prefrontal_surrogate")
    tables[1].unlink()
    printed = judge_files(tables, tmp_path / "first")
    judged = [judge(claim, Tables(tables), []) for claim in claims]
    lost = [row["verdict"] for row in judged].count("missing")
    assert sum(claim.figure == "fig1s1" for claim in claims) < lost < len(claims) / 2
    headlines = [row for row in judged if group(row) == "headlines"]
    assert f"mayzel2024: of {len(headlines)} headlines none judged; previews: " in printed
    assert counted(headlines) in printed
    assert "C1.6a: missing (fig1s1.csv is not there)" in printed
    judge_files(tables, tmp_path / "second")
    for name in ("mayzel2024.csv", "mayzel2024.json"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()

    card = [tmp_path / f"scorecard.{kind}" for kind in ("csv", "json", "txt")]
    studies = [tmp_path / "first" / "mayzel2024.json", tmp_path / "second" / "other.json"]
    for study in ("mayzel2024", "other"):
        text = DEFINITIONS.read_text().replace("study: mayzel2024", f"study: {study}")
        (tmp_path / f"{study}.yaml").write_text(text)
    run("scorecard", "--claims", *studies, "--definitions", tmp_path, "--record", tmp_path, "--output", *card)
    rows = json.loads(card[1].read_text())
    assert len(rows) == 2 * len(claims)
    assert all(set(row) == set(ROW) for row in rows)
    assert {row["verdict"] for row in rows if row["study"] == "other"} == {"missing"}
    with open(card[0], newline="") as stream:
        assert [row["id"] for row in csv.DictReader(stream)] == [row["id"] for row in rows]
    lines = card[2].read_text().splitlines()
    assert lines[1] == f"other: of {len(headlines)} headlines none judged; {len(headlines)} missing"
    assert [line.split(" (")[0].lower() for line in lines[2:4]] == list(GROUPS[1:])
    assert lines[-2].startswith("Previews: ") and lines[-1].startswith("Missing: ")
